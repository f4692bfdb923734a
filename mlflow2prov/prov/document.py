"""A PROV document as tables of statements, one for each kind.

    entity:          bundle | id | attributes
    wasGeneratedBy:  bundle | id | arg1 | arg2 | arg3 | attributes

One row is one statement. What ``arg1`` to ``arg5`` mean comes from :mod:`mlflow2prov.prov.kinds`; names
are qualified names of the document's namespaces; times are ``xsd:dateTime``; ``attributes`` is an ordered
list of :class:`~mlflow2prov.prov.attributes.Attribute`. ``bundle`` is empty for what the document itself
says (PROV-DM section 5.4).

The rows are in DuckDB, so that whole documents are read, joined and written as columns; a kind at a time,
so that what is done to a document needs room for one kind beside it, not for another document.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.prov.attributes import SQL_TYPE, Attribute
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, KIND, KINDS, Kind
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces

if TYPE_CHECKING:
    import networkx
    import pandas
    from prov.model import ProvDocument

KEY_COLUMNS = ("bundle", "kind", "id", *ARGUMENT_COLUMNS)
COLUMNS = (*KEY_COLUMNS, "attributes")

KIND_TYPE = f"ENUM({', '.join(engine.literal(kind.name) for kind in KINDS)})"

_LITERAL = pa.struct([(field, pa.string()) for field in Attribute._fields])
ARROW_SCHEMA = pa.schema(
    [
        *((column, pa.string()) for column in KEY_COLUMNS),
        ("attributes", pa.list_(_LITERAL)),
    ]
)
_BATCH = 50_000


class Statement(NamedTuple):
    """One PROV statement: ``kind(id; arguments, attributes)``, in the bundle it is made in.

    ``arguments`` are as many as the kind has, None where not given; ``id`` is None for a relation
    without identifier.
    """

    kind: str
    id: str | None
    arguments: tuple[str | None, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    bundle: str = ""


class Document:
    """A set of PROV statements (PROV-DM), possibly in named bundles.

    Two statements are the same when bundle, kind, identifier and formal arguments are the same; two
    elements are when their identifiers are. :func:`~mlflow2prov.prov.unify.unify` unites what is the
    same; ``==`` compares documents as unified sets, by what their names mean.
    """

    def __init__(self, namespaces: Mapping[str, str] | Namespaces | None = None) -> None:
        """Make an empty document; without ``namespaces`` the default one is the product's own."""
        if namespaces is None:
            namespaces = {"": MLFLOW2PROV}
        if not isinstance(namespaces, Namespaces):
            namespaces = Namespaces(namespaces)
        self.namespaces = namespaces
        self._schema = engine.Schema("document")
        self._tables: dict[str, str] = {}
        self._in_order: set[str] = set()
        self.is_unified = True
        """Whether the rows are known to be unified and in the canonical order."""

    @classmethod
    def from_statements(
        cls,
        statements: Iterable[Statement],
        namespaces: Mapping[str, str] | Namespaces | None = None,
    ) -> Document:
        """Make a document of ``statements``, whose names use ``namespaces``."""
        document = cls(namespaces)
        document.extend(statements)
        return document

    @classmethod
    def from_prov(cls, document: ProvDocument) -> Document:
        """Convert from a document of the ``prov`` library."""
        from mlflow2prov.prov.convert import from_prov

        return from_prov(document)

    def extend(self, statements: Iterable[Statement]) -> None:
        """Add ``statements`` as they come, in batches."""
        batch: list[Statement] = []
        for statement in statements:
            batch.append(statement)
            if len(batch) == _BATCH:
                self._append(batch)
                batch.clear()
        if batch:
            self._append(batch)

    def copy(self) -> Document:
        """Return a document of its own that says the same."""
        copied = Document(Namespaces(self.namespaces.declared))
        for kind in self.kinds():
            copied.insert(kind, f"SELECT * FROM {self.table_of(kind)}")
        copied.is_unified = self.is_unified
        return copied

    def table_of(self, kind: Kind) -> str:
        """Return the DuckDB table of the statements of a kind, with :func:`columns_of` it."""
        if kind.name not in self._tables:
            table = self._schema.table(kind.name)
            arguments = "".join(f"{column} VARCHAR, " for column in columns_of(kind)[2:-1])
            engine.connection().execute(
                f"CREATE TABLE {table} (bundle VARCHAR NOT NULL, id VARCHAR, {arguments}"
                f"attributes {SQL_TYPE} NOT NULL)"
            )
            self._tables[kind.name] = table
        return self._tables[kind.name]

    @property
    def table(self) -> str:
        """The SQL that stands for one table of all statements, with :data:`COLUMNS`, in PROV-DM's order of kinds."""
        kinds = self._made() or [KINDS[0]]
        return f"({' UNION ALL '.join(self._widened(kind) for kind in kinds)})"

    def _made(self) -> list[Kind]:
        """Return the kinds that have a table, in PROV-DM's order."""
        return [kind for kind in KINDS if kind.name in self._tables]

    def _widened(self, kind: Kind) -> str:
        arguments = [
            column if n < len(kind.arguments) else f"NULL::VARCHAR AS {column}"
            for n, column in enumerate(ARGUMENT_COLUMNS)
        ]
        return (
            f"SELECT bundle, {engine.literal(kind.name)}::{KIND_TYPE} AS kind, id, "
            f"{', '.join(arguments)}, attributes FROM {self.table_of(kind)}"
        )

    def insert(self, kind: Kind, query: str) -> None:
        """Add the rows of an SQL ``query`` that gives the columns of ``kind`` in their order."""
        self.is_unified = False
        self._in_order.discard(kind.name)
        engine.connection().execute(f"INSERT INTO {self.table_of(kind)} {query}")

    def fill(self, kind: Kind, query: str) -> None:
        """Put the rows of ``query``, as :meth:`insert` takes it, into an empty table in the canonical order.

        What is written in its order from the start need not be written again to be unified.
        """
        named = f"SELECT * FROM ({query}) AS statements({', '.join(columns_of(kind))})"
        ordered = f"{named} ORDER BY {', '.join(columns_of(kind)[:-1])}"
        self.rewrite(lambda _, __: ordered, (kind,), unified=False)
        self._in_order.add(kind.name)

    def is_in_order(self, kind: Kind) -> bool:
        """Return whether the rows of a kind are known to be in the canonical order, though one may be repeated."""
        return kind.name in self._in_order

    def insert_mixed(self, batch: pa.Table) -> None:
        """Add the rows of a table with :data:`COLUMNS`, of whatever kinds."""
        connection = engine.connection()
        connection.register("batch", batch)
        try:
            for name in batch.column("kind").unique().to_pylist():
                *keys, _ = columns_of(KIND[name])
                self.insert(
                    KIND[name],
                    f"SELECT {', '.join(keys)}, list_sort(list_distinct(attributes)) FROM batch "
                    f"WHERE kind = {engine.literal(name)}",
                )
        finally:
            connection.unregister("batch")

    def rewrite(
        self,
        query: Callable[[Kind, str], str],
        kinds: Iterable[Kind] | None = None,
        *,
        unified: bool,
    ) -> None:
        """Put in place of each kind's rows what ``query(kind, table)`` gives: its columns, in their order."""
        connection = engine.connection()
        for kind in self._made() if kinds is None else kinds:
            fresh = self._schema.table("fresh")
            connection.execute(f"CREATE TABLE {fresh} AS {query(kind, self.table_of(kind))}")
            self._in_order.discard(kind.name)
            connection.execute(f"DROP TABLE {self.table_of(kind)}")
            connection.execute(f'ALTER TABLE {fresh} RENAME TO "{kind.name}"')
        self.is_unified = unified

    def rows(self) -> str:
        """Return the SQL query for all statements, with :data:`COLUMNS`, in the canonical order.

        That order is by bundle, kind (PROV-DM's), identifier and formal arguments; it depends on
        nothing but the statements, so that the same document gives the same bytes.
        """
        query = f"SELECT * FROM {self.table}"
        in_order = self.is_unified and not self.bundles()
        return query if in_order else f"{query} ORDER BY {', '.join(COLUMNS)}"

    def rows_of(self, kind: Kind, bundle: str = "") -> str:
        """Return the SQL query for the statements of one kind in one bundle, in the canonical order.

        Before their columns stands ``place``, a number that no other statement of the kind has.
        """
        table, here = self.table_of(kind), f"bundle = {engine.literal(bundle)}"
        if self.is_unified:
            return f"SELECT rowid + 1 AS place, * FROM {table} WHERE {here}"
        ordered = f"SELECT * FROM {table} ORDER BY {', '.join(columns_of(kind))}"
        return (
            f"SELECT * FROM (SELECT row_number() OVER () AS place, * FROM ({ordered})) WHERE {here}"
        )

    def kinds(self, bundle: str | None = None) -> list[Kind]:
        """Return the kinds of the statements in a bundle, or in all, in PROV-DM's order."""
        where = "" if bundle is None else f"WHERE bundle = {engine.literal(bundle)}"
        return [
            kind
            for kind in self._made()
            if engine.rows(f"SELECT 1 FROM {self.table_of(kind)} {where} LIMIT 1")
        ]

    def batches(self, query: str, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run ``query`` and stream its rows as Arrow batches of at most ``size`` rows."""
        yield from engine.cursor().sql(query).to_arrow_reader(size)

    def statements(self) -> Iterator[Statement]:
        """Stream the statements in the canonical order."""
        for batch in self.batches(self.rows(), 10_000):
            for row in batch.to_pylist():
                arguments = tuple(row[column] for column in ARGUMENT_COLUMNS)
                yield Statement(
                    row["kind"],
                    row["id"],
                    arguments[: len(KIND[row["kind"]].arguments)],
                    tuple(Attribute(**literal) for literal in row["attributes"]),
                    row["bundle"],
                )

    def bundles(self) -> list[str]:
        """Return the identifiers of the named bundles, ordered."""
        listed = " UNION ".join(f"SELECT bundle FROM {table}" for table in self._tables.values())
        if not listed:
            return []
        query = f"SELECT DISTINCT bundle FROM ({listed}) WHERE bundle <> '' ORDER BY bundle"
        return [name for (name,) in engine.rows(query)]

    def __len__(self) -> int:
        """Return the number of statements."""
        return int(engine.scalar(f"SELECT count(*) FROM {self.table}"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        from mlflow2prov.prov.equality import same

        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Document of {len(self)} statements>"

    def to_prov(self) -> ProvDocument:
        """Convert to a document of the ``prov`` library."""
        from mlflow2prov.prov.convert import to_prov

        return to_prov(self)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the statements as a frame with the table's columns, in the canonical order."""
        frame: pandas.DataFrame = engine.cursor().sql(self.rows()).df()
        return frame

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return the graph of elements (nodes) and relations (edges, from effect to cause)."""
        from mlflow2prov.prov.convert import to_networkx

        return to_networkx(self)

    def _append(self, statements: list[Statement]) -> None:
        width = len(ARGUMENT_COLUMNS)
        keys = [
            (s.bundle, s.kind, s.id, *s.arguments, *(None,) * (width - len(s.arguments)))
            for s in statements
        ]
        attributes = [literal for s in statements for literal in s.attributes]
        offsets = list(itertools.accumulate((len(s.attributes) for s in statements), initial=0))
        self.insert_mixed(columnar(keys, attributes, offsets))


def columnar(
    keys: Sequence[tuple[str | None, ...]],
    attributes: Sequence[tuple[str | None, ...]],
    offsets: Sequence[int],
) -> pa.Table:
    """Return statements as a table with :data:`COLUMNS`.

    Args:
        keys: of each statement what stands in :data:`KEY_COLUMNS`.
        attributes: all literals, those of one statement after those of another.
        offsets: where each statement's literals begin, and where the last one's end.
    """
    fields = zip(*attributes, strict=True) if attributes else [()] * len(Attribute._fields)
    literals = pa.StructArray.from_arrays(
        [pa.array(field, pa.string()) for field in fields], Attribute._fields
    )
    columns = [pa.array(column, pa.string()) for column in zip(*keys, strict=True)]
    listed = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), literals)
    return pa.table(dict(zip(COLUMNS, [*columns, listed], strict=True)))


def columns_of(kind: Kind) -> tuple[str, ...]:
    """Return the columns of the table of a kind."""
    return ("bundle", "id", *ARGUMENT_COLUMNS[: len(kind.arguments)], "attributes")
