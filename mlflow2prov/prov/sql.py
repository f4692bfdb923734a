"""SQL over the tables of a Document: fragments that operations on whole documents share.

The macros of :mod:`mlflow2prov.engine.macros` (``attr``, ``is_a``, ``domain_type``) read the attributes of one
statement. The functions here return fragments that no macro can express, because they depend on a document or
on a list.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import ELEMENTS, KIND


def elements_table(document: Document) -> Sql:
    """Return a table of all elements, with the columns ``bundle``, ``kind``, ``id`` and ``attributes``.

    An element has a row for each bundle that describes it.
    """
    selects = (
        f"SELECT bundle, {literal(kind.name)} AS kind, id, attributes FROM {document.tables.of(kind)}"
        for kind in ELEMENTS
    )
    return Sql(f"({' UNION ALL '.join(selects)})")


def names_table(names: Iterable[str]) -> Sql:
    """Return a table with the column ``name`` and a row for each of ``names``, which may be empty."""
    rows = ", ".join(f"({literal(name)})" for name in names)
    if not rows:
        return Sql("(SELECT NULL::VARCHAR AS name WHERE false)")
    return Sql(f"(SELECT name FROM (VALUES {rows}) AS names(name))")


def is_any_of(attributes: str, types: Iterable[str]) -> Sql:
    """Return the condition that ``attributes``, an SQL expression, have one of ``types`` as ``prov:type``.

    Types are compared by their local part, like those of the macro ``is_a``.
    """
    conditions = [f"is_a({attributes}, {literal(name)})" for name in types]
    return Sql(f"({' OR '.join(conditions) or 'false'})")


def after_join(attributes: str, column: str) -> Sql:
    """Return ``attributes`` as an expression that DuckDB evaluates only for the rows of a join.

    It moves a condition on one table below the join, so that attributes of all elements are searched for the few that
    the other table selects.

    Args:
        attributes: the SQL of attributes.
        column: a column of the other table that is never NULL.
    """
    return Sql(f"CASE WHEN {column} IS NOT NULL THEN {attributes} END")


def ids_of_type(document: Document, kind: str, types: Iterable[str]) -> Sql:
    """Return the subquery for the identifiers of the elements of a kind that have one of ``types``.

    An identifier may be repeated. Attributes in rows of their own are compared in half the time that lists take.
    """
    table = document.tables.of(KIND[kind])
    are_named = " OR ".join(f"is_named(attribute.value, {literal(name)})" for name in types)
    return Sql(
        f"""
        (
            WITH attributes_of_elements AS (
                SELECT id, unnest(attributes) AS attribute FROM {table}
            )
            SELECT id
            FROM attributes_of_elements
            WHERE attribute.key = 'prov:type' AND ({are_named or "false"})
        )
        """
    )
