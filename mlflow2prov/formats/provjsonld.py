"""PROV-JSONLD (W3C Member Submission of 25 August 2024), written and read without a network.

    {"@context": [{"ex": "..."}, "https://openprovenance.org/prov-jsonld/context.jsonld"],
     "@graph": [{"@type": "Entity", "@id": "ex:e", "ex:key": [{"@value": "..."}]}, ...]}

The context of the submission is known by its address and never fetched. Names all have a prefix, as
the submission's schema wants of attributes. It has no word for mention, which is said as ``Mention``.
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
from mlflow2prov.prov import attributes as literals
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

# PROV-DM's own attributes that the submission's schema has a word for, by kind; else they keep their prefix.
_WORDS = {
    "entity": ("label", "location", "type", "value"),
    "activity": ("label", "location", "type"),
    "agent": ("label", "location", "type"),
    **dict.fromkeys(
        ("wasGeneratedBy", "used", "wasInvalidatedBy", "wasStartedBy", "wasEndedBy"),
        ("label", "location", "role", "type"),
    ),
    "wasAssociatedWith": ("label", "role", "type"),
}
_ALWAYS = ("label", "type")
# What the schema takes as a prefix, and is no blank node.
_PREFIX = re.compile(r"(?!_$)[A-Za-z0-9_]+", re.ASCII)
_BY_NAME = ("prov:type", "prov:role", "prov:location")


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as PROV-JSONLD, UTF-8."""
    prefixes = _prefixes(document.namespaces)
    context = ",\n".join(
        f"   {json_text(prefixes[p])}: {json_text(uri)}"
        for p, uri in document.namespaces.all.items()
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
    """Write a bundle's statements, a comma before each but the first; returns whether none came."""
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        query = f"SELECT concat(',\n  {{', {_statement(kind, prefixes)}, '}}') FROM ({rows})"
        write_text(Sql(query), stream, skip_bytes=2 if is_first else 0)
        is_first = False
    return is_first


def _prefixes(namespaces: Namespaces) -> dict[str, str]:
    """Return the prefixes that are written for a document's: the default namespace gets one too."""
    chosen: dict[str, str] = {}
    for prefix, uri in namespaces.all.items():
        stem = prefix
        if not _PREFIX.fullmatch(prefix):
            stem = "mlflow2prov" if uri == MLFLOW2PROV else "ns"
        numbered = (f"{stem}{n or ''}" for n in itertools.count())
        taken = {*chosen.values(), *namespaces.all} - {prefix}
        chosen[prefix] = next(name for name in numbered if name not in taken)
    return chosen


def _statement(kind: Kind, prefixes: dict[str, str]) -> str:
    """Return the SQL for the members of a statement's object."""
    parts = [f"'\"@id\": ' || {_name('id', prefixes)}"]
    for argument in kind.arguments:
        column = kind.column(argument.name)
        is_time = argument.type is ArgumentType.TIME
        value = f"to_json({column})::VARCHAR" if is_time else _name(column, prefixes)
        parts.append(f"'\"{argument.name}\": ' || {value}")
    key, value = _key("a.key", kind, prefixes), _value(prefixes)
    alone = f"array_to_string(list_transform(attributes, lambda a: concat({key}, ': [', {value}, ']')), ', ')"
    # Attributes are ordered by key: a list ends where the next key begins.
    begins = "i = 1 OR attributes[i - 1].key <> a.key"
    several = (
        "concat(array_to_string(list_transform(attributes, lambda a, i: concat("
        f"CASE WHEN {begins} THEN concat(CASE WHEN i > 1 THEN '], ' END, {key}, ': [') ELSE ', ' END, "
        f"{value})), ''), ']')"
    )
    are_alone = "len(list_distinct(list_transform(attributes, lambda a: a.key))) = len(attributes)"
    attributes = (
        f"CASE WHEN len(attributes) = 0 THEN NULL WHEN {are_alone} THEN {alone} ELSE {several} END"
    )
    return (
        f"concat_ws(', ', '\"@type\": \"{_TERMS[kind.name]}\"', {', '.join(parts)}, {attributes})"
    )


def _name(column: str, prefixes: dict[str, str]) -> str:
    """Return the SQL for a name as JSON; NULL stays NULL."""
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
    words = _WORDS.get(kind.name, _ALWAYS)
    cases = " ".join(f"WHEN 'prov:{word}' THEN '\"{word}\"'" for word in words)
    return f"CASE {column} {cases} ELSE {_name(column, prefixes)} END"


def _value(prefixes: dict[str, str]) -> str:
    written = "to_json(a.value)::VARCHAR"
    name = _name("a.value", prefixes)
    by_name = ", ".join(literal(key) for key in _BY_NAME)
    typed = (
        f"concat('{{\"@value\": ', {written}, ', \"@type\": ', {_name('a.type', prefixes)}, '}}')"
    )
    named = f'concat(\'{{"@value": \', {name}, \', "@type": "{XSD_QNAME}"}}\')'
    tagged = (
        f"concat('{{\"@value\": ', {written}, ', \"@language\": ', to_json(a.lang)::VARCHAR, '}}')"
    )
    return (
        f"CASE WHEN a.lang IS NOT NULL THEN {tagged} "
        f"WHEN a.type IS NULL THEN concat('{{\"@value\": ', {written}, '}}') "
        f"WHEN a.type <> {literal(QUALIFIED_NAME)} THEN {typed} "
        f"WHEN a.key IN ({by_name}) THEN {name} ELSE {named} END"
    )


def read(content: bytes) -> Document:
    """Read PROV-JSONLD.

    Raises:
        FormatError: it is not JSON, not PROV-JSONLD, or wants a context from somewhere else.
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
            raise FormatError("not PROV-JSONLD: a statement is no object")
        term = node.get("@type")
        if term == "Bundle" and not bundle:
            if not isinstance(node.get("@id"), str) or not isinstance(node.get("@graph"), list):
                raise FormatError("not PROV-JSONLD: a bundle without @id or @graph")
            inner = scope.nested(_context(node.get("@context", [])))
            _read_graph(node["@graph"], scope.resolve(node["@id"]), inner, builder)
        elif isinstance(term, str) and term.removeprefix("prov:") in _KINDS:
            _read_statement(KIND[_KINDS[term.removeprefix("prov:")]], node, bundle, scope, builder)
        else:
            raise FormatError(f"not PROV-JSONLD: {str(term)[:60]!r} is no kind of statement")


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
                raise FormatError(f"not PROV-JSONLD: {key} of a {node['@type']} is no text")
            is_time = kind.arguments[places[key]].type is ArgumentType.TIME
            arguments[places[key]] = date_time(value) if is_time else scope.resolve(value)
        else:
            name = f"prov:{key}" if ":" not in key else scope.resolve(key)
            for one in value if isinstance(value, list) else [value]:
                attributes.append(_literal(name, one, scope))
    for member in members or [None]:
        if member is not None:
            arguments[places["entity"]] = scope.resolve(str(member))
        builder.add(bundle, kind.name, identifier, [*arguments], attributes)


def _literal(key: str, value: object, scope: PrefixScope) -> AttributeTuple:
    if isinstance(value, str):
        if key in _BY_NAME:
            return key, scope.resolve(value), literals.QUALIFIED_NAME, None
        return key, value, None, None
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str):
        raise FormatError(f"not PROV-JSONLD: {key} holds neither a text nor a @value")
    written, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if isinstance(language, str):
        return key, written, None, language
    if not isinstance(datatype, str):
        return key, written, None, None
    found, kind = normal(written, scope.resolve(datatype))
    return key, scope.resolve(found) if kind == literals.QUALIFIED_NAME else found, kind, None


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-JSONLD."""
    return head.startswith(b"{") and (b'"@context"' in head or b'"@graph"' in head)


FORMATS = {"jsonld": Format("jsonld", ".jsonld", "PROV-JSONLD", write, read, recognises)}
