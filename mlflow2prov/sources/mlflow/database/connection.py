"""Databases opened to be read and nothing else, by the tables and columns that they have."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.columns import Column
from mlflow2prov.sources.mlflow.values import DEFAULT_WORKSPACE

_ROWS = 20_000
_CONNECT_SECONDS = 10
_BUSY_SECONDS = 30
_MYSQL_NO_SUCH_TABLE = 1146
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql"}


class Database:
    """Columns of tables that may be there, of one workspace where the tables tell workspaces apart."""

    def __init__(self, connection: sqlalchemy.Connection, workspace: str) -> None:
        self._connection = connection
        self._workspace = workspace
        inspector = sqlalchemy.inspect(connection)
        self.tables = {
            table: {column["name"] for column in columns}
            for (_, table), columns in inspector.get_multi_columns().items()
        }
        self._quote = connection.dialect.identifier_preparer.quote
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            # What is stored as text need not be Unicode; whoever reads a column decides what to do.
            driver.text_factory = bytes

    def columns(
        self, table: str, *names: str, keys: Collection[str] = ()
    ) -> Iterator[list[Column]]:
        """Stream a table's columns, many rows at once; of some ``keys`` only, where any are given.

        A column that is missing is null, a table that is missing is empty. SQLite's texts are bytes.
        """
        present = self.tables.get(table)
        if present is None:
            self._demand_absence(table)
            return
        listed = ", ".join(self._quote(n) if n in present else f"NULL AS {n}" for n in names)
        query = f"SELECT {listed} FROM {self._quote(table)}"
        given: dict[str, str] = {}
        conditions = []
        if "workspace" in present:
            conditions.append(f"coalesce(workspace, '{DEFAULT_WORKSPACE}') = :workspace")
            given["workspace"] = self._workspace
        if keys:
            places = {f"key{number}": key for number, key in enumerate(keys)}
            conditions.append(f"{self._quote('key')} IN ({', '.join(f':{p}' for p in places)})")
            given |= places
        if conditions:
            query += f" WHERE {' AND '.join(conditions)}"
        result = self._connection.execution_options(stream_results=True).execute(
            sqlalchemy.text(query), given
        )
        for part in result.partitions(_ROWS):
            yield list(zip(*part, strict=True))

    def _demand_absence(self, table: str) -> None:
        """Make sure that a table is not there, rather than hidden from this account (as MySQL does).

        Raises:
            sqlalchemy.exc.DBAPIError: the account may not read it.
        """
        if self._connection.dialect.name != "mysql":
            return
        try:
            self._connection.execute(sqlalchemy.text(f"SELECT 1 FROM {self._quote(table)} LIMIT 0"))
        except DBAPIError as error:
            if error.orig is None or error.orig.args[0] != _MYSQL_NO_SUCH_TABLE:
                raise

    def rows(
        self, table: str, *names: str, keys: Collection[str] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Stream a table's rows, texts as texts; of some ``keys`` only, where any are given."""
        for columns in self.columns(table, *names, keys=keys):
            for row in zip(*columns, strict=True):
                yield tuple(
                    v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in row
                )

    def workspaces(self) -> list[str]:
        """List the workspaces that experiments are in; none, where the tables tell none apart."""
        if "workspace" not in self.tables.get("experiments", ()):
            return []
        query = sqlalchemy.text("SELECT DISTINCT workspace FROM experiments")
        found = [row[0] for row in self._connection.execute(query)]
        names = (v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in found)
        return sorted(str(name) for name in names if name is not None)


@contextmanager
def opened(url: str, shown: str, workspace: str) -> Iterator[Database]:
    """Open the database that SQLAlchemy's ``url`` names, to read it.

    Args:
        url: the URL, with whatever credentials it has.
        shown: the URL as it may be shown.
        workspace: the MLflow workspace that is read.

    Raises:
        TrackingStoreError: there is none, it cannot be read, or it is none of MLflow's.
    """
    with ExitStack() as stack:
        engine = _engine(url, shown, stack)
        stack.callback(engine.dispose)
        try:
            connection = stack.enter_context(engine.connect())
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            elif engine.dialect.name == "mysql":
                connection.execute(sqlalchemy.text("SET SESSION TRANSACTION READ ONLY"))
                connection.rollback()
            database = Database(connection, workspace)
            if not {"experiments", "runs"} <= database.tables.keys():
                raise TrackingStoreError(
                    f"{shown}: the database holds no MLflow store (no table of runs)"
                )
            yield database
        except SQLAlchemyError as error:
            raise TrackingStoreError(f"{shown}: cannot be read: {_reason(error)}") from error


def _reason(error: SQLAlchemyError) -> str:
    """Return why a database failed, in a line; PyMySQL's errors are a number and a text."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    told = cause.args[1] if len(cause.args) == 2 and isinstance(cause.args[0], int) else cause
    return (str(told).splitlines() or [type(error).__name__])[0]


def _engine(url: str, shown: str, stack: ExitStack) -> sqlalchemy.Engine:
    kind = url.partition(":")[0]
    try:
        address = sqlalchemy.make_url(url.replace("postgres://", "postgresql://", 1))
        backend = address.get_backend_name()
        if backend == "sqlite":
            return _sqlite(address.database, shown, stack)
        if not address.database:
            raise TrackingStoreError(
                f"{shown}: names no database; add it: {kind}://host:port/database"
            )
        if driver := _DRIVERS.get(backend) if "+" not in address.drivername else None:
            address = address.set(drivername=f"{backend}+{driver}")
        patience = {"connect_timeout": _CONNECT_SECONDS} if backend in _DRIVERS else {}
        return sqlalchemy.create_engine(address, connect_args=patience)
    except ModuleNotFoundError as error:
        backend = kind.partition("+")[0]
        wanted = f"'mlflow2prov[{backend}]'" if backend in _DRIVERS else str(error.name)
        raise TrackingStoreError(
            f"{shown}: the driver {error.name} is missing; pip install {wanted}"
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        # What cannot be taken apart may hold a password anywhere.
        raise TrackingStoreError(
            f"{kind}:...: not a database URL; it is {kind}://user:password@host:port/database, "
            "with %40 for an @ in the password and %2F for a slash"
        ) from error


def _sqlite(database: str | None, shown: str, stack: ExitStack) -> sqlalchemy.Engine:
    path = Path(database or "")
    try:
        if not path.is_file():
            raise TrackingStoreError(f"{shown}: there is no such file")
        address = _address(path.absolute(), stack)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrackingStoreError(f"{shown}: cannot be read: {reason}") from error
    return sqlalchemy.create_engine(
        "sqlite://", creator=lambda: _connect(address), poolclass=sqlalchemy.pool.StaticPool
    )


def _address(path: Path, stack: ExitStack) -> str:
    """Return a URI by which SQLite reads a file and makes none beside it (sqlite.org/wal.html, 8).

    A database in WAL mode is read through a file ``-shm``. Where there is none, nobody has the database
    open; with an empty log it can be read as it is, else a copy is read.
    """
    mode = "mode=ro"
    if _is_wal(path) and not path.with_name(f"{path.name}-shm").exists():
        mode = "mode=ro&immutable=1"
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlflow2prov-")))
            for file in (path, log):
                shutil.copyfile(file, folder / file.name)
            path, mode = folder / path.name, "mode=rw"
    return f"file:{quote(str(path))}?{mode}"


def _is_wal(path: Path) -> bool:
    """Return whether the header says WAL (sqlite.org/fileformat.html, offset 18)."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


def _connect(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
