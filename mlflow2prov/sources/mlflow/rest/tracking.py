"""A server's experiments, runs and logged models."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.rest.client import Json, RefusedError, inner, objects
from mlflow2prov.sources.mlflow.rest.requests import API, PAGE, Server
from mlflow2prov.sources.mlflow.values import integer, number, said, state, text, time

_POINTS = 25_000


def read_experiments(server: Server) -> list[str]:
    """Read all experiments; returns their ids.

    Raises:
        TrackingStoreError: what answers is no MLflow.
    """
    path = f"{API}/experiments/search"
    body = {"view_type": "ALL", "max_results": PAGE}
    first = server.client.post(path, {**body, "max_results": 1})
    if "experiments" not in first and server.info.version is None:
        # Any service may answer {}: an MLflow that shows nothing at least has a version.
        raise TrackingStoreError(f"{server.client.shown}: answers, but is no MLflow server")
    found: dict[str, None] = {}
    for experiment in server.client.pages(path, "experiments", body, post=True):
        identifier = text(experiment.get("experiment_id"))
        if identifier is None or identifier in found:
            continue
        found[identifier] = None
        server.facts.add(
            "experiments",
            identifier,
            text(experiment.get("name")),
            text(experiment.get("artifact_location")),
            state(experiment.get("lifecycle_stage")),
            time(experiment.get("creation_time")),
            time(experiment.get("last_update_time")),
            values.workspace(experiment.get("workspace")),
        )
        for tag in objects(experiment.get("tags")):
            server.facts.add(
                "experiment_tags", identifier, text(tag.get("key")), said(tag.get("value"))
            )
    if not found and first.get("experiments"):
        raise TrackingStoreError(
            f"{server.client.shown}: answers, but not as an MLflow server does: its experiments have no ids"
        )
    if not found:
        server.info.notices.append(
            f"{server.client.shown}: the server shows no experiment to these credentials"
        )
    return list(found)


def read_runs(server: Server, experiments: list[str]) -> dict[str, list[str]]:
    """Read all runs; returns the keys of each one's metrics, by run id."""
    found: dict[str, list[str]] = {}

    def body(some: list[str]) -> Json:
        return {
            "experiment_ids": some,
            "run_view_type": "ALL",
            "max_results": PAGE,
            "order_by": ["attributes.start_time ASC"],
        }

    for run in server.search(experiments, f"{API}/runs/search", "runs", body, "runs"):
        identifier = text(inner(run, "info").get("run_id"))
        # Runs that are made while we read shift the pages.
        if identifier is None or identifier in found:
            continue
        found[identifier] = _run(server, identifier, run)
        server.wishes.report("runs", len(found))
    return found


def _run(server: Server, identifier: str, run: Json) -> list[str]:
    info, data = inner(run, "info"), inner(run, "data")
    tags = {text(t.get("key")): said(t.get("value")) for t in objects(data.get("tags"))}
    server.facts.add(
        "runs",
        identifier,
        text(info.get("experiment_id")),
        text(info.get("run_name")) or text(tags.get("mlflow.runName")),
        text(tags.get("mlflow.user")) or text(info.get("user_id")),
        values.run_status(info.get("status")),
        state(info.get("lifecycle_stage")),
        time(info.get("start_time")),
        time(info.get("end_time")),
        None,
        text(info.get("artifact_uri")),
    )
    for key, value in tags.items():
        server.facts.add("run_tags", identifier, key, value)
    for param in objects(data.get("params")):
        server.facts.add("params", identifier, text(param.get("key")), said(param.get("value")))
    metrics = list(objects(data.get("metrics")))
    if not server.wishes.metric_history:
        _points(server, identifier, metrics)
    for link in objects(inner(run, "inputs").get("dataset_inputs")):
        _dataset_input(server, identifier, link)
    for link in objects(inner(run, "outputs").get("model_outputs")):
        server.facts.add(
            "run_models",
            identifier,
            text(link.get("model_id")),
            "output",
            integer(link.get("step", 0)),
        )
    return [key for metric in metrics if (key := text(metric.get("key")))]


