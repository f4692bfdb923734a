"""A server's traces and what was said of them."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.rest.client import Json, RefusedError, inner, objects
from mlflow2prov.sources.mlflow.rest.requests import API, Server
from mlflow2prov.sources.mlflow.values import text, time

_SEARCH = "/api/3.0/mlflow/traces/search"
_PAGE = 500


def read_traces(server: Server, experiments: list[str]) -> None:
    """Read the traces of experiments, by MLflow 3's search, or, of a server that has none, by MLflow 2's."""
    try:
        _take(server, _of_mlflow_3(server, experiments))
    except RefusedError:
        try:
            _take(server, _of_mlflow_2(server, experiments))
        except RefusedError as refusal:
            # Before MLflow 2.14 there are no traces.
            if refusal.status != 404:
                server.info.left_out.append(str(refusal))


def _of_mlflow_3(server: Server, experiments: list[str]) -> Iterator[Json]:
    def body(some: list[str]) -> Json:
        locations = [
            {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one}}
            for one in some
        ]
        return {"locations": locations, "max_results": _PAGE}

    yield from server.search(experiments, _SEARCH, "traces", body, "traces")


def _of_mlflow_2(server: Server, experiments: list[str]) -> Iterator[Json]:
    """Yield traces in MLflow 3's form."""
    for experiment in experiments:
        body = {"experiment_ids": experiment, "max_results": _PAGE}
        for trace in server.client.pages(f"{API}/traces", "traces", body, post=False):
            yield {
                "trace_id": trace.get("request_id"),
                "trace_location": {"mlflow_experiment": {"experiment_id": experiment}},
                "trace_metadata": _mapping(trace.get("request_metadata")),
                "tags": _mapping(trace.get("tags")),
                "state": trace.get("status"),
                "timestamp_ms": trace.get("timestamp_ms"),
            }


def _mapping(pairs: object) -> Json:
    return {str(pair.get("key")): pair.get("value") for pair in objects(pairs)}


def _take(server: Server, traces: Iterator[Json]) -> None:
    seen: set[str] = set()
    for trace in traces:
        identifier = text(trace.get("trace_id"))
        if identifier is None or identifier in seen:
            continue
        seen.add(identifier)
        metadata, tags = inner(trace, "trace_metadata"), inner(trace, "tags")
        server.facts.add(
            "traces",
            identifier,
            text(inner(trace, "trace_location", "mlflow_experiment").get("experiment_id")),
            text(metadata.get(values.SOURCE_RUN)),
            text(tags.get(values.TRACE_NAME)),
            values.state(trace.get("state")),
            values.moment(trace.get("request_time")) or time(trace.get("timestamp_ms")),
            text(metadata.get("mlflow.user")),
        )
        for assessment in objects(trace.get("assessments")):
            values.add_assessment(server.facts, identifier, assessment)
        server.wishes.report("traces", len(seen))
