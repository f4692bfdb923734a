"""The interface of an RDF syntax: how it spells IRIs, properties and descriptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from mlflow2prov.engine import Sql
from mlflow2prov.formats._support.rdf_names import output_prefixes
from mlflow2prov.prov.namespaces import Namespaces


class Syntax(ABC):
    """An RDF syntax for the names of one document.

    Text that is known before the query is a ``str``; text that depends on a row is :data:`Sql`. A property whose value
    is NULL is NULL or empty.

    Attributes:
        prefixes: the prefix and the IRI in the file, for each prefix of the document.
    """

    def __init__(self, namespaces: Namespaces) -> None:
        """Prepare the syntax for a document.

        Raises:
            FormatError: a namespace is not an absolute IRI.
        """
        self.prefixes = output_prefixes(namespaces)

    @abstractmethod
    def spell(self, iri: str) -> str:
        """Return an IRI as a subject or a value."""

    @abstractmethod
    def spell_key(self, iri: str) -> str:
        """Return an IRI as a property."""

    @abstractmethod
    def name_affixes(self, prefix: str) -> tuple[str, str]:
        """Return the text before and after a plain local part, for a prefix of the document."""

    @abstractmethod
    def annotation(self, datatype: str) -> str:
        """Return the annotation of a literal for its datatype, an IRI."""

    @abstractmethod
    def language(self, tag: Sql) -> Sql:
        """Return the annotation of a literal for its language tag, which may be NULL."""

    def node(self, label: str, identity: Sequence[Sql]) -> Sql:
        """Return a blank node.

        Args:
            label: the beginning of its label.
            identity: expressions that together identify the node in its bundle. Here the place of the row does.
        """
        return Sql(f"concat('_:{label}', place)")

    @abstractmethod
    def reference(self, subject: Sql, key: Sql, value: Sql) -> Sql:
        """Return a property whose value is a resource."""

    @abstractmethod
    def literal(self, subject: Sql, key: Sql, value: Sql, annotation: Sql) -> Sql:
        """Return a property whose value is a literal."""

    @abstractmethod
    def description(
        self,
        rows: Sql,
        subject: Sql,
        class_name: str,
        properties: list[Sql],
        attribute: Sql | None = None,
    ) -> list[Sql]:
        """Return the queries for the description of a subject in each row.

        Args:
            rows: the query for the rows.
            subject: the column of the subject.
            class_name: its class in PROV's namespace, empty for none.
            properties: its properties.
            attribute: the property for one attribute of the row, if the rows have attributes.
        """

    @abstractmethod
    def qualified(
        self,
        rows: Sql,
        triple: Sql | None,
        link: str,
        class_name: str,
        properties: list[Sql],
        attribute: Sql,
    ) -> list[Sql]:
        """Return the queries for blank nodes, and for the properties that lead to them.

        Args:
            rows: the query for the rows, with the columns ``subject`` and ``node``.
            triple: a further property of the subject.
            link: the property that leads from the subject to the node, as :meth:`spell_key` returns it.
            class_name: the class of the node.
            properties: the properties of the node.
            attribute: the property for one attribute of the row.
        """
