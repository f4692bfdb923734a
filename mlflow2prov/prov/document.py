"""A PROV document: a set of statements, possibly in named bundles, with the namespaces of their
names.

The statements are rows of DuckDB tables (:mod:`mlflow2prov.prov.tables`), so that whole documents
are read, joined and written as columns. No Python object represents a statement unless a caller
asks for one.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlflow2prov import engine
from mlflow2prov.boundary import own_errors
from mlflow2prov.errors import FormatError, StateError, StatementError
from mlflow2prov.escaping import html
from mlflow2prov.lazy_module import LazyModule
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.batch import Batch
from mlflow2prov.prov.kinds import KIND
from mlflow2prov.prov.methods import DocumentMethods
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces
from mlflow2prov.prov.statement import Statement
from mlflow2prov.prov.tables import Observations, StatementTables
from mlflow2prov.quantity import quantity

if TYPE_CHECKING:
    import networkx
    import pandas
    import prov.model as prov_model
else:
    networkx, pandas = LazyModule("networkx"), LazyModule("pandas")
    prov_model = LazyModule("prov.model")

BATCH_ROWS = 50_000
"""Statements of one kind that are collected before they are inserted."""

MAX_PICTURE_STATEMENTS = 60
"""Notebooks draw documents of at most this many statements."""

_STREAM_ROWS = 10_000


class Document(DocumentMethods):
    """A set of PROV statements (PROV-DM), possibly in named bundles.

    Two statements are the same when bundle, kind, identifier and formal arguments are the same; two
    elements are the same when their identifiers are. ``==`` compares documents as sets of unified
    statements, by the URIs of their names.

    Public functions whose first argument is a document are also methods: ``document.explain(...)``,
    ``document.save(...)``. Notebooks show the numbers of elements and relations and, if the
    document is small and Graphviz is installed, its picture.

    Attributes:
        namespaces: the prefixes of the document's qualified names.
        tables: the statements as DuckDB tables, for operations of this package.
    """

    @own_errors()
    def __init__(self, namespaces: Mapping[str, str] | Namespaces | None = None) -> None:
        """Make an empty document.

        Args:
            namespaces: prefix to URI, ``""`` for the default namespace; without it, the default
                namespace is that of
                MLflow2PROV's vocabulary.

        Raises:
            NamespaceError: a prefix or a URI is not valid.
        """
        if namespaces is None:
            namespaces = {"": MLFLOW2PROV}
        if not isinstance(namespaces, Namespaces):
            namespaces = Namespaces(namespaces)
        self.namespaces = namespaces
        self.tables = StatementTables()

    @classmethod
    @own_errors()
    def from_statements(
        cls,
        statements: Iterable[Statement],
        namespaces: Mapping[str, str] | Namespaces | None = None,
    ) -> Document:
        """Make a document of ``statements``, whose names use ``namespaces``.

        Raises:
            NamespaceError: a prefix or a URI is not valid.
            StatementError: an item is not a Statement.
        """
        document = cls(namespaces)
        document.extend(statements)
        return document

    @classmethod
    @own_errors()
    def from_prov(cls, document: prov_model.ProvDocument) -> Document:
        """Convert a document of the ``prov`` library.

        Raises:
            ConfigurationError: the argument is not a ProvDocument.
        """
        from mlflow2prov.prov.convert import from_prov

        return from_prov(document)

    @own_errors()
    def extend(self, statements: Iterable[Statement]) -> None:
        """Add ``statements``: all of them, or none if one is not valid.

        Raises:
            StatementError: an item is not a Statement.
        """
        if not isinstance(statements, Iterable):
            raise StatementError(f"{type(statements).__name__} is not an iterable of statements")
        staged: StatementTables | None = None
        batches: dict[str, list[Statement]] = defaultdict(list)
        for number, statement in enumerate(statements):
            if not isinstance(statement, Statement):
                raise StatementError(
                    f"item {number} is {type(statement).__name__}, not a Statement"
                )
            batch = batches[statement.kind]
            batch.append(statement)
            if len(batch) >= BATCH_ROWS:
                staged = staged or StatementTables()
                _insert(staged, batch)
                batch.clear()
        if staged is not None:
            for kind in staged.existing():
                self.tables.insert(kind, f"SELECT * FROM {staged.of(kind)}")
        for batch in batches.values():
            if batch:
                _insert(self.tables, batch)

    @own_errors()
    def copy(self) -> Document:
        """Return an independent document with the same statements."""
        duplicate = Document(Namespaces(self.namespaces.declared))
        for kind in self.tables.kinds():
            duplicate.tables.insert(kind, f"SELECT * FROM {self.tables.of(kind)}")
        duplicate.tables.is_unified = self.tables.is_unified
        return duplicate

    @own_errors()
    def as_of(self, time: str | datetime.datetime) -> Document:
        """Return the document as it was, according to the state file that this document was loaded from.

        It is the document of the last observation that ended by ``time``; a warning names the observation, and
        how many changes the next one saw.

        Args:
            time: a time, or a date in any form that git understands; a day means its end.

        Raises:
            StateError: the document was not loaded from a state file, was changed since then, or nothing was
                observed by ``time``.
            ConfigurationError: the date is not valid.
        """
        return self._observations("as of").document_as_of(time)

    @own_errors()
    def statements_since(self, time: str | datetime.datetime | None = None) -> Document:
        """Return the statements that are new since an earlier observation, or have new attributes.

        Args:
            time: a time or date, as in :meth:`as_of`; by default that of the observation before the last.

        Raises:
            StateError: the document was not loaded from a state file, was changed since then, or nothing was
                observed by ``time``.
            ConfigurationError: the date is not valid.
        """
        return self._observations("statements since").statements_since(time)

    def _observations(self, purpose: str) -> Observations:
        if self.tables.observations is None:
            raise StateError(
                f"{purpose}: only a document as loaded from a state file has earlier states; see mlflow2prov update"
            )
        return self.tables.observations

    def statements(self) -> Iterator[Statement]:
        """Stream the statements in canonical order: by bundle, kind, identifier and formal
        arguments."""
        with own_errors():
            for bundle in ("", *self.bundles()):
                for kind in self.tables.kinds(bundle):
                    for batch in engine.stream(self.tables.rows(kind, bundle), _STREAM_ROWS):
                        for row in batch.to_pylist():
                            yield Statement._make(
                                (
                                    kind.name,
                                    row["id"],
                                    tuple(row[column] for column in kind.argument_columns),
                                    tuple(
                                        Attribute(**attribute) for attribute in row["attributes"]
                                    ),
                                    bundle,
                                )
                            )

    @own_errors()
    def bundles(self) -> list[str]:
        """Return the identifiers of the named bundles, in order."""
        return self.tables.bundles()

    @own_errors()
    def __len__(self) -> int:
        """Return the number of statements."""
        return self.tables.count()

    @own_errors()
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        from mlflow2prov.prov.equality import are_equal

        return are_equal(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Document of {quantity(len(self), 'statement')}>"

    def _repr_html_(self) -> str:
        with own_errors():
            picture = self._picture() if len(self) <= MAX_PICTURE_STATEMENTS else ""
            return f"<p>{html(repr(self))}</p>{self.statistics().to_html()}{picture}"

    def _picture(self) -> str:
        try:
            return self.to_svg()
        except FormatError:  # Graphviz is not installed
            return ""

    @own_errors()
    def to_markdown(self) -> str:
        """Return the numbers of elements and relations as GitHub Flavored Markdown."""
        return self.statistics().to_markdown()

    @own_errors()
    def to_prov(self) -> prov_model.ProvDocument:
        """Convert to a document of the ``prov`` library.

        Raises:
            NamespaceError: a name uses a prefix that the document does not declare.
        """
        from mlflow2prov.prov.convert import to_prov

        return to_prov(self)

    @own_errors()
    def to_pandas(self) -> pandas.DataFrame:
        """Return the statements as a frame, a row for each, in canonical order.

        The columns are ``bundle``, ``kind``, ``id``, one for each formal argument of PROV-DM
        (``entity``, ``activity``, ``time``, ``startTime``, ...), and ``attributes``, a list of
        dicts with ``key``, ``value``, ``type`` and ``lang``.
        """
        return engine.frame(self.tables.in_order())

    @own_errors()
    def to_networkx(self) -> networkx.MultiDiGraph:  # type: ignore[type-arg]
        """Return the graph of elements (nodes) and relations (edges, from effect to cause)."""
        from mlflow2prov.prov.convert import to_networkx

        return to_networkx(self)


def _insert(tables: StatementTables, statements: list[Statement]) -> None:
    """Insert statements of one kind."""
    batch = Batch(KIND[statements[0].kind])
    for statement in statements:
        key = (statement.bundle, statement.id, *statement.arguments)
        batch.add(key, statement.attributes)
    tables.insert_batch(batch)
