"""The reader of backend databases.

It reads the tables and columns that are there, whichever version of MLflow created them, and neither
migrates nor creates anything. A table or column that the schema lacks has no values.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.database.connection import (
    Database,
    DatabaseKind,
    RowFilter,
    open_database,
    sqlite_file,
)
from mlflow2prov.sources.mlflow import columns, values
from mlflow2prov.sources.mlflow.database.tables import TABLE_MAPPINGS, TableMapping
from mlflow2prov.sources.mlflow.entities import add_version
from mlflow2prov.sources.mlflow.local_artifacts import add_local_artifacts
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.values import (
    parse_integer,
    parse_state,
    parse_text,
    parse_time,
)
from mlflow2prov.sources.report import SourceReport

MAX_NAMES = 5
"""Maximum number of workspaces in one notice."""

MLFLOW_STORE = DatabaseKind(
    "an MLflow store", ("experiments", "runs"), "sqlite:///mlflow.db", TrackingStoreError
)


@dataclass(frozen=True)
class BackendDatabase:
    """A database that MLflow's server or clients store runs and models in."""

    url: str
    """As SQLAlchemy takes it."""
    options: ReadOptions

    def read(self, facts: Facts) -> SourceReport:
        """Read one workspace: the one that ``MLFLOW_WORKSPACE`` names, or the default one.

        Raises:
            TrackingStoreError: there is no such database, it cannot be read, or it is not an MLflow store.
        """
        report = SourceReport("sql", without_credentials(self.url), path=sqlite_file(self.url))
        workspace = os.environ.get("MLFLOW_WORKSPACE") or values.DEFAULT_WORKSPACE
        own_rows = RowFilter("workspace", workspace, values.DEFAULT_WORKSPACE)
        with open_database(self.url, report.location, MLFLOW_STORE, own_rows) as database:
            for mapping in TABLE_MAPPINGS:
                _read_table(database, facts, mapping)
                self.options.report_progress(mapping.database_table, 1, 1)
            _read_metrics(database, facts, history=self.options.metric_history)
            _read_inputs_and_outputs(database, facts)
            _read_traces(database, facts)
            _read_assessments(database, facts)
            _read_model_registry(database, facts, restore_redacted=self.options.restore_redacted)
            _drop_other_workspaces(database, facts, report, workspace)
            report.omissions += [f"{report.location}: {reason}" for reason in database.unread]
        # Only a deleted run has a deletion time, whatever the table holds.
        facts.execute("UPDATE runs SET deleted_at = NULL WHERE lifecycle_stage <> 'deleted'")
        add_local_artifacts(facts, report, _folder(self.url), self.options)
        return report


def _folder(url: str) -> Path | None:
    """Return the folder of a SQLite file; other databases have none."""
    file = sqlite_file(url)
    return file.absolute().parent if file else None


def _read_table(database: Database, facts: Facts, mapping: TableMapping) -> None:
    names = [column.name for column in mapping.columns.values()]
    for batch in database.read_columns(mapping.database_table, *names):
        parsed = {
            name: column.parse(source)
            for (name, column), source in zip(mapping.columns.items(), batch, strict=True)
        }
        facts.add_columns(mapping.fact_table, **parsed)


def _read_metrics(database: Database, facts: Facts, *, history: bool) -> None:
    table = "metrics" if history else "latest_metrics"
    names = ("run_uuid", "key", "value", "is_nan", "step", "timestamp")
    for run_id, key, value, is_nan, step, timestamp in database.read_columns(table, *names):
        facts.add_columns(
            "metrics",
            run_id=columns.parse_texts(run_id),
            key=columns.parse_texts(key),
            value=columns.parse_numbers(value, is_nan),
            step=columns.parse_integers(step),
            timestamp=columns.parse_times(timestamp),
        )


