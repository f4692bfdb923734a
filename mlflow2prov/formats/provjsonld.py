"""PROV-JSONLD (W3C Member Submission of 25 August 2024), lexical and read without a network.

    {"@context": [{"ex": "..."}, "https://openprovenance.org/prov-jsonld/context.jsonld"],
     "@graph": [{"@type": "Entity", "@id": "ex:e", "ex:key": [{"@value": "..."}]}, ...]}

The context of the submission is recognised by its address and never fetched. All names have a
prefix, as the schema of the submission requires of attributes. It has no term for mention, which is
lexical as ``Mention``.
"""

from __future__ import annotations

import itertools
import re
from typing import Any, BinaryIO

import orjson

from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.formats._support.provo import RELATIONS
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_QNAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import date_time, normal
from mlflow2prov.prov.namespaces import MLFLOW2PROV, RESERVED, Namespaces

CONTEXT = "https://openprovenance.org/prov-jsonld/context.jsonld"

_TERMS = {
    "specializationOf": "Specialization",
    "alternateOf": "Alternate",
    "hadMember": "Membership",
    "mentionOf": "Mention",
    **{kind: relation.influence for kind, relation in RELATIONS.items() if relation.influence},
    "entity": "Entity",
    "activity": "Activity",
    "agent": "Agent",
}
_KINDS = {term: kind for kind, term in _TERMS.items()}

