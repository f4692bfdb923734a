"""The fact tables of one extraction, in a DuckDB schema of their own."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.schema import TABLES, Type
from mlflow2prov.facts.views import VIEWS

_BATCH = 20_000

_SQL = {
    Type.TEXT: "VARCHAR",
    Type.TIME: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
}
_ARROW = {
    Type.TEXT: pa.string(),
    Type.TIME: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
}


class Facts:
    """What the sources of one extraction know.

    Sources call :meth:`add` row by row, or :meth:`add_columns` with whole columns, in a stable order;
    :meth:`flush` (or leaving a ``with`` block) brings the last rows in. ``schema`` names the DuckDB
    schema that holds :data:`~mlflow2prov.facts.schema.TABLES`.
    """

    def __init__(self) -> None:
        self._schema = engine.Schema("facts")
        self._rows: dict[str, list[Sequence[object]]] = {}
        for table in TABLES:
            self._create(table)
        for view in VIEWS.values():
            columns = ", ".join(f'"{name}"' for name in view.columns)
            self.query(f"CREATE VIEW {self.table(view.name)} ({columns}) AS {view.sql}")

    def __enter__(self) -> "Facts":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def table(self, name: str) -> str:
        """Return the qualified SQL name of a fact table or view."""
        return self._schema.table(name)

    def add(self, table: str, *values: object) -> None:
        """Add a row; ``values`` are in the order of the table's columns."""
        rows = self._rows.setdefault(table, [])
        rows.append(values)
        if len(rows) >= _BATCH:
            self._write(table)

    def add_columns(self, table: str, columns: Iterable[Sequence[object] | pa.Array]) -> None:
        """Add many rows, given as columns in the order of the table's columns."""
        types = TABLES[table].columns
        batch = pa.table(
            {
                name: column if isinstance(column, pa.Array) else pa.array(column, _ARROW[kind])
                for (name, kind), column in zip(types.items(), columns, strict=True)
            }
        )
        connection = engine.connection()
        connection.register("batch", batch)
        try:
            connection.execute(f"INSERT INTO {self.table(table)} SELECT * FROM batch")
        finally:
            connection.unregister("batch")

    def discard(self, tables: Iterable[str]) -> None:
        """Forget all rows of ``tables``, and give back their room."""
        for table in tables:
            self._rows.pop(table, None)
            self._create(table)

    def flush(self) -> None:
        """Bring in the rows that :meth:`add` still holds."""
        for table in [name for name, rows in self._rows.items() if rows]:
            self._write(table)

    def is_empty(self, name: str) -> bool:
        """Return whether a table has no rows, or a view cannot have any."""
        if view := VIEWS.get(name):
            return all(map(self.is_empty, view.sources))
        return not engine.rows(f"SELECT 1 FROM {self.table(name)} LIMIT 1")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of ``sql``, in which ``{name}`` stands for a fact table or view."""
        names = {name: self.table(name) for name in (*TABLES, *VIEWS)}
        return engine.rows(sql.format(**names))

    def execute(self, sql: str, parameters: Sequence[object]) -> None:
        """Run ``sql``, named like :meth:`query`'s, with values for its ``?``."""
        names = {name: self.table(name) for name in (*TABLES, *VIEWS)}
        engine.connection().execute(sql.format(**names), parameters)

    def _create(self, table: str) -> None:
        columns = ", ".join(
            f'"{name}" {_SQL[kind]}' for name, kind in TABLES[table].columns.items()
        )
        engine.connection().execute(f"CREATE OR REPLACE TABLE {self.table(table)} ({columns})")

    def _write(self, table: str) -> None:
        rows = self._rows.pop(table)
        self.add_columns(table, zip(*rows, strict=True))
