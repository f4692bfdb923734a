"""Read-only connections to databases, and the tables and columns that are in them."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mlflow2prov.errors import SourceError
from mlflow2prov.secrets import Secrets, is_secret_name
from mlflow2prov.sources import git_lfs
from mlflow2prov.sources.database.driver_calls import DriverCalls
from mlflow2prov.sources.database.drivers import installed_driver
from mlflow2prov.temporary import reported_errors, temporary_folder

BATCH_ROWS = 20_000
"""Number of rows of a table that are fetched at once."""

MAX_CONNECT_SECONDS = 60
"""How long to wait for a server to accept a connection."""

MAX_WAIT_SECONDS = 600
"""How long to wait for a batch of rows."""

MAX_VALUE_BYTES = 1 << 26
"""Maximum size of a value in SQLite."""

_CONNECT_SECONDS = 10
_BUSY_SECONDS = 30
_MYSQL_NO_SUCH_TABLE = 1146
_POSTGRES = re.compile(r"^postgres(?=[:+])")

Column = Sequence[Any]
"""The values of a column."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class DatabaseKind:
    """A program's kind of database.

    Attributes:
        noun: the kind with an article, for messages.
        tables: the tables that every database of this kind has.
        example: the URL of one, for messages.
        error: the class of the errors.
    """

    noun: str
    tables: tuple[str, ...]
    example: str
    error: type[SourceError]


@dataclass(frozen=True)
class RowFilter:
    """The rows to read of the tables that have a certain column.

    Attributes:
        column: the name of the column.
        value: the value that it has in the rows to read.
        default: the value that null represents.
    """

    column: str
    value: str
    default: str


