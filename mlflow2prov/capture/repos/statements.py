"""The statements that each call of a captured function executes.

Each is built once, with parameters. To build and to compile a statement takes longer than to execute it in SQLite, and
SQLAlchemy finds a compiled one faster if it is the same object.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from mlflow2prov.capture.models import ARTIFACTS, BLOBS


@cache
def artifact() -> Any:
    """Select the artifact ``identifier``, with the digest of its blob."""
    return (
        select(ARTIFACTS, BLOBS.c.digest.label("blob_digest"))
        .join(BLOBS, BLOBS.c.id == ARTIFACTS.c.blob_id, isouter=True)
        .where(ARTIFACTS.c.id == bindparam("identifier"))
    )


@cache
def blob() -> Any:
    """Select the blob ``key``."""
    return select(BLOBS).where(BLOBS.c.id == bindparam("key"))


@cache
def artifact_and_blob() -> Any:
    """Select the identifier of the artifact ``identifier`` and the blob ``key`` in one row, null if they do not exist."""
    row = select(literal(1)).subquery()
    joined = row.outerjoin(ARTIFACTS, ARTIFACTS.c.id == bindparam("identifier")).outerjoin(
        BLOBS, BLOBS.c.id == bindparam("key")
    )
    return select(ARTIFACTS.c.id.label("artifact_id"), BLOBS).select_from(joined)


@cache
def new_artifact() -> Any:
    """Insert an artifact."""
    return insert(ARTIFACTS)


@cache
def upsert(table: Table, dialect: str) -> Any:
    """Insert a row into a table, or replace the row with its ``id``.

    Args:
        table: the table.
        dialect: the name of the database system, as SQLAlchemy calls it.
    """
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    changes = {name: statement.excluded[name] for name in table.columns.keys() if name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changes)
