"""Turtle (W3C Recommendation of 25 February 2014): PROV-O, for people to read."""

from __future__ import annotations

import re
from typing import BinaryIO

from mlflow2prov.engine import literal
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.names import PLAIN
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_syntax import Syntax, output_prefixes
from mlflow2prov.formats.nquads import quoted
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces

_BEGIN = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:@prefix|@base|PREFIX\b|BASE\b)", re.I)
_PLAIN = re.compile(PLAIN)


class Turtle(Syntax):
    """The spelling of Turtle: prefixed names, properties one a line, blank nodes where they belong."""

    def __init__(self, namespaces: Namespaces, indent: str = "") -> None:
        super().__init__(namespaces)
        self._indent = indent
        declared = [*self.prefixes.values(), ("rdf", provo.RDF), ("rdfs", provo.RDFS)]
        self._declared = sorted(declared, key=lambda pair: (-len(pair[1]), pair))

    def spell(self, iri: str) -> str:
        """``prefix:local`` where that needs no escape, else ``<iri>``."""
        for prefix, uri in self._declared:
            if iri.startswith(uri) and _PLAIN.fullmatch(iri[len(uri) :]):
                return f"{prefix}:{iri[len(uri) :]}"
        return f"<{iri}>"

    def spell_key(self, iri: str) -> str:
        """``a`` for the class, else as any IRI."""
        return "a" if iri == provo.TYPE else self.spell(iri)

    def around(self, prefix: str) -> tuple[str, str]:
        """The prefix goes before a local part."""
        return f"{self.prefixes[prefix][0]}:", ""

    def annotation(self, datatype: str) -> str:
        """``^^prefix:local``."""
        return f"^^{self.spell(datatype)}"

    def language(self, tag: str) -> str:
        """``@tag``."""
        return f"concat('@', {tag})"

    def reference(self, subject: str, key: str, value: str) -> str:
        """``key value``; the subject stands before all its properties."""
        return f"concat({key}, ' ', {value})"

    def literal(self, subject: str, key: str, value: str, annotation: str) -> str:
        """``key "text"``, with datatype or language."""
        return f"concat({key}, ' ', {quoted(value)}, {annotation})"

    def description(
        self, rows: str, subject: str, of: str, properties: list[str], attribute: str = ""
    ) -> list[str]:
        """A subject with its properties, one a line."""
        listed = self._listed(of, properties, attribute, f"{self._indent}    ")
        return [
            f"SELECT concat({literal(self._indent)}, {subject}, ' ', {listed}, ' .\n') FROM ({rows})"
        ]

    def qualified(
        self, rows: str, triple: str, link: str, of: str, properties: list[str], attribute: str
    ) -> list[str]:
        """The node in brackets, as value of the subject's property."""
        inner = self._indent + "    "
        listed = self._listed(of, properties, attribute, f"{inner}    ")
        node = f"concat({literal(f'{link} [ ')}, {listed}, {literal(' ]')})"
        return self.description(rows, "s", "", [*([triple] if triple else []), node])

    def _listed(self, of: str, properties: list[str], attribute: str, indent: str) -> str:
        between = literal(f" ;\n{indent}")
        first = [literal(f"a prov:{of}")] if of else []
        rest = []
        if attribute:
            lines = f"list_transform(attributes, lambda a: {attribute})"
            rest.append(f"nullif(array_to_string({lines}, {between}), '')")
        return f"concat_ws({between}, {', '.join([*first, *properties, *rest])})"


def write_prefixes(namespaces: Namespaces, stream: BinaryIO) -> None:
    """Write the declarations that Turtle and TriG begin with."""
    declared = {*output_prefixes(namespaces).values(), ("rdfs", provo.RDFS)}
    for prefix, iri in sorted(declared):
        stream.write(f"@prefix {prefix}: <{iri}> .\n".encode())
    stream.write(b"\n")


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document``, which has no bundles, as Turtle."""
    rdf.refuse_bundles(document, "Turtle")
    document = rdf.unambiguous(document)
    write_prefixes(document.namespaces, stream)
    rdf.write(document, "", Turtle(document.namespaces), stream)


def read(content: bytes) -> Document:
    """Read Turtle that says PROV-O.

    Raises:
        FormatError: it is none.
    """
    return read_rdf(content, "turtle", "Turtle")


def has_graphs(head: bytes) -> bool:
    """Return whether what begins like Turtle has graphs in braces, and so is TriG."""
    without_strings = re.sub(rb'"(?:\\.|[^"\\])*"?|<[^<>\s]*>', b"<>", head)
    return b"{" in without_strings


def begins(head: bytes) -> bool:
    """Return whether a file begins with a declaration of Turtle's or TriG's."""
    return bool(_BEGIN.match(head))


def recognises(head: bytes) -> bool:
    """Return whether a file begins like Turtle."""
    return begins(head) and not has_graphs(head)


FORMATS = {"turtle": Format("turtle", ".ttl", "Turtle (PROV-O)", write, read, recognises)}
