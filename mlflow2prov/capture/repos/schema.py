"""The tables in a database: their creation, and the migration of those that an older version has created."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.errors import CaptureError

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = 1
"""The version of the tables in :mod:`mlflow2prov.capture.models`. Increment it with every change of them."""

MIGRATIONS: dict[int, Callable[[Connection], None]] = {}
"""For each earlier version, the function that changes its tables into those of the next one."""

_LOCK = 0x6D6C6670
"""The number of the lock that processes share while they change tables (PostgreSQL)."""


def prepare(connection: Connection) -> None:
    """Create the tables, or migrate them, if they are not those of this version.

    Raises:
        CaptureError: the tables belong to a newer version, or to another program.
    """
    if read_version(connection) == VERSION:
        return
    _lock(connection)
    version = read_version(connection)
    if version is None:
        _create(connection)
    else:
        _migrate(connection, version)


def read_version(connection: Connection) -> int | None:
    """Return the version of the tables in a database, or None if it has none."""
    from sqlalchemy import inspect, select

    from mlflow2prov.capture.models import SCHEMA_VERSIONS

    if not inspect(connection).has_table(SCHEMA_VERSIONS.name, schema=_schema(connection)):
        return None
    version: int | None = connection.execute(select(SCHEMA_VERSIONS.c.version)).scalar()
    return version


def _create(connection: Connection) -> None:
    from sqlalchemy import inspect

    from mlflow2prov.capture.models import METADATA

    inspector, schema = inspect(connection), _schema(connection)
    existing = set(inspector.get_table_names(schema=schema))
    for table in METADATA.sorted_tables:
        if table.name in existing:
            names = {column["name"] for column in inspector.get_columns(table.name, schema=schema)}
            if not names.issuperset(table.columns.keys()):
                raise CaptureError(
                    f"{connection.engine.url.render_as_string()}: has a table {table.name} of another "
                    "program; choose another database or schema"
                )
    METADATA.create_all(connection)
    _write_version(connection)


def _migrate(connection: Connection, version: int) -> None:
    from mlflow2prov.capture.models import METADATA

    if version > VERSION:
        raise CaptureError(
            f"{connection.engine.url.render_as_string()}: its tables have version {version}, and this "
            f"version of mlflow2prov knows {VERSION}; upgrade mlflow2prov"
        )
    for number in range(version, VERSION):
        MIGRATIONS[number](connection)
    METADATA.create_all(connection)
    _write_version(connection)


def _write_version(connection: Connection) -> None:
    from sqlalchemy import delete, insert

    from mlflow2prov.capture.models import SCHEMA_VERSIONS

    connection.execute(delete(SCHEMA_VERSIONS))
    connection.execute(insert(SCHEMA_VERSIONS), {"version": VERSION})


def _schema(connection: Connection) -> str | None:
    """Return the schema of the tables, None for that of the database."""
    names: dict[str | None, str] = connection.get_execution_options().get(
        "schema_translate_map", {}
    )
    return names.get(None)


def _lock(connection: Connection) -> None:
    """Let no other process change tables until the end of the transaction."""
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    elif connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        # The driver itself begins a transaction only before it changes rows.
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
