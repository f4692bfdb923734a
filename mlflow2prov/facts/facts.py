"""The fact tables and views of one extraction, in a DuckDB schema of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.errors import unknown_choice
from mlflow2prov.facts.overlay import Overlay
from mlflow2prov.facts.schema import TABLES, Type
from mlflow2prov.facts.views import VIEWS, read_by, views_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_ROWS = 20_000
"""How many rows of a table :meth:`Facts.add` buffers before it inserts them."""

SQL_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.TIME: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
}
_ARROW_TYPES = {
    Type.TEXT: pa.string(),
    Type.TIME: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
}


class Facts:
    """The facts that the sources of one extraction read.

    Sources call :meth:`add` for single rows, :meth:`extend` for some rows and :meth:`add_columns` for whole columns,
    always in a stable order. Leaving a ``with`` block, like :meth:`flush`, inserts the rows that are still buffered.

    Rows are buffered by column. As objects they would keep Python's garbage collector busy.

    :meth:`rows`, :meth:`arrays` and :meth:`execute` run SQL in which the fact tables
    (:data:`~mlflow2prov.facts.schema.TABLES`) and views (:data:`~mlflow2prov.facts.views.VIEWS`) go by their
    plain names.
    """

    def __init__(self) -> None:
        self._schema = engine.Schema("facts")
        self._buffers: dict[str, dict[str, list[object]]] = {}
        self._stored: set[str] = set()
        self._overlays: dict[str, Overlay] = {}
        self._shown: set[str] = set()
        self._sources: list[object] = []
        self._views: set[str] = set()
        engine.execute("; ".join(map(self._definition, TABLES)))

    def __enter__(self) -> Facts:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def table(self, name: str) -> Sql:
        """Return the qualified name of a fact table or view, for SQL that runs outside of this object."""
        if name in VIEWS:
            self._create_views((name,))
        return self._schema.table(name)

    def add(self, table: str, /, **values: object) -> None:
        """Add a row to ``table``.

        Args:
            table: one of :data:`~mlflow2prov.facts.schema.TABLES`.
            values: the row, by column; a column left out is NULL.

        Raises:
            TypeError: the table has no such column.
        """
        _require_columns(table, values)
        column: list[object] = []
        for name, column in self._buffer(table).items():
            column.append(values.get(name))
        if len(column) >= BATCH_ROWS:
            self._insert_buffer(table)

    def extend(self, table: str, count: int, /, **columns: Iterable[object]) -> None:
        """Add some rows to ``table``.

        Args:
            table: one of :data:`~mlflow2prov.facts.schema.TABLES`.
            count: the number of rows.
            columns: the rows, as columns with as many values; a column left out is NULL.

        Raises:
            TypeError: the table has no such column.
        """
        _require_columns(table, columns)
        column: list[object] = []
        for name, column in self._buffer(table).items():
            column.extend(columns.get(name) or repeat(None, count))
        if len(column) >= BATCH_ROWS:
            self._insert_buffer(table)

    def add_columns(self, table: str, /, **columns: Sequence[object] | pa.Array) -> None:
        """Insert many rows into ``table``.

        Args:
            table: one of :data:`~mlflow2prov.facts.schema.TABLES`.
            columns: the rows, as columns of equal length; a column left out is NULL.

        Raises:
            TypeError: the table has no such column.
        """
        _require_columns(table, columns)
        types = TABLES[table].columns
        batch = pa.table(
            {
                name: column
                if isinstance(column, pa.Array)
                else pa.array(column, _ARROW_TYPES[types[name]])
                for name, column in columns.items()
            }
        )
        with engine.registered(batch) as rows:
            names = _column_list(columns)
            engine.execute(
                f"INSERT INTO {self.own_table(table)} ({names}) SELECT {names} FROM {rows}"
            )

    def discard(self, tables: Iterable[str]) -> None:
        """Delete all rows of ``tables`` and free their memory."""
        for table in tables:
            self._buffers.pop(table, None)
            if overlay := self._overlays.pop(table, None):
                overlay.drop()
            elif table in self._shown:
                self._shown.remove(table)
                engine.execute(f"DROP VIEW {self.table(table)}")
            engine.execute(self._definition(table))

    def show(self, table: str, query: str, source: object) -> None:
        """Let ``table``, which is empty, have the rows of a query. No row can be added to it.

        Args:
            table: one of :data:`~mlflow2prov.facts.schema.TABLES`.
            query: returns the rows, with all columns of the table.
            source: an object on which the query depends, which lives at least as long as this one from now on.
        """
        name = self.table(table)
        engine.execute(f"DROP TABLE {name}; CREATE VIEW {name} AS {query}")
        self._shown.add(table)
        self._sources.append(source)

    def inherit(
        self, previous: Facts, table: str, column: str = "", owners: Iterable[str] = ()
    ) -> None:
        """Let ``table`` have the rows of an earlier observation, in addition to its own, without copying them.

        Rows of its own may be added before and after.

        Args:
            previous: the facts of the earlier observation, which must not change.
            table: one of :data:`~mlflow2prov.facts.schema.TABLES`.
            column: the column that names the owner of a row.
            owners: the owners whose earlier rows do not count.
        """
        if table in self._buffers:
            self._insert_buffer(table)
        self._overlays[table] = Overlay.create(
            self._schema, table, previous.table(table), column, owners
        )
        self._sources.append(previous)

    def overlay(self, table: str) -> Overlay | None:
        """Return how ``table`` differs from that of the earlier observation; None if it inherits nothing."""
        return self._overlays.get(table)

    def own_table(self, table: str) -> Sql:
        """Return the qualified name of the table of those rows that are not inherited, which may be changed."""
        overlay = self._overlays.get(table)
        return self.table(table) if overlay is None else overlay.own

    def copy_inherited(self, tables: Iterable[str]) -> None:
        """Copy the rows that ``tables`` inherit, so that these may be changed too."""
        for table in tables:
            if overlay := self._overlays.pop(table, None):
                overlay.merge()

    def flush(self) -> None:
        """Insert the rows that :meth:`add` has buffered."""
        for table in list(self._buffers):
            self._insert_buffer(table)

    def store_views(self) -> None:
        """Replace views that several others read by tables of their rows, after the last fact was added.

        Their joins would otherwise be computed again, and all at the same time, for which memory may not suffice.
        """
        for view in VIEWS.values():
            if view.is_stored and not self.is_empty(view.name) and view.name not in self._stored:
                rows = self._schema.create(
                    f"{view.name}_rows", f"SELECT * FROM {self.table(view.name)}"
                )
                self.execute(f"DROP VIEW {view.name}; ALTER TABLE {rows} RENAME TO {view.name}")
                self._stored.add(view.name)

    def is_empty(self, name: str) -> bool:
        """Return whether a table has no rows, or a view cannot have any."""
        if view := VIEWS.get(name):
            return all(map(self.is_empty, view.rows_from))
        return not engine.rows(f"SELECT 1 FROM {self.table(name)} LIMIT 1")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run ``sql`` and return all its rows."""
        self._create_views(views_in(sql))
        with self._as_default_schema():
            return engine.rows(sql, parameters)

    def arrays(self, sql: str) -> dict[str, NDArray[Any]]:
        """Run ``sql`` and return its columns as NumPy arrays, by name."""
        self._create_views(views_in(sql))
        with self._as_default_schema():
            return engine.arrays(sql)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run ``sql`` for its effect."""
        self._create_views(views_in(sql))
        with self._as_default_schema():
            engine.execute(sql, parameters)

    def _create_views(self, names: Iterable[str]) -> None:
        """Create views, and those that they read, unless they exist. Few of the many are used by an update."""
        for name in names:
            if name not in self._views:
                self._views.add(name)
                self._create_views(table for table in read_by(name) if table in VIEWS)
                view = VIEWS[name]
                with self._as_default_schema():
                    engine.execute(
                        f"CREATE VIEW {name} AS SELECT {_column_list(view.columns)} FROM ({view.sql})"
                    )

    @contextmanager
    def _as_default_schema(self) -> Iterator[None]:
        """Let this thread's SQL find the facts' schema first, and create tables there."""
        engine.execute(f"SET schema = {literal(self._schema.name)}")
        try:
            yield
        finally:
            engine.execute("RESET schema")

    def _definition(self, table: str) -> str:
        columns = ", ".join(
            f"{identifier(name)} {SQL_TYPES[kind]}" for name, kind in TABLES[table].columns.items()
        )
        return f"CREATE OR REPLACE TABLE {self.table(table)} ({columns})"

    def _buffer(self, table: str) -> dict[str, list[object]]:
        """Return the columns of the rows of a table that are still to be inserted."""
        if table not in self._buffers:
            self._buffers[table] = {name: [] for name in TABLES[table].columns}
        return self._buffers[table]

    def _insert_buffer(self, table: str) -> None:
        self.add_columns(table, **self._buffers.pop(table))


def _require_columns(table: str, names: Collection[str]) -> None:
    columns = TABLES[table].columns
    if columns.keys() >= set(names):
        return
    for name in names:
        if name not in columns:
            raise TypeError(f"{table}: {unknown_choice('column', name, columns)}")


def _column_list(columns: Iterable[str]) -> str:
    return ", ".join(map(identifier, columns))
