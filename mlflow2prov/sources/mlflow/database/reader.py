"""A backend database, read by its tables: whatever there is, whichever MLflow made it.

Nothing is migrated or created, and a table or column that this MLflow's schema lacks is simply not there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import sqlalchemy

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.artifact_folders import add_local_artifacts
from mlflow2prov.sources.mlflow.columns import (
    Reading,
    each,
    integers,
    numbers,
    sayings,
    texts,
    times,
)
from mlflow2prov.sources.mlflow.database.connection import Database, opened
from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo
from mlflow2prov.sources.mlflow.values import integer, said, state, text, time
from mlflow2prov.secrets import without_credentials

_stages = each(values.state)
_NAMED = 5

# Of every fact table that is a table of the database: the table, and its columns with their readings.
_Copy = tuple[str, str, dict[str, Reading]]

_COPIES: tuple[_Copy, ...] = (
    (
        "experiments",
        "experiments",
        {
            "experiment_id": each(text),
            "name": texts,
            "artifact_location": texts,
            "lifecycle_stage": _stages,
            "creation_time": times,
            "last_update_time": times,
            "workspace": each(values.workspace),
        },
    ),
    (
        "experiment_tags",
        "experiment_tags",
        {"experiment_id": each(text), "key": texts, "value": sayings},
    ),
    (
        "runs",
        "runs",
        {
            "run_uuid": texts,
            "experiment_id": each(text),
            "name": texts,
            "user_id": texts,
            "status": each(values.run_status),
            "lifecycle_stage": _stages,
            "start_time": times,
            "end_time": times,
            "deleted_time": times,
            "artifact_uri": texts,
        },
    ),
    ("run_tags", "tags", {"run_uuid": texts, "key": texts, "value": sayings}),
    ("params", "params", {"run_uuid": texts, "key": texts, "value": sayings}),
    (
        "logged_models",
        "logged_models",
        {
            "model_id": texts,
            "experiment_id": each(text),
            "name": texts,
            "model_type": texts,
            "source_run_id": texts,
            "status": each(values.model_status),
            "lifecycle_stage": _stages,
            "creation_timestamp_ms": times,
            "last_updated_timestamp_ms": times,
            "artifact_location": texts,
        },
    ),
    (
        "logged_model_tags",
        "logged_model_tags",
        {"model_id": texts, "tag_key": texts, "tag_value": sayings},
    ),
    (
        "logged_model_params",
        "logged_model_params",
        {"model_id": texts, "param_key": texts, "param_value": sayings},
    ),
    (
        "logged_model_metrics",
        "logged_model_metrics",
        {
            "model_id": texts,
            "run_id": texts,
            "metric_name": texts,
            "metric_value": numbers,
            "metric_step": integers,
            "metric_timestamp_ms": times,
        },
    ),
    (
        "registered_model_tags",
        "registered_model_tags",
        {"name": texts, "key": texts, "value": sayings},
    ),
    (
        "registered_model_aliases",
        "registered_model_aliases",
        {"name": texts, "alias": texts, "version": each(text)},
    ),
    (
        "registered_model_version_tags",
        "model_version_tags",
        {"name": texts, "version": each(text), "key": texts, "value": sayings},
    ),
)


def read(url: str, facts: Facts, wishes: ReadOptions) -> StoreInfo:
    """Read a backend database, given by SQLAlchemy's URL; of its workspaces, one."""
    shown = without_credentials(url)
    info = StoreInfo("sql", shown)
    workspace = os.environ.get("MLFLOW_WORKSPACE") or values.DEFAULT_WORKSPACE
    with opened(url, shown, workspace) as database:
        for table, source, columns in _COPIES:
            for part in database.columns(source, *columns):
                read_part = zip(columns.values(), part, strict=True)
                facts.add_columns(table, [reading(column) for reading, column in read_part])
            wishes.report(source, 1, 1)
        _metrics(database, facts, "metrics" if wishes.metric_history else "latest_metrics")
        _inputs(database, facts)
        _traces(database, facts)
        _registry(database, facts, wishes)
        _leave_other_workspaces(database, facts, info, workspace)
    facts.execute("UPDATE {runs} SET deleted_at = NULL WHERE lifecycle_stage <> 'deleted'", [])
    add_local_artifacts(facts, info, _own_folder(url), wishes)
    return info


def _own_folder(url: str) -> Path | None:
    """Return the folder that a SQLite database is in; other databases have none."""
    database = sqlalchemy.make_url(url).database if url.startswith("sqlite") else None
    return Path(database).absolute().parent if database else None


def _metrics(database: Database, facts: Facts, table: str) -> None:
    names = ("run_uuid", "key", "value", "is_nan", "step", "timestamp")
    for run, key, value, is_nan, step, at in database.columns(table, *names):
        facts.add_columns(
            "metrics",
            [texts(run), texts(key), numbers(value, is_nan), integers(step), times(at)],
        )


