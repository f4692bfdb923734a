"""Tables whose rows are in order, of any size.

DuckDB sorts and groups rows that contain lists in memory, at least in part, and fails with an error if there are too
many. The rows are then distributed to files, one for each range of keys, and each file is sorted or grouped on its own.
The second way writes all rows twice, so it is taken only after the first one has failed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow2prov.engine import connection
from mlflow2prov.engine.memory import bytes_of
from mlflow2prov.engine.schema import Schema
from mlflow2prov.engine.sql import Sql, identifier, literal
from mlflow2prov.temporary import temporary_folder

ROW_BYTES = 10_000
"""The memory that is planned for a row of a range, ten times as much as a row of provenance takes."""

RANGE_BYTES = 4_000_000
"""The memory that the buffers for the rows of one range take while rows are distributed to all of them."""

PARTS_OF_RANGE = 8
"""The number of ranges into which a range is split that does not fit into memory."""

SAMPLE_PERCENT = 1.0
"""The share of the rows from whose keys the ranges are derived."""


def create_in_order(
    schema: Schema,
    name: str,
    queries: Sequence[str],
    columns: Sequence[str],
    keys: Sequence[str],
    arrange: Callable[[Sql], Sql] | None = None,
) -> Sql:
    """Create a table with the rows of all queries in order, and return its qualified name.

    Args:
        schema: the schema of the table.
        name: the name of the table.
        queries: the queries, whose columns are the same in number and types.
        columns: the names of their columns.
        keys: the columns to order by, which are texts.
        arrange: returns the query that orders the rows of a table, and may unite those with the same keys. By default
            it orders them by ``keys``.
    """
    arrange = arrange or (lambda rows: _sorted_rows(rows, columns, keys))
    try:
        rows = " UNION ALL ".join(queries)
        query = arrange(Sql(f"(SELECT * FROM ({rows}) AS rows({_names(columns)}))"))
        return schema.create(name, query, is_repeated=False)
    except connection.OutOfMemoryError:
        return create_by_ranges(schema, name, queries, columns, keys, arrange)


def create_by_ranges(
    schema: Schema,
    name: str,
    queries: Sequence[str],
    columns: Sequence[str],
    keys: Sequence[str],
    arrange: Callable[[Sql], Sql] | None = None,
) -> Sql:
    """Do the same as :func:`create_in_order` through files, each of which is arranged on its own."""
    # A column of nulls only would have another type in its file.
    typed = ", ".join(
        f"{identifier(name)}::VARCHAR AS {identifier(name)}" if name in keys else identifier(name)
        for name in columns
    )
    named = [
        Sql(f"(SELECT {typed} FROM ({query}) AS rows({_names(columns)}))") for query in queries
    ]
    table = schema.create(name, f"SELECT * FROM {named[0]} LIMIT 0")
    arrange = arrange or (lambda rows: _sorted_rows(rows, columns, keys))
    rows_of_range = max(bytes_of(connection.memory_limit()) // ROW_BYTES, 1)
    try:
        _insert_by_ranges(_Target(table, columns, keys, arrange), named, rows_of_range)
    except BaseException:
        connection.execute(f"DROP TABLE {table}")
        raise
    return table


@dataclass(frozen=True)
class _Target:
    """The table to fill, its columns and keys, and how its rows are arranged."""

    table: Sql
    columns: Sequence[str]
    keys: Sequence[str]
    arrange: Callable[[Sql], Sql]


def _insert_by_ranges(
    target: _Target, queries: Sequence[Sql], rows_of_range: int, total: int | None = None
) -> None:
    """Distribute the rows of all queries to ranges of about ``rows_of_range`` rows, and insert one after another.

    Args:
        target: the table.
        queries: the queries.
        rows_of_range: the number of rows that a range should have.
        total: the number of all rows, if they are a range themselves.
    """
    bounds = _bounds(queries, target.keys, rows_of_range)
    with temporary_folder() as folder:
        connection.execute(f"SET partitioned_write_flush_threshold = {rows_of_range}")
        try:
            for rows in queries:
                _distribute(rows, target.columns, target.keys, bounds, folder)
        finally:
            connection.execute("RESET partitioned_write_flush_threshold")
        for number in range(len(bounds) + 1):
            _insert_range(target, folder / f"range={number}", total)


def _insert_range(target: _Target, folder: Path, total: int | None) -> None:
    """Insert the rows of a range in order, and delete their files; a range may have no rows.

    A range that does not fit into memory either is split again, unless it has all ``total`` rows of the range that was
    split before: then they have the same keys.
    """
    if not folder.is_dir():
        return
    files = f"read_parquet({literal(f'{folder}/*.parquet')}, hive_partitioning = false)"
    rows = Sql(f"(SELECT {_names(target.columns)} FROM {files})")
    try:
        connection.execute(f"INSERT INTO {target.table} {target.arrange(rows)}")
    except connection.OutOfMemoryError:
        count = int(connection.scalar(f"SELECT count(*) FROM {rows}"))
        if count == total:
            raise
        _insert_by_ranges(target, [rows], max(count // PARTS_OF_RANGE, 1), count)
    shutil.rmtree(folder)


def _sorted_rows(rows: Sql, columns: Sequence[str], keys: Sequence[str]) -> Sql:
    return Sql(f"SELECT {_names(columns)} FROM {rows} ORDER BY {_names(keys)}")


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
    # The buffers for many ranges would not fit into memory.
    max_ranges = max(bytes_of(connection.memory_limit()) // RANGE_BYTES, 2)
    step = max(int(rows_of_range * SAMPLE_PERCENT / 100), len(sample) // max_ranges, 1)
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
