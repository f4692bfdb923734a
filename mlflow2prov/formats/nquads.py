"""N-Quads (W3C Recommendation of 25 February 2014): PROV-O, a statement a line.

Comments at the beginning keep the document's prefixes, so that names come back as they were.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from mlflow2prov import database
from mlflow2prov.document import Document
from mlflow2prov.formats import rdf
from mlflow2prov.formats.format import Format
from mlflow2prov.formats.rdf_reading import read_rdf

_PREFIX = re.compile(r"^# @prefix ([^\s:]*): <([^>]*)> \.$", re.M)
_LINE = re.compile(
    rb"(?:#[^\n]*\n\s*)*(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+(?:<|_:|\")[^\n]*\.[ \t]*(?:\n|\r|#|$)"
)


def quoted(value: str) -> str:
    """Return the SQL for a string as N-Quads and Turtle quote it."""
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    for code, letter in ((10, "n"), (13, "r")):
        escaped = f"replace({escaped}, chr({code}), '\\{letter}')"
    return f"('\"' || {escaped} || '\"')"


class NQuads:
    """The spelling of N-Quads, in the graph ``graph`` (an SQL string, with a blank before)."""

    def __init__(self, graph: str = "''") -> None:
        self._graph = graph

    def resource(self, iri: str) -> str:
        """``<iri>``."""
        return f"('<' || {iri} || '>')"

    def blank(self, label: str) -> str:
        """``_:label``."""
        return f"('_:' || {label})"

    def literal(self, value: str, datatype: str, language: str) -> str:
        """``"value"``, with ``@language`` or ``^^<datatype>``."""
        return f"({quoted(value)} || coalesce('@' || {language}, '^^<' || {datatype} || '>', ''))"

    def property(self, subject: str, key: str, value: str) -> str:
        """A whole line."""
        about = f"CASE WHEN starts_with({subject}, '_:') THEN {subject} ELSE '<' || {subject} || '>' END"
        return f"({about} || ' <' || {key} || '> ' || {value} || {self._graph} || ' .\n')"

    def description(self, subject: str, properties: str) -> str:
        """All lines."""
        return f"array_to_string({properties}, '')"


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as N-Quads; a bundle is a named graph."""
    for prefix, uri in document.namespaces.declared.items():
        stream.write(f"# @prefix {prefix}: <{rdf.plain_iri(uri)}> .\n".encode())
    rdf.write(document, "", NQuads(), stream)
    iris = rdf.Iris(document.namespaces)
    for bundle in document.bundles():
        name = database.rows(f"SELECT {iris.of('b')} FROM (SELECT ? AS b)", [bundle])[0][0]
        rdf.write(document, bundle, NQuads(database.text(f" <{name}>")), stream)


def read(content: bytes) -> Document:
    """Read N-Quads or N-Triples that say PROV-O.

    Raises:
        FormatError: they are none.
    """
    head = content[:65536].decode("utf-8", "replace")
    return read_rdf(content, "nquads", "N-Quads", dict(_PREFIX.findall(head)))


def recognises(head: bytes) -> bool:
    """Return whether a file begins with a statement a line, in full IRIs."""
    return bool(_LINE.match(head))


FORMATS = {"nquads": Format("nquads", ".nq", "N-Quads (PROV-O)", write, read, recognises)}
