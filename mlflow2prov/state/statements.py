"""The document of a state file: its statements, unified and in canonical order, a table for each kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mlflow2prov import engine
from mlflow2prov.engine import AttachedFile, Sql
from mlflow2prov.errors import FormatError
from mlflow2prov.mapping.incremental import Changes, key_columns
from mlflow2prov.prov import Document, Kind
from mlflow2prov.prov.attributes import SQL_TYPE
from mlflow2prov.prov.kinds import KIND
from mlflow2prov.prov.namespaces import Namespaces

SCHEMA = "document"


def store(file: AttachedFile, document: Document) -> None:
    """Replace the document of a writable state file by a unified document."""
    engine.execute(f"DROP SCHEMA IF EXISTS {file.name}.{SCHEMA} CASCADE")
    engine.execute(f"CREATE SCHEMA {file.name}.{SCHEMA}")
    for kind in document.tables.kinds():
        engine.execute(
            f"CREATE TABLE {file.table(SCHEMA, kind.name)} AS FROM {document.tables.of(kind)}"
        )


def tables(file: AttachedFile) -> dict[Kind, Sql]:
    """Return the table of each kind of which a state file has statements.

    Raises:
        FormatError: the file has tables that are not those of a document.
    """
    names = engine.rows(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?",
        [file.name, SCHEMA],
    )
    return {_kind(name): file.table(SCHEMA, name) for (name,) in names}


def _kind(table: str) -> Kind:
    if table not in KIND:
        raise FormatError(f"its table {table[:80]!r} is not one of a document")
    return KIND[table]


def apply(file: AttachedFile, changes: Mapping[Kind, Changes]) -> None:
    """Change the document of a writable state file.

    The new statements follow the others, so that they are put in order when they are read (:func:`load`).
    """
    for kind, change in changes.items():
        table = file.table(SCHEMA, kind.name)
        condition = " AND ".join(
            f"statements.{column} IS NOT DISTINCT FROM keys.{column}"
            for column in key_columns(kind)
        )
        columns = ", ".join(f"{column} VARCHAR" for column in kind.key_columns)
        engine.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}, attributes {SQL_TYPE})")
        engine.execute(
            f"""
            DELETE FROM {table}
            WHERE rowid IN (
                SELECT statements.rowid
                FROM {table} AS statements
                SEMI JOIN {change.keys} AS keys ON {condition}
            )
            """
        )
        engine.execute(f"INSERT INTO {table} FROM {change.statements.tables.of(kind)}")


def load(file: AttachedFile, namespace: str, unordered_kinds: Collection[str]) -> Document:
    """Return the document of a state file. The statements of each kind are read when they are first used.

    Args:
        file: the state file.
        namespace: the default namespace of the document.
        unordered_kinds: the names of the kinds whose statements are not stored in canonical order.

    Raises:
        FormatError: the file has tables that are not those of a document.
    """
    document = Document(Namespaces({"": namespace}))
    for name, columns, types in engine.rows(
        """
        SELECT
            tables.table_name,
            list(columns.column_name ORDER BY columns.column_index),
            list(columns.data_type ORDER BY columns.column_index)
        FROM duckdb_tables() AS tables
        JOIN duckdb_columns() AS columns USING (database_name, schema_name, table_name)
        WHERE tables.database_name = ? AND tables.schema_name = ?
        GROUP BY tables.table_name
        """,
        [file.name, SCHEMA],
    ):
        if name not in KIND or tuple(columns) != KIND[name].columns:
            raise FormatError(f"its table {name[:80]!r} is not one of a document")
        kind, table = KIND[name], file.table(SCHEMA, name)
        if name in unordered_kinds:
            order = ", ".join(kind.key_columns)
            document.tables.fetch_later(kind, f"FROM {table} ORDER BY {order}", file)
        elif _are_types_of_statements(types) and _has_all_rows(table):
            document.tables.borrow(kind, table, file)
        else:
            document.tables.fetch_later(kind, f"FROM {table}", file)
    return document


def _are_types_of_statements(types: Sequence[str]) -> bool:
    """Return whether the columns of a table have the types of a document's, as DuckDB lists them."""
    *names, attributes = (name.replace('"', "") for name in types)
    return {*names} <= {"VARCHAR", "NULL"} and attributes == SQL_TYPE.replace('"', "")


def _has_all_rows(table: Sql) -> bool:
    """Return whether no row was deleted from a table, and none lacks a value that statements have."""
    query = f"""
        SELECT count(*) = coalesce(max(rowid) + 1, 0)
            AND count(bundle) = count(*)
            AND count(attributes) = count(*)
        FROM {table}
        """
    return bool(engine.scalar(query))
