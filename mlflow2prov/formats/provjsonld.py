"""PROV-JSONLD (W3C Member Submission of 25 August 2024), without a network.

    {"@context": [{"ex": "..."}, "https://openprovenance.org/prov-jsonld/context.jsonld"],
     "@graph": [{"@type": "Entity", "@id": "ex:e", "ex:key": [{"@value": "..."}]}, ...]}

All written names have a prefix, which the submission's schema demands of attributes. The submission has no type for
mentions; their type here is ``Mention``. Any other JSON-LD is read too, as PROV-O.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import BinaryIO

from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.errors import NamespaceError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.provjsonld_reader import (
    CONTEXT,
    NAME_KEYS,
    TYPES,
    read,
    read_file,
)
from mlflow2prov.formats._support.sql_expressions import (
    ATTRIBUTE_KEY,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_VALUE,
    IS_NAME,
    join_attributes,
    json_string,
)
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import XSD_QNAME
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces

_ELEMENT_KEYS = ("label", "location", "type")
_INSTANTANEOUS_EVENT_KEYS = ("label", "location", "role", "type")
_SHORT_KEYS = {
    "entity": (*_ELEMENT_KEYS, "value"),
    "activity": _ELEMENT_KEYS,
    "agent": _ELEMENT_KEYS,
    "wasGeneratedBy": _INSTANTANEOUS_EVENT_KEYS,
    "used": _INSTANTANEOUS_EVENT_KEYS,
    "wasInvalidatedBy": _INSTANTANEOUS_EVENT_KEYS,
    "wasStartedBy": _INSTANTANEOUS_EVENT_KEYS,
    "wasEndedBy": _INSTANTANEOUS_EVENT_KEYS,
    "wasAssociatedWith": ("label", "role", "type"),
}
"""PROV-DM's own attributes that the submission's schema has without a prefix, by kind."""

_OTHER_SHORT_KEYS = ("label", "type")
_JSON_LD = re.compile(rb"[{\[]")
_KEYWORDS = (b'"@context"', b'"@graph"', b'"@id"', b'"@type"')

# The prefixes that the schema allows. `_` is that of blank nodes.
_PREFIX = re.compile(r"(?!_$)[A-Za-z0-9_]+", re.ASCII)


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as PROV-JSONLD."""
    prefixes = _output_prefixes(document.namespaces)
    context = ",\n".join(
        f"   {json_text(prefixes[prefix])}: {json_text(uri)}"
        for prefix, uri in document.namespaces.all.items()
    )
    stream.write(f'{{\n "@context": [\n  {{\n{context}\n  }},\n  "{CONTEXT}"\n ],\n'.encode())
    stream.write(b' "@graph": [\n')
    separator = "" if _write_statements(document, "", prefixes, stream) else ",\n"
    for bundle in document.bundles():
        name = json_text(_output_name(bundle, prefixes))
        stream.write(f'{separator}  {{"@type": "Bundle", "@id": {name}, '.encode())
        stream.write(b'"@context": [], "@graph": [\n')
        _write_statements(document, bundle, prefixes, stream)
        stream.write(b"\n  ]}")
        separator = ",\n"
    stream.write(b"\n ]\n}\n")


def _write_statements(
    document: Document, bundle: str, prefixes: Mapping[str, str], stream: BinaryIO
) -> bool:
    """Write the statements of a bundle with commas between them. Return whether the bundle is empty."""
    is_empty = True
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        query = f"SELECT concat(',\n  {{', {_statement(kind, prefixes)}, '}}') FROM ({rows})"
        write_text(
            Sql(query),
            stream,
            is_short=document.tables.is_small(kind),
            skip_bytes=len(",\n") if is_empty else 0,
        )
        is_empty = False
    return is_empty


def _output_prefixes(namespaces: Namespaces) -> dict[str, str]:
    """Return the prefix in the file for each prefix of a document. The default namespace gets one too."""
    output: dict[str, str] = {}
    for prefix, uri in namespaces.all.items():
        stem = prefix
        if not _PREFIX.fullmatch(prefix):
            stem = "mlflow2prov" if uri == MLFLOW2PROV else "ns"
        unavailable = {*output.values(), *namespaces.all} - {prefix}
        candidates = (f"{stem}{number or ''}" for number in itertools.count())
        output[prefix] = next(name for name in candidates if name not in unavailable)
    return output


def _output_name(name: str, prefixes: Mapping[str, str]) -> str:
    """Return a name of the document with its prefix in the file.

    Raises:
        NamespaceError: the prefix of the name is not declared.
    """
    prefix, local = name.split(":", 1) if ":" in name else ("", name)
    if prefix not in prefixes:
        raise NamespaceError(f"the prefix of the name {name!r} is not declared")
    return f"{prefixes[prefix]}:{local}"


