"""Turtle (W3C Recommendation of 25 February 2014): PROV-O for people to read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support import provo, rdf_writer
from mlflow2prov.formats._support.escapes import PLAIN_NAME
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_names import output_prefixes
from mlflow2prov.formats._support.rdf_reader import read_rdf, read_rdf_file
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.sql_expressions import join_attributes, json_string
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces

_INDENT = "    "
_DECLARATION = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:@prefix|@base|PREFIX\b|BASE\b)", re.I)
_STRING_OR_IRI = re.compile(rb'"(?:\\.|[^"\\])*"?|<[^<>\s]*>')
_PLAIN_NAME = re.compile(PLAIN_NAME)


class Turtle(Syntax):
    """The spelling of Turtle: prefixed names, one property per line, and blank nodes as values."""

    def __init__(self, namespaces: Namespaces, indent: str = "") -> None:
        super().__init__(namespaces)
        self._indent = indent
        declared = [*self.prefixes.values(), ("rdf", provo.RDF), ("rdfs", provo.RDFS)]
        self._longest_first = sorted(declared, key=lambda pair: (-len(pair[1]), pair))

    def spell(self, iri: str) -> str:
        """Return ``prefix:local`` if the local part needs no escape, else ``<iri>``."""
        for prefix, uri in self._longest_first:
            if iri.startswith(uri) and _PLAIN_NAME.fullmatch(iri[len(uri) :]):
                return f"{prefix}:{iri[len(uri) :]}"
        return f"<{iri}>"

    def spell_key(self, iri: str) -> str:
        """Return ``a`` for the class, else the same as :meth:`spell`."""
        return "a" if iri == provo.TYPE else self.spell(iri)

    def name_affixes(self, prefix: str) -> tuple[str, str]:
        """Return ``prefix:`` and nothing."""
        return f"{self.prefixes[prefix][0]}:", ""

    def annotation(self, datatype: str) -> str:
        """Return ``^^prefix:local``."""
        return f"^^{self.spell(datatype)}"

    def language(self, tag: Sql) -> Sql:
        """Return ``@tag``."""
        return Sql(f"concat('@', {tag})")

    def reference(self, subject: Sql, key: Sql, value: Sql) -> Sql:
        """Return ``key value``. The subject is written once, before all its properties."""
        return Sql(f"concat({key}, ' ', {value})")

    def literal(self, subject: Sql, key: Sql, value: Sql, annotation: Sql) -> Sql:
        """Return ``key "text"`` with the datatype or language."""
        return Sql(f"concat({key}, ' ', {json_string(value)}, {annotation})")

    def description(
        self,
        rows: Sql,
        subject: Sql,
        class_name: str,
        properties: list[Sql],
        attribute: Sql | None = None,
    ) -> list[Sql]:
        """Return the query for a subject with one property per line."""
        lines = self._property_lines(class_name, properties, attribute, self._indent + _INDENT)
        indent = literal(self._indent)
        return [Sql(f"SELECT concat({indent}, {subject}, ' ', {lines}, ' .\n') FROM ({rows})")]

    def qualified(
        self,
        rows: Sql,
        triple: Sql | None,
        link: str,
        class_name: str,
        properties: list[Sql],
        attribute: Sql,
    ) -> list[Sql]:
        """Return the query for a subject whose property has the node in brackets as its value."""
        lines = self._property_lines(class_name, properties, attribute, self._indent + 2 * _INDENT)
        node = Sql(f"concat({literal(f'{link} [ ')}, {lines}, {literal(' ]')})")
        return self.description(rows, Sql("subject"), "", [triple, node] if triple else [node])

    def _property_lines(
        self, class_name: str, properties: list[Sql], attribute: Sql | None, indent: str
    ) -> Sql:
        separator = f" ;\n{indent}"
        lines = [literal(f"a prov:{class_name}")] if class_name else []
        lines += properties
        if attribute:
            lines.append(Sql(f"nullif({join_attributes(attribute, separator)}, '')"))
        return Sql(f"concat_ws({literal(separator)}, {', '.join(lines)})")


def write_prefixes(namespaces: Namespaces, stream: BinaryIO) -> None:
    """Write the declarations at the beginning of Turtle and TriG."""
    declared = {*output_prefixes(namespaces).values(), ("rdfs", provo.RDFS)}
    for prefix, iri in sorted(declared):
        stream.write(f"@prefix {prefix}: <{iri}> .\n".encode())
    stream.write(b"\n")


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as Turtle.

    Raises:
        FormatError: the document has bundles, or PROV-O cannot express it.
    """
    rdf_writer.require_one_graph(document, "Turtle")
    document = rdf_writer.prepare(document)
    write_prefixes(document.namespaces, stream)
    rdf_writer.write_bundle(document, "", Turtle(document.namespaces), stream)


def read(content: bytes, base: str = "") -> Document:
    """Read PROV-O from Turtle. Relative IRIs are resolved against ``base``.

    Raises:
        FormatError: the content is not Turtle, or contains no PROV-O.
    """
    return read_rdf(content, "turtle", "Turtle", base)


def read_file(path: Path, base: str = "") -> Document:
    """Read a file of Turtle like :func:`read`, a part at a time.

    Raises:
        FormatError: the content is not Turtle, or contains no PROV-O.
    """
    return read_rdf_file(path, "turtle", "Turtle", base)


def has_graphs(head: bytes) -> bool:
    """Return whether a file that begins like Turtle has graphs in braces, which makes it TriG."""
    return b"{" in _STRING_OR_IRI.sub(b"<>", head)


def begins_with_declaration(head: bytes) -> bool:
    """Return whether a file begins with a declaration of Turtle and TriG."""
    return bool(_DECLARATION.match(head))


def recognises(head: bytes) -> bool:
    """Return whether a file begins like Turtle."""
    return begins_with_declaration(head) and not has_graphs(head)


FORMATS = (
    Format(
        "turtle",
        ".ttl",
        "Turtle (PROV-O)",
        write,
        read,
        recognises,
        has_relative_iris=True,
        read_file=read_file,
    ),
)
