"""PROV-JSON (W3C Member Submission of 24 April 2013).

    {"prefix": {...}, "entity": {"ex:e": {...}}, "used": {"_:used1": {...}}, "bundle": {"ex:b": {...}}}

The statements of each kind are members of one object, in order. Several statements of one identifier are a list.
Relations without an identifier are numbered in their order, so the same document gives the same bytes.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.provjson_reader import read, read_file, recognises
from mlflow2prov.formats._support.sql_expressions import (
    ATTRIBUTE_KEY,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_VALUE,
    join_attributes,
    json_string,
)
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as PROV-JSON."""
    prefixes = ",\n".join(
        f"  {json_text(prefix or 'default')}: {json_text(uri)}"
        for prefix, uri in document.namespaces.all.items()
    )
    stream.write(f'{{\n "prefix": {{\n{prefixes}\n }}'.encode())
    _write_statements(document, "", stream)
    bundles = document.bundles()
    for number, bundle in enumerate(bundles):
        begin = ',\n "bundle": {\n' if number == 0 else ",\n"
        # The statements of a bundle begin with a comma, so a first member is needed: its prefixes, which are empty.
        stream.write(f'{begin}  {json_text(bundle)}: {{\n "prefix": {{}}'.encode())
        _write_statements(document, bundle, stream)
        stream.write(b"\n }")
    stream.write(b"\n }\n}\n" if bundles else b"\n}\n")


def _write_statements(document: Document, bundle: str, stream: BinaryIO) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        members = _members(kind, _attributes(rows))
        stream.write(f",\n {json_text(kind.name)}: {{".encode())
        query = _repeated_names if _has_repeated_identifiers(rows) else _unique_names
        write_text(
            query(kind, rows, members),
            stream,
            is_short=document.tables.is_small(kind),
            skip_bytes=len(","),
        )
        stream.write(b"\n }")


def _has_repeated_identifiers(rows: Sql) -> bool:
    query = f"SELECT id FROM ({rows}) WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1 LIMIT 1"
    return bool(engine.rows(query))


def _unique_names(kind: Kind, rows: Sql, members: Sql) -> Sql:
    """Return the query for statements that do not share an identifier."""
    name = json_string(Sql("id"))
    if not kind.element:
        number = f"concat('\"_:{kind.name}', place, '\"')"
        name = Sql(f"CASE WHEN id IS NULL THEN {number} ELSE {name} END")
    return Sql(f"SELECT concat(',\n  ', {name}, ': {{', {members}, '}}') FROM ({rows})")


def _repeated_names(kind: Kind, rows: Sql, members: Sql) -> Sql:
    """Return the query for statements that share an identifier, which become a list."""
    return Sql(
        f"""
        WITH statements AS (
            SELECT
                coalesce(id, concat('_:{kind.name}', place)) AS name,
                concat('{{', {members}, '}}') AS body,
                place
            FROM ({rows})
        )
        SELECT concat(
            ',\n  ',
            to_json(name),
            ': ',
            CASE
                WHEN count(*) = 1 THEN any_value(body)
                ELSE concat('[', string_agg(body, ', ' ORDER BY place), ']')
            END
        )
        FROM statements
        GROUP BY name
        ORDER BY min(place)
        """
    )


def _members(kind: Kind, attributes: Sql) -> Sql:
    """Return the members of a statement's object: its formal arguments and attributes.

    Arguments without a value are NULL, which ``concat_ws`` leaves out.
    """
    arguments = [
        f"'\"prov:{argument.name}\": ' || {json_string(identifier(argument.column))}"
        for argument in kind.arguments
    ]
    return Sql(f"concat_ws(', ', {', '.join([*arguments, attributes])})")


def _attributes(rows: Sql) -> Sql:
    """Return the members for the attributes of a statement, or NULL if it has none.

    Attributes are ordered by key. Many statements share few sets of keys, so the distinct sets show whether a key can
    have several values in any statement.
    """
    keys = "list_transform(attributes, lambda attribute: attribute.key)"
    sets_of_keys = f"SELECT DISTINCT {keys} AS keys FROM ({rows})"
    has_repeated_keys = engine.rows(
        f"SELECT 1 FROM ({sets_of_keys}) WHERE list_unique(keys) < len(keys) LIMIT 1"
    )
    if not has_repeated_keys:
        return Sql(f"nullif({_SINGLE_VALUES}, '')")
    return Sql(
        f"nullif(CASE WHEN list_unique({keys}) < len(attributes) THEN {_LISTS_OF_VALUES} "
        f"ELSE {_SINGLE_VALUES} END, '')"
    )


_VALUE = Sql(
    f"""
    CASE
        WHEN {ATTRIBUTE_LANGUAGE} IS NOT NULL THEN concat(
            '{{"$": ', to_json({ATTRIBUTE_VALUE}), ', "lang": ', to_json({ATTRIBUTE_LANGUAGE}), '}}'
        )
        WHEN {ATTRIBUTE_TYPE} IS NOT NULL THEN concat(
            '{{"$": ', to_json({ATTRIBUTE_VALUE}), ', "type": ', to_json({ATTRIBUTE_TYPE}), '}}'
        )
        ELSE {json_string(ATTRIBUTE_VALUE)}
    END
    """
)
"""The value of an attribute."""

_SINGLE_VALUES = join_attributes(
    Sql(f"concat(to_json({ATTRIBUTE_KEY}), ': ', {_VALUE})"), separator=", "
)
"""The members for attributes with different keys."""

_VALUES_OF_KEY = f"""
    list_transform(
        list_filter(attributes, lambda attribute: attribute.key = key),
        lambda attribute: {_VALUE}
    )
"""
_LISTS_OF_VALUES = Sql(
    f"""
    array_to_string(
        list_transform(
            list_sort(list_distinct(list_transform(attributes, lambda attribute: attribute.key))),
            lambda key: concat(
                to_json(key),
                ': ',
                CASE
                    WHEN len({_VALUES_OF_KEY}) = 1 THEN ({_VALUES_OF_KEY})[1]
                    ELSE concat('[', array_to_string({_VALUES_OF_KEY}, ', '), ']')
                END
            )
        ),
        ', '
    )
    """
)
"""The members for attributes that share a key. Their values become a list."""

FORMATS = (Format("json", ".json", "PROV-JSON", write, read, recognises, read_file=read_file),)
