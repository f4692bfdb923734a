"""The fact tables of all observations: each row with the first observation that saw it, and the first that did not."""

from __future__ import annotations

from collections.abc import Sequence

from mlflow2prov import engine
from mlflow2prov.engine import AttachedFile, Sql, identifier
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.differences import Difference, Differences
from mlflow2prov.facts.facts import SQL_TYPES
from mlflow2prov.facts.schema import Type
from mlflow2prov.state.journal import Entry, RowChanges

SCHEMA = "facts"

STORED_TABLES = tuple(name for name in TABLES if name != "changes")
"""The tables that are kept. ``changes`` is not: it is discarded once the revisions are derived from it."""

READINGS = frozenset(("stores", "kept_runs", "histories"))
"""The tables about the readings themselves, of which nothing goes into the document."""


def add_missing_tables(file: AttachedFile) -> None:
    """Create the tables and columns that a file of an earlier version lacks."""
    engine.execute(f"CREATE SCHEMA IF NOT EXISTS {file.name}.{SCHEMA}")
    stored_columns = _stored_columns(file)
    for name in STORED_TABLES:
        columns = {
            **{column: SQL_TYPES[kind] for column, kind in TABLES[name].columns.items()},
            "since": "INTEGER",
            "until": "INTEGER",
        }
        missing = [
            f"{identifier(column)} {kind}"
            for column, kind in columns.items()
            if column not in stored_columns[name]
        ]
        table = file.table(SCHEMA, name)
        if not stored_columns[name]:
            engine.execute(f"CREATE TABLE {table} ({', '.join(missing)})")
            continue
        for definition in missing:
            engine.execute(f"ALTER TABLE {table} ADD COLUMN {definition}")


def store_first(file: AttachedFile, facts: Facts) -> None:
    """Store the facts of the first observation.

    Args:
        file: a writable state file, with all tables.
        facts: all facts of the observation.
    """
    for name in STORED_TABLES:
        columns = _columns(name)
        engine.execute(
            f"""
            INSERT INTO {file.table(SCHEMA, name)} ({columns}, since)
            SELECT DISTINCT {columns}, 1
            FROM {facts.table(name)}
            ORDER BY ALL
            """
        )


def store(file: AttachedFile, differences: Differences, observation: int) -> None:
    """Store the facts of an observation.

    Args:
        file: a writable state file, with all tables.
        differences: those between the observation and the one before, which is the last of the file.
        observation: the number of the observation.
    """
    for name in STORED_TABLES:
        if name in READINGS:
            _store_rows(file, name, differences.facts, observation)
        elif difference := differences.of(name):
            _store_difference(file, name, difference, observation)


def reading_changes(differences: Differences) -> dict[str, RowChanges]:
    """Return how the tables about the readings differ, for an entry of the journal."""
    return {
        name: RowChanges(
            *(
                engine.rows(f"SELECT {_columns(name)} FROM {table} ORDER BY ALL")
                for table in (difference.deletions, difference.additions)
            )
        )
        for name in sorted(READINGS)
        if (difference := differences.of(name))
    }


def apply(facts: Facts, entry: Entry) -> None:
    """Change the facts of the observation before an entry of the journal into those of the entry's observation.

    Raises:
        ValueError: a row of the entry is not one of its table.
    """
    for name in sorted(READINGS & entry.tables.keys()):
        changes = entry.tables[name]
        rows = set(facts.rows(f"SELECT {_columns(name)} FROM {name}"))
        rows -= {_checked_row(name, row) for row in changes.deletions}
        rows |= {_checked_row(name, row) for row in changes.additions}
        facts.discard((name,))
        if not rows:
            continue
        columns = zip(*sorted(rows, key=repr), strict=True)
        facts.add_columns(name, **dict(zip(TABLES[name].columns, map(list, columns), strict=False)))


def _checked_row(table: str, row: Sequence[object]) -> tuple[object, ...]:
    """Return a row of a table; one of an earlier version may lack the last columns.

    Raises:
        ValueError: it is not a row of the table.
    """
    kinds = list(TABLES[table].columns.values())
    values = (*row, *[None] * (len(kinds) - len(row)))
    if len(values) != len(kinds) or not all(map(_is_of_type, values, kinds)):
        raise ValueError(f"a row of {table}")
    return values


def _is_of_type(value: object, kind: Type) -> bool:
    if type(value) is int and not -(1 << 63) <= value < 1 << 63:
        return False
    return value is None or type(value) in _PYTHON_TYPES[kind]


