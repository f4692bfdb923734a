"""PROV-XML (W3C Working Group Note of 30 April 2013). The ``prov`` library reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from lxml import etree

from mlflow2prov.engine import Sql, identifier
from mlflow2prov.formats._support.escapes import escape_name, to_ncname, unescape
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.prov_library import deserialize
from mlflow2prov.formats._support.sql_expressions import (
    ATTRIBUTE_KEY,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_VALUE,
    IS_NAME,
    FrequentNames,
    escaped_name,
    frequent_names,
    join_attributes,
)
from mlflow2prov.formats._support.text_stream import write_text
from mlflow2prov.formats._support.xml_input import require_safe_xml, root_name
from mlflow2prov.formats._support.xml_text import xml_text, xml_text_sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import XSD_QNAME
from mlflow2prov.prov.convert import from_prov
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import PROV

_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
# In XML, the namespace of XML Schema lacks the hash that PROV-DM gives it.
_XML_NAMESPACES = {"xsd": "http://www.w3.org/2001/XMLSchema", "xsi": _SCHEMA_INSTANCE}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_INTERNATIONALIZED_STRING, _XML_LITERAL = "InternationalizedString", "XMLLiteral"
_TYPE = f"{{{_SCHEMA_INSTANCE}}}type"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as PROV-XML that is valid by the schema of the Note."""
    declarations = " ".join(
        f'{f"xmlns:{prefix}" if prefix else "xmlns"}="{xml_text(uri)}"'
        for prefix, uri in {**document.namespaces.all, **_XML_NAMESPACES}.items()
    )
    stream.write(
        f"<?xml version='1.0' encoding='UTF-8'?>\n<prov:document {declarations}>\n".encode()
    )
    frequent = frequent_names(document)
    _write_statements(document, "", "  ", frequent, stream)
    for bundle in document.bundles():
        stream.write(
            f'  <prov:bundleContent prov:id="{escape_name(bundle, to_ncname)}">\n'.encode()
        )
        _write_statements(document, bundle, "    ", frequent, stream)
        stream.write(b"  </prov:bundleContent>\n")
    stream.write(b"</prov:document>\n")


def _write_statements(
    document: Document, bundle: str, indent: str, frequent: FrequentNames, stream: BinaryIO
) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        write_text(Sql(f"SELECT {_statement(kind, indent, frequent)} FROM ({rows})"), stream)


def _name(column: Sql, frequent: Iterable[str] = ()) -> Sql:
    return escaped_name(column, to_ncname, frequent)


def _statement(kind: Kind, indent: str, frequent: FrequentNames) -> Sql:
    """Return the element of a statement: its arguments, PROV's attributes, then all others.

    A part without a value is NULL, which ``concat`` leaves out.
    """
    line = f"\n{indent}  "
    parts = [f"'{indent}<prov:{kind.name}'", f"' prov:id=\"' || {_name(Sql('id'))} || '\"'", "'>'"]
    for argument in kind.arguments:
        column, start = identifier(argument.column), f"{line}<prov:{argument.name}"
        if argument.type is ArgumentType.TIME:
            parts.append(f"'{start}>' || {column} || '</prov:{argument.name}>'")
        else:
            parts.append(f"'{start} prov:ref=\"' || {_name(column)} || '\"/>'")
    is_prov = f"starts_with({ATTRIBUTE_KEY}, 'prov:')"
    element = f"concat('{line}', {_attribute(frequent)})"
    for condition in (is_prov, f"NOT {is_prov}"):
        parts.append(join_attributes(Sql(f"CASE WHEN {condition} THEN {element} END"), ""))
    parts.append(f"'\n{indent}</prov:{kind.name}>\n'")
    return Sql(f"concat({', '.join(parts)})")


def _attribute(frequent: FrequentNames) -> Sql:
    """Return the element of an attribute."""
    key = _name(ATTRIBUTE_KEY, frequent.keys)
    datatype = _name(ATTRIBUTE_TYPE, frequent.types)
    annotation = f"""
        CASE
            WHEN {ATTRIBUTE_LANGUAGE} IS NOT NULL
                THEN concat(' xml:lang="', {ATTRIBUTE_LANGUAGE}, '"')
            WHEN {IS_NAME} THEN ' xsi:type="{XSD_QNAME}"'
            WHEN {ATTRIBUTE_TYPE} IS NOT NULL THEN concat(' xsi:type="', {datatype}, '"')
        END
    """
    name, text = _name(ATTRIBUTE_VALUE), xml_text_sql(ATTRIBUTE_VALUE)
    value = f"CASE WHEN {IS_NAME} THEN {name} ELSE {text} END"
    return Sql(f"concat('<', {key}, {annotation}, '>', {value}, '</', {key}, '>')")


def read(content: bytes) -> Document:
    """Read PROV-XML with the ``prov`` library, without entities.

    Raises:
        FormatError: the content is not PROV-XML.
    """
    require_safe_xml(content, "PROV-XML")
    return from_prov(
        deserialize(_with_complete_values(content), "xml", "PROV-XML"),
        unescape,
        unescape_keys=False,
        unescape_values=True,
    )


def _with_complete_values(content: bytes) -> bytes:
    """Return a file in which two kinds of values have forms that the ``prov`` library reads completely.

    It would lose the language of a string with the type that the schema of the Note has for such strings, and all XML
    in a value after the first text.
    """
    if not any(name.encode() in content for name in (_INTERNATIONALIZED_STRING, _XML_LITERAL)):
        return content
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return content
    for element in list(root.iter("{*}*")):
        prefix, _, local = element.get(_TYPE, "").rpartition(":")
        datatype = (element.nsmap.get(prefix), local)
        if datatype == (PROV, _INTERNATIONALIZED_STRING) and _LANGUAGE in element.attrib:
            del element.attrib[_TYPE]
        elif datatype == (_RDF, _XML_LITERAL) and len(element):
            children = [etree.tostring(child, encoding="unicode") for child in element]
            text = (element.text or "") + "".join(children)
            del element[:]
            element.text = text.strip()
    # The default encoding is ASCII, in which a name can have no other letters.
    return etree.tostring(root, encoding="UTF-8")


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-XML."""
    return root_name(head) == "document"


FORMATS = (Format("xml", ".xml", "PROV-XML", write, read, recognises),)
