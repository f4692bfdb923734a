"""N-Quads and N-Triples (W3C Recommendations of 25 February 2014): PROV-O with one triple per line.

Comments at the beginning keep the prefixes of the document, so that names are read as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support import provo, rdf_writer
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf, read_rdf_file
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.rdf_terms import spell_name
from mlflow2prov.formats._support.sql_expressions import json_string
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import PROV, Namespaces

PREFIX_BYTES = 65536
"""How much of a file may contain prefixes."""

_PREFIX = re.compile(r"^# @prefix ([^\s:]*): <([^>]*)> \.$", re.M)
_LINE = re.compile(
    rb"(?:#[^\n]*\n\s*)*(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+(?:<|_:|\")[^\n]*\.[ \t]*(?:\n|\r|#|$)"
)


class NQuads(Syntax):
    """The spelling of N-Quads in the graph of one bundle.

    Args:
        namespaces: the prefixes of the document.
        bundle: the bundle, empty for the document itself.
        node_prefix: the beginning of the labels of all blank nodes.
    """

    def __init__(self, namespaces: Namespaces, bundle: str = "", node_prefix: str = "") -> None:
        super().__init__(namespaces)
        self._node_prefix = node_prefix
        graph = f" {spell_name(bundle, self)}" if bundle else ""
        self._end = literal(f"{graph} .\n")

    def spell(self, iri: str) -> str:
        """Return ``<iri>``."""
        return f"<{iri}>"

    def spell_key(self, iri: str) -> str:
        """Return ``<iri>``."""
        return f"<{iri}>"

    def name_affixes(self, prefix: str) -> tuple[str, str]:
        """Return ``<`` with the namespace's IRI, and ``>``."""
        return f"<{self.prefixes[prefix][1]}", ">"

    def annotation(self, datatype: str) -> str:
        """Return ``^^<datatype>``."""
        return f"^^{self.spell(datatype)}"

    def language(self, tag: Sql) -> Sql:
        """Return ``@tag``."""
        return Sql(f"concat('@', {tag})")

    def node(self, label: str, identity: Sequence[Sql]) -> Sql:
        """Return a blank node."""
        return super().node(f"{self._node_prefix}{label}", identity)

    def reference(self, subject: Sql, key: Sql, value: Sql) -> Sql:
        """Return a line."""
        return Sql(f"concat({subject}, ' ', {key}, ' ', {value}, {self._end})")

    def literal(self, subject: Sql, key: Sql, value: Sql, annotation: Sql) -> Sql:
        """Return a line with the text in quotes."""
        return Sql(
            f"concat({subject}, ' ', {key}, ' ', {json_string(value)}, {annotation}, {self._end})"
        )

    def description(
        self,
        rows: Sql,
        subject: Sql,
        class_name: str,
        properties: list[Sql],
        attribute: Sql | None = None,
    ) -> list[Sql]:
        """Return a query for the lines that every row has, and one for the lines of attributes."""
        if class_name:
            key, value = self.spell_key(provo.TYPE), self.spell(PROV + class_name)
            properties = [self.reference(subject, literal(key), literal(value)), *properties]
        queries = [Sql(f"SELECT concat({', '.join(properties)}) FROM ({rows})")]
        if attribute:
            attributes = f"SELECT {subject}, unnest(attributes) AS attribute FROM ({rows})"
            queries.append(Sql(f"SELECT {attribute} FROM ({attributes})"))
        return queries

    def qualified(
        self,
        rows: Sql,
        triple: Sql | None,
        link: str,
        class_name: str,
        properties: list[Sql],
        attribute: Sql,
    ) -> list[Sql]:
        """Return the queries for a description, because blank nodes have labels here."""
        link_to_node = self.reference(Sql("subject"), literal(link), Sql("node"))
        links = [triple, link_to_node] if triple else [link_to_node]
        return self.description(rows, Sql("node"), class_name, [*links, *properties], attribute)


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as N-Quads. A bundle becomes a named graph.

    Raises:
        FormatError: PROV-O cannot express the document.
    """
    write_part(document, stream)


def write_part(document: Document, stream: BinaryIO, number: int | None = None) -> None:
    """Write a document as N-Quads that may be one of several files of one graph.

    Args:
        document: the statements of the file.
        stream: where to write.
        number: the number of the file, by which its blank nodes differ from those of the others.

    Raises:
        FormatError: PROV-O cannot express the document.
    """
    document = rdf_writer.prepare(document)
    node_prefix = "" if number is None else f"part{number}-"
    for prefix, iri in sorted(NQuads(document.namespaces).prefixes.values()):
        stream.write(f"# @prefix {prefix}: <{iri}> .\n".encode())
    for bundle in ("", *document.bundles()):
        syntax = NQuads(document.namespaces, bundle, node_prefix)
        rdf_writer.write_bundle(document, bundle, syntax, stream)


def write_triples(document: Document, stream: BinaryIO) -> None:
    """Write a document as N-Triples, which are N-Quads in one graph.

    Raises:
        FormatError: the document has bundles, or PROV-O cannot express it.
    """
    rdf_writer.require_one_graph(document, "N-Triples")
    write(document, stream)


def read(content: bytes) -> Document:
    """Read PROV-O from N-Quads or N-Triples.

    Raises:
        FormatError: the content is not valid, or contains no PROV-O.
    """
    return read_rdf(content, "nquads", "N-Quads", prefixes=_prefixes(content[:PREFIX_BYTES]))


def read_file(path: Path) -> Document:
    """Read a file like :func:`read`, a part at a time.

    Raises:
        FormatError: the content is not valid, or contains no PROV-O.
    """
    with path.open("rb") as file:
        prefixes = _prefixes(file.read(PREFIX_BYTES))
    return read_rdf_file(path, "nquads", "N-Quads", prefixes=prefixes)


def _prefixes(head: bytes) -> dict[str, str]:
    return dict(_PREFIX.findall(head.decode("utf-8", "replace")))


def recognises(head: bytes) -> bool:
    """Return whether a file begins with a line of full IRIs."""
    return bool(_LINE.match(head))


FORMATS = (
    Format("nquads", ".nq", "N-Quads (PROV-O)", write, read, recognises, read_file=read_file),
    # N-Triples is read as N-Quads.
    Format("ntriples", ".nt", "N-Triples (PROV-O)", write_triples),
)
