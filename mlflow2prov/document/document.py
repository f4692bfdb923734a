"""A PROV document as a table of statements.

    bundle | kind | id | arg1 .. arg5 | attributes

One row is one statement. ``kind`` and the meaning of ``arg1`` to ``arg5`` come from
:mod:`mlflow2prov.document.kinds`; names are qualified names of the document's namespaces; times are
``xsd:dateTime``; ``attributes`` is an ordered list of :class:`~mlflow2prov.document.literals.Literal`.
``bundle`` is empty for what the document itself says (PROV-DM section 5.4).

The rows are in DuckDB, so that whole documents are read, joined and written as columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from mlflow2prov import database
from mlflow2prov.document.kinds import ARGUMENT_COLUMNS, KIND, KINDS, Kind
from mlflow2prov.document.literals import SQL_TYPE, Literal
from mlflow2prov.document.namespaces import MLFLOW2PROV, Namespaces

if TYPE_CHECKING:
    import networkx
    import pandas
    from prov.model import ProvDocument

KEY_COLUMNS = ("bundle", "kind", "id", *ARGUMENT_COLUMNS)
COLUMNS = (*KEY_COLUMNS, "attributes")

KIND_TYPE = f"ENUM({', '.join(database.text(kind.name) for kind in KINDS)})"

_LITERAL = pa.struct([(field, pa.string()) for field in Literal._fields])
_ARROW = pa.schema(
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
    attributes: tuple[Literal, ...] = ()
    bundle: str = ""


class Document:
    """A set of PROV statements (PROV-DM), possibly in named bundles.

    Two statements are the same when bundle, kind, identifier and formal arguments are the same; two
    elements are when their identifiers are. :func:`mlflow2prov.operations.unify` unites what is the
    same; ``==`` compares documents as unified sets, by what their names mean.
    """

    def __init__(self, namespaces: Mapping[str, str] | Namespaces | None = None) -> None:
        """Make an empty document; without ``namespaces`` the default one is the product's own."""
        if namespaces is None:
            namespaces = {"": MLFLOW2PROV}
        if not isinstance(namespaces, Namespaces):
            namespaces = Namespaces(namespaces)
        self.namespaces = namespaces
        self._schema = database.Schema("document")
        self.table = self._schema.table("statements")
        """The DuckDB table that holds the statements, with :data:`COLUMNS`."""
        self.is_unified = True
        """Whether the rows are known to be unified and in the canonical order."""
        columns = ", ".join(f"{column} VARCHAR" for column in ARGUMENT_COLUMNS)
        database.connection().execute(
            f"CREATE TABLE {self.table} (bundle VARCHAR NOT NULL, kind {KIND_TYPE} NOT NULL, "
            f"id VARCHAR, {columns}, attributes {SQL_TYPE} NOT NULL)"
        )

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
        from mlflow2prov.document.interchange import from_prov

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

    def insert(self, query: str) -> None:
        """Add the rows of an SQL ``query`` that gives :data:`COLUMNS` in that order."""
        self.is_unified = False
        database.connection().execute(f"INSERT INTO {self.table} {query}")

    def replace(self, query: str, *, unified: bool) -> None:
        """Put the rows of ``query`` (over this or any table) in place of what is here."""
        fresh = self._schema.table("fresh")
        connection = database.connection()
        connection.execute(f"CREATE TABLE {fresh} AS {query}")
        connection.execute(f"DROP TABLE {self.table}")
        connection.execute(f"ALTER TABLE {fresh} RENAME TO statements")
        self.is_unified = unified

    def rows(self, columns: str = "*") -> str:
        """Return the SQL query for ``columns`` of all statements in the canonical order.

        That order is by bundle, kind (PROV-DM's), identifier and formal arguments; it depends on
        nothing but the statements, so that the same document gives the same bytes.
        """
        query = f"SELECT {columns} FROM {self.table}"
        return query if self.is_unified else f"{query} ORDER BY {', '.join(COLUMNS)}"

    def rows_of(self, kind: Kind, bundle: str = "") -> str:
        """Return the SQL query for the statements of one kind in one bundle, in the canonical order."""
        here = f"bundle = {database.text(bundle)} AND kind = {database.text(kind.name)}"
        return f"SELECT * FROM ({self.rows()}) WHERE {here}"

    def kinds(self, bundle: str = "") -> list[Kind]:
        """Return the kinds of the statements in a bundle, in PROV-DM's order."""
        found = database.rows(
            f"SELECT DISTINCT kind FROM {self.table} WHERE bundle = {database.text(bundle)} ORDER BY kind"
        )
        return [KIND[name] for (name,) in found]

    def batches(self, query: str, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run ``query`` and stream its rows as Arrow batches of at most ``size`` rows."""
        yield from database.cursor().sql(query).to_arrow_reader(size)

    def statements(self) -> Iterator[Statement]:
        """Stream the statements in the canonical order."""
        for batch in self.batches(self.rows(), 10_000):
            for row in batch.to_pylist():
                arguments = tuple(row[column] for column in ARGUMENT_COLUMNS)
                yield Statement(
                    row["kind"],
                    row["id"],
                    arguments[: len(KIND[row["kind"]].arguments)],
                    tuple(Literal(**literal) for literal in row["attributes"]),
                    row["bundle"],
                )

    def bundles(self) -> list[str]:
        """Return the identifiers of the named bundles, ordered."""
        query = f"SELECT DISTINCT bundle FROM {self.table} WHERE bundle <> '' ORDER BY bundle"
        return [name for (name,) in database.rows(query)]

    def __len__(self) -> int:
        """Return the number of statements."""
        return int(database.scalar(f"SELECT count(*) FROM {self.table}"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        from mlflow2prov.operations.merge import same

        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Document of {len(self)} statements>"

    def to_prov(self) -> ProvDocument:
        """Convert to a document of the ``prov`` library."""
        from mlflow2prov.document.interchange import to_prov

        return to_prov(self)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the statements as a frame with the table's columns, in the canonical order."""
        frame: pandas.DataFrame = database.cursor().sql(self.rows()).df()
        return frame

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return the graph of elements (nodes) and relations (edges, from effect to cause)."""
        from mlflow2prov.document.interchange import to_networkx

        return to_networkx(self)

    def _append(self, statements: list[Statement]) -> None:
        width = len(ARGUMENT_COLUMNS)
        padded = [(*s.arguments, *(None,) * (width - len(s.arguments))) for s in statements]
        columns = [
            [s.bundle for s in statements],
            [s.kind for s in statements],
            [s.id for s in statements],
            *([arguments[n] for arguments in padded] for n in range(width)),
            [[literal._asdict() for literal in sorted_literals(s.attributes)] for s in statements],
        ]
        batch = pa.table(dict(zip(COLUMNS, columns, strict=True)), schema=_ARROW)
        connection = database.connection()
        connection.register("batch", batch)
        try:
            self.insert("SELECT * FROM batch")
        finally:
            connection.unregister("batch")


def sorted_literals(attributes: Iterable[Literal]) -> list[Literal]:
    """Return ``attributes`` in the canonical order, each once.

    The order is by key, value, type and language, what is absent last; it is that of DuckDB's
    ``list_sort``.
    """
    return sorted(
        set(attributes),
        key=lambda a: (a.key, a.value, a.type is None, a.type or "", a.lang is None, a.lang or ""),
    )