def _records(
    database: Database, table: str, *names: str, keys: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table by the names of their columns."""
    for row in database.read_rows(table, *names, keys=keys):
        yield dict(zip(names, row, strict=True))


_DATASET = (
    "dataset_uuid",
    "name",
    "digest",
    "dataset_source_type",
    "dataset_source",
    "dataset_schema",
    "dataset_profile",
)
_INPUT = (
    "input_uuid",
    "source_type",
    "source_id",
    "destination_type",
    "destination_id",
    "step",
)


def _read_inputs_and_outputs(database: Database, facts: Facts) -> None:
    """Read the datasets that runs used, and the logged models that they used and produced."""
    contexts = {
        tag["input_uuid"]: tag["value"]
        for tag in _records(database, "input_tags", "input_uuid", "name", "value")
        if tag["name"] == values.CONTEXT_TAG
    }
    datasets = {
        dataset["dataset_uuid"]: dataset for dataset in _records(database, "datasets", *_DATASET)
    }
    for link in _records(database, "inputs", *_INPUT):
        source, destination = link["source_id"], link["destination_id"]
        match link["source_type"], link["destination_type"]:
            case "DATASET", "RUN" if source in datasets:
                dataset = datasets[source]
                facts.add(
                    "dataset_inputs",
                    run_id=parse_text(destination),
                    name=parse_text(dataset["name"]),
                    digest=parse_text(dataset["digest"]),
                    source_type=parse_text(dataset["dataset_source_type"]),
                    source=parse_text(dataset["dataset_source"]),
                    schema=parse_text(dataset["dataset_schema"]),
                    profile=parse_text(dataset["dataset_profile"]),
                    context=parse_text(contexts.get(link["input_uuid"])),
                )
            case "RUN_INPUT", "MODEL_INPUT":
                facts.add(
                    "run_models",
                    run_id=parse_text(source),
                    model_id=parse_text(destination),
                    direction="input",
                )
            case "RUN_OUTPUT", "MODEL_OUTPUT":
                facts.add(
                    "run_models",
                    run_id=parse_text(source),
                    model_id=parse_text(destination),
                    direction="output",
                    step=parse_integer(link["step"]),
                )


_TRACE_KEYS = (values.SOURCE_RUN_TAG, values.TRACE_NAME_TAG, values.USER_TAG)
_TRACE = ("request_id", "experiment_id", "status", "timestamp_ms", "trace_name")
_ASSOCIATION = ("source_type", "source_id", "destination_type", "destination_id")


def _read_traces(database: Database, facts: Facts) -> None:
    tags: dict[str, dict[Any, Any]] = {key: {} for key in _TRACE_KEYS}
    for table in ("trace_request_metadata", "trace_tags"):
        for tag in _records(database, table, "request_id", "key", "value", keys=_TRACE_KEYS):
            # MySQL compares keys without regard to case.
            if tag["key"] in tags:
                tags[tag["key"]][tag["request_id"]] = tag["value"]
    runs = {
        link["source_id"]: link["destination_id"]
        for link in _records(database, "entity_associations", *_ASSOCIATION)
        if (link["source_type"], link["destination_type"]) == ("trace", "run")
    }
    runs |= tags[values.SOURCE_RUN_TAG]
    names, users = tags[values.TRACE_NAME_TAG], tags[values.USER_TAG]
    for trace in _records(database, "trace_info", *_TRACE):
        trace_id = trace["request_id"]
        facts.add(
            "traces",
            trace_id=parse_text(trace_id),
            experiment_id=parse_text(trace["experiment_id"]),
            run_id=parse_text(runs.get(trace_id)),
            name=parse_text(trace["trace_name"]) or parse_text(names.get(trace_id)),
            state=parse_state(trace["status"]),
            requested_at=parse_time(trace["timestamp_ms"]),
            user=parse_text(users.get(trace_id)),
        )


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


def _read_assessments(database: Database, facts: Facts) -> None:
    for assessment in _records(database, "assessments", *_ASSESSMENT):
        facts.add(
            "assessments",
            assessment_id=parse_text(assessment["assessment_id"]),
            trace_id=parse_text(assessment["trace_id"]),
            name=parse_text(assessment["name"]),
            kind=parse_state(assessment["assessment_type"]),
            value=values.json_text(_parse_json(assessment["value"])),
            source_type=parse_state(assessment["source_type"]),
            source_id=parse_text(assessment["source_id"]),
            created_at=parse_time(assessment["created_timestamp"]),
        )


def _parse_json(value: object) -> object:
    """Return the value of a JSON text, or the text itself if it is not JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


_REGISTERED_MODEL = ("name", "description", "creation_time", "last_updated_time")
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


def _read_model_registry(database: Database, facts: Facts, *, restore_redacted: bool) -> None:
    """Read registered models and prompts, which MLflow stores as models with a tag, and their versions."""
    prompts = {
        tag["name"]
        for tag in _records(database, "registered_model_tags", "name", "key", "value")
        if tag["key"] == values.PROMPT_TAG and values.is_true(tag["value"])
    }
    for model in _records(database, "registered_models", *_REGISTERED_MODEL):
        facts.add(
            "registered_models",
            name=parse_text(model["name"]),
            is_prompt=model["name"] in prompts,
            description=parse_text(model["description"]),
            created_at=parse_time(model["creation_time"]),
            last_updated_at=parse_time(model["last_updated_time"]),
        )
    for version in _records(database, "model_versions", *_VERSION):
        add_version(
            facts,
            version,
            is_prompt=version["name"] in prompts,
            restore_redacted=restore_redacted,
        )


def _drop_other_workspaces(
    database: Database, facts: Facts, report: SourceReport, workspace: str
) -> None:
    """Drop the runs and models in experiments of other workspaces, as a server does.

    The tables of runs and logged models do not have a column for the workspace.
    """
    workspaces = database.distinct_values("experiments", "workspace")
    others = [name for name in workspaces if name != workspace]
    if not others:
        return
    for table in ("runs", "logged_models", "experiment_tags"):
        facts.execute(
            f"""
            DELETE FROM {table}
            WHERE experiment_id NOT IN (
                SELECT experiment_id
                FROM experiments
                WHERE experiment_id IS NOT NULL
            )
            """
        )
    names = ", ".join(map(repr, others[:MAX_NAMES])) + (" and more" if others[MAX_NAMES:] else "")
    report.notices.append(
        f"{report.location}: only the workspace {workspace!r} was read; set MLFLOW_WORKSPACE to read "
        f"another one: {names}"
    )
