"""Replacing names and values throughout a document, as joins over its columns.

Only what changes goes through Python: the (before, after) pairs. Statements that none of them concerns
are copied as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.prov import Document, Kind
from mlflow2prov.prov.attributes import QUALIFIED_NAME

IS_NAME = f"coalesce(a.type, '') = {literal(QUALIFIED_NAME)}"
"""The SQL condition of an attribute ``a`` whose value is a qualified name."""


def replace(
    document: Document,
    names: Mapping[str, str],
    values: Mapping[str, str] | None = None,
    special: Mapping[str, str] | None = None,
    flags: str = "false AS flag",
    is_special: str = "false",
) -> None:
    """Replace names, and values of attributes, in place; each as a whole.

    Args:
        document: changed in place.
        names: qualified names before and after: identifiers, references, keys, datatypes, and values
            that are names.
        values: other values before and after.
        special: the same for the values that ``is_special`` tells, before ``values``.
        flags: SQL columns computed of a statement.
        is_special: an SQL condition on them, on a statement's ``kind`` and on an attribute ``a`` of it.
    """
    if not (names or values or special):
        return
    schema = engine.Schema("replacement")
    pairs_table(schema.table("names"), names)
    pairs_table(schema.table("texts"), values or {})
    pairs_table(schema.table("specials"), special or {})
    known, texts, specials = (schema.table(t) for t in ("names", "texts", "specials"))
    changed = schema.table("changed")

    def replaced(kind: Kind, table: str) -> str:
        engine.execute(
            f"""
            CREATE OR REPLACE TABLE {changed} AS
            WITH literals AS MATERIALIZED (
                SELECT row, a, {IS_NAME} AS is_name, {is_special} AS special
                FROM (SELECT row, kind, {flags}, unnest(attributes) AS a
                      FROM (SELECT rowid AS row, {literal(kind.name)} AS kind, * FROM {table}))
            ), touched AS (
                SELECT DISTINCT row FROM literals
                WHERE a.key IN (SELECT before FROM {known}) OR a.type IN (SELECT before FROM {known})
                    OR (is_name AND a.value IN (SELECT before FROM {known}))
                    OR (NOT is_name AND a.value IN (SELECT before FROM {texts}))
                    OR (special AND NOT is_name AND a.value IN (SELECT before FROM {specials}))
            )
            SELECT row, list_sort(list_distinct(list({{
                'key': coalesce(k.after, l.a.key), 'value': coalesce(n.after, s.after, v.after, l.a.value),
                'type': coalesce(t.after, l.a.type), 'lang': l.a.lang}}))) AS attributes
            FROM literals l SEMI JOIN touched USING (row)
            LEFT JOIN {known} k ON k.before = l.a.key
            LEFT JOIN {known} t ON t.before = l.a.type
            LEFT JOIN {known} n ON l.is_name AND n.before = l.a.value
            LEFT JOIN {specials} s ON l.special AND NOT l.is_name AND s.before = l.a.value
            LEFT JOIN {texts} v ON NOT l.is_name AND v.before = l.a.value
            GROUP BY row
            """
        )
        columns = kind.key_columns
        renamed = ", ".join(f'coalesce({c}_.after, d."{c}") AS "{c}"' for c in columns)
        joins = " ".join(f"LEFT JOIN {known} {c}_ ON {c}_.before = d.{c}" for c in columns)
        return (
            f"SELECT {renamed}, coalesce(c.attributes, d.attributes) AS attributes "
            f"FROM {table} d LEFT JOIN {changed} c ON c.row = d.rowid {joins}"
        )

    document.tables.rewrite(replaced, unified=False)


def pairs_table(table: str, pairs: Mapping[str, str]) -> None:
    """Make an SQL table of what is before and what after."""
    columns = {
        "before": pa.array(list(pairs.keys()), pa.string()),
        "after": pa.array(list(pairs.values()), pa.string()),
    }
    with engine.registered(pa.table(columns)) as rows:
        engine.execute(f"CREATE TABLE {table} AS SELECT * FROM {rows}")
