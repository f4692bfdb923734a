"""The statements that each call of a captured function executes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Dialect,
    Select,
    Table,
    bindparam,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement

from mlflow2prov.capture.models import ARTIFACTS, BLOBS, CALLS, ENVIRONMENTS, RUNS
from mlflow2prov.capture.records import OUTCOME_FIELDS
from mlflow2prov.capture.repos.prepared import Prepared


class Statements:
    """The statements for a database, each prepared when it is first used.

    Args:
        dialect: the dialect of the database.
        schemas: the names of the schemas of the tables, as ``schema_translate_map`` has them.
    """

    def __init__(self, dialect: Dialect, schemas: Mapping[Any, Any] | None) -> None:
        self._dialect, self._schemas = dialect, schemas

    @cached_property
    def artifact(self) -> Prepared:
        """Select the artifact ``identifier``, with the digest of its blob."""
        return self._prepare(
            select(ARTIFACTS, BLOBS.c.digest.label("blob_digest"))
            .join(BLOBS, BLOBS.c.id == ARTIFACTS.c.blob_id, isouter=True)
            .where(ARTIFACTS.c.id == bindparam("identifier"))
        )

    @cached_property
    def blob(self) -> Prepared:
        """Select the blob ``key``."""
        return self._prepare(select(BLOBS).where(BLOBS.c.id == bindparam("key")))

    @cached_property
    def artifact_and_blob(self) -> Prepared:
        """Select the identifier of the artifact ``identifier`` and the blob ``key``, null if they do not exist."""
        row = select(literal_column("1")).subquery()
        joined = row.outerjoin(ARTIFACTS, ARTIFACTS.c.id == bindparam("identifier")).outerjoin(
            BLOBS, BLOBS.c.id == bindparam("key")
        )
        query: Select[Any] = select(ARTIFACTS.c.id.label("artifact_id"), BLOBS)
        return self._prepare(query.select_from(joined))

    @cached_property
    def insert_artifact(self) -> Prepared:
        """Insert an artifact."""
        return self._prepare(insert(ARTIFACTS))

    @cached_property
    def insert_run(self) -> Prepared:
        """Insert a process, unless there is one with its ``id``."""
        return self._prepare(self._insert(RUNS).on_conflict_do_nothing())

    @cached_property
    def insert_environment(self) -> Prepared:
        """Insert an environment, unless there is one with its ``id``."""
        return self._prepare(self._insert(ENVIRONMENTS).on_conflict_do_nothing())

    @cached_property
    def upsert_blob(self) -> Prepared:
        """Insert a blob, or replace the row with its ``id``."""
        return self._prepare(self._upsert(BLOBS))

    @cached_property
    def upsert_call(self) -> Prepared:
        """Insert a call, or replace the row with its ``id``."""
        return self._prepare(self._upsert(CALLS))

    @cached_property
    def update_call(self) -> Prepared:
        """Update the columns of the outcome of the call ``call_id``."""
        values = {name: bindparam(name, type_=CALLS.c[name].type) for name in OUTCOME_FIELDS}
        return self._prepare(update(CALLS).where(CALLS.c.id == bindparam("call_id")).values(values))

    def _prepare(self, statement: ClauseElement) -> Prepared:
        return Prepared(statement, self._dialect, self._schemas)

    def _insert(self, table: Table) -> Any:
        return (sqlite if self._dialect.name == "sqlite" else postgresql).insert(table)

    def _upsert(self, table: Table) -> ClauseElement:
        statement = self._insert(table)
        changes = {column.name: statement.excluded[column.name] for column in table.columns}
        upsert: ClauseElement = statement.on_conflict_do_update(index_elements=["id"], set_=changes)
        return upsert
