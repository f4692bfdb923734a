"""Statistics: the numbers of elements and relations, by kind and by PROV type."""

from __future__ import annotations

from collections.abc import Sequence

from mlflow2prov.analysis.contributions import contributions
from mlflow2prov.analysis.options import DIMENSIONS, RESOLUTIONS, Dimension, Resolution
from mlflow2prov.arguments import checked, require_choice, require_texts
from mlflow2prov.engine import literal
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ELEMENTS, KINDS
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.queries import QueryableDocument
from mlflow2prov.table import Table


@checked
def statistics(
    document: Document, resolution: Resolution = "coarse", by: Dimension | Sequence[Dimension] = ()
) -> Table:
    """Count elements and relations, or contributions. Repeated statements count once.

    Args:
        document: a document; its bundles count along with the rest.
        resolution: ``coarse`` counts entities, activities, agents and relations. ``fine`` counts elements by kind and
            PROV type, and relations by kind; an element counts under each of its types, or under ``-`` without a
            type.
        by: counts contributions instead, by ``agent``, ``month``, ``type`` or ``model``, or by several of them
            (:func:`~mlflow2prov.analysis.contributions.contributions`).

    Returns:
        A table with the columns ``kind``, ``type`` (with ``fine`` only) and ``count``; or the table of contributions.

    Raises:
        ConfigurationError: an argument is not one of its choices.
    """
    require_choice("resolution", resolution, RESOLUTIONS)
    for dimension in require_texts("by", by):
        require_choice("dimension", dimension, DIMENSIONS)
    document = unified(document)
    if by:
        return contributions(document, [by] if isinstance(by, str) else by)
    return counts(document, resolution)


def counts(document: QueryableDocument, resolution: Resolution) -> Table:
    """Return the numbers of elements and relations of a document whose statements are unified."""
    return _coarse(document) if resolution == "coarse" else _fine(document)


def _coarse(document: QueryableDocument) -> Table:
    numbers = {kind.name: 0 for kind in ELEMENTS} | {"relation": 0}
    numbers.update(
        document.tables.fetch(
            f"""
            SELECT
                CASE WHEN {_is_element()} THEN kind::VARCHAR ELSE 'relation' END AS group_name,
                count(*)
            FROM {document.tables.union()}
            GROUP BY group_name
            """
        )
    )
    return Table(("kind", "count"), list(numbers.items()))


def _fine(document: QueryableDocument) -> Table:
    rows = document.tables.fetch(
        f"""
        WITH statements AS (
            SELECT
                kind,
                list_transform(
                    attrs(attributes, 'prov:type'), lambda attribute: attribute.value
                ) AS types
            FROM {document.tables.union()}
        ),
        typed_statements AS (
            SELECT
                kind,
                unnest(CASE WHEN {_is_element()} AND len(types) > 0 THEN types ELSE ['-'] END) AS type
            FROM statements
        )
        SELECT kind::VARCHAR, type, count(*)
        FROM typed_statements
        GROUP BY kind, type
        """
    )
    order = {kind.name: place for place, kind in enumerate(KINDS)}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return Table(("kind", "type", "count"), rows)


def _is_element() -> str:
    return f"kind IN ({', '.join(literal(kind.name) for kind in ELEMENTS)})"
