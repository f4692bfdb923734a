"""The fact tables of all observations: each row with the first observation that saw it, and the first that did not."""

from __future__ import annotations

from mlflow2prov import engine
from mlflow2prov.engine import AttachedFile, Sql, identifier
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.facts import SQL_TYPES

SCHEMA = "facts"

STORED_TABLES = tuple(name for name in TABLES if name != "changes")
"""The tables that are kept. Revisions are derived from ``changes``, which are discarded then."""

_READINGS = {"stores", "kept_runs", "histories"}
"""The tables about the readings themselves, of which nothing goes into the document."""


def add_missing_tables(file: AttachedFile) -> None:
    """Create the tables and columns that a file of an earlier version lacks."""
    engine.execute(f"CREATE SCHEMA IF NOT EXISTS {file.name}.{SCHEMA}")
    for name in STORED_TABLES:
        columns = {
            **{column: SQL_TYPES[kind] for column, kind in TABLES[name].columns.items()},
            "since": "INTEGER",
            "until": "INTEGER",
        }
        definitions = [f"{identifier(column)} {kind}" for column, kind in columns.items()]
        table = file.table(SCHEMA, name)
        engine.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(definitions)})")
        for definition in definitions:
            engine.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {definition}")


def store(file: AttachedFile, facts: Facts, observation: int) -> bool:
    """Store the facts of an observation, and return whether they differ from those of the one before.

    Another time of reading is no difference.

    Args:
        file: a writable state file, with all tables.
        facts: all facts of the observation.
        observation: its number.
    """
    changed = {name for name in STORED_TABLES if _store_table(file, facts, name, observation)}
    return bool(changed - _READINGS)


def _store_table(file: AttachedFile, facts: Facts, name: str, observation: int) -> bool:
    stored, observed = file.table(SCHEMA, name), facts.table(name)
    columns = ", ".join(map(identifier, TABLES[name].columns))
    current = f"(SELECT rowid AS row_number, {columns} FROM {stored} WHERE until IS NULL)"
    if _fingerprint(current, columns) == _fingerprint(observed, columns):
        return False
    same_row = " AND ".join(
        f"current.{identifier(column)} IS NOT DISTINCT FROM observed.{identifier(column)}"
        for column in TABLES[name].columns
    )
    engine.execute(
        f"""
        UPDATE {stored}
        SET until = {observation}
        WHERE rowid IN (
            SELECT current.row_number
            FROM {current} AS current
            ANTI JOIN {observed} AS observed ON {same_row}
        )
        """
    )
    engine.execute(
        f"""
        INSERT INTO {stored}
        SELECT {columns}, {observation}, NULL
        FROM (
            SELECT {columns} FROM {observed}
            EXCEPT
            SELECT {columns} FROM {stored} WHERE until IS NULL
        )
        ORDER BY ALL
        """
    )
    return True


def _fingerprint(rows: str, columns: str) -> tuple[object, ...]:
    """Return the number of different rows and a digest of them that does not depend on their order."""
    return engine.rows(
        f"SELECT count(*), sum(hash({columns})), bit_xor(hash({columns})) "
        f"FROM (SELECT DISTINCT {columns} FROM {rows})"
    )[0]


def facts_at(file: AttachedFile, observation: int) -> Facts:
    """Return the facts of an observation.

    Args:
        file: a state file; tables and columns that it lacks, because it is of an earlier version, are empty.
        observation: its number.
    """
    facts = Facts()
    stored_columns = _stored_columns(file)
    for name in STORED_TABLES:
        columns = [column for column in TABLES[name].columns if column in stored_columns[name]]
        if columns:
            names = ", ".join(map(identifier, columns))
            engine.execute(
                f"""
                INSERT INTO {facts.table(name)} ({names})
                SELECT {names}
                FROM {file.table(SCHEMA, name)}
                WHERE {_is_valid_at(observation)}
                ORDER BY ALL
                """
            )
    return facts


def _is_valid_at(observation: int) -> Sql:
    return Sql(f"since <= {observation} AND (until IS NULL OR until > {observation})")


def _stored_columns(file: AttachedFile) -> dict[str, set[str]]:
    """Return the columns of each stored table. A view is no table: a file of an attacker may have one."""
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
