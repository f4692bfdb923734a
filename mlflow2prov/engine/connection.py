"""The connection to DuckDB: one database for the process, a connection for each thread."""

from __future__ import annotations

import errno
import itertools
import os
import re
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from mlflow2prov.boundary import own_errors
from mlflow2prov.engine.macros import MACROS
from mlflow2prov.engine.memory import out_of_memory_message
from mlflow2prov.engine.sql import Sql
from mlflow2prov.errors import NOT_UNICODE, ConfigurationError, EngineError
from mlflow2prov.temporary import TemporaryFolder, full_folder, process_folder

if TYPE_CHECKING:
    import pandas
    import pyarrow as pa

MEMORY_LIMIT = "1GB"
"""The memory that tables may take before they go to disk, unless :func:`configure` changes it.

Three million statements take about as much. Spilling some of them costs a tenth of the time that it
takes to make and write them.
"""

_SIZE = re.compile(r"[0-9]+(\.[0-9]+)? ?([KMGT]i?)?B", re.ASCII | re.IGNORECASE)

_OUT_OF_MEMORY = "Out of Memory Error"

_lock = threading.RLock()
_database: duckdb.DuckDBPyConnection | None = None
_local = threading.local()
_cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
_numbers = itertools.count(1)
_dropped_schemas: deque[str] = deque()
_detached_files: deque[str] = deque()
_permanent_functions: set[str] = set()


class OutOfMemoryError(EngineError):
    """A query needs more memory than the limit, because a part of it cannot go to disk."""


@own_errors()
def configure(
    *, memory_limit: str | None = None, temporary_folder: str | Path | None = None
) -> None:
    """Set how much memory the tables may take, and where they go beyond it.

    Args:
        memory_limit: a size such as ``"500MB"`` or ``"2GB"`` (1 GB unless set).
        temporary_folder: an existing folder for the tables that outgrow the limit; by default one
            in the system's folder
            for temporary files. Set it before the first document is made.

    Raises:
        ConfigurationError: the size or the folder is not valid, or the folder is in use already.
    """
    with _lock, _connection().cursor() as settings:
        if memory_limit is not None:
            if not isinstance(memory_limit, str) or not _SIZE.fullmatch(memory_limit):
                raise ConfigurationError(
                    f"memory limit: {memory_limit!r:.80} is not a size; write 500MB or 2GB"
                )
            settings.execute("SET memory_limit = ?", [memory_limit])
        if temporary_folder is not None:
            try:
                folder = TemporaryFolder(temporary_folder)
            except (OSError, ValueError, TypeError) as error:
                raise ConfigurationError(
                    f"temporary folder: {str(temporary_folder)[:200]!r} is not a writable folder"
                ) from error
            try:
                settings.execute("SET temp_directory = ?", [str(folder.path)])
            except duckdb.Error as error:
                folder.remove()
                raise ConfigurationError(
                    "temporary folder: tables are in another folder already; set it before the first document is made"
                ) from error


def execute(sql: str, parameters: Sequence[object] = (), *, is_repeated: bool = True) -> None:
    """Run ``sql`` for its effect.

    Args:
        sql: the statement.
        parameters: the values of its parameters.
        is_repeated: whether a query that runs out of memory is run again by a single thread, which needs less.
    """
    _run(sql, parameters, is_repeated=is_repeated)


@contextmanager
def transaction() -> Iterator[None]:
    """Let other threads see all effects of this thread's statements within the block at once, or none."""
    execute("BEGIN")
    try:
        yield
    except BaseException:
        execute("ROLLBACK")
        raise
    execute("COMMIT")


