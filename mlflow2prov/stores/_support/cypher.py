"""Cypher queries for Neo4j, with the rows that are their parameters.

Labels, types and the keys of times are part of the text of a query, so rows that share them share a query. All other
values are parameters. A name of a document becomes part of the text only if its characters are harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support.text_stream import join_utf8
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ELEMENTS, KINDS, Kind
from mlflow2prov.stores._support.properties import (
    BUNDLE,
    FORMAL_KEYS,
    ID,
    PropertyDialect,
    with_properties,
)
from mlflow2prov.stores._support.upsert import key

ROWS = 10_000
"""Statements in a transaction."""

KEY = "prov:key"
"""The property that identifies a relationship, or a node ``:Unspecified``."""

_LABELS = {kind.name: kind.name.capitalize() for kind in ELEMENTS}
KIND_OF_LABEL = {_LABELS[kind.name]: kind for kind in ELEMENTS}
_OWN_LABELS = (*KIND_OF_LABEL, "Element", "BundleElement", "Unspecified", "Namespace")
# A name between backticks may contain all characters but backticks, backslashes and control characters.
_HARMLESS = r"(length({0}) BETWEEN 1 AND 200 AND NOT regexp_matches({0}, '[`\\\x00-\x1f\x7f]'))"


def non_native_key(kind: Kind) -> str:
    """Return the property with the non-native attributes of a statement, as JSON."""
    return f"prov:{kind.name}Literals"


DIALECT = PropertyDialect(
    is_valid_key="length({}) BETWEEN 1 AND 10000",
    reserved=FORMAL_KEYS | {ID, BUNDLE, KEY} | {non_native_key(kind) for kind in KINDS},
    is_time_key=_HARMLESS,
)

CONSTRAINTS = (
    f"CREATE CONSTRAINT prov_element IF NOT EXISTS FOR (n:Element) REQUIRE n.`{ID}` IS UNIQUE",
    f"CREATE CONSTRAINT prov_bundle_element IF NOT EXISTS FOR (n:BundleElement) "
    f"REQUIRE (n.`{BUNDLE}`, n.`{ID}`) IS UNIQUE",
    f"CREATE CONSTRAINT prov_unspecified IF NOT EXISTS FOR (n:Unspecified) REQUIRE n.`{KEY}` IS UNIQUE",
    "CREATE CONSTRAINT prov_namespace IF NOT EXISTS FOR (n:Namespace) REQUIRE n.prefix IS UNIQUE",
    *(
        f"CREATE INDEX prov_{kind.name} IF NOT EXISTS FOR (n:{_LABELS[kind.name]}) ON (n.`{ID}`)"
        for kind in ELEMENTS
    ),
)
NAMESPACES = "MATCH (n:Namespace) RETURN n.prefix AS prefix, n.uri AS uri"
DECLARE = (
    "UNWIND $rows AS row MERGE (n:Namespace {prefix: row.prefix}) ON CREATE SET n.uri = row.uri"
)
ANYTHING = "MATCH (n) WHERE n:Element OR n:BundleElement RETURN 1 LIMIT 1"

_EACH = "UNWIND $rows AS row WITH row, row.properties AS given"
_ELEMENT = "labels(n) AS labels, properties(n) AS properties"
_RELATION = f"properties(r) AS properties, a.`{ID}` AS source, b.`{ID}` AS target"
EVERY_ELEMENT = tuple(
    f"MATCH (n:{label}) WHERE n:Entity OR n:Activity OR n:Agent RETURN {_ELEMENT}"
    for label in ("Element", "BundleElement")
)


def every(kind: Kind) -> str:
    """Return the query for all relationships of a kind."""
    return f"MATCH (a)-[r:{kind.name}]->(b) WHERE r.`{KEY}` IS NOT NULL RETURN {_RELATION}"


def count(kind: Kind) -> str:
    """Return the query for an upper bound of the number of statements of a kind, which the server has counted."""
    if kind.element:
        return f"MATCH (n:{_LABELS[kind.name]}) RETURN count(n)"
    return f"MATCH ()-[r:{kind.name}]->() RETURN count(r)"


def match_queries(document: Document, kind: Kind) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield queries that match the stored statements of a kind, each with its rows."""
    yield from _grouped(document, kind, is_writing=False)