def _statement(kind: Kind, prefixes: Mapping[str, str]) -> Sql:
    """Return the members of a statement's object."""
    members = [f"'\"@id\": ' || {_name(Sql('id'), prefixes)}"]
    for argument in kind.arguments:
        column = identifier(argument.column)
        is_time = argument.type is ArgumentType.TIME
        value = json_string(column) if is_time else _name(column, prefixes)
        members.append(f"'\"{argument.name}\": ' || {value}")
    return Sql(
        f"concat_ws(', ', '\"@type\": \"{TYPES[kind.name]}\"', {', '.join(members)}, "
        f"{_attributes(kind, prefixes)})"
    )


def _attributes(kind: Kind, prefixes: Mapping[str, str]) -> Sql:
    """Return the members for the attributes of a statement, or NULL if there are none.

    Attributes are ordered by key, so a list of values ends where the next key begins.
    """
    key, value = _key(kind, prefixes), _value(prefixes)
    single_values = join_attributes(Sql(f"concat({key}, ': [', {value}, ']')"), separator=", ")
    has_new_key = "position = 1 OR attributes[position - 1].key <> attribute.key"
    lists_of_values = f"""
        concat(
            array_to_string(
                list_transform(
                    attributes,
                    lambda attribute, position: concat(
                        CASE
                            WHEN {has_new_key}
                                THEN concat(CASE WHEN position > 1 THEN '], ' END, {key}, ': [')
                            ELSE ', '
                        END,
                        {value}
                    )
                ),
                ''
            ),
            ']'
        )
    """
    keys = "list_transform(attributes, lambda attribute: attribute.key)"
    return Sql(
        f"""
        CASE
            WHEN len(attributes) = 0 THEN NULL
            WHEN len(list_distinct({keys})) = len(attributes) THEN {single_values}
            ELSE {lists_of_values}
        END
        """
    )


def _name(column: Sql, prefixes: Mapping[str, str]) -> Sql:
    """Return a name as JSON; NULL stays NULL."""
    branches = [
        f"WHEN starts_with({column}, {literal(prefix + ':')}) "
        f"THEN {literal(output)} || substr({column}, {len(prefix) + 1})"
        for prefix, output in prefixes.items()
        if prefix and prefix != output
    ]
    branches.append(f"WHEN contains({column}, ':') THEN {column}")
    default = literal(prefixes.get("", "") + ":")
    return json_string(Sql(f"CASE {' '.join(branches)} ELSE {default} || {column} END"))


def _key(kind: Kind, prefixes: Mapping[str, str]) -> Sql:
    keys = _SHORT_KEYS.get(kind.name, _OTHER_SHORT_KEYS)
    branches = " ".join(f"WHEN 'prov:{key}' THEN '\"{key}\"'" for key in keys)
    return Sql(f"CASE {ATTRIBUTE_KEY} {branches} ELSE {_name(ATTRIBUTE_KEY, prefixes)} END")


def _value(prefixes: Mapping[str, str]) -> Sql:
    text, name = json_string(ATTRIBUTE_VALUE), _name(ATTRIBUTE_VALUE, prefixes)
    datatype, language = _name(ATTRIBUTE_TYPE, prefixes), json_string(ATTRIBUTE_LANGUAGE)
    name_keys = ", ".join(literal(key) for key in NAME_KEYS)
    return Sql(
        f"""
        CASE
            WHEN {ATTRIBUTE_LANGUAGE} IS NOT NULL
                THEN concat('{{"@value": ', {text}, ', "@language": ', {language}, '}}')
            WHEN {ATTRIBUTE_TYPE} IS NULL THEN concat('{{"@value": ', {text}, '}}')
            WHEN NOT {IS_NAME} THEN concat('{{"@value": ', {text}, ', "@type": ', {datatype}, '}}')
            WHEN {ATTRIBUTE_KEY} IN ({name_keys}) THEN {name}
            ELSE concat('{{"@value": ', {name}, ', "@type": "{XSD_QNAME}"}}')
        END
        """
    )


def recognises(head: bytes) -> bool:
    """Return whether a file begins like JSON-LD, which may be an array."""
    return bool(_JSON_LD.match(head)) and any(keyword in head for keyword in _KEYWORDS)


FORMATS = (
    Format(
        "jsonld",
        ".jsonld",
        "PROV-JSONLD",
        write,
        read,
        recognises,
        has_relative_iris=True,
        read_file=read_file,
    ),
)
