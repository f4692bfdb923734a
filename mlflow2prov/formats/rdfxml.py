"""RDF/XML (W3C Recommendation of 25 February 2014): PROV-O as every triple store takes it."""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov.database import text
from mlflow2prov.document import Document
from mlflow2prov.document.namespaces import PROV, Namespaces
from mlflow2prov.formats import provo, rdf
from mlflow2prov.formats.format import Format
from mlflow2prov.formats.rdf_reading import read_rdf
from mlflow2prov.formats.xmltext import check, text_sql, xml_text


class RdfXml:
    """The spelling of RDF/XML: an element a property, whose value it has as text or by reference."""

    def __init__(self, namespaces: dict[str, str]) -> None:
        self._namespaces = namespaces

    def resource(self, iri: str) -> str:
        """``rdf:resource="iri"/>``."""
        return f"(' rdf:resource=\"' || {self._quoted(iri)} || '\"/>')"

    def blank(self, label: str) -> str:
        """``rdf:nodeID="label"/>``."""
        return f"(' rdf:nodeID=\"' || {label} || '\"/>')"

    def literal(self, value: str, datatype: str, language: str) -> str:
        """``rdf:datatype="iri">value``."""
        return (
            f"(coalesce(' xml:lang=\"' || {language} || '\"', "
            f"' rdf:datatype=\"' || {self._quoted(datatype)} || '\"', '') || '>' || {text_sql(value)})"
        )

    def property(self, subject: str, key: str, value: str) -> str:
        """``<key value``, and the end tag where the value is text."""
        cases = " ".join(
            f"WHEN starts_with(k, {text(uri)}) AND NOT contains(substr(k, {len(uri) + 1}), '/') "
            f"AND NOT contains(substr(k, {len(uri) + 1}), '#') "
            f"THEN {text(prefix + ':' if prefix else '')} || substr(k, {len(uri) + 1})"
            for prefix, uri in self._namespaces.items()
        )
        name = f"list_transform([{key}], lambda k: CASE {cases} END)[1]"
        return (
            f"list_transform([{name}], lambda k: '    <' || k || {value} || "
            f"CASE WHEN ends_with({value}, '/>') THEN '\n' ELSE '</' || k || '>\n' END)[1]"
        )

    def description(self, subject: str, properties: str) -> str:
        """``<rdf:Description rdf:about="iri">`` with its properties."""
        about = (
            f"CASE WHEN starts_with({subject}, '_:') THEN ' rdf:nodeID=\"' || substr({subject}, 3) "
            f"ELSE ' rdf:about=\"' || {self._quoted(subject)} END"
        )
        inner = f"array_to_string({properties}, '')"
        return (
            f"('  <rdf:Description' || {about} || '\">\n' || {inner} || '  </rdf:Description>\n')"
        )

    def _quoted(self, iri: str) -> str:
        return f"replace({iri}, '&', '&amp;')"


def _namespaces(namespaces: Namespaces) -> dict[str, str]:
    declared = {prefix: rdf.plain_iri(uri) for prefix, uri in namespaces.all.items() if uri}
    return {**declared, "rdf": provo.RDF, "rdfs": provo.RDFS, "prov": PROV}


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document``, which has no bundles, as RDF/XML."""
    rdf.refuse_bundles(document, "RDF/XML")
    spaces = _namespaces(document.namespaces)
    declared = "".join(
        f'\n    {f"xmlns:{prefix}" if prefix else "xmlns"}="{xml_text(uri)}"'
        for prefix, uri in spaces.items()
    )
    stream.write(f"<?xml version='1.0' encoding='UTF-8'?>\n<rdf:RDF{declared}>\n".encode())
    rdf.write(document, "", RdfXml(spaces), stream)
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
    return head.startswith(b"<") and b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" in head


FORMATS = {"rdf": Format("rdf", ".rdf", "RDF/XML (PROV-O)", write, read, recognises)}