def write_queries(document: Document, kind: Kind) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield queries that write the statements of a kind, each with its rows and for one transaction."""
    yield from _grouped(document, kind, is_writing=True)


def _grouped(
    document: Document, kind: Kind, *, is_writing: bool
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield a query and its rows for each group of statements that share the text of the query."""
    table = document.tables.of(kind)
    rows = f"(SELECT *, {key(kind)} AS key FROM {table})"
    rows = f"({with_properties(Sql(rows), kind, DIALECT)})" if is_writing else rows
    group_columns = ["bundle <> '' AS in_bundle"]
    if not kind.element:
        source, target = kind.argument_columns[:2]
        group_columns += [f"{source} IS NULL AS no_source", f"{target} IS NULL AS no_target"]
    if is_writing:
        group_columns += ["times", f"{_types() if kind.element else '[]'} AS labels"]
    names = [column.rpartition(" AS ")[2] for column in group_columns]
    row = _row(kind) if is_writing else _keys(kind)
    grouped = f"SELECT {', '.join(group_columns)}, {row} AS json FROM {rows}"
    query = (
        f"SELECT dense_rank() OVER (ORDER BY {', '.join(names)})::INTEGER AS number, {', '.join(names)}, json "
        f"FROM ({grouped}) ORDER BY number"
    )
    make = _write_query if is_writing else _match_query
    for batch in engine.stream(query, ROWS):
        numbers = batch.column(0).to_numpy(zero_copy_only=False)
        start = 0
        while start < len(numbers):
            end = int(numbers.searchsorted(numbers[start], side="right"))
            group = {name: batch.column(name)[start].as_py() for name in names}
            objects = bytes(join_utf8(batch.column("json").slice(start, end - start)))
            yield make(kind, group), orjson.loads(b"[" + objects[:-1] + b"]")
            start = end


def _types() -> str:
    """Return the SQL for the labels of an element: the local parts of its types."""
    own = ", ".join(literal(label) for label in _OWN_LABELS)
    local = "CASE WHEN contains(a.value, ':') THEN substr(a.value, strpos(a.value, ':') + 1) ELSE a.value END"
    types = "attrs(attributes, 'prov:type')"
    return (
        f"list_sort(list_distinct(list_filter(list_transform({types}, lambda a: {local}), "
        f"lambda l: {_HARMLESS.format('l')} AND l NOT IN ({own}))))"
    )


def _members(kind: Kind, *, with_key: bool) -> list[str]:
    """Return the SQL for the members of a row that identify the statement."""
    members = ["'\"bundle\":' || to_json(bundle)::VARCHAR"]
    if kind.element:
        return [*members, "'\"id\":' || to_json(id)::VARCHAR"]
    members += ["'\"key\":\"' || key || '\"'"] if with_key else []
    members += [
        f"'\"{name}\":' || to_json({column})::VARCHAR"
        for name, column in zip(("source", "target"), kind.argument_columns, strict=False)
    ]
    return members


def _keys(kind: Kind) -> str:
    return f"'{{' || concat_ws(',', {', '.join(_members(kind, with_key=True))}) || '}},'"


def _row(kind: Kind) -> str:
    properties = [
        "nullif(properties, '')",
        f"'\"{non_native_key(kind)}\":' || to_json(non_native)::VARCHAR",
    ]
    if not kind.element:
        properties += [
            f"'\"{ID}\":' || to_json(id)::VARCHAR",
            f"'\"{BUNDLE}\":' || to_json(nullif(bundle, ''))::VARCHAR",
        ]
    members = ", ".join(_members(kind, with_key=True))
    return (
        f"'{{' || concat_ws(',', {members}) || ',\"properties\":{{' || "
        f"concat_ws(',', {', '.join(properties)}) || '}}}},'"
    )


def _write_query(kind: Kind, group: dict[str, Any]) -> str:
    properties = _with_times(group["times"])
    if kind.element:
        labels = "".join(f":`{label}`" for label in (_LABELS[kind.name], *group["labels"]))
        return f"{_EACH} MERGE {_node('n', group, 'id')} SET n{labels}, n += {properties}"
    return (
        f"{_EACH} MERGE {_end('a', group, 'source')} MERGE {_end('b', group, 'target')} "
        f"MERGE (a)-[r:{kind.name} {{`{KEY}`: row.key}}]->(b) SET r += {properties}"
    )


def _match_query(kind: Kind, group: dict[str, Any]) -> str:
    if kind.element:
        return f"UNWIND $rows AS row MATCH {_node('n', group, 'id')} RETURN {_ELEMENT}"
    return (
        f"UNWIND $rows AS row MATCH {_end('a', group, 'source')} MATCH {_end('b', group, 'target')} "
        f"MATCH (a)-[r:{kind.name} {{`{KEY}`: row.key}}]->(b) RETURN {_RELATION}"
    )


def _node(variable: str, group: dict[str, Any], member: str) -> str:
    """Return the pattern of the element whose identifier is the ``member`` of a row."""
    if group["in_bundle"]:
        return f"({variable}:BundleElement {{`{BUNDLE}`: row.bundle, `{ID}`: row.{member}}})"
    return f"({variable}:Element {{`{ID}`: row.{member}}})"


def _end(variable: str, group: dict[str, Any], member: str) -> str:
    """Return the pattern of the node at one end of a relationship."""
    if not group[f"no_{member}"]:
        return _node(variable, group, member)
    # If both ends are missing, they are two nodes.
    return f"({variable}:Unspecified {{`{KEY}`: row.key + '{member[0]}'}})"


def _with_times(times: list[dict[str, Any]]) -> str:
    """Return the Cypher for the properties of a row, with times in place of their texts."""
    conversions = []
    for time in times:
        function = "localdatetime" if time["is_local"] else "datetime"
        value = f"given.`{time['key']}`"
        value = f"[t IN {value} | {function}(t)]" if time["is_list"] else f"{function}({value})"
        conversions.append(f"`{time['key']}`: {value}")
    return f"given {{.*, {', '.join(conversions)}}}" if conversions else "given"
