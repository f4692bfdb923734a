"""Turtle (W3C Recommendation of 25 February 2014): PROV-O, for people to read."""

from __future__ import annotations

import re
from typing import BinaryIO

from mlflow2prov.database import text
from mlflow2prov.document import Document
from mlflow2prov.document.namespaces import Namespaces
from mlflow2prov.formats import provo, rdf
from mlflow2prov.formats.format import Format
from mlflow2prov.formats.names import PLAIN
from mlflow2prov.formats.nquads import NQuads
from mlflow2prov.formats.rdf_reading import read_rdf

_BEGIN = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:@prefix|@base|PREFIX\b|BASE\b)", re.I)


class Turtle(NQuads):
    """The spelling of Turtle: prefixed names, and a description ended by a full stop."""

    def __init__(self, namespaces: Namespaces, indent: str = "") -> None:
        super().__init__()
        self._indent = indent
        prefixes = {**namespaces.all, "rdfs": provo.RDFS}
        self._prefixes = {prefix: rdf.plain_iri(uri) for prefix, uri in prefixes.items()}

    def resource(self, iri: str) -> str:
        """``prefix:local`` where that needs no escape, else ``<iri>``."""
        cases = [
            f"WHEN starts_with(r, {text(uri)}) AND regexp_full_match(substr(r, {len(uri) + 1}), '{PLAIN}') "
            f"THEN {text(prefix + ':')} || substr(r, {len(uri) + 1})"
            for prefix, uri in self._prefixes.items()
            if uri
        ]
        return (
            f"list_transform([{iri}], lambda r: CASE {' '.join(cases)} ELSE '<' || r || '>' END)[1]"
        )

    def literal(self, value: str, datatype: str, language: str) -> str:
        """As in N-Quads, the datatype by its prefix."""
        plain = super().literal(value, "NULL::VARCHAR", language)
        typed = f"coalesce('^^' || {self.resource(datatype)}, '')"
        return f"({plain} || CASE WHEN {language} IS NULL THEN {typed} ELSE '' END)"

    def property(self, subject: str, key: str, value: str) -> str:
        """``key value``."""
        is_type = f"{key} = {text(provo.RDF + 'type')}"
        return f"(CASE WHEN {is_type} THEN 'a' ELSE {self.resource(key)} END || ' ' || {value})"

    def description(self, subject: str, properties: str) -> str:
        """A subject with its properties, one a line."""
        about = f"CASE WHEN starts_with({subject}, '_:') THEN {subject} ELSE {self.resource(subject)} END"
        between = text(f" ;\n{self._indent}    ")
        return f"('{self._indent}' || {about} || ' ' || array_to_string({properties}, {between}) || ' .\n')"


def write_prefixes(namespaces: Namespaces, stream: BinaryIO) -> None:
    """Write the declarations that Turtle and TriG begin with."""
    declared = {**namespaces.all, **({"rdfs": provo.RDFS} if "rdfs" not in namespaces.all else {})}
    for prefix, uri in declared.items():
        stream.write(f"@prefix {prefix}: <{rdf.plain_iri(uri)}> .\n".encode())
    stream.write(b"\n")


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document``, which has no bundles, as Turtle."""
    rdf.refuse_bundles(document, "Turtle")
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
