"""The process's one DuckDB database, in which fact tables and Documents live as tables.

It is in memory and spills to a temporary folder when it outgrows :data:`MEMORY_LIMIT`, so that what a
chain handles is bounded by the disk and not by memory. A schema holds what belongs together (the facts
of one extraction, the statements of one Document) and is dropped with the object that made it.
"""

import atexit
import itertools
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb

MEMORY_LIMIT = "1GB"
"""How much memory the tables take before they go to disk, unless :func:`limit_memory` says otherwise.

Three million statements are about as much; to spill some of them costs a tenth of the time that it takes to
make and write them.
"""

_schema_numbers = itertools.count(1)


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """Return the process's connection, opened on first use."""
    folder = tempfile.mkdtemp(prefix="mlflow2prov-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return duckdb.connect(
        config={
            "temp_directory": folder,
            "memory_limit": MEMORY_LIMIT,
            # There is no file to bring up to date: checkpoints in between only take time.
            "checkpoint_threshold": "1TB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def cursor() -> duckdb.DuckDBPyConnection:
    """Return a further connection to the same database, for a result that is read as it comes."""
    return connection().cursor()


def rows(sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run ``sql`` and return all its rows."""
    return connection().execute(sql, list(parameters)).fetchall()


def scalar(sql: str) -> Any:
    """Run ``sql`` and return the first column of its first row."""
    return rows(sql)[0][0]


def limit_memory(size: str) -> None:
    """Hold the database to ``size`` of memory (``"500MB"``); beyond it, tables go to disk."""
    connection().execute("SET memory_limit = ?", [size])


class Schema:
    """A DuckDB schema that lives as long as this object."""

    def __init__(self, purpose: str) -> None:
        """Create an empty schema named for its ``purpose`` (a lower-case word)."""
        self.name = f"{purpose}_{next(_schema_numbers)}"
        connection().execute(f"CREATE SCHEMA {self.name}")
        self._drop = weakref.finalize(self, _drop_schema, self.name)

    def table(self, name: str) -> str:
        """Return the qualified name of this schema's table ``name``."""
        return f'{self.name}."{name}"'


def _drop_schema(name: str) -> None:
    connection().execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def literal(value: str) -> str:
    """Return ``value`` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
