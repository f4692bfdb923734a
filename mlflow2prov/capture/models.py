"""The tables of a repository in a database.

`artifacts`, `runs`, `artifact_sets` and `artifact_set_members` can be queried as users of such repositories do;
`inputs_json` and `custom_fields` are JSON (JSONB in PostgreSQL). Times are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.sqlite import DATETIME as SQLITE_DATETIME
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

METADATA = MetaData()
"""The tables."""

_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class _SqliteTime(SQLITE_DATETIME):
    """A time as SQLAlchemy writes it for SQLite, in a tenth of the time."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        """Return the function that writes a time without offset."""
        return lambda value: None if value is None else value.isoformat(" ", "microseconds")


class _UtcTime(TypeDecorator[datetime]):
    """A point in time, whose offset is UTC in Python, and in SQLite implied."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the database's own."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SqliteTime())  # type: ignore[no-untyped-call]
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is not UTC:
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Version(TypeDecorator[Any]):
    """The version of a function: usually a number, but anything that JSON can represent."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        # The common case, for which json.dumps would create an encoder.
        return str(value) if type(value) is int else json.dumps(value, default=repr)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


SCHEMA_VERSIONS = Table("mlflow2prov_schema", METADATA, Column("version", Integer, nullable=False))
"""One row: the version of all tables; see :mod:`mlflow2prov.capture.repos.schema`."""

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hostname", Text),
    Column("info", _JSON),
    Column("created_at", _UtcTime),
)

ENVIRONMENTS = Table(
    "environments",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("packages", _JSON),
    Column("python_version", Text),
    Column("platform", Text),
)

CALLS = Table(
    "calls",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("run_id", Text),
    Column("parent_id", Text),
    Column("artifact_id", Text),
    Column("face", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", _Version),
    Column("fn_module", Text),
    Column("fn_name", Text),
    Column("status", Text, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("uncacheable", Text),
    Column("started_at", _UtcTime, nullable=False),
    Column("ended_at", _UtcTime),
    Column("compute_duration", Float),
    Column("hash_duration", Float),
    Column("exception_type", Text),
    Column("exception_message", Text),
    Column("arguments", _JSON),
    Column("outputs", _JSON),
    Column("source_digest", Text),
    Column("dependencies", _JSON),
    Column("source_path", Text),
    Column("source_line", Integer),
    Column("source_blob", Text),
    Column("source_tracked", Boolean),
    Column("repository_url", Text),
    Column("git_commit", Text),
    Column("git_branch", Text),
    Column("git_dirty", Boolean),
    Column("mlflow_run_id", Text),
    Column("mlflow_experiment_id", Text),
    Column("mlflow_tracking_uri", Text),
    Column("environment_id", Text),
    Column("seed", BigInteger),
    Column("custom_fields", _JSON),
    Index("calls_by_name", "name", "started_at"),
    Index("calls_by_artifact", "artifact_id"),
)

BLOBS = Table(
    "blobs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", Text),
    Column("size", BigInteger),
    Column("serializer", Text, nullable=False),
    Column("created_at", _UtcTime),
)
"""The contents of values; ``digest`` and ``size`` are those of the bytes."""

ARTIFACTS = Table(
    "artifacts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("value_id", Text, nullable=False),
    Column("run_id", Text),
    Column("call_id", Text),
    Column("name", Text, nullable=False),
    Column("version", _Version),
    Column("fn_module", Text),
    Column("fn_name", Text),
    Column("composite", Boolean),
    Column("value_id_duration", Float),
    Column("compute_duration", Float),
    Column("hash_duration", Float),
    Column("computed_at", _UtcTime),
    Column("added_at", _UtcTime),
    Column("input_artifact_ids", _JSON),
    Column("inputs_json", _JSON),
    Column("serializer", Text),
    Column("load_kwargs", _JSON),
    Column("dump_kwargs", _JSON),
    Column("custom_fields", _JSON),
    Column("blob_id", Text),
    Column("inputs_blob_id", Text),
    Index("artifacts_by_value", "value_id"),
    Index("artifacts_by_blob", "blob_id"),
    Index("artifacts_by_inputs_blob", "inputs_blob_id"),
    Index("artifacts_by_name", "name"),
)
"""``inputs_blob_id`` is null if ``inputs_json`` holds the inputs completely."""

ARTIFACT_SETS = Table(
    "artifact_sets",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("set_id", Text, nullable=False, index=True),
    Column("labels", _JSON),
    Column("created_at", _UtcTime),
)

ARTIFACT_SET_MEMBERS = Table(
    "artifact_set_members",
    METADATA,
    Column("set_id", Text, primary_key=True),
    Column("artifact_id", Text, primary_key=True),
)
