"""The interface between queries and documents, wherever the statements are.

The tables of a :class:`~mlflow2prov.prov.document.Document` are in DuckDB; those of a data set are in Spark
(:mod:`mlflow2prov.scale`). Functions that only build queries, and read small results, take either.
"""

from __future__ import annotations

from typing import Any, Protocol

from mlflow2prov.engine import Sql
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.prov.namespaces import Namespaces


class QueryableTables(Protocol):
    """The statements of a document, as tables."""

    def of(self, kind: Kind) -> Sql:
        """Return the table of a kind, with the columns :attr:`Kind.columns`."""
        ...

    def existing(self) -> list[Kind]:
        """Return the kinds of which there may be statements, in PROV-DM's order."""
        ...

    def union(self) -> Sql:
        """Return one table of all statements, with :data:`~mlflow2prov.prov.tables.COLUMNS`."""
        ...

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query with a small result."""
        ...


class QueryableDocument(Protocol):
    """A document that can be queried."""

    @property
    def namespaces(self) -> Namespaces:
        """The prefixes of the document's qualified names."""
        ...

    @property
    def tables(self) -> QueryableTables:
        """The statements."""
        ...
