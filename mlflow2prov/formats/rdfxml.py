"""RDF/XML (W3C Recommendation of 25 February 2014): PROV-O as every triple store takes it."""

from __future__ import annotations

import re
from typing import BinaryIO
from xml.sax.saxutils import escape

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.xml_text import check, root_name, text_sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces

# Namespaces that are declared by XML itself, and may not be by a file.
_OF_XML = {"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"}
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class RdfXml(Syntax):
    """The spelling of RDF/XML: an element a property, whose value it has as text or by reference."""

    def __init__(self, namespaces: Namespaces) -> None:
        super().__init__(namespaces)
        spaces = {*self.prefixes.values(), ("rdf", provo.RDF), ("rdfs", provo.RDFS)}
        self.declared = sorted(pair for pair in spaces if pair[1] not in _OF_XML)
        self._longest_first = sorted(self.declared, key=lambda pair: (-len(pair[1]), pair))

    def spell(self, iri: str) -> str:
        """The IRI, as it stands in an attribute."""
        return escape(iri)

    def spell_key(self, iri: str) -> str:
        """An element's name."""
        for prefix, uri in self._longest_first:
            if iri.startswith(uri) and _LOCAL.fullmatch(iri[len(uri) :]):
                return f"{prefix}:{iri[len(uri) :]}" if prefix else iri[len(uri) :]
        raise FormatError(f"RDF/XML has no element for the attribute {iri}; save as turtle")

    def around(self, prefix: str) -> tuple[str, str]:
        """The namespace's IRI goes before a local part."""
        return self.spell(self.prefixes[prefix][1]), ""

    def annotation(self, datatype: str) -> str:
        """``rdf:datatype="iri"``."""
        return f' rdf:datatype="{self.spell(datatype)}"'

    def language(self, tag: str) -> str:
        """``xml:lang="tag"``."""
        return f"concat(' xml:lang=\"', {tag}, '\"')"

    def reference(self, subject: str, key: str, value: str) -> str:
        """``<key rdf:resource="iri"/>``."""
        return f"concat('<', {key}, ' rdf:resource=\"', {value}, '\"/>\n')"

    def literal(self, subject: str, key: str, value: str, annotation: str) -> str:
        """``<key rdf:datatype="iri">text</key>``."""
        return f"concat('<', {key}, {annotation}, '>', {text_sql(value)}, '</', {key}, '>\n')"

    def description(
        self, rows: str, subject: str, of: str, properties: list[str], attribute: str = ""
    ) -> list[str]:
        """An element of the subject's class with its properties."""
        element = f"prov:{of}" if of else "rdf:Description"
        inner = self._listed(properties, attribute)
        return [
            f"SELECT concat('<{element} rdf:about=\"', {subject}, '\">\n', {inner}, '</{element}>\n') "
            f"FROM ({rows})"
        ]

    def qualified(
        self, rows: str, triple: str, link: str, of: str, properties: list[str], attribute: str
    ) -> list[str]:
        """The node's element, within the subject's property."""
        inner = self._listed(properties, attribute)
        node = f"concat('<{link}><prov:{of}>\n', {inner}, '</prov:{of}></{link}>\n')"
        return self.description(rows, "s", "", [*([triple] if triple else []), node])

    def _listed(self, properties: list[str], attribute: str) -> str:
        listed = [*properties]
        if attribute:
            listed.append(f"array_to_string(list_transform(attributes, lambda a: {attribute}), '')")
        return ", ".join(listed) or "''"


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document``, which has no bundles, as RDF/XML."""
    rdf.refuse_bundles(document, "RDF/XML")
    document = rdf.unambiguous(document)
    syntax = RdfXml(document.namespaces)
    declared = "".join(
        f'\n    {f"xmlns:{prefix}" if prefix else "xmlns"}="{syntax.spell(iri)}"'
        for prefix, iri in syntax.declared
    )
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n'.encode())
    rdf.write(document, "", syntax, stream)
    stream.write(b"</rdf:RDF>\n")


def read(content: bytes) -> Document:
    """Read RDF/XML that says PROV-O, without entities.

    Raises:
        FormatError: it is none.
    """
    check(content, "RDF/XML")
    return read_rdf(content, "xml", "RDF/XML", unescape_values=True)


def recognises(head: bytes) -> bool:
    """Return whether a file begins like RDF/XML."""
    # Any element may be the root, a node of its type; PROV-XML's may declare the namespace too.
    return root_name(head) not in (None, "document") and provo.RDF.encode() in head


FORMATS = {"rdf": Format("rdf", ".rdf", "RDF/XML (PROV-O)", write, read, recognises)}
