"""Connections to databases: their creation, their settings, and the locks that processes share through them."""

from __future__ import annotations

import contextlib
import json
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.errors import CaptureError, InvalidOptionError
from mlflow2prov.capture.locks import FileLock, ProcessLock
from mlflow2prov.capture.repos.advisory_locks import AdvisoryLocks
from mlflow2prov.capture.repos.connections import forget_all

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

CONNECTION_STATEMENTS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
)


class ConflictError(CaptureError):
    """Another process has inserted a row with the same key."""


class UnavailableError(CaptureError):
    """A database cannot be reached or written at the moment."""


_engines: weakref.WeakSet[Any] = weakref.WeakSet()


def connect(url: str, schema: str | None, create_schema: bool, persistent: bool) -> Engine:
    """Return the engine for a URL, whose tables are in ``schema``."""
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    address = _with_driver(url)
    options: dict[str, Any] = {"json_serializer": _to_json}
    if not persistent:
        options["poolclass"] = NullPool
    if address.get_backend_name() == "sqlite" and address.database not in (None, ":memory:"):
        Path(str(address.database)).expanduser().parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = sqlalchemy.create_engine(address, **options)
    except (ImportError, sqlalchemy.exc.ArgumentError) as error:
        raise CaptureError(
            f"{address.drivername}: cannot be used as a database ({error}); install its driver"
        ) from error
    if address.get_backend_name() == "sqlite":
        sqlalchemy.event.listen(engine, "connect", _prepare_sqlite)
    if schema is not None:
        if create_schema:
            statement = sqlalchemy.schema.CreateSchema(schema, if_not_exists=True)
            # Another process may create it at the same time.
            with suppress(sqlalchemy.exc.IntegrityError), engine.begin() as connection:
                connection.execute(statement)
        engine = engine.execution_options(schema_translate_map={None: schema})
    _engines.add(engine)
    return engine


def _to_json(value: Any) -> str:
    """Return a value as JSON; most values of calls are empty, for which an encoder is not worth its creation."""
    if value == {}:
        return "{}"
    return "[]" if value == [] else json.dumps(value)


def create_database(url: str) -> None:
    """Create a database of PostgreSQL, if it does not exist.

    It can be deleted while the program runs, if connections to it are not persistent.
    """
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    address = _with_driver(url)
    if address.get_backend_name() != "postgresql":
        return
    admin = sqlalchemy.create_engine(
        address.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with admin.connect() as connection:
        query = sqlalchemy.text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(query, {"name": address.database}).first() is None:
            name = admin.dialect.identifier_preparer.quote(address.database)
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))


def _with_driver(url: str) -> Any:
    """Return a URL of SQLAlchemy, with psycopg as the driver for PostgreSQL unless it names another one."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except ArgumentError as error:
        raise InvalidOptionError("db: not a URL of SQLAlchemy; write sqlite:///path") from error
    if address.drivername in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    return address


def _prepare_sqlite(connection: Any, _: Any) -> None:
    for statement in CONNECTION_STATEMENTS:
        with suppress(Exception):  # a read-only file, or a file system without shared memory
            connection.execute(statement)


@contextmanager
def suppress_conflict(connection: Connection) -> Iterator[None]:
    """Ignore that another process inserted a row at the same time; the transaction goes on."""
    from sqlalchemy.exc import IntegrityError

    with contextlib.suppress(IntegrityError), connection.begin_nested():
        yield


@contextmanager
def rows_of_capture(where: str) -> Iterator[None]:
    """Translate the errors of rows that capture has not written."""
    try:
        yield
    except CaptureError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CaptureError(
            f"{where}: a row is not one that capture has written ({error}); delete it"
        ) from error


def translate(error: Exception, where: Any) -> CaptureError:
    """Return the error of capture for one of SQLAlchemy."""
    from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

    from mlflow2prov.secrets import mask_secrets

    reason = mask_secrets(str(getattr(error, "orig", None) or error).splitlines()[0])
    name = type(where).__name__
    if isinstance(error, IntegrityError):
        return ConflictError(f"{name}: {reason}; another process was faster")
    if isinstance(error, InterfaceError | OperationalError):
        return UnavailableError(f"{name}: {reason}; check that the database can be reached")
    return CaptureError(f"{name}: {reason}; check the database")


def process_lock(engine: Engine) -> ProcessLock | None:
    """Return the lock that all processes share that use a database; None for a database in memory."""
    url = engine.url
    if url.get_backend_name() == "postgresql":
        return AdvisoryLocks.of(engine)
    if is_shared(engine) and url.get_backend_name() == "sqlite":
        # Each call asks for the lock: a path takes several times as long.
        return FileLock.of(os.path.abspath(f"{url.database}.lock"))  # noqa: PTH100
    return None


def is_shared(engine: Engine) -> bool:
    """Return whether other processes reach a database."""
    return engine.url.database not in (None, "", ":memory:")


def _forget_connections() -> None:
    """Give a forked process connections of its own."""
    forget_all()
    for engine in list(_engines):
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_connections)
