"""PROV-JSON (W3C Member Submission of 24 April 2013), written and read.

    {"prefix": {...}, "entity": {"ex:e": {...}}, "used": {"_:used1": {...}}, "bundle": {"ex:b": {...}}}

Statements stand under their kind, ordered; several of one identifier are a list. Relations without an
identifier are numbered in their order, so that the same document gives the same bytes.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov import database
from mlflow2prov.document import Document
from mlflow2prov.document.kinds import Kind
from mlflow2prov.formats.format import Format
from mlflow2prov.formats.provjson_reading import read, recognises
from mlflow2prov.formats.streaming import json_text, write_text


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as PROV-JSON, UTF-8."""
    prefixes = {prefix or "default": uri for prefix, uri in document.namespaces.all.items()}
    listed = ",\n".join(f"  {json_text(p)}: {json_text(u)}" for p, u in prefixes.items())
    stream.write(f'{{\n "prefix": {{\n{listed}\n }}'.encode())
    _write_statements(document, "", stream)
    bundles = document.bundles()
    for number, bundle in enumerate(bundles):
        begin = ',\n "bundle": {\n' if number == 0 else ",\n"
        # A bundle needs a first member, as its statements begin with a comma: its (empty) prefixes.
        stream.write(f'{begin}  {json_text(bundle)}: {{\n "prefix": {{}}'.encode())
        _write_statements(document, bundle, stream)
        stream.write(b"\n }")
    stream.write(b"\n }\n}\n" if bundles else b"\n}\n")


def _write_statements(document: Document, bundle: str, stream: BinaryIO) -> None:
    for kind in document.kinds(bundle):
        rows = document.rows_of(kind, bundle)
        # count(id) leaves out those without: they are numbered, and so all different.
        repeats = f"SELECT 1 FROM ({rows}) GROUP BY id HAVING count(id) > 1 LIMIT 1"
        stream.write(f",\n {json_text(kind.name)}: {{".encode())
        query = _repeated(kind, rows) if database.rows(repeats) else _unique(kind, rows)
        write_text(query, stream, skip=1)
        stream.write(b"\n }")


def _unique(kind: Kind, rows: str) -> str:
    """Return the query for the members of a kind, an identifier each."""
    identifier = "to_json(id)::VARCHAR"
    if not kind.element:
        numbered = f"'\"_:{kind.name}' || place || '\"'"
        identifier = f"CASE WHEN id IS NULL THEN {numbered} ELSE {identifier} END"
    return f"SELECT ',\n  ' || {identifier} || ': ' || {_body(kind)} FROM ({rows})"


def _repeated(kind: Kind, rows: str) -> str:
    """Return the query for the members of a kind where identifiers repeat: these become lists."""
    numbered = f"'_:{kind.name}' || place"
    return f"""
        SELECT ',\n  ' || to_json(name)::VARCHAR || ': ' ||
            CASE WHEN count(*) = 1 THEN any_value(body)
                 ELSE '[' || string_agg(body, ', ' ORDER BY place) || ']' END
        FROM (SELECT coalesce(id, {numbered}) AS name, {_body(kind)} AS body, place FROM ({rows}))
        GROUP BY name ORDER BY min(place)
    """


def _body(kind: Kind) -> str:
    """Return the SQL for the JSON object of a statement's arguments and attributes."""
    arguments = [
        f"'\"prov:{argument.name}\": ' || to_json({kind.column(argument.name)})::VARCHAR"
        for argument in kind.arguments
    ]
    formal = f"concat_ws(', ', {', '.join(arguments)})" if arguments else "''"
    members = (
        "array_to_string(list_transform(attributes, "
        f"lambda a: to_json(a.key)::VARCHAR || ': ' || {_value('a')}), ', ')"
    )
    # Several values to a key are a list; the attributes are ordered by key.
    grouped = (
        "array_to_string(list_transform(list_sort(list_distinct("
        "list_transform(attributes, lambda a: a.key))), lambda k: to_json(k)::VARCHAR || ': ' || "
        "CASE WHEN len(list_filter(attributes, lambda a: a.key = k)) = 1 "
        f"THEN list_transform(list_filter(attributes, lambda a: a.key = k), lambda a: {_value('a')})[1] "
        "ELSE '[' || array_to_string(list_transform(list_filter(attributes, lambda a: a.key = k), "
        f"lambda a: {_value('a')}), ', ') || ']' END), ', ')"
    )
    is_simple = "len(list_distinct(list_transform(attributes, lambda a: a.key))) = len(attributes)"
    attributes = f"CASE WHEN len(attributes) < 2 THEN {members} WHEN {is_simple} THEN {members} ELSE {grouped} END"
    between = (
        f"CASE WHEN len(attributes) > 0 AND {formal} <> '' THEN ', ' ELSE '' END"
        if arguments
        else "''"
    )
    return f"'{{' || {formal} || {between} || {attributes} || '}}'"


def _value(a: str) -> str:
    written = f"to_json({a}.value)::VARCHAR"
    return (
        f"CASE WHEN {a}.lang IS NOT NULL THEN '{{\"$\": ' || {written} || ', \"lang\": ' || "
        f"to_json({a}.lang)::VARCHAR || '}}' "
        f"WHEN {a}.type IS NOT NULL THEN '{{\"$\": ' || {written} || ', \"type\": ' || "
        f"to_json({a}.type)::VARCHAR || '}}' ELSE {written} END"
    )


FORMATS = {"json": Format("json", ".json", "PROV-JSON", write, read, recognises)}
