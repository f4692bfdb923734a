"""The tables of a Document: one for each kind of statement, with columns named for PROV-DM's formal
arguments.

    entity:          bundle | id | attributes
    wasGeneratedBy:  bundle | id | entity | activity | time | attributes

One row is one statement. Names are qualified names of the document's namespaces, times are
``xsd:dateTime``, and ``attributes`` is an ordered list of
:class:`~mlflow2prov.prov.attributes.Attribute`. ``bundle`` is empty for statements of the document
itself (PROV-DM section 5.4).

An operation works on one kind at a time, so it needs room for the statements of one kind, not for
another document.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.lazy_module import LazyModule
from mlflow2prov.prov.attributes import SQL_TYPE, Attribute
from mlflow2prov.prov.batch import Batch
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, KINDS, Kind

if TYPE_CHECKING:
    import datetime

    import pyarrow as pa

    from mlflow2prov.prov.document import Document
else:
    pa = LazyModule("pyarrow")

KEY_COLUMNS = ("bundle", "kind", "id", *ARGUMENT_COLUMNS)
COLUMNS = (*KEY_COLUMNS, "attributes")
"""The columns of one table that holds statements of every kind: those of a frame and of a Parquet
file."""

_KIND_TYPE = f"ENUM({', '.join(literal(kind.name) for kind in KINDS)})"

MAX_JSON_ROWS = 1_000
"""More statements of a kind are inserted through Arrow, which is faster once it is imported. Fewer are sorted before,
so that a small document need not be unified later."""

FEW_ROWS = 1_000
"""The statements of a kind that may be fetched at once, which takes DuckDB half the time of a short stream."""


class Observations(Protocol):
    """The states of a project that a document was made of (:mod:`mlflow2prov.state`)."""

    def document_as_of(self, time: str | datetime.datetime) -> Document:
        """Return the document of the last observation that ended by ``time``."""
        ...

    def statements_since(self, time: str | datetime.datetime | None) -> Document:
        """Return the statements of the last observation that the one at ``time``, or that before the last, lacks."""
        ...


class StatementTables:
    """The statement tables of one Document, and whether their rows are unified and in canonical
    order.

    The canonical order is by bundle, kind (PROV-DM's order), identifier and formal arguments. It
    depends on nothing but the statements, so the same document gives the same bytes.
    """

    def __init__(self) -> None:
        self._schema = engine.Schema("document")
        self._tables: dict[str, Sql] = {}
        self._ordered: set[str] = set()
        self._unified: set[str] = set()
        """The kinds whose rows were inserted at once, in canonical order and without repetitions."""
        self._sorted: set[str] = set()
        self._sorting = threading.Lock()
        self._unread: dict[str, tuple[str, object]] = {}
        self._lent: dict[str, object] = {}
        """The owners of the tables that belong to others, which are read and not changed, by kind."""
        self._lock = threading.RLock()
        self.is_unified = True
        """Whether the rows are known to be unified and in canonical order."""
        self.observations: Observations | None = None
        """The observations that the statements come from, as long as they are as read from there."""

    def fetch_later(self, kind: Kind, query: str, source: object) -> None:
        """Fill the table of a kind when it is first used, with rows that are unified and in canonical order.

        Args:
            kind: the kind, which has no statements yet.
            query: returns the rows, with the columns of the kind in their order.
            source: an object that is kept until then, because the query needs it.
        """
        self._unread[kind.name] = query, source

    def borrow(self, kind: Kind, table: Sql, owner: object) -> None:
        """Use a table of a database file for a kind, which is copied when statements are added to it.

        Args:
            kind: the kind, which has no statements yet.
            table: the qualified name of the table. Its columns are those of the kind in name, order and type, its rows
                are unified and in canonical order, and their ``rowid`` counts from 0.
            owner: an object that is kept as long as the table is used.
        """
        self._tables[kind.name] = table
        self._lent[kind.name] = owner

    def of(self, kind: Kind) -> Sql:
        """Return the table of a kind, with the columns :attr:`Kind.columns`. Only this class changes it."""
        with self._lock:
            if kind.name not in self._tables:
                query, _ = self._unread.pop(kind.name, (None, None))
                self._tables[kind.name] = self._create(kind, query)
            return self._tables[kind.name]

    def _create(self, kind: Kind, query: str | None = None) -> Sql:
        """Create the table of a kind, with the rows of a query."""
        table = self._schema.table(kind.name)
        arguments = "".join(f"{name} VARCHAR, " for name in kind.argument_columns)
        engine.execute(
            f"CREATE TABLE {table} (bundle VARCHAR NOT NULL, id VARCHAR, {arguments}"
            f"attributes {SQL_TYPE} NOT NULL)"
        )
        if query:
            engine.execute(f"INSERT INTO {table} {query}")
        return table

    def _own(self, kind: Kind) -> Sql:
        """Return the table of a kind after it was copied, if it belongs to others."""
        with self._lock:
            if kind.name in self._lent:
                self._tables[kind.name] = self._create(kind, f"FROM {self._tables[kind.name]}")
                del self._lent[kind.name]
            return self.of(kind)

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query with a small result."""
        return engine.rows(query)

    def existing(self) -> list[Kind]:
        """Return the kinds that have a table, in PROV-DM's order."""
        return [kind for kind in KINDS if kind.name in self._tables or kind.name in self._unread]

    def kinds(self, bundle: str | None = None) -> list[Kind]:
        """Return the kinds of the statements in a bundle, or in the whole document, in PROV-DM's
        order."""
        condition = "" if bundle is None else f"WHERE bundle = {literal(bundle)}"
        return [
            kind
            for kind in self.existing()
            if engine.rows(f"SELECT 1 FROM {self.of(kind)} {condition} LIMIT 1")
        ]

    def bundles(self) -> list[str]:
        """Return the identifiers of the named bundles, in order."""
        bundles = " UNION ".join(f"SELECT bundle FROM {self.of(kind)}" for kind in self.existing())
        if not bundles:
            return []
        query = f"SELECT DISTINCT bundle FROM ({bundles}) WHERE bundle <> '' ORDER BY bundle"
        return [bundle for (bundle,) in engine.rows(query)]

    def count(self) -> int:
        """Return the number of statements."""
        return sum(map(self.count_of, self.existing()))

    def count_of(self, kind: Kind) -> int:
        """Return the number of statements of a kind."""
        return int(engine.scalar(f"SELECT count(*) FROM {self.of(kind)}"))

    def is_small(self, kind: Kind) -> bool:
        """Return whether the statements of a kind are few enough to be fetched at once."""
        return self.count_of(kind) <= FEW_ROWS

    def union(self) -> Sql:
        """Return one table of all statements, with the columns :data:`COLUMNS`, in no particular
        order."""
        return Sql(f"({' UNION ALL '.join(self._widened(kind) for kind in self._kinds_to_read())})")

    def in_order(self) -> Sql:
        """Return the query for all statements, with the columns :data:`COLUMNS`, in canonical
        order."""
        kinds = self._kinds_to_read()
        if not self.bundles():
            self._sort(kinds)
            return Sql(" UNION ALL ".join(self._widened(kind) for kind in kinds))
        # Kinds have their formal arguments in different orders, so rows are sorted by their places.
        places = range(max(len(kind.arguments) for kind in kinds))
        with_places = " UNION ALL ".join(
            self._widened(
                kind,
                "".join(
                    f", {kind.argument_columns[place] if place < len(kind.arguments) else 'NULL::VARCHAR'}"
                    f" AS place_{place}"
                    for place in places
                ),
            )
            for kind in kinds
        )
        order = ", ".join(
            ["bundle", "kind", "id", *(f"place_{place}" for place in places), "attributes"]
        )
        columns = ", ".join(COLUMNS)
        return Sql(f"SELECT {columns} FROM ({with_places}) ORDER BY {order}")

    def parts_in_order(self) -> list[Sql]:
        """Return queries whose rows, those of one query after those of another, are the rows of
        :meth:`in_order`.

        Unless there are bundles, each returns the statements of one kind, and only the columns of
        this kind: DuckDB sorts and returns a null column as slowly as one with values.
        """
        if self.bundles():
            return [self.in_order()]
        self._sort(self.existing())
        return [
            Sql(f"SELECT {literal(kind.name)} AS kind, * FROM {self.of(kind)}")
            for kind in self.existing()
        ]

    def rows(self, kind: Kind, bundle: str = "") -> Sql:
        """Return the query for the statements of one kind in one bundle, in canonical order.

        The first column is ``place``, a number that is unique among the statements of the kind;
        :attr:`Kind.columns` follow.
        """
        self._sort([kind])
        return Sql(
            f"SELECT rowid + 1 AS place, * FROM {self.of(kind)} WHERE bundle = {literal(bundle)}"
        )

    def _sort(self, kinds: Iterable[Kind]) -> None:
        """Put the rows of kinds into canonical order, unless they are; the statements stay the same."""
        with self._sorting:
            for kind in kinds:
                if not self.is_unified and kind.name not in self._sorted:
                    self._arrange(kind, partial(_sorted_rows, kind))
                    self._sorted.add(kind.name)

    def _arrange(self, kind: Kind, arrange: Callable[[Sql], Sql]) -> None:
        """Replace the rows of a kind by those of ``arrange(rows)``, which are in canonical order."""
        queries = [f"SELECT * FROM {self.of(kind)}"]
        # Statements whose times differ only in their spelling may be the same.
        replacement = engine.create_in_order(
            self._schema, "replacement", queries, kind.columns, kind.name_columns, arrange
        )
        self._replace(kind, replacement)

    def insert(self, kind: Kind, query: str, parameters: Sequence[object] = ()) -> None:
        """Add the rows of ``query``, which returns the columns of ``kind`` in their order."""
        self.is_unified = False
        self.observations = None
        self._ordered.discard(kind.name)
        self._unified.discard(kind.name)
        self._sorted.discard(kind.name)
        engine.execute(f"INSERT INTO {self._own(kind)} {query}", parameters)

    def insert_batch(self, batch: Batch) -> None:
        """Add statements, whose attributes may be in any order and repeated."""
        kind = batch.kind
        keys = ", ".join(kind.key_columns)
        query = f"SELECT {keys}, list_sort(list_distinct(attributes)) AS attributes FROM"
        if len(batch.keys) > MAX_JSON_ROWS:
            with engine.registered(batch.to_arrow()) as rows:
                self.insert(kind, f"{query} {rows}")
            return
        batch.sort()
        is_first = kind.name not in self._tables and kind.name not in self._unread
        is_unified = is_first and not batch.has_repetitions()
        self.insert(kind, f"{query} {_json_rows(kind)}", [batch.to_json().decode()])
        if is_unified:
            self._unified.add(kind.name)
            self.is_unified = self._unified.issuperset([*self._tables, *self._unread])

    def insert_arrow(self, kind: Kind, rows: pa.Table) -> None:
        """Add the rows of an Arrow table with the columns of ``kind``; attributes may be in any order and repeated."""
        keys = ", ".join(kind.key_columns)
        with engine.registered(rows) as table:
            self.insert(
                kind,
                f"SELECT {keys}, list_sort(list_distinct(attributes)) AS attributes FROM {table}",
            )

    def fill(self, kind: Kind, queries: Sequence[str]) -> None:
        """Put the rows of several queries, like those of :meth:`insert`, into an empty table in
        canonical order.

        A table that is written in order from the start need not be written again to be unified.
        """
        rows = engine.create_in_order(
            self._schema, "replacement", queries, kind.columns, kind.key_columns
        )
        self._replace(kind, rows)
        self.is_unified = False
        self._ordered.add(kind.name)

    def is_in_order(self, kind: Kind) -> bool:
        """Return whether the rows of a kind are known to be in canonical order; some may be
        repeated."""
        return kind.name in self._ordered

    def rewrite(
        self,
        query: Callable[[Kind, Sql], str],
        kinds: Iterable[Kind] | None = None,
        *,
        unified: bool,
    ) -> None:
        """Replace the rows of each kind by those of ``query(kind, table)``, which returns the
        columns in their order."""
        for kind in self.existing() if kinds is None else kinds:
            self._replace(kind, self._schema.create("replacement", query(kind, self.of(kind))))
        self.is_unified = unified

    def unify(self, kinds: Iterable[Kind], unified_rows: Callable[[Kind, Sql], Sql]) -> None:
        """Replace the rows of ``kinds`` by those of ``unified_rows(kind, rows)``, which are in canonical order.

        All other kinds are unified.
        """
        for kind in kinds:
            self._arrange(kind, partial(unified_rows, kind))
        self.is_unified = True

    def _replace(self, kind: Kind, replacement: Sql) -> None:
        """Put another table in the place of that of a kind."""
        self.observations = None
        table = self.of(kind)
        self._ordered.discard(kind.name)
        self._unified.discard(kind.name)
        self._sorted.discard(kind.name)
        rename = f"ALTER TABLE {replacement} RENAME TO {identifier(kind.name)}"
        with self._lock:
            if self._lent.pop(kind.name, None) is not None:
                engine.execute(rename)
                self._tables[kind.name] = self._schema.table(kind.name)
                return
        # Other threads find one of the two tables at any time.
        with engine.transaction():
            engine.execute(f"DROP TABLE {table}")
            engine.execute(rename)

    def _kinds_to_read(self) -> list[Kind]:
        return self.existing() or [KINDS[0]]

    def _widened(self, kind: Kind, further_columns: str = "") -> str:
        arguments = ", ".join(
            name if name in kind.argument_columns else f"NULL::VARCHAR AS {name}"
            for name in ARGUMENT_COLUMNS
        )
        return (
            f"SELECT bundle, {literal(kind.name)}::{_KIND_TYPE} AS kind, id, {arguments}, attributes"
            f"{further_columns} FROM {self.of(kind)}"
        )


def _sorted_rows(kind: Kind, rows: Sql) -> Sql:
    columns = ", ".join(kind.columns)
    return Sql(f"SELECT {columns} FROM {rows} ORDER BY {columns}")


def arrow_schema() -> pa.Schema:
    """Return the Arrow schema of the columns :data:`COLUMNS`."""
    attribute = pa.struct([(field, pa.string()) for field in Attribute._fields])
    return pa.schema(
        [*((column, pa.string()) for column in KEY_COLUMNS), ("attributes", pa.list_(attribute))]
    )


def _json_rows(kind: Kind) -> Sql:
    """Return the table of the statements in a parameter, :meth:`Batch.to_json`."""
    attribute = ", ".join(f'"{field}": "VARCHAR"' for field in Attribute._fields)
    columns = ", ".join(f'"{column}": "VARCHAR"' for column in kind.key_columns)
    form = f'[{{{columns}, "attributes": [{{{attribute}}}]}}]'
    return Sql(f"(SELECT unnest(from_json(?, {literal(form)}), max_depth := 2))")
