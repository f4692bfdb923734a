"""Tables whose rows are in order, of any size.

DuckDB sorts rows that contain lists in memory, at least in part, and fails with an error if there are too many. Their
rows are then distributed to files, one for each range of keys, and each file is sorted on its own. The second way
writes all rows twice, so it is taken only after the first one has failed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from mlflow2prov.engine import connection
from mlflow2prov.engine.schema import Schema
from mlflow2prov.engine.sql import Sql, identifier, literal
from mlflow2prov.temporary import temporary_folder

ROW_BYTES = 10_000
"""The memory that is planned for a row of a range, ten times as much as a row of provenance takes."""

SAMPLE_PERCENT = 1.0
"""The share of the rows from whose keys the ranges are derived."""

_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


def create_in_order(
    schema: Schema, name: str, queries: Sequence[str], columns: Sequence[str], keys: Sequence[str]
) -> Sql:
    """Create a table with the rows of all queries in order, and return its qualified name.

    Args:
        schema: the schema of the table.
        name: the name of the table.
        queries: the queries, whose columns are the same in number and types.
        columns: the names of their columns.
        keys: the columns to order by, which are texts.
    """
    try:
        rows = " UNION ALL ".join(queries)
        return schema.create(
            name,
            f"SELECT * FROM ({rows}) AS rows({_names(columns)}) ORDER BY {_names(keys)}",
        )
    except connection.OutOfMemoryError:
        return create_by_ranges(schema, name, queries, columns, keys)


def create_by_ranges(
    schema: Schema, name: str, queries: Sequence[str], columns: Sequence[str], keys: Sequence[str]
) -> Sql:
    """Do the same as :func:`create_in_order` through files, each of which is sorted on its own."""
    # A column of nulls only would have another type in its file.
    typed = ", ".join(
        f"{identifier(name)}::VARCHAR AS {identifier(name)}" if name in keys else identifier(name)
        for name in columns
    )
    named = [f"(SELECT {typed} FROM ({query}) AS rows({_names(columns)}))" for query in queries]
    rows_of_range = max(_memory_limit() // ROW_BYTES, 1)
    bounds = _bounds(named, keys, rows_of_range)
    with temporary_folder() as folder:
        connection.execute(f"SET partitioned_write_flush_threshold = {rows_of_range}")
        try:
            for rows in named:
                _distribute(rows, columns, keys, bounds, folder)
        finally:
            connection.execute("RESET partitioned_write_flush_threshold")
        table = schema.create(name, f"SELECT * FROM {named[0]} LIMIT 0")
        try:
            for number in range(len(bounds) + 1):
                _insert_in_order(table, columns, keys, folder / f"range={number}")
        except BaseException:
            connection.execute(f"DROP TABLE {table}")
            raise
    return table


def _insert_in_order(table: Sql, columns: Sequence[str], keys: Sequence[str], folder: Path) -> None:
    """Insert the rows of a range in order, and delete their files; a range may have no rows."""
    if folder.is_dir():
        connection.execute(
            f"INSERT INTO {table} SELECT {_names(columns)} "
            f"FROM read_parquet({literal(f'{folder}/*.parquet')}, hive_partitioning = false) "
            f"ORDER BY {_names(keys)}"
        )
        shutil.rmtree(folder)


def _distribute(
    rows: str, columns: Sequence[str], keys: Sequence[str], bounds: Sequence[str], folder: Path
) -> None:
    """Append rows to the files of their ranges."""
    selection = f"SELECT {_names(columns)}, {_range('sort_key', bounds)} AS range"
    connection.execute(
        f"COPY ({selection} FROM (SELECT *, {_key(keys)} AS sort_key FROM {rows})) "
        f"TO {literal(str(folder))} (FORMAT parquet, PARTITION_BY (range), APPEND)"
    )


def _bounds(queries: Sequence[str], keys: Sequence[str], rows_of_range: int) -> list[str]:
    """Return the lower bounds of all ranges but the first, so that each has about as many rows."""
    sample = sorted(
        key
        for rows in queries
        for (key,) in connection.rows(
            f"SELECT {_key(keys)} FROM {rows} USING SAMPLE {SAMPLE_PERCENT} PERCENT (bernoulli)"
        )
    )
    step = max(int(rows_of_range * SAMPLE_PERCENT / 100), 1)
    return sorted(set(sample[step::step]))


def _range(key: str, bounds: Sequence[str], first: int = 0) -> str:
    """Return the SQL for the number of bounds up to a key, with as few comparisons as a search takes."""
    if not bounds:
        return str(first)
    middle = len(bounds) // 2
    below = _range(key, bounds[:middle], first)
    above = _range(key, bounds[middle + 1 :], first + middle + 1)
    return f"CASE WHEN {key} < {literal(bounds[middle])} THEN {below} ELSE {above} END"


def _key(keys: Sequence[str]) -> str:
    """Return the SQL for a text that has the order of several columns, with null last."""
    return " || chr(1) || ".join(f"coalesce({identifier(key)}, chr(1114109))" for key in keys)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(identifier, columns))


def _memory_limit() -> int:
    """Return the memory limit in bytes."""
    text = str(connection.scalar("SELECT current_setting('memory_limit')"))
    match = re.fullmatch(r"([0-9.]+) (\w+)", text)
    return int(float(match[1]) * _UNITS[match[2]]) if match else 1 << 30