def rows(sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run ``sql`` and return all its rows."""
    with _translated_errors():
        return _run(sql, parameters).fetchall()


def scalar(sql: str, parameters: Sequence[object] = ()) -> Any:
    """Run ``sql`` and return the first column of its first row."""
    return rows(sql, parameters)[0][0]


def arrays(sql: str) -> dict[str, Any]:
    """Run ``sql`` and return its columns as NumPy arrays, by name."""
    with _translated_errors():
        return dict(_run(sql).fetchnumpy())


def frame(sql: str) -> pandas.DataFrame:
    """Run ``sql`` and return its rows as a frame."""
    with _translated_errors():
        result: pandas.DataFrame = _run(sql).df()
    return result


def stream(sql: str, size: int) -> Iterator[pa.RecordBatch]:
    """Run ``sql`` on a connection of its own and yield its rows as Arrow batches of at most
    ``size`` rows."""
    with _translated_errors():
        _drop_schemas()
        with _new_cursor() as cursor:
            yield from cursor.sql(sql).to_arrow_reader(size)


def interrupt() -> None:
    """Stop the running queries of all threads, from the handler of a signal.

    DuckDB notices an exception of the handler, but it then waits until a query is done that other threads work on.
    """
    for cursor in list(_cursors):
        cursor.interrupt()


@contextmanager
def registered(table: pa.Table) -> Iterator[Sql]:
    """Lend an Arrow table to the SQL of this thread, under the name that is yielded.

    The name is unknown to :func:`stream`, which has a connection of its own.
    """
    name = f"registered_{next(_numbers)}"
    connection = _thread_connection()
    connection.register(name, table)
    try:
        yield Sql(name)
    finally:
        connection.unregister(name)


def function(name: str, python: Callable[[str], str]) -> Sql:
    """Make a Python function of one text known to SQL as ``name``, once and for good; return the
    name."""
    with _lock:
        if name not in _permanent_functions:
            _connection().create_function(name, python, ["VARCHAR"], "VARCHAR")
            _permanent_functions.add(name)
    return Sql(name)


@contextmanager
def functions(*python: Callable[[str], str]) -> Iterator[tuple[Sql, ...]]:
    """Lend Python functions of one text to the SQL of all threads, under the names that are
    yielded."""
    names = tuple(Sql(f"function_{next(_numbers)}") for _ in python)
    with _lock:
        for name, implementation in zip(names, python, strict=True):
            _connection().create_function(name, implementation, ["VARCHAR"], "VARCHAR")
    try:
        yield names
    finally:
        with _lock:
            for name in names:
                _connection().remove_function(name)


def drop_later(schema: str) -> None:
    """Drop a schema with the next call of the engine."""
    _dropped_schemas.append(schema)


def detach_later(name: str) -> None:
    """Detach a database file with the next call of the engine."""
    _detached_files.append(name)


def _connection() -> duckdb.DuckDBPyConnection:
    """Return the process's first connection, which opens the database and owns its functions."""
    global _database
    with _lock:
        if _database is None:
            _database = duckdb.connect(
                config={
                    "temp_directory": str(process_folder()),
                    "memory_limit": MEMORY_LIMIT,
                    # The database has no file, so checkpoints would only take time.
                    "checkpoint_threshold": "1TB",
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                }
            )
            for macro in MACROS:
                _database.execute(f"CREATE MACRO {macro}")
        return _database


def _thread_connection() -> duckdb.DuckDBPyConnection:
    if not hasattr(_local, "connection"):
        _local.connection = _new_cursor()
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


def _new_cursor() -> duckdb.DuckDBPyConnection:
    """Return a new connection, whose queries :func:`interrupt` stops."""
    cursor = _connection().cursor()
    _cursors.add(cursor)
    return cursor


def _run(
    sql: str, parameters: Sequence[object] = (), *, is_repeated: bool = True
) -> duckdb.DuckDBPyConnection:
    with _translated_errors():
        _drop_schemas()
        connection = _thread_connection()
        try:
            return connection.execute(sql, list(parameters))
        except duckdb.OutOfMemoryException:
            if not is_repeated:
                raise
        with _single_thread():
            return connection.execute(sql, list(parameters))


@contextmanager
def _single_thread() -> Iterator[None]:
    """Let DuckDB use one thread within the block, because each has buffers of its own."""
    with _connection().cursor() as settings:
        settings.execute("SET threads = 1")
        try:
            yield
        finally:
            settings.execute("RESET threads")


def _drop_schemas() -> None:
    """Drop the schemas, and detach the files, whose owners are gone."""
    while _dropped_schemas:
        with suppress(IndexError):  # another thread may have taken the last one
            _thread_connection().execute(
                f"DROP SCHEMA IF EXISTS {_dropped_schemas.popleft()} CASCADE"
            )
    while _detached_files:
        with suppress(IndexError):
            _thread_connection().execute(f"DETACH DATABASE IF EXISTS {_detached_files.popleft()}")


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise errors of DuckDB as the package's own, and an interrupted query as ``KeyboardInterrupt``."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except RuntimeError as error:
        # DuckDB discards the exception of the signal handler.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise
    except OSError as error:
        # Arrow's reader of a stream raises DuckDB's errors as its own.
        if not str(error).startswith(_OUT_OF_MEMORY):
            raise
        raise _translate(duckdb.OutOfMemoryException(str(error))) from error
    except UnicodeError as error:
        raise EngineError(NOT_UNICODE) from error
    except duckdb.Error as error:
        raise _translate(error) from error


def _translate(error: duckdb.Error) -> EngineError:
    """Return the package's own error for one of DuckDB, which mistakes a full disk for a lack of memory."""
    message = str(error).strip().partition("\n")[0]
    reason = (message.partition(": ")[2] or message).rstrip(".")
    folder = _temporary_folder()
    is_full = any(os.strerror(code) in message for code in (errno.ENOSPC, errno.EDQUOT))
    if is_full or "failed to offload data block" in message:
        return full_folder(Path(folder).parent, reason.replace(f"{folder}{os.sep}", ""))
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemoryError(out_of_memory_message(reason, memory_limit()))
    if folder in message:
        return EngineError(f"{folder}: temporary tables cannot be stored ({reason}); set TMPDIR")
    return EngineError(f"tables: {message}")


def memory_limit() -> str:
    """Return the memory limit as DuckDB prints it, such as ``953.6 MiB``."""
    return _setting("memory_limit")


def _temporary_folder() -> str:
    return _setting("temp_directory")


def _setting(name: str) -> str:
    with _connection().cursor() as settings:
        ((value,),) = settings.execute("SELECT current_setting(?)", [name]).fetchall()
    return str(value)
