"""The traces of a server, and their assessments."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.entities import add_assessment
from mlflow2prov.sources.mlflow.rest.client import API, Client
from mlflow2prov.sources.mlflow.rest.transport import (
    Json,
    RefusedError,
    json_object,
    json_objects,
)
from mlflow2prov.sources.mlflow.values import parse_state, parse_text, parse_time

PAGE_SIZE = 500
"""Number of traces in a page."""

_SEARCH = "/api/3.0/mlflow/traces/search"


def read_traces(client: Client, facts: Facts, experiments: list[str]) -> None:
    """Read the traces of experiments through the search of MLflow 3, or through that of MLflow 2.

    Args:
        client: the client of the server.
        facts: the tables to fill.
        experiments: the ids of the experiments.
    """
    try:
        _add_traces(client, facts, _search_mlflow_3(client, experiments))
    except RefusedError:
        try:
            _add_traces(client, facts, _search_mlflow_2(client, experiments))
        except RefusedError as refusal:
            # MLflow has had traces since 2.14.
            if refusal.status != 404:
                client.report.omissions.append(str(refusal))


def _search_mlflow_3(client: Client, experiments: list[str]) -> Iterator[Json]:
    def body(group: list[str]) -> Json:
        locations = [
            {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
            for experiment_id in group
        ]
        return {"locations": locations, "max_results": PAGE_SIZE}

    yield from client.search_experiments(_SEARCH, "traces", experiments, body, "traces")


def _search_mlflow_2(client: Client, experiments: list[str]) -> Iterator[Json]:
    """Yield traces in the form of MLflow 3."""
    for experiment_id in experiments:
        body = {"experiment_ids": experiment_id, "max_results": PAGE_SIZE}
        for trace in client.pages(f"{API}/traces", "traces", body, post=False):
            yield {
                "trace_id": trace.get("request_id"),
                "trace_location": {"mlflow_experiment": {"experiment_id": experiment_id}},
                "trace_metadata": _as_object(trace.get("request_metadata")),
                "tags": _as_object(trace.get("tags")),
                "state": trace.get("status"),
                "timestamp_ms": trace.get("timestamp_ms"),
            }


def _as_object(pairs: object) -> Json:
    """Return a list of objects with ``key`` and ``value`` as one object."""
    return {str(pair.get("key")): pair.get("value") for pair in json_objects(pairs)}


def _add_traces(client: Client, facts: Facts, traces: Iterator[Json]) -> None:
    trace_ids: set[str] = set()
    for trace in traces:
        trace_id = parse_text(trace.get("trace_id"))
        if trace_id is None or trace_id in trace_ids:
            continue
        trace_ids.add(trace_id)
        experiment = json_object(trace, "trace_location", "mlflow_experiment")
        metadata = json_object(trace, "trace_metadata")
        tags = json_object(trace, "tags")
        facts.add(
            "traces",
            trace_id=trace_id,
            experiment_id=parse_text(experiment.get("experiment_id")),
            run_id=parse_text(metadata.get(values.SOURCE_RUN_TAG)),
            name=parse_text(tags.get(values.TRACE_NAME_TAG)),
            state=parse_state(trace.get("state")),
            requested_at=values.parse_iso(trace.get("request_time"))
            or parse_time(trace.get("timestamp_ms")),
            user=parse_text(metadata.get(values.USER_TAG)),
        )
        for assessment in json_objects(trace.get("assessments")):
            add_assessment(facts, trace_id, assessment)
        client.options.report_progress("traces", len(trace_ids))