def _inputs(database: Database, facts: Facts) -> None:
    contexts = {
        uuid: value
        for uuid, name, value in database.rows("input_tags", "input_uuid", "name", "value")
        if name == values.CONTEXT_TAG
    }
    about = ("name", "digest", *(f"dataset_{part}" for part in _DATASET))
    datasets = {row[0]: row[1:] for row in database.rows("datasets", "dataset_uuid", *about)}
    link = ("input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step")
    for uuid, kind, source, target_kind, target, step in database.rows("inputs", *link):
        match kind, target_kind:
            case "DATASET", "RUN" if source in datasets:
                described = (text(part) for part in datasets[source])
                facts.add("dataset_inputs", text(target), *described, text(contexts.get(uuid)))
            case "RUN_INPUT", "MODEL_INPUT":
                facts.add("run_models", text(source), text(target), "input", None)
            case "RUN_OUTPUT", "MODEL_OUTPUT":
                facts.add("run_models", text(source), text(target), "output", integer(step))


def _traces(database: Database, facts: Facts) -> None:
    said_of: dict[str, dict[Any, Any]] = {key: {} for key in _OF_TRACES}
    for table in ("trace_request_metadata", "trace_tags"):
        for trace, key, value in database.rows(table, "request_id", "key", "value", keys=said_of):
            # A database may count other cases as the same.
            if key in said_of:
                said_of[key][trace] = value
    link = ("source_type", "source_id", "destination_type", "destination_id")
    runs = {
        trace: run
        for kind, trace, target, run in database.rows("entity_associations", *link)
        if (kind, target) == ("trace", "run")
    }
    runs |= said_of[values.SOURCE_RUN]
    about = ("request_id", "experiment_id", "status", "timestamp_ms", "trace_name")
    for trace, experiment, status, at, name in database.rows("trace_info", *about):
        facts.add(
            "traces",
            text(trace),
            text(experiment),
            text(runs.get(trace)),
            text(name) or text(said_of[values.TRACE_NAME].get(trace)),
            state(status),
            time(at),
            text(said_of["mlflow.user"].get(trace)),
        )
    for row in database.rows("assessments", *_ASSESSMENT):
        identifier, trace, name, kind, value, source_type, source_id, created = row
        facts.add(
            "assessments",
            text(identifier),
            text(trace),
            text(name),
            state(kind),
            values.value_text(_loaded(value)),
            state(source_type),
            text(source_id),
            time(created),
        )


def _loaded(value: object) -> object:
    """Return what a JSON text says; of what is none, the text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


_OF_TRACES = (values.SOURCE_RUN, values.TRACE_NAME, "mlflow.user")
_ASSESSMENT = (
    "assessment_id",
    "trace_id",
    "name",
    "assessment_type",
    "value",
    "source_type",
    "source_id",
    "created_timestamp",
)
_DATASET = ("source_type", "source", "schema", "profile")
_VERSION = (
    "name",
    "version",
    "creation_time",
    "last_updated_time",
    "description",
    "user_id",
    "current_stage",
    "source",
    "run_id",
    "run_link",
    "status",
    "status_message",
    "storage_location",
)


def _registry(database: Database, facts: Facts, wishes: ReadOptions) -> None:
    prompts = {
        name
        for name, key, value in database.rows("registered_model_tags", "name", "key", "value")
        if key == values.PROMPT_TAG and said(value).lower() == "true"
    }
    about = ("name", "description", "creation_time", "last_updated_time")
    for name, description, created, updated in database.rows("registered_models", *about):
        facts.add(
            "registered_models",
            text(name),
            name in prompts,
            text(description),
            time(created),
            time(updated),
        )
    for row in database.rows("model_versions", *_VERSION):
        version: dict[str, Any] = dict(zip(_VERSION, row, strict=True))
        values.add_version(
            facts, version, is_prompt=row[0] in prompts, restores=wishes.restore_redacted
        )


def _leave_other_workspaces(
    database: Database, facts: Facts, info: StoreInfo, workspace: str
) -> None:
    """Leave out the runs and models of other workspaces' experiments, as a server does."""
    others = [name for name in database.workspaces() if name != workspace]
    if not others:
        return
    for table in ("runs", "logged_models", "experiment_tags"):
        facts.execute(f"DELETE FROM {{{table}}} WHERE experiment_id NOT IN ({_OURS})", [])
    listed = ", ".join(map(repr, others[:_NAMED])) + (" and more" if others[_NAMED:] else "")
    info.notices.append(
        f"{info.url}: only the workspace {workspace!r} was read; there is also {listed}, "
        "each of which MLFLOW_WORKSPACE may name"
    )


_OURS = "SELECT experiment_id FROM {experiments} WHERE experiment_id IS NOT NULL"
