"""N-Quads (W3C Recommendation of 25 February 2014): PROV-O, a statement a line.

Comments at the beginning keep the document's prefixes, so that names come back as they were.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from mlflow2prov.engine import literal
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_syntax import Syntax, spelled
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import PROV, Namespaces

_PREFIX = re.compile(r"^# @prefix ([^\s:]*): <([^>]*)> \.$", re.M)
_LINE = re.compile(
    rb"(?:#[^\n]*\n\s*)*(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+(?:<|_:|\")[^\n]*\.[ \t]*(?:\n|\r|#|$)"
)


class NQuads(Syntax):
    """The spelling of N-Quads, in the graph that a bundle is."""

    def __init__(self, namespaces: Namespaces, bundle: str = "") -> None:
        super().__init__(namespaces)
        graph = f" {spelled(bundle, self)}" if bundle else ""
        self._end = literal(f"{graph} .\n")

    def spell(self, iri: str) -> str:
        """``<iri>``."""
        return f"<{iri}>"

    def spell_key(self, iri: str) -> str:
        """``<iri>``."""
        return f"<{iri}>"

    def around(self, prefix: str) -> tuple[str, str]:
        """The namespace's IRI goes before a local part."""
        return f"<{self.prefixes[prefix][1]}", ">"

    def annotation(self, datatype: str) -> str:
        """``^^<datatype>``."""
        return f"^^{self.spell(datatype)}"

    def language(self, tag: str) -> str:
        """``@tag``."""
        return f"concat('@', {tag})"

    def reference(self, subject: str, key: str, value: str) -> str:
        """A whole line."""
        return f"concat({subject}, ' ', {key}, ' ', {value}, {self._end})"

    def literal(self, subject: str, key: str, value: str, annotation: str) -> str:
        """A whole line, its text quoted."""
        return f"concat({subject}, ' ', {key}, ' ', {quoted(value)}, {annotation}, {self._end})"

    def description(
        self, rows: str, subject: str, of: str, properties: list[str], attribute: str = ""
    ) -> list[str]:
        """The lines of what all rows have, then those of their attributes."""
        if of:
            key, value = literal(self.spell_key(provo.TYPE)), literal(self.spell(PROV + of))
            properties = [self.reference(subject, key, value), *properties]
        queries = [f"SELECT concat({', '.join(properties)}) FROM ({rows})"]
        if attribute:
            listed = f"SELECT {subject}, unnest(attributes) AS a FROM ({rows})"
            queries.append(f"SELECT {attribute} FROM ({listed})")
        return queries

    def qualified(
        self, rows: str, triple: str, link: str, of: str, properties: list[str], attribute: str
    ) -> list[str]:
        """As any description: blank nodes have labels."""
        links = [triple] if triple else []
        links.append(self.reference("s", literal(link), "n"))
        return self.description(rows, "n", of, [*links, *properties], attribute)


def quoted(value: str) -> str:
    """Return the SQL for a string as N-Quads and Turtle quote it, which is as JSON does."""
    return f"to_json({value})::VARCHAR"


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as N-Quads; a bundle is a named graph."""
    document = rdf.unambiguous(document)
    for prefix, iri in sorted(NQuads(document.namespaces).prefixes.values()):
        stream.write(f"# @prefix {prefix}: <{iri}> .\n".encode())
    for bundle in ("", *document.bundles()):
        rdf.write(document, bundle, NQuads(document.namespaces, bundle), stream)


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
