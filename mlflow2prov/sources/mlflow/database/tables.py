"""The tables of an MLflow database that are fact tables under other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.columns import (
    ColumnParser,
    each_distinct,
    parse_integers,
    parse_numbers,
    parse_texts,
    parse_times,
    tag_values,
)

_ids = each_distinct(values.parse_text)
_stages = each_distinct(values.parse_state)


class SourceColumn(NamedTuple):
    """A column of the database, and the parser of its values."""

    name: str
    parse: ColumnParser


@dataclass(frozen=True)
class TableMapping:
    """A fact table that holds the rows of one table of the database."""

    fact_table: str
    database_table: str
    columns: Mapping[str, SourceColumn]
    """By the name of the column in the fact table."""


def _mapping(
    fact_table: str, database_table: str, /, **columns: tuple[str, ColumnParser]
) -> TableMapping:
    return TableMapping(
        fact_table,
        database_table,
        {name: SourceColumn(*column) for name, column in columns.items()},
    )


TABLE_MAPPINGS = (
    _mapping(
        "experiments",
        "experiments",
        experiment_id=("experiment_id", _ids),
        name=("name", parse_texts),
        artifact_location=("artifact_location", parse_texts),
        lifecycle_stage=("lifecycle_stage", _stages),
        created_at=("creation_time", parse_times),
        last_updated_at=("last_update_time", parse_times),
        workspace=("workspace", each_distinct(values.parse_workspace)),
    ),
    _mapping(
        "experiment_tags",
        "experiment_tags",
        experiment_id=("experiment_id", _ids),
        key=("key", parse_texts),
        value=("value", tag_values),
    ),
    _mapping(
        "runs",
        "runs",
        run_id=("run_uuid", parse_texts),
        experiment_id=("experiment_id", _ids),
        name=("name", parse_texts),
        user=("user_id", parse_texts),
        status=("status", each_distinct(values.parse_run_status)),
        lifecycle_stage=("lifecycle_stage", _stages),
        started_at=("start_time", parse_times),
        ended_at=("end_time", parse_times),
        deleted_at=("deleted_time", parse_times),
        artifact_uri=("artifact_uri", parse_texts),
        early_source_name=("source_name", parse_texts),
        early_source_type=("source_type", each_distinct(values.parse_source_type)),
        early_commit=("source_version", parse_texts),
        early_entry_point=("entry_point_name", parse_texts),
    ),
    _mapping(
        "run_tags",
        "tags",
        run_id=("run_uuid", parse_texts),
        key=("key", parse_texts),
        value=("value", tag_values),
    ),
    _mapping(
        "params",
        "params",
        run_id=("run_uuid", parse_texts),
        key=("key", parse_texts),
        value=("value", tag_values),
    ),
    _mapping(
        "logged_models",
        "logged_models",
        model_id=("model_id", parse_texts),
        experiment_id=("experiment_id", _ids),
        name=("name", parse_texts),
        model_type=("model_type", parse_texts),
        source_run_id=("source_run_id", parse_texts),
        status=("status", each_distinct(values.parse_model_status)),
        lifecycle_stage=("lifecycle_stage", _stages),
        created_at=("creation_timestamp_ms", parse_times),
        last_updated_at=("last_updated_timestamp_ms", parse_times),
        artifact_location=("artifact_location", parse_texts),
    ),
    _mapping(
        "logged_model_tags",
        "logged_model_tags",
        model_id=("model_id", parse_texts),
        key=("tag_key", parse_texts),
        value=("tag_value", tag_values),
    ),
    _mapping(
        "logged_model_params",
        "logged_model_params",
        model_id=("model_id", parse_texts),
        key=("param_key", parse_texts),
        value=("param_value", tag_values),
    ),
    _mapping(
        "logged_model_metrics",
        "logged_model_metrics",
        model_id=("model_id", parse_texts),
        run_id=("run_id", parse_texts),
        key=("metric_name", parse_texts),
        value=("metric_value", parse_numbers),
        step=("metric_step", parse_integers),
        timestamp=("metric_timestamp_ms", parse_times),
    ),
    _mapping(
        "registered_model_tags",
        "registered_model_tags",
        name=("name", parse_texts),
        key=("key", parse_texts),
        value=("value", tag_values),
    ),
    _mapping(
        "registered_model_aliases",
        "registered_model_aliases",
        name=("name", parse_texts),
        alias=("alias", parse_texts),
        version=("version", _ids),
    ),
    _mapping(
        "registered_model_version_tags",
        "model_version_tags",
        name=("name", parse_texts),
        version=("version", _ids),
        key=("key", parse_texts),
        value=("value", tag_values),
    ),
)
