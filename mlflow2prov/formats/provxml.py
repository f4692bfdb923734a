"""PROV-XML (W3C Working Group Note of 30 April 2013)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from mlflow2prov.engine import Sql, identifier
from mlflow2prov.formats._support.escapes import escape_name, to_element_name, to_ncname
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.provxml_reader import read, read_file
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
from mlflow2prov.formats._support.xml_input import root_name
from mlflow2prov.formats._support.xml_literal import SCHEMA_INSTANCE
from mlflow2prov.formats._support.xml_text import xml_text, xml_text_sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import XSD_QNAME
from mlflow2prov.prov.kinds import ArgumentType, Kind

# In XML, the namespace of XML Schema lacks the hash that PROV-DM gives it.
_XML_NAMESPACES = {"xsd": "http://www.w3.org/2001/XMLSchema", "xsi": SCHEMA_INSTANCE}


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
        write_text(
            Sql(f"SELECT {_statement(kind, indent, frequent)} FROM ({rows})"),
            stream,
            is_short=document.tables.is_small(kind),
        )


def _name(column: Sql, frequent: Iterable[str] = ()) -> Sql:
    return escaped_name(column, to_ncname, frequent)


def _element_name(column: Sql, frequent: Iterable[str]) -> Sql:
    return escaped_name(column, to_element_name, frequent)


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
    key = _element_name(ATTRIBUTE_KEY, frequent.keys)
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


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-XML."""
    return root_name(head) == "document"


FORMATS = (Format("xml", ".xml", "PROV-XML", write, read, recognises, read_file=read_file),)
