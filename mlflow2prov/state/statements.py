"""The document of a state file: its statements, unified and in canonical order, a table for each kind."""

from __future__ import annotations

from mlflow2prov import engine
from mlflow2prov.engine import AttachedFile
from mlflow2prov.errors import FormatError
from mlflow2prov.prov import Document
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


def load(file: AttachedFile, namespace: str) -> Document:
    """Return the document of a state file. The statements of each kind are read when they are first used.

    Raises:
        FormatError: the file has tables that are not those of a document.
    """
    document = Document(Namespaces({"": namespace}))
    for name, columns in engine.rows(
        """
        SELECT tables.table_name, list(columns.column_name ORDER BY columns.column_index)
        FROM duckdb_tables() AS tables
        JOIN duckdb_columns() AS columns USING (database_name, schema_name, table_name)
        WHERE tables.database_name = ? AND tables.schema_name = ?
        GROUP BY tables.table_name
        """,
        [file.name, SCHEMA],
    ):
        if name not in KIND or tuple(columns) != KIND[name].columns:
            raise FormatError(f"its table {name[:80]!r} is not one of a document")
        document.tables.fetch_later(KIND[name], f"FROM {file.table(SCHEMA, name)}", file)
    return document
