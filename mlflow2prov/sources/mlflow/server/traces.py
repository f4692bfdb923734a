"""A server's traces and what was said of them."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.server.asking import Server
from mlflow2prov.sources.mlflow.server.rest import Json, RefusedError, inner, objects
from mlflow2prov.sources.mlflow.values import text

_SEARCH = "/api/3.0/mlflow/traces/search"
_PAGE = 500


def read_traces(server: Server, experiments: list[str]) -> None:
    """Read the traces of experiments, which MLflow 2 has in another form, and this does not read."""
    seen: set[str] = set()
    for trace in _found(server, experiments):
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
            values.moment(trace.get("request_time")),
            text(metadata.get("mlflow.user")),
        )
        for assessment in objects(trace.get("assessments")):
            values.add_assessment(server.facts, identifier, assessment)


def _found(server: Server, experiments: list[str]) -> Iterator[Json]:
    def body(some: list[str]) -> Json:
        locations = [
            {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one}}
            for one in some
        ]
        return {"locations": locations, "max_results": _PAGE}

    try:
        yield from server.search(experiments, _SEARCH, "traces", body, "traces")
    except RefusedError:
        return
