"""Replacing names and values in a whole document, as joins over its columns.

Only pairs of old and new values go through Python. Statements without any of the old values are copied.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import Document, Kind
from mlflow2prov.prov.attributes import QUALIFIED_NAME

IS_NAME = Sql(f"coalesce(a.type, '') = {literal(QUALIFIED_NAME)}")
"""The SQL condition that the value of an attribute ``a`` is a qualified name."""


def replace(
    document: Document,
    names: Mapping[str, str],
    values: Mapping[str, str] | None = None,
    special_values: Mapping[str, str] | None = None,
    flags: str = "false AS flag",
    is_special: str = "false",
) -> None:
    """Replace names, and values of attributes, in place; each as a whole.

    Args:
        document: the document.
        names: old to new qualified names: identifiers, references, keys, datatypes, and values that are names.
        values: old to new values that are not names.
        special_values: the same for values of attributes that ``is_special`` selects; they come before ``values``.
        flags: SQL columns computed from a statement.
        is_special: an SQL condition on these columns, on the ``kind`` of a statement and on its attribute ``a``.
    """
    if not (names or values or special_values):
        return
    schema = engine.Schema("substitution")
    new_names = create_pairs(schema, "names", names)
    new_values = create_pairs(schema, "values", values or {})
    new_special_values = create_pairs(schema, "special_values", special_values or {})
    changed = schema.table("changed")

    def with_replacements(kind: Kind, table: Sql) -> Sql:
        engine.execute(
            f"""
            CREATE OR REPLACE TABLE {changed} AS
            WITH statements AS (
                SELECT rowid AS row, {literal(kind.name)} AS kind, * FROM {table}
            ),
            statement_attributes AS (
                SELECT row, kind, {flags}, unnest(attributes) AS a FROM statements
            ),
            typed_attributes AS MATERIALIZED (
                SELECT row, a, {IS_NAME} AS is_name, {is_special} AS is_special
                FROM statement_attributes
            ),
            affected AS (
                SELECT DISTINCT row
                FROM typed_attributes
                WHERE a.key IN (SELECT old FROM {new_names})
                    OR a.type IN (SELECT old FROM {new_names})
                    OR (is_name AND a.value IN (SELECT old FROM {new_names}))
                    OR (NOT is_name AND a.value IN (SELECT old FROM {new_values}))
                    OR (is_special AND NOT is_name AND a.value IN (SELECT old FROM {new_special_values}))
            )
            SELECT
                row,
                list_sort(list_distinct(list({{
                    'key': coalesce(key.new, a.key),
                    'value': coalesce(name.new, special.new, value.new, a.value),
                    'type': coalesce(datatype.new, a.type),
                    'lang': a.lang
                }}))) AS attributes
            FROM typed_attributes SEMI JOIN affected USING (row)
            LEFT JOIN {new_names} key ON key.old = a.key
            LEFT JOIN {new_names} datatype ON datatype.old = a.type
            LEFT JOIN {new_names} name ON is_name AND name.old = a.value
            LEFT JOIN {new_special_values} special
                ON is_special AND NOT is_name AND special.old = a.value
            LEFT JOIN {new_values} value ON NOT is_name AND value.old = a.value
            GROUP BY row
            """
        )
        columns = ", ".join(
            f"coalesce(new_{name}.new, statement.{name}) AS {name}" for name in kind.key_columns
        )
        joins = " ".join(
            f"LEFT JOIN {new_names} new_{name} ON new_{name}.old = statement.{name}"
            for name in kind.key_columns
        )
        return Sql(
            f"""
            SELECT {columns}, coalesce(changed.attributes, statement.attributes) AS attributes
            FROM {table} statement
            LEFT JOIN {changed} changed ON changed.row = statement.rowid
            {joins}
            """
        )

    document.tables.rewrite(with_replacements, unified=False)


def create_pairs(schema: engine.Schema, name: str, pairs: Mapping[str, str]) -> Sql:
    """Create a table of pairs with the columns ``old`` and ``new``, and return its qualified name."""
    columns = {
        "old": engine.text_array(list(pairs.keys())),
        "new": engine.text_array(list(pairs.values())),
    }
    with engine.registered(pa.table(columns)) as rows:
        return schema.create(name, f"SELECT * FROM {rows}")
