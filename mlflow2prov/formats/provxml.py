"""PROV-XML (W3C Working Group Note of 30 April 2013), written by us, read through ``prov``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from lxml import etree

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.names import Frequent, frequent, name_sql, ncname, unescape
from mlflow2prov.formats._support.prov_reader import deserialized
from mlflow2prov.formats._support.text_stream import write_text
from mlflow2prov.formats._support.xml_text import check, root_name, text_sql, xml_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_QNAME
from mlflow2prov.prov.convert import from_prov
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import PROV

# In XML, XML Schema's namespace is written without the hash that PROV-DM gives it.
_XML_NAMESPACES = {
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_STRING, _XML = "InternationalizedString", "XMLLiteral"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as PROV-XML, UTF-8, valid by the schema of the Note."""
    declared = {**document.namespaces.all, **_XML_NAMESPACES}
    spaces = " ".join(
        f'{f"xmlns:{prefix}" if prefix else "xmlns"}="{xml_text(uri)}"'
        for prefix, uri in declared.items()
    )
    stream.write(f"<?xml version='1.0' encoding='UTF-8'?>\n<prov:document {spaces}>\n".encode())
    known = frequent(document)
    _write_statements(document, "", "  ", known, stream)
    for bundle in document.bundles():
        name = engine.rows(f"SELECT {_name('b')} FROM (SELECT ? AS b)", [bundle])[0][0]
        stream.write(f'  <prov:bundleContent prov:id="{name}">\n'.encode())
        _write_statements(document, bundle, "    ", known, stream)
        stream.write(b"  </prov:bundleContent>\n")
    stream.write(b"</prov:document>\n")


def _name(column: str, known: Iterable[str] = ()) -> str:
    return name_sql(column, ncname, known)


def _write_statements(
    document: Document, bundle: str, indent: str, known: Frequent, stream: BinaryIO
) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        write_text(f"SELECT {_statement(kind, indent, known)} FROM ({rows})", stream)


def _statement(kind: Kind, indent: str, known: Frequent) -> str:
    """Return the SQL for the element of a statement: its arguments, PROV's attributes, the others.

    What is not given is NULL, and left out by ``concat``.
    """
    inner = f"\n{indent}  "
    parts = [f"'{indent}<prov:{kind.name}'", f"' prov:id=\"' || {_name('id')} || '\"'", "'>'"]
    for argument in kind.arguments:
        column = kind.column(argument.name)
        opened = f"{inner}<prov:{argument.name}"
        if argument.type is ArgumentType.TIME:
            parts.append(f"'{opened}>' || {column} || '</prov:{argument.name}>'")
        else:
            parts.append(f"'{opened} prov:ref=\"' || {_name(column)} || '\"/>'")
    for condition in ("starts_with(a.key, 'prov:')", "NOT starts_with(a.key, 'prov:')"):
        chosen = f"CASE WHEN {condition} THEN concat('{inner}', {_attribute(known)}) END"
        parts.append(f"array_to_string(list_transform(attributes, lambda a: {chosen}), '')")
    parts.append(f"'\n{indent}</prov:{kind.name}>\n'")
    return f"concat({', '.join(parts)})"


def _attribute(known: Frequent) -> str:
    """Return the SQL for the element of an attribute."""
    key = _name("a.key", known.keys)
    is_name = f"a.type = {literal(QUALIFIED_NAME)}"
    kind = (
        "CASE WHEN a.lang IS NOT NULL THEN concat(' xml:lang=\"', a.lang, '\"') "
        f"WHEN {is_name} THEN ' xsi:type=\"{XSD_QNAME}\"' "
        f"WHEN a.type IS NOT NULL THEN concat(' xsi:type=\"', {_name('a.type', known.types)}, '\"') END"
    )
    value = f"CASE WHEN {is_name} THEN {_name('a.value')} ELSE {text_sql('a.value')} END"
    return f"concat('<', {key}, {kind}, '>', {value}, '</', {key}, '>')"


def read(content: bytes) -> Document:
    """Read PROV-XML, by the ``prov`` library's reader, without entities.

    Raises:
        FormatError: it is not PROV-XML.
    """
    check(content, "PROV-XML")
    return from_prov(
        deserialized(_as_prov_reads(content), "xml", "PROV-XML"),
        unescape,
        unescape_keys=False,
        unescape_values=True,
    )


def _as_prov_reads(content: bytes) -> bytes:
    """Write two kinds of values so that ``prov`` does not lose a part of them.

    Of a string with a language *and* the type that the schema of the Note has for those, it would forget the
    language; of XML in a value, all but the text before the first element.
    """
    if not any(name.encode() in content for name in (_STRING, _XML)):
        return content
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return content
    for element in list(root.iter("{*}*")):
        prefix, _, local = element.get(_TYPE, "").rpartition(":")
        kind = (element.nsmap.get(prefix), local)
        if kind == (PROV, _STRING) and _LANGUAGE in element.attrib:
            del element.attrib[_TYPE]
        elif kind == (_RDF, _XML) and len(element):
            inner = [etree.tostring(child, encoding="unicode") for child in element]
            text = (element.text or "") + "".join(inner)
            del element[:]
            element.text = text.strip()
    # Not in ASCII, where names could not hold other letters.
    return etree.tostring(root, encoding="UTF-8")


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-XML."""
    return root_name(head) == "document"


FORMATS = {"xml": Format("xml", ".xml", "PROV-XML", write, read, recognises)}