# The attributes of PROV-DM for which the schema has terms, by kind; the others keep their prefix.
_ATTRIBUTE_TERMS = {
    "entity": ("label", "location", "type", "value"),
    "activity": ("label", "location", "type"),
    "agent": ("label", "location", "type"),
    **dict.fromkeys(
        ("wasGeneratedBy", "used", "wasInvalidatedBy", "wasStartedBy", "wasEndedBy"),
        ("label", "location", "role", "type"),
    ),
    "wasAssociatedWith": ("label", "role", "type"),
}
_COMMON_TERMS = ("label", "type")
# The prefixes that the schema accepts; `_` is that of blank nodes.
_PREFIX = re.compile(r"(?!_$)[A-Za-z0-9_]+", re.ASCII)
_NAME_VALUED_KEYS = ("prov:type", "prov:role", "prov:location")


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as PROV-JSONLD."""
    prefixes = _prefixes(document.namespaces)
    context = ",\n".join(
        f"   {json_text(prefixes[prefix])}: {json_text(uri)}"
        for prefix, uri in document.namespaces.all.items()
    )
    stream.write(f'{{\n "@context": [\n  {{\n{context}\n  }},\n  "{CONTEXT}"\n ],\n'.encode())
    stream.write(b' "@graph": [\n')
    is_first = _write_statements(document, "", prefixes, stream, is_first=True)
    for bundle in document.bundles():
        begin = "" if is_first else ",\n"
        is_first = False
        prefix, local = bundle.split(":", 1) if ":" in bundle else ("", bundle)
        name = json_text(f"{prefixes[prefix]}:{local}")
        stream.write(f'{begin}  {{"@type": "Bundle", "@id": {name}, '.encode())
        stream.write(b'"@context": [], "@graph": [\n')
        _write_statements(document, bundle, prefixes, stream, is_first=True)
        stream.write(b"\n  ]}")
    stream.write(b"\n ]\n}\n")


def _write_statements(
    document: Document, bundle: str, prefixes: dict[str, str], stream: BinaryIO, *, is_first: bool
) -> bool:
    """Write the statements of a bundle, with a comma before each but the first; return whether
    there were none."""
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        query = f"SELECT concat(',\n  {{', {_statement(kind, prefixes)}, '}}') FROM ({rows})"
        write_text(Sql(query), stream, skip_bytes=2 if is_first else 0)
        is_first = False
    return is_first


def _prefixes(namespaces: Namespaces) -> dict[str, str]:
    """Return the prefix in the file for each prefix of a document; the default namespace gets one
    too."""
    result: dict[str, str] = {}
    for prefix, uri in namespaces.all.items():
        stem = prefix
        if not _PREFIX.fullmatch(prefix):
            stem = "mlflow2prov" if uri == MLFLOW2PROV else "ns"
        candidates = (f"{stem}{number or ''}" for number in itertools.count())
        reserved = {*result.values(), *namespaces.all} - {prefix}
        result[prefix] = next(name for name in candidates if name not in reserved)
    return result


def _statement(kind: Kind, prefixes: dict[str, str]) -> str:
    """Return the SQL for the members of the object of a statement."""
    parts = [f"'\"@id\": ' || {_name('id', prefixes)}"]
    for argument in kind.arguments:
        column = kind.column(argument.name)
        is_time = argument.type is ArgumentType.TIME
        value = f"to_json({column})::VARCHAR" if is_time else _name(column, prefixes)
        parts.append(f"'\"{argument.name}\": ' || {value}")
    key, value = _key("a.key", kind, prefixes), _value(prefixes)
    single_values = f"array_to_string(list_transform(attributes, lambda a: concat({key}, ': [', {value}, ']')), ', ')"
    # Attributes are in order of their keys, so a list ends where the next key begins.
    is_new_key = "i = 1 OR attributes[i - 1].key <> a.key"
    lists = (
        "concat(array_to_string(list_transform(attributes, lambda a, i: concat("
        f"CASE WHEN {is_new_key} THEN concat(CASE WHEN i > 1 THEN '], ' END, {key}, ': [') ELSE ', ' END, "
        f"{value})), ''), ']')"
    )
    has_single_values = (
        "len(list_distinct(list_transform(attributes, lambda a: a.key))) = len(attributes)"
    )
    attributes = (
        "CASE WHEN len(attributes) = 0 THEN NULL "
        f"WHEN {has_single_values} THEN {single_values} ELSE {lists} END"
    )
    return (
        f"concat_ws(', ', '\"@type\": \"{_TERMS[kind.name]}\"', {', '.join(parts)}, {attributes})"
    )


def _name(column: str, prefixes: dict[str, str]) -> str:
    """Return the SQL for a name as a JSON string, NULL for NULL."""
    cases = [
        f"WHEN starts_with({column}, {literal(old + ':')}) "
        f"THEN {literal(new)} || substr({column}, {len(old) + 1})"
        for old, new in prefixes.items()
        if old and old != new
    ]
    default = literal(prefixes.get("", "") + ":")
    cases.append(f"WHEN contains({column}, ':') THEN {column}")
    return f"to_json(CASE {' '.join(cases)} ELSE {default} || {column} END)::VARCHAR"


def _key(column: str, kind: Kind, prefixes: dict[str, str]) -> str:
    terms = _ATTRIBUTE_TERMS.get(kind.name, _COMMON_TERMS)
    cases = " ".join(f"WHEN 'prov:{term}' THEN '\"{term}\"'" for term in terms)
    return f"CASE {column} {cases} ELSE {_name(column, prefixes)} END"


def _value(prefixes: dict[str, str]) -> str:
    lexical = "to_json(a.value)::VARCHAR"
    name = _name("a.value", prefixes)
    name_valued_keys = ", ".join(literal(key) for key in _NAME_VALUED_KEYS)
    typed = (
        f"concat('{{\"@value\": ', {lexical}, ', \"@type\": ', {_name('a.type', prefixes)}, '}}')"
    )
    qualified_name = f'concat(\'{{"@value": \', {name}, \', "@type": "{XSD_QNAME}"}}\')'
    tagged = (
        f"concat('{{\"@value\": ', {lexical}, ', \"@language\": ', to_json(a.lang)::VARCHAR, '}}')"
    )
    return (
        f"CASE WHEN a.lang IS NOT NULL THEN {tagged} "
        f"WHEN a.type IS NULL THEN concat('{{\"@value\": ', {lexical}, '}}') "
        f"WHEN a.type <> {literal(QUALIFIED_NAME)} THEN {typed} "
        f"WHEN a.key IN ({name_valued_keys}) THEN {name} ELSE {qualified_name} END"
    )


def read(content: bytes) -> Document:
    """Read PROV-JSONLD.

    Raises:
        FormatError: the content is not JSON or not PROV-JSONLD, or it refers to another context.
    """
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("@graph"), list):
        raise FormatError("not PROV-JSONLD: no @graph")
    namespaces = Namespaces()
    scope = PrefixScope(namespaces, _context(data.get("@context", [])))
    builder = Builder(namespaces)
    _read_graph(data["@graph"], "", scope, builder)
    return builder.finish()


def _context(context: object) -> dict[str, str]:
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
        term = node.get("@type")
        if term == "Bundle" and not bundle:
            if not isinstance(node.get("@id"), str) or not isinstance(node.get("@graph"), list):
                raise FormatError("not PROV-JSONLD: a bundle without @id or @graph")
            inner = scope.nested(_context(node.get("@context", [])))
            _read_graph(node["@graph"], scope.resolve(node["@id"]), inner, builder)
        elif isinstance(term, str) and term.removeprefix("prov:") in _KINDS:
            _read_statement(KIND[_KINDS[term.removeprefix("prov:")]], node, bundle, scope, builder)
        else:
            raise FormatError(f"not PROV-JSONLD: {str(term)[:60]!r} is not a kind of statement")


def _read_statement(
    kind: Kind, node: dict[str, Any], bundle: str, scope: PrefixScope, builder: Builder
) -> None:
    places = {argument.name: place for place, argument in enumerate(kind.arguments)}
    arguments: list[str | None] = [None] * len(places)
    attributes: list[AttributeTuple] = []
    identifier = None
    members: list[Any] = []
    for key, value in node.items():
        if key == "@type":
            continue
        if key == "@id":
            identifier = None if str(value).startswith("_:") else scope.resolve(str(value))
        elif key in places and isinstance(value, list) and kind.name == "hadMember":
            members = value
        elif key in places:
            if not isinstance(value, str):
                raise FormatError(f"not PROV-JSONLD: {key} of a {node['@type']} is not text")
            is_time = kind.arguments[places[key]].type is ArgumentType.TIME
            arguments[places[key]] = date_time(value) if is_time else scope.resolve(value)
        else:
            name = f"prov:{key}" if ":" not in key else scope.resolve(key)
            for item in value if isinstance(value, list) else [value]:
                attributes.append(_attribute(name, item, scope))
    for member in members or [None]:
        if member is not None:
            arguments[places["entity"]] = scope.resolve(str(member))
        builder.add(bundle, kind.name, identifier, [*arguments], attributes)


def _attribute(key: str, value: object, scope: PrefixScope) -> AttributeTuple:
    if isinstance(value, str):
        if key in _NAME_VALUED_KEYS:
            return key, scope.resolve(value), QUALIFIED_NAME, None
        return key, value, None, None
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str):
        raise FormatError(f"not PROV-JSONLD: {key} has neither text nor @value")
    lexical, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if isinstance(language, str):
        return key, lexical, None, language
    if not isinstance(datatype, str):
        return key, lexical, None, None
    normalized, normal_type = normal(lexical, scope.resolve(datatype))
    is_name = normal_type == QUALIFIED_NAME
    return key, scope.resolve(normalized) if is_name else normalized, normal_type, None


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-JSONLD."""
    return head.startswith(b"{") and (b'"@context"' in head or b'"@graph"' in head)


FORMATS = (Format("jsonld", ".jsonld", "PROV-JSONLD", write, read, recognises),)
