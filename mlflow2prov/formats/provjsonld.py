"""PROV-JSONLD (W3C Member Submission of 25 August 2024), without a network.

    {"@context": [{"ex": "..."}, "https://openprovenance.org/prov-jsonld/context.jsonld"],
     "@graph": [{"@type": "Entity", "@id": "ex:e", "ex:key": [{"@value": "..."}]}, ...]}

The context of the submission is recognised by its address and never fetched. All names have a prefix, which the
submission's schema demands of attributes. The submission has no type for mentions; their type here is ``Mention``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any, BinaryIO

import orjson

from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.formats._support.provo import RELATIONS
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
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_QNAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import MLFLOW2PROV, RESERVED, Namespaces

CONTEXT = "https://openprovenance.org/prov-jsonld/context.jsonld"
"""The address of the submission's context."""

_TYPES = {
    "specializationOf": "Specialization",
    "alternateOf": "Alternate",
    "hadMember": "Membership",
    "mentionOf": "Mention",
    **{kind: relation.influence for kind, relation in RELATIONS.items() if relation.influence},
    "entity": "Entity",
    "activity": "Activity",
    "agent": "Agent",
}
_KINDS = {type_: kind for kind, type_ in _TYPES.items()}

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
_NAME_KEYS = ("prov:type", "prov:role", "prov:location")
"""The keys for which a bare string is a qualified name."""

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
        write_text(Sql(query), stream, skip_bytes=len(",\n") if is_empty else 0)
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
        f"concat_ws(', ', '\"@type\": \"{_TYPES[kind.name]}\"', {', '.join(members)}, "
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
    name_keys = ", ".join(literal(key) for key in _NAME_KEYS)
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


def read(content: bytes) -> Document:
    """Read PROV-JSONLD.

    Raises:
        FormatError: the content is not PROV-JSONLD, or uses another context than that of the submission.
    """
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("@graph"), list):
        raise FormatError("not PROV-JSONLD: no @graph")
    namespaces = Namespaces()
    scope = PrefixScope(namespaces, _prefixes(data.get("@context", [])))
    builder = Builder(namespaces)
    _read_graph(data["@graph"], "", scope, builder)
    return builder.finish()


def _prefixes(context: object) -> dict[str, str]:
    """Return the prefixes that a context declares."""
    prefixes: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, str):
            if part != CONTEXT:
                raise FormatError(f"not PROV-JSONLD: its context {part[:100]} is not fetched")
        elif isinstance(part, dict):
            for prefix, uri in part.items():
                if prefix == "@vocab" and isinstance(uri, str):
                    prefixes[""] = uri
                elif not prefix.startswith("@") and isinstance(uri, str) and prefix not in RESERVED:
                    prefixes[prefix] = uri
        elif part is not None:
            raise FormatError("not PROV-JSONLD: a context is neither an address nor prefixes")
    return prefixes


def _read_graph(graph: list[Any], bundle: str, scope: PrefixScope, builder: Builder) -> None:
    for node in graph:
        if not isinstance(node, dict):
            raise FormatError("not PROV-JSONLD: a statement is not an object")
        type_ = node.get("@type")
        if type_ == "Bundle" and not bundle:
            if not isinstance(node.get("@id"), str) or not isinstance(node.get("@graph"), list):
                raise FormatError("not PROV-JSONLD: a bundle without @id or @graph")
            bundle_scope = scope.nested(_prefixes(node.get("@context", [])))
            _read_graph(node["@graph"], bundle_scope.resolve(node["@id"]), bundle_scope, builder)
        elif isinstance(type_, str) and type_.removeprefix("prov:") in _KINDS:
            kind = KIND[_KINDS[type_.removeprefix("prov:")]]
            _read_statement(kind, node, bundle, scope, builder)
        else:
            raise FormatError(f"not PROV-JSONLD: {str(type_)[:60]!r} is not a kind of statement")


def _read_statement(
    kind: Kind, node: dict[str, Any], bundle: str, scope: PrefixScope, builder: Builder
) -> None:
    arguments: dict[str, str | None] = {argument.name: None for argument in kind.arguments}
    times = {argument.name for argument in kind.arguments if argument.type is ArgumentType.TIME}
    attributes: list[AttributeTuple] = []
    name = None
    members: list[Any] = []
    for key, value in node.items():
        if key == "@type":
            continue
        if key == "@id":
            name = None if str(value).startswith("_:") else scope.resolve(str(value))
        elif key in arguments and isinstance(value, list) and kind.name == "hadMember":
            members = value
        elif key in arguments:
            if not isinstance(value, str):
                raise FormatError(f"not PROV-JSONLD: {key} of a {node['@type']} is not text")
            arguments[key] = value if key in times else scope.resolve(value)
        else:
            attribute_key = scope.resolve(key) if ":" in key else f"prov:{key}"
            values = value if isinstance(value, list) else [value]
            attributes += [_read_attribute(attribute_key, item, scope) for item in values]
    # One membership can name several members.
    for member in members or [arguments.get("entity")]:
        if members:
            arguments["entity"] = scope.resolve(str(member))
        builder.add(bundle, kind.name, name, list(arguments.values()), attributes)


def _read_attribute(key: str, value: object, scope: PrefixScope) -> AttributeTuple:
    if isinstance(value, str):
        if key in _NAME_KEYS:
            return key, scope.resolve(value), QUALIFIED_NAME, None
        return key, value, None, None
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str):
        raise FormatError(f"not PROV-JSONLD: {key} has neither text nor a @value")
    text, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if isinstance(language, str):
        return key, text, None, language
    if not isinstance(datatype, str):
        return key, text, None, None
    text, datatype = declared(text, scope.resolve(datatype))
    return key, scope.resolve(text) if datatype == QUALIFIED_NAME else text, datatype, None


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-JSONLD."""
    return head.startswith(b"{") and (b'"@context"' in head or b'"@graph"' in head)


FORMATS = (Format("jsonld", ".jsonld", "PROV-JSONLD", write, read, recognises),)
