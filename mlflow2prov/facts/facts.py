"""The fact tables of one extraction, in a DuckDB schema of their own."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.errors import unknown_choice
from mlflow2prov.facts.schema import TABLES, Type
from mlflow2prov.facts.views import VIEWS

BATCH_ROWS = 20_000
"""How many rows of a table :meth:`Facts.add` buffers before it inserts them."""

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
        self._rows: dict[str, list[dict[str, object]]] = {}
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

    def add(self, table: str, /, *positional: object, **values: object) -> None:
        """Add a row to ``table``, with ``values`` by the name of their column.

        A column without a value is NULL. Rows are buffered; :meth:`flush` inserts them.

        Raises:
            TypeError: the table does not have one of the columns.
        """
        if positional:  # Being replaced by names.
            values = dict(zip(TABLES[table].columns, positional, strict=True))
        _require_columns(table, values)
        rows = self._rows.setdefault(table, [])
        rows.append(values)
        if len(rows) >= BATCH_ROWS:
            self._insert_rows(table)

    def add_columns(
        self,
        table: str,
        /,
        *positional: Iterable[Sequence[object] | pa.Array],
        **columns: Sequence[object] | pa.Array,
    ) -> None:
        """Insert rows into ``table`` as ``columns`` of equal length; a column left out is NULL.

        Raises:
            TypeError: the table does not have one of the columns.
        """
        if positional:  # Being replaced by names.
            columns = dict(zip(TABLES[table].columns, positional[0], strict=True))
        _require_columns(table, columns)
        types = TABLES[table].columns
        batch = pa.table(
            {
                name: column
                if isinstance(column, pa.Array)
                else pa.array(column, _ARROW[types[name]])
                for name, column in columns.items()
            }
        )
        names = ", ".join(f'"{name}"' for name in columns)
        connection = engine.connection()
        connection.register("batch", batch)
        try:
            connection.execute(
                f"INSERT INTO {self.table(table)} ({names}) SELECT {names} FROM batch"
            )
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
            self._insert_rows(table)

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

    def _insert_rows(self, table: str) -> None:
        rows = self._rows.pop(table)
        columns = {name: [row.get(name) for row in rows] for name in TABLES[table].columns}
        self.add_columns(table, **columns)


def _require_columns(table: str, names: Collection[str]) -> None:
    """Raise ``TypeError`` unless ``table`` has a column of each of ``names``."""
    columns = TABLES[table].columns
    for name in names:
        if name not in columns:
            raise TypeError(f"{table}: {unknown_choice('column', name, columns)}")