class Database:
    """The tables of an open database.

    Args:
        connection: the connection.
        calls: the calls of its driver.
        row_filter: the rows to read, or None to read all.
        max_rows: the number of rows that a table has at most, or None if it is unknown.
    """

    def __init__(
        self,
        connection: sqlalchemy.Connection,
        calls: DriverCalls,
        row_filter: RowFilter | None,
        max_rows: int | None,
    ) -> None:
        self._connection = connection
        self._calls = calls
        self._row_filter = row_filter
        self._max_rows = max_rows
        self.unread: dict[str, None] = {}
        """The views and columns that were asked for and not read, each with the reason."""
        self._quote = connection.dialect.identifier_preparer.quote
        columns, self._views = self._call(self._inspect)
        self.tables = {
            table: {column["name"] for column in table_columns if not self._is_computed(column)}
            for table, table_columns in columns.items()
        }
        self._computed = {
            table: {column["name"] for column in table_columns if self._is_computed(column)}
            for table, table_columns in columns.items()
        }
        sqlite = connection.connection.driver_connection
        if isinstance(sqlite, sqlite3.Connection):
            # SQLite does not check that a text is Unicode; the caller decides how to decode it.
            sqlite.text_factory = bytes

    def _call(self, function: Callable[[], _Result]) -> _Result:
        return self._calls.run(function, MAX_WAIT_SECONDS)

    def _inspect(self) -> tuple[dict[str, list[Any]], set[str]]:
        """Return the columns of all tables, and the names of all views."""
        inspector = sqlalchemy.inspect(self._connection)
        columns = {
            table: list(columns) for (_, table), columns in inspector.get_multi_columns().items()
        }
        return columns, set(inspector.get_view_names())

    def _is_computed(self, column: Any) -> bool:
        """Return whether SQLite computes the values of a column, which may have any size."""
        return self._connection.dialect.name == "sqlite" and "computed" in column

    def require(self, kind: DatabaseKind) -> None:
        """Require the tables that every database of a kind has.

        Raises:
            SourceError: a table is missing, so that the database is not of this kind.
        """
        for table in kind.tables:
            if table in self._views:
                raise kind.error(
                    f"{self._calls.location}: {table} is a view, and only tables are read"
                )
            if table not in self.tables:
                names = " and ".join(f"'{name}'" for name in kind.tables)
                raise kind.error(
                    f"{self._calls.location}: not {kind.noun}; it has no tables {names}"
                )

    def read_columns(
        self, table: str, *names: str, keys: Collection[str] = ()
    ) -> Iterator[list[Column]]:
        """Yield the columns of a table, :data:`BATCH_ROWS` rows at a time.

        Args:
            table: the table; one that the database lacks has no rows.
            names: the columns; one that the table lacks is null. Texts of SQLite are bytes.
            keys: restrict the rows to those whose column ``key`` has one of these values.

        Raises:
            SourceError: the account may not read the table, the file is damaged, or the server does not answer.
        """
        if table not in self.tables:
            if table in self._views:
                self.unread[f"{table} is a view, and only tables are read"] = None
            else:
                self._require_absence(table)
            return
        for name in self._computed[table].intersection(names):
            self.unread[f"{table}.{name} is computed, and only stored values are read"] = None
        query = self._query(table, names, keys)
        connection = self._connection.execution_options(stream_results=True)
        batches = self._call(lambda: connection.execute(query).partitions(BATCH_ROWS))
        count = 0
        while batch := self._call(lambda: next(batches, None)):
            count += len(batch)
            if self._max_rows is not None and count > self._max_rows:
                raise self._calls.error(
                    f"{self._calls.location}: damaged: the table {table} has more rows than the file has bytes"
                )
            yield list(zip(*batch, strict=True))

    def _query(
        self, table: str, names: Sequence[str], keys: Collection[str]
    ) -> sqlalchemy.TextClause:
        """Return the query for some columns of a table."""
        columns = self.tables[table]
        selection = ", ".join(
            self._quote(name) if name in columns else f"NULL AS {self._quote(name)}"
            for name in names
        )
        conditions = []
        parameters: dict[str, str] = {}
        if self._row_filter is not None and self._row_filter.column in columns:
            column = self._quote(self._row_filter.column)
            conditions.append(f"coalesce({column}, :filter_default) = :filter_value")
            parameters["filter_default"] = self._row_filter.default
            parameters["filter_value"] = self._row_filter.value
        if keys:
            key_parameters = {f"key{number}": key for number, key in enumerate(keys)}
            placeholders = ", ".join(f":{name}" for name in key_parameters)
            conditions.append(f"{self._quote('key')} IN ({placeholders})")
            parameters |= key_parameters
        query = f"SELECT {selection} FROM {self._quote(table)}"
        if conditions:
            query += f" WHERE {' AND '.join(conditions)}"
        return sqlalchemy.text(query).bindparams(**parameters)

    def read_rows(
        self, table: str, *names: str, keys: Collection[str] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table, with all texts decoded. See :meth:`read_columns`."""
        for columns in self.read_columns(table, *names, keys=keys):
            for row in zip(*columns, strict=True):
                yield tuple(map(_decode, row))

    def distinct_values(self, table: str, column: str) -> list[str]:
        """Return the values in a column of all rows of a table; none if the table or the column is missing."""
        if column not in self.tables.get(table, ()):
            return []
        query = sqlalchemy.text(f"SELECT DISTINCT {self._quote(column)} FROM {self._quote(table)}")
        rows = self._call(lambda: self._connection.execute(query).all())
        return sorted(str(_decode(name)) for (name,) in rows if name is not None)

    def _require_absence(self, table: str) -> None:
        """Raise an error if the account may not read a table that seems to be missing. MySQL hides such tables.

        Raises:
            SourceError: the table exists.
        """
        if self._connection.dialect.name == "mysql":
            query = sqlalchemy.text(f"SELECT 1 FROM {self._quote(table)} LIMIT 0")
            self._call(lambda: self._execute_unless_missing(query))

    def _execute_unless_missing(self, query: sqlalchemy.TextClause) -> None:
        try:
            self._connection.execute(query)
        except DBAPIError as error:
            if error.orig is None or error.orig.args[0] != _MYSQL_NO_SUCH_TABLE:
                raise


def _decode(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, or None for another database."""
    try:
        address = sqlalchemy.make_url(url)
    except (SQLAlchemyError, ValueError):
        return None
    if address.drivername.partition("+")[0] != "sqlite" or not address.database:
        return None
    return Path(address.database)


def _file_size(url: str) -> int | None:
    file = sqlite_file(url)
    return file.stat().st_size if file else None


@contextmanager
def open_database(
    url: str,
    location: str,
    kind: DatabaseKind,
    row_filter: RowFilter | None = None,
) -> Iterator[Database]:
    """Open a database for reading; nothing can be written through it.

    Args:
        url: the URL as SQLAlchemy takes it, with its credentials.
        location: the URL for messages, without credentials.
        kind: the kind that the database should be of.
        row_filter: the rows to read, or None to read all.

    Raises:
        SourceError: there is no such database, it cannot be read, or it is not of this kind. The error is of the
            class that the kind names.
    """
    with ExitStack() as stack:
        engine = _create_engine(url, location, kind, stack)
        is_server = engine.dialect.name != "sqlite"
        calls = DriverCalls(location, _secrets(engine.url), is_server, kind.error)
        connection = calls.run(lambda: _connect_for_reading(engine), MAX_CONNECT_SECONDS)
        stack.callback(_close, engine, connection, calls)
        database = Database(connection, calls, row_filter, max_rows=_file_size(url))
        database.require(kind)
        yield database


def _connect_for_reading(engine: sqlalchemy.Engine) -> sqlalchemy.Connection:
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    if engine.dialect.name == "mysql":
        connection.execute(sqlalchemy.text("SET SESSION TRANSACTION READ ONLY"))
        connection.rollback()
    return connection


def _close(
    engine: sqlalchemy.Engine, connection: sqlalchemy.Connection, calls: DriverCalls
) -> None:
    def close() -> None:
        connection.close()
        engine.dispose()

    # The facts are read, or another error is on its way.
    with suppress(SourceError):
        calls.run(close, _CONNECT_SECONDS)


def _secrets(address: sqlalchemy.URL) -> Secrets:
    """Return the credentials in a URL, which drivers repeat in their errors."""
    values = [
        value
        for name, text in address.query.items()
        if is_secret_name(name)
        for value in ([text] if isinstance(text, str) else text)
    ]
    return Secrets((address.username, address.password), tokens=values)


def _create_engine(
    url: str, location: str, kind: DatabaseKind, stack: ExitStack
) -> sqlalchemy.Engine:
    scheme = url.partition(":")[0]
    try:
        address = sqlalchemy.make_url(_POSTGRES.sub("postgresql", url))
        backend = address.get_backend_name()
        if backend == "sqlite":
            return _create_sqlite_engine(address.database, location, kind, stack)
        if not address.database:
            raise kind.error(
                f"{location}: does not name a database; give {scheme}://host:port/database"
            )
        _, _, name = address.drivername.partition("+")
        driver = installed_driver(backend, name or None, location, kind.error)
        return sqlalchemy.create_engine(
            address.set(drivername=f"{backend}+{driver.name}"),
            connect_args={driver.timeout: _CONNECT_SECONDS},
        )
    except (SQLAlchemyError, ValueError) as error:
        # A URL that cannot be parsed may have a password anywhere: the message does not repeat it.
        raise kind.error(
            f"{scheme}:...: not a database URL; give {scheme}://user:password@host:port/database, "
            "with %40 for an @ in the password and %2F for a slash"
        ) from error


def _create_sqlite_engine(
    database: str | None, location: str, kind: DatabaseKind, stack: ExitStack
) -> sqlalchemy.Engine:
    if not database:
        raise kind.error(f"{location}: does not name a file; give {kind.example}")
    path = Path(database)
    try:
        if not path.is_file():
            raise kind.error(f"{location}: no such file")
        with path.open("rb") as file:
            if git_lfs.is_pointer(file.read(git_lfs.MAX_BYTES)):
                raise kind.error(f"{location}: {git_lfs.REASON}")
        uri = _read_only_uri(path.absolute(), stack)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise kind.error(f"{location}: cannot be read: {reason}") from error
    return sqlalchemy.create_engine(
        "sqlite://", creator=lambda: _connect(uri), poolclass=sqlalchemy.pool.StaticPool
    )


def _read_only_uri(path: Path, stack: ExitStack) -> str:
    """Return a URI by which SQLite reads a file and creates no file beside it (sqlite.org/wal.html, section 8).

    SQLite reads a database in WAL mode through a file ``-shm``. Without that file, no process has the
    database open. It is then read as it is if its log is empty; otherwise a copy is read.
    """
    mode = "mode=ro"
    if _is_wal(path) and not path.with_name(f"{path.name}-shm").exists():
        mode = "mode=ro&immutable=1"
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            folder = stack.enter_context(temporary_folder())
            with reported_errors():
                for file in (path, log):
                    shutil.copyfile(file, folder / file.name)
            path, mode = folder / path.name, "mode=rw"
    return f"file:{quote(str(path))}?{mode}"


def _is_wal(path: Path) -> bool:
    """Return whether the header of a SQLite file declares WAL mode (sqlite.org/fileformat.html, offset 18)."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
