"""The experiments, runs and logged models of a server."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.entities import add_dataset_input, add_run
from mlflow2prov.sources.mlflow.rest import client as rest
from mlflow2prov.sources.mlflow.rest.client import API, Client
from mlflow2prov.sources.mlflow.rest.transport import (
    Json,
    NoJsonError,
    RefusedError,
    StatusError,
    json_object,
    json_objects,
)
from mlflow2prov.sources.mlflow.values import (
    parse_integer,
    parse_number,
    parse_state,
    parse_text,
    parse_time,
    tag_value,
)

_NO_SERVER = (
    "not an MLflow server; give the URL of one, with its path, as `mlflow server` prints it"
)
_ANSWERS_OF_MLFLOW = (400, 401, 403, 429, 500, 502, 503, 504)
"""Errors that a server of MLflow, or a proxy before one, gives."""

POINTS_PER_PAGE = 25_000
"""Number of points of a metric in a page."""


def read_experiments(client: Client, facts: Facts) -> list[str]:
    """Read all experiments, and return their ids.

    Raises:
        TrackingStoreError: the server is not an MLflow server.
    """
    location, report = client.transport.location, client.report
    path = f"{API}/experiments/search"
    body = {"view_type": "ALL", "max_results": rest.PAGE_SIZE}
    probe = _probe(client, path, {**body, "max_results": 1})
    if "experiments" not in probe and report.version is None:
        # Any service may answer {}. An MLflow server without visible experiments at least has a version.
        raise TrackingStoreError(f"{location}: {_NO_SERVER}")
    experiment_ids: dict[str, None] = {}
    for experiment in client.pages(path, "experiments", body, post=True):
        experiment_id = parse_text(experiment.get("experiment_id"))
        if experiment_id is not None and experiment_id not in experiment_ids:
            experiment_ids[experiment_id] = None
            _add_experiment(facts, experiment_id, experiment)
    if not experiment_ids and probe.get("experiments"):
        raise TrackingStoreError(f"{location}: its experiments have no ids; {_NO_SERVER}")
    if not experiment_ids:
        report.notices.append(f"{location}: the server shows no experiment to these credentials")
    return list(experiment_ids)


def _probe(client: Client, path: str, body: Json) -> Json:
    """Ask for one experiment; an answer that no MLflow server gives names what to do."""
    try:
        return client.transport.post(path, body)
    except (StatusError, NoJsonError) as error:
        if client.report.version is not None or (
            isinstance(error, StatusError) and error.status in _ANSWERS_OF_MLFLOW
        ):
            raise
        status = f" (it answered {error.status})" if isinstance(error, StatusError) else ""
        raise TrackingStoreError(f"{client.transport.location}: {_NO_SERVER}{status}") from error


def _add_experiment(facts: Facts, experiment_id: str, experiment: Json) -> None:
    facts.add(
        "experiments",
        experiment_id=experiment_id,
        name=parse_text(experiment.get("name")),
        artifact_location=parse_text(experiment.get("artifact_location")),
        lifecycle_stage=parse_state(experiment.get("lifecycle_stage")),
        created_at=parse_time(experiment.get("creation_time")),
        last_updated_at=parse_time(experiment.get("last_update_time")),
        workspace=values.parse_workspace(experiment.get("workspace")),
    )
    for tag in json_objects(experiment.get("tags")):
        facts.add(
            "experiment_tags",
            experiment_id=experiment_id,
            key=parse_text(tag.get("key")),
            value=tag_value(tag.get("value")),
        )


def read_runs(client: Client, facts: Facts, experiments: list[str]) -> dict[str, list[str]]:
    """Read all runs with their tags, params, datasets and output models, and their last metrics.

    With the option ``metric_history``, metrics are left to :func:`read_metric_history`.

    Returns:
        The keys of each run's metrics, by run id, for the selected runs. The others are in the facts, for the
        identities of experiments.
    """

    def body(group: list[str]) -> Json:
        return {
            "experiment_ids": group,
            "run_view_type": "ALL",
            "max_results": rest.PAGE_SIZE,
            "order_by": ["attributes.start_time ASC"],
        }

    path = f"{API}/runs/search"
    return add_runs(
        client, facts, client.search_experiments(path, "runs", experiments, body, "runs")
    )


def add_runs(client: Client, facts: Facts, runs: Iterable[Json]) -> dict[str, list[str]]:
    """Add runs as :func:`read_runs` does; those that come twice are added once."""
    metric_keys: dict[str, list[str]] = {}
    run_ids: set[str] = set()
    for run in runs:
        run_id = parse_text(json_object(run, "info").get("run_id"))
        # Runs that start while we read shift the pages, so that a run may come twice.
        if run_id is None or run_id in run_ids:
            continue
        run_ids.add(run_id)
        _add_run(facts, run_id, run)
        if _is_earlier(run, client.options.runs_since):
            continue
        metrics = list(json_objects(json_object(run, "data").get("metrics")))
        if not client.options.metric_history:
            _add_points(facts, run_id, metrics)
        metric_keys[run_id] = [key for metric in metrics if (key := parse_text(metric.get("key")))]
        client.options.report_progress("runs", len(metric_keys))
    return metric_keys


def _add_run(facts: Facts, run_id: str, run: Json) -> None:
    """Add a run with its tags, params, datasets and output models."""
    info, data = json_object(run, "info"), json_object(run, "data")
    add_run(facts, run_id, parse_text(info.get("experiment_id")), info, _values(data.get("tags")))
    for param in json_objects(data.get("params")):
        facts.add(
            "params",
            run_id=run_id,
            key=parse_text(param.get("key")),
            value=tag_value(param.get("value")),
        )
    for link in json_objects(json_object(run, "inputs").get("dataset_inputs")):
        tags = _values(link.get("tags"))
        add_dataset_input(facts, run_id, json_object(link, "dataset"), tags)
    for link in json_objects(json_object(run, "outputs").get("model_outputs")):
        facts.add(
            "run_models",
            run_id=run_id,
            model_id=parse_text(link.get("model_id")),
            direction="output",
            step=parse_integer(link.get("step", 0)),
        )


def _is_earlier(run: Json, since: int | None) -> bool:
    """Return whether a run started before ``since``, or at an unknown time."""
    start = parse_integer(json_object(run, "info").get("start_time"))
    return since is not None and (start is None or start < since * 1000)


def _add_points(facts: Facts, run_id: str, metrics: Iterable[Json]) -> None:
    for metric in metrics:
        facts.add(
            "metrics",
            run_id=run_id,
            key=parse_text(metric.get("key")),
            value=parse_number(metric.get("value")),
            step=parse_integer(metric.get("step", 0)),
            timestamp=parse_time(metric.get("timestamp")),
        )


def _values(tags: object) -> dict[str | None, object]:
    """Return the values of tags by key."""
    return {parse_text(tag.get("key")): tag.get("value") for tag in json_objects(tags)}


def read_model_inputs(client: Client, facts: Facts, runs: Iterable[str]) -> None:
    """Read the logged models that runs used, with a request for each run: a search omits them."""

    def request_links(run_id: str) -> list[Json]:
        answer = client.transport.get(f"{API}/runs/get", {"run_id": run_id})
        return list(json_objects(json_object(answer, "run", "inputs").get("model_inputs")))

    for run_id, links in client.read_each(runs, request_links, "model inputs"):
        for link in links:
            facts.add(
                "run_models",
                run_id=run_id,
                model_id=parse_text(link.get("model_id")),
                direction="input",
            )


def read_metric_history(client: Client, facts: Facts, runs: dict[str, list[str]]) -> None:
    """Read every step of every metric, with a request for each metric: the bulk endpoints silently truncate.

    Args:
        client: the client of the server.
        facts: the tables to fill.
        runs: the keys of each run's metrics, by run id.
    """

    def request_points(metric: tuple[str, str]) -> list[Json]:
        run_id, key = metric
        body = {"run_id": run_id, "metric_key": key, "max_results": POINTS_PER_PAGE}
        return list(client.pages(f"{API}/metrics/get-history", "metrics", body, post=False))

    metrics = [(run_id, key) for run_id, keys in runs.items() for key in dict.fromkeys(keys)]
    for (run_id, key), points in client.read_each(metrics, request_points, "metric histories"):
        _add_points(facts, run_id, ({**point, "key": key} for point in points))


def read_logged_models(client: Client, facts: Facts, experiments: list[str]) -> list[str]:
    """Read the logged models of experiments, and return their ids."""

    def body(group: list[str]) -> Json:
        return {"experiment_ids": group}

    model_ids: dict[str, None] = {}
    path = f"{API}/logged-models/search"
    try:
        for model in client.search_experiments(path, "models", experiments, body, "logged models"):
            model_id = parse_text(json_object(model, "info").get("model_id"))
            if model_id and model_id not in model_ids:
                model_ids[model_id] = None
                _add_logged_model(facts, model_id, model)
    except RefusedError:
        # MLflow has had logged models since version 3.
        return []
    return list(model_ids)


def _add_logged_model(facts: Facts, model_id: str, model: Json) -> None:
    """Add a logged model with its tags, params and metrics."""
    info, data = json_object(model, "info"), json_object(model, "data")
    facts.add(
        "logged_models",
        model_id=model_id,
        experiment_id=parse_text(info.get("experiment_id")),
        name=parse_text(info.get("name")),
        model_type=parse_text(info.get("model_type")),
        source_run_id=parse_text(info.get("source_run_id")),
        status=values.parse_model_status(info.get("status")),
        lifecycle_stage=parse_state(info.get("lifecycle_stage") or "active"),
        created_at=parse_time(info.get("creation_timestamp_ms")),
        last_updated_at=parse_time(info.get("last_updated_timestamp_ms")),
        artifact_location=parse_text(info.get("artifact_uri")),
    )
    for tag in json_objects(info.get("tags")):
        facts.add(
            "logged_model_tags",
            model_id=model_id,
            key=parse_text(tag.get("key")),
            value=tag_value(tag.get("value")),
        )
    for param in json_objects(data.get("params")):
        facts.add(
            "logged_model_params",
            model_id=model_id,
            key=parse_text(param.get("key")),
            value=tag_value(param.get("value")),
        )
    for metric in json_objects(data.get("metrics")):
        facts.add(
            "logged_model_metrics",
            model_id=model_id,
            run_id=parse_text(metric.get("run_id")),
            key=parse_text(metric.get("key")),
            value=parse_number(metric.get("value")),
            step=parse_integer(metric.get("step", 0)),
            timestamp=parse_time(metric.get("timestamp")),
        )