def _points(server: Server, run: str, metrics: Iterable[Json]) -> None:
    for metric in metrics:
        server.facts.add(
            "metrics",
            run,
            text(metric.get("key")),
            number(metric.get("value")),
            integer(metric.get("step", 0)),
            time(metric.get("timestamp")),
        )


def _dataset_input(server: Server, run: str, link: Json) -> None:
    tags = {t.get("key"): t.get("value") for t in objects(link.get("tags"))}
    dataset = inner(link, "dataset")
    keys = ("name", "digest", "source_type", "source", "schema", "profile")
    server.facts.add(
        "dataset_inputs",
        run,
        *(text(dataset.get(key)) for key in keys),
        text(tags.get(values.CONTEXT_TAG)),
    )


def read_model_inputs(server: Server, runs: Iterable[str]) -> None:
    """Read which models runs took in: a search for runs leaves that out."""

    def links(run: str) -> list[Json]:
        answer = server.client.get(f"{API}/runs/get", {"run_id": run})
        return list(objects(inner(answer, "run", "inputs").get("model_inputs")))

    for run, found in server.ask(runs, links, "model inputs"):
        for link in found:
            server.facts.add("run_models", run, text(link.get("model_id")), "input", None)


def read_metric_history(server: Server, runs: dict[str, list[str]]) -> None:
    """Read every step of every metric, a request a metric: the bulk ways cut off silently."""

    def history(asked: tuple[str, str]) -> list[Json]:
        run, key = asked
        body = {"run_id": run, "metric_key": key, "max_results": _POINTS}
        path = f"{API}/metrics/get-history"
        return list(server.client.pages(path, "metrics", body, post=False))

    asked = [(run, key) for run, keys in runs.items() for key in dict.fromkeys(keys)]
    for (run, key), points in server.ask(asked, history, "metric histories"):
        _points(server, run, ({**point, "key": key} for point in points))


def read_logged_models(server: Server, experiments: list[str]) -> list[str]:
    """Read MLflow 3's logged models; returns their ids."""
    found: dict[str, None] = {}
    path = f"{API}/logged-models/search"

    def body(some: list[str]) -> Json:
        return {"experiment_ids": some}

    try:
        for model in server.search(experiments, path, "models", body, "logged models"):
            identifier = text(inner(model, "info").get("model_id"))
            if identifier and identifier not in found:
                found[identifier] = None
                _logged_model(server, identifier, model)
    except RefusedError:
        # MLflow 2 knows none.
        return []
    return list(found)


def _logged_model(server: Server, identifier: str, model: Json) -> None:
    info, data = inner(model, "info"), inner(model, "data")
    server.facts.add(
        "logged_models",
        identifier,
        text(info.get("experiment_id")),
        text(info.get("name")),
        text(info.get("model_type")),
        text(info.get("source_run_id")),
        values.model_status(info.get("status")),
        state(info.get("lifecycle_stage") or "active"),
        time(info.get("creation_timestamp_ms")),
        time(info.get("last_updated_timestamp_ms")),
        text(info.get("artifact_uri")),
    )
    for tag in objects(info.get("tags")):
        server.facts.add(
            "logged_model_tags", identifier, text(tag.get("key")), said(tag.get("value"))
        )
    for param in objects(data.get("params")):
        server.facts.add(
            "logged_model_params", identifier, text(param.get("key")), said(param.get("value"))
        )
    for metric in objects(data.get("metrics")):
        server.facts.add(
            "logged_model_metrics",
            identifier,
            text(metric.get("run_id")),
            text(metric.get("key")),
            number(metric.get("value")),
            integer(metric.get("step", 0)),
            time(metric.get("timestamp")),
        )
