"""RDF/XML (W3C Recommendation of 25 February 2014): PROV-O in the syntax that every triple store reads."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from mlflow2prov.engine import Sql
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo, rdf_writer
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf, read_rdf_file
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.sql_expressions import join_attributes
from mlflow2prov.formats._support.xml_input import require_safe_xml, root_name
from mlflow2prov.formats._support.xml_text import xml_text_sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces

# XML itself declares these namespaces, and a file must not.
_XML_NAMESPACES = {"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"}
_LOCAL_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class RdfXml(Syntax):
    """The spelling of RDF/XML: an element for each property, with its value as text or in an attribute."""

    def __init__(self, namespaces: Namespaces) -> None:
        super().__init__(namespaces)
        pairs = {*self.prefixes.values(), ("rdf", provo.RDF), ("rdfs", provo.RDFS)}
        self.declared = sorted(pair for pair in pairs if pair[1] not in _XML_NAMESPACES)
        self._longest_first = sorted(self.declared, key=lambda pair: (-len(pair[1]), pair))

    def spell(self, iri: str) -> str:
        """Return the IRI as the value of an XML attribute."""
        return escape(iri)

    def spell_key(self, iri: str) -> str:
        """Return the name of an element.

        Raises:
            FormatError: the IRI does not end with a name.
        """
        for prefix, uri in self._longest_first:
            if iri.startswith(uri) and _LOCAL_PART.fullmatch(iri[len(uri) :]):
                return f"{prefix}:{iri[len(uri) :]}" if prefix else iri[len(uri) :]
        raise FormatError(f"RDF/XML has no element for the attribute {iri}; save as turtle")

    def name_affixes(self, prefix: str) -> tuple[str, str]:
        """Return the namespace's IRI and nothing."""
        return self.spell(self.prefixes[prefix][1]), ""

    def annotation(self, datatype: str) -> str:
        """Return ``rdf:datatype="iri"``."""
        return f' rdf:datatype="{self.spell(datatype)}"'

    def language(self, tag: Sql) -> Sql:
        """Return ``xml:lang="tag"``."""
        return Sql(f"concat(' xml:lang=\"', {tag}, '\"')")

    def reference(self, subject: Sql, key: Sql, value: Sql) -> Sql:
        """Return ``<key rdf:resource="iri"/>``."""
        return Sql(f"concat('<', {key}, ' rdf:resource=\"', {value}, '\"/>\n')")

    def literal(self, subject: Sql, key: Sql, value: Sql, annotation: Sql) -> Sql:
        """Return ``<key rdf:datatype="iri">text</key>``."""
        text = xml_text_sql(value)
        return Sql(f"concat('<', {key}, {annotation}, '>', {text}, '</', {key}, '>\n')")

    def description(
        self,
        rows: Sql,
        subject: Sql,
        class_name: str,
        properties: list[Sql],
        attribute: Sql | None = None,
    ) -> list[Sql]:
        """Return the query for an element of the subject's class with its properties."""
        element = f"prov:{class_name}" if class_name else "rdf:Description"
        content = _content(properties, attribute)
        return [
            Sql(
                f"SELECT concat('<{element} rdf:about=\"', {subject}, '\">\n', {content}, '</{element}>\n') "
                f"FROM ({rows})"
            )
        ]

    def qualified(
        self,
        rows: Sql,
        triple: Sql | None,
        link: str,
        class_name: str,
        properties: list[Sql],
        attribute: Sql,
    ) -> list[Sql]:
        """Return the query for a subject with the node's element within its property."""
        content = _content(properties, attribute)
        node = Sql(
            f"concat('<{link}><prov:{class_name}>\n', {content}, '</prov:{class_name}></{link}>\n')"
        )
        return self.description(rows, Sql("subject"), "", [triple, node] if triple else [node])


def _content(properties: list[Sql], attribute: Sql | None) -> str:
    """Return the arguments of ``concat`` for the content of an element."""
    parts = [*properties, join_attributes(attribute, "")] if attribute else properties
    return ", ".join(parts) or "''"


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as RDF/XML.

    Raises:
        FormatError: the document has bundles, or PROV-O or RDF/XML cannot express it.
    """
    rdf_writer.require_one_graph(document, "RDF/XML")
    document = rdf_writer.prepare(document)
    syntax = RdfXml(document.namespaces)
    declarations = "".join(
        f'\n    {f"xmlns:{prefix}" if prefix else "xmlns"}="{syntax.spell(iri)}"'
        for prefix, iri in syntax.declared
    )
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declarations}>\n'.encode())
    rdf_writer.write_bundle(document, "", syntax, stream)
    stream.write(b"</rdf:RDF>\n")


def read(content: bytes, base: str = "") -> Document:
    """Read PROV-O from RDF/XML without entities. Relative IRIs are resolved against ``base``.

    Raises:
        FormatError: the content is not RDF/XML, or contains no PROV-O.
    """
    require_safe_xml(io.BytesIO(content), "RDF/XML")
    return read_rdf(content, "xml", "RDF/XML", base, unescape_values=True)


def read_file(path: Path, base: str = "") -> Document:
    """Read a file of RDF/XML like :func:`read`, a part at a time.

    Raises:
        FormatError: the content is not RDF/XML, or contains no PROV-O.
    """
    with path.open("rb") as file:
        require_safe_xml(file, "RDF/XML")
    return read_rdf_file(path, "xml", "RDF/XML", base, unescape_values=True)


def recognises(head: bytes) -> bool:
    """Return whether a file begins like RDF/XML."""
    # The root may be any element, a node of its type. PROV-XML may declare RDF's namespace too.
    return root_name(head) not in (None, "document") and provo.RDF.encode() in head


FORMATS = (
    Format(
        "rdf",
        ".rdf",
        "RDF/XML (PROV-O)",
        write,
        read,
        recognises,
        has_relative_iris=True,
        read_file=read_file,
    ),
)