_PYTHON_TYPES = {
    Type.TEXT: (str,),
    Type.TIME: (str,),
    Type.INTEGER: (int,),
    Type.NUMBER: (int, float),
    Type.BOOLEAN: (bool,),
}


def _store_rows(file: AttachedFile, name: str, facts: Facts, observation: int) -> None:
    """Store the rows of a small table. The present rows in the file may be those of an earlier observation."""
    columns = _columns(name)
    stored = f"(SELECT {columns} FROM {file.table(SCHEMA, name)} WHERE until IS NULL)"
    schema = engine.Schema("readings")
    additions, deletions = (
        schema.create(kind, f"SELECT {columns} FROM {left} EXCEPT SELECT {columns} FROM {right}")
        for kind, left, right in (
            ("additions", facts.table(name), stored),
            ("deletions", stored, facts.table(name)),
        )
    )
    _store_difference(file, name, Difference(additions, deletions), observation)


def has_news(differences: Differences) -> bool:
    """Return whether the facts of two observations differ; the tables of :data:`READINGS` are ignored."""
    return differences.any_of(*(name for name in STORED_TABLES if name not in READINGS))


def _store_difference(
    file: AttachedFile, name: str, difference: Difference, observation: int
) -> None:
    stored = file.table(SCHEMA, name)
    same_row = " AND ".join(
        f"deletions.{identifier(column)} IS NOT DISTINCT FROM stored.{identifier(column)}"
        for column in TABLES[name].columns
    )
    if engine.rows(f"SELECT 1 FROM {difference.deletions} LIMIT 1"):
        engine.execute(
            f"""
            UPDATE {stored}
            SET until = {observation}
            WHERE rowid IN (
                SELECT stored.rowid
                FROM {stored} AS stored
                SEMI JOIN {difference.deletions} AS deletions ON {same_row}
                WHERE stored.until IS NULL
            )
            """
        )
    columns = _columns(name)
    engine.execute(
        f"""
        INSERT INTO {stored} ({columns}, since)
        SELECT {columns}, {observation}
        FROM {difference.additions}
        ORDER BY ALL
        """
    )


def _columns(table: str) -> str:
    return ", ".join(map(identifier, TABLES[table].columns))


def facts_at(file: AttachedFile, observation: int) -> Facts:
    """Return the facts of an observation, which are read from the file as far as they are used.

    Args:
        file: a state file; tables and columns that it lacks, because it is of an earlier version, are empty.
        observation: its number.
    """
    facts = Facts()
    for name, query in stored_rows(file).items():
        facts.show(
            name, f"SELECT {_columns(name)} FROM ({query}) WHERE {_is_valid_at(observation)}", file
        )
    return facts


def is_complete(file: AttachedFile) -> bool:
    """Return whether a file has all tables and columns of facts, which one of an earlier version may lack."""
    stored = _stored_columns(file)
    return all(stored[name] >= TABLES[name].columns.keys() for name in STORED_TABLES)


def stored_rows(file: AttachedFile) -> dict[str, Sql]:
    """Return the query for the rows of each stored table: those of all observations, with ``since`` and ``until``.

    Columns that the file lacks, because it is of an earlier version, are NULL. Tables that it lacks are left out.
    """
    queries = {}
    for name, stored in _stored_columns(file).items():
        if stored:
            columns = ", ".join(
                identifier(column)
                if column in stored
                else f"NULL::{SQL_TYPES[kind]} AS {identifier(column)}"
                for column, kind in TABLES[name].columns.items()
            )
            queries[name] = Sql(f"SELECT {columns}, since, until FROM {file.table(SCHEMA, name)}")
    return queries


def _is_valid_at(observation: int) -> Sql:
    """Return the condition that a row was seen by an observation."""
    return Sql(f"since <= {observation} AND (until IS NULL OR until > {observation})")


def _stored_columns(file: AttachedFile) -> dict[str, set[str]]:
    """Return the columns of each stored table. Views are ignored, because a malicious file may contain one."""
    columns: dict[str, set[str]] = {name: set() for name in STORED_TABLES}
    for table, column in engine.rows(
        """
        SELECT columns.table_name, columns.column_name
        FROM duckdb_columns() AS columns
        JOIN duckdb_tables() AS tables USING (database_name, schema_name, table_name)
        WHERE columns.database_name = ? AND columns.schema_name = ?
        """,
        [file.name, SCHEMA],
    ):
        if table in columns:
            columns[table].add(column)
    return columns
