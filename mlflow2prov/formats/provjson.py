"""PROV-JSON (W3C Member Submission of 24 April 2013), written and read.

    {"prefix": {...}, "entity": {"ex:e": {...}}, "used": {"_:used1": {...}}, "bundle": {"ex:b": {...}}}

Statements stand under their kind, ordered; several of one identifier are a list. Relations without an
identifier are numbered in their order, so that the same document gives the same bytes.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.provjson_reader import read, recognises
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind


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
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        identified = f"SELECT id FROM ({rows}) WHERE id IS NOT NULL"
        repeats = f"{identified} GROUP BY id HAVING count(*) > 1 LIMIT 1"
        members = _members(kind, _attributes(rows))
        stream.write(f",\n {json_text(kind.name)}: {{".encode())
        list_or_one = _repeated if engine.rows(repeats) else _unique
        write_text(list_or_one(kind, rows, members), stream, skip=1)
        stream.write(b"\n }")


def _unique(kind: Kind, rows: str, members: str) -> str:
    """Return the query for the statements of a kind, an identifier each."""
    identifier = "to_json(id)"
    if not kind.element:
        numbered = f"concat('\"_:{kind.name}', place, '\"')"
        identifier = f"CASE WHEN id IS NULL THEN {numbered} ELSE to_json(id)::VARCHAR END"
    return f"SELECT concat(',\n  ', {identifier}, ': {{', {members}, '}}') FROM ({rows})"


def _repeated(kind: Kind, rows: str, members: str) -> str:
    """Return the query for the statements of a kind where identifiers repeat: these become lists."""
    name = f"coalesce(id, concat('_:{kind.name}', place))"
    body = f"concat('{{', {members}, '}}')"
    return f"""
        SELECT concat(',\n  ', to_json(name), ': ',
            CASE WHEN count(*) = 1 THEN any_value(body)
                 ELSE concat('[', string_agg(body, ', ' ORDER BY place), ']') END)
        FROM (SELECT {name} AS name, {body} AS body, place FROM ({rows}))
        GROUP BY name ORDER BY min(place)
    """


def _members(kind: Kind, attributes: str) -> str:
    """Return the SQL for what stands in the JSON object of a statement: its arguments and attributes.

    What is not given is NULL, and left out by ``concat_ws``.
    """
    arguments = [
        f"'\"prov:{argument.name}\": ' || to_json({kind.column(argument.name)})::VARCHAR"
        for argument in kind.arguments
    ]
    return f"concat_ws(', ', {', '.join([*arguments, attributes])})"


def _attributes(rows: str) -> str:
    """Return the SQL for the attributes of ``rows``, which are ordered by key; NULL where there are none.

    Few sets of keys occur in many statements, so that a look at the different ones tells whether lists of
    values are to be looked for in each.
    """
    keys = "list_transform(attributes, lambda a: a.key)"
    different = f"SELECT DISTINCT {keys} AS keys FROM ({rows})"
    has_lists = f"SELECT 1 FROM ({different}) WHERE list_unique(keys) < len(keys) LIMIT 1"
    if not engine.rows(has_lists):
        return f"nullif({_SINGLE}, '')"
    return f"nullif(CASE WHEN list_unique({keys}) < len(attributes) THEN {_LISTED} ELSE {_SINGLE} END, '')"


_VALUE = """
    CASE WHEN a.lang IS NOT NULL
         THEN concat('{"$": ', to_json(a.value), ', "lang": ', to_json(a.lang), '}')
         WHEN a.type IS NOT NULL
         THEN concat('{"$": ', to_json(a.value), ', "type": ', to_json(a.type), '}')
         ELSE to_json(a.value)::VARCHAR END
"""
"""The SQL for the value of an attribute ``a``."""

_SINGLE = f"""
    array_to_string(
        list_transform(attributes, lambda a: concat(to_json(a.key), ': ', {_VALUE})), ', ')
"""
"""The SQL for attributes of different keys."""

_VALUES_OF_KEY = f"""
    list_transform(list_filter(attributes, lambda a: a.key = key), lambda a: {_VALUE})
"""
_LISTED = f"""
    array_to_string(
        list_transform(
            list_sort(list_distinct(list_transform(attributes, lambda a: a.key))),
            lambda key: concat(to_json(key), ': ',
                CASE WHEN len({_VALUES_OF_KEY}) = 1 THEN ({_VALUES_OF_KEY})[1]
                     ELSE concat('[', array_to_string({_VALUES_OF_KEY}, ', '), ']') END)),
        ', ')
"""
"""The SQL for attributes of which several have one key: their values are a list."""


FORMATS = {"json": Format("json", ".json", "PROV-JSON", write, read, recognises)}
