"""Statistics: how many elements and relations there are, by kind and by PROV type."""

from __future__ import annotations

from collections.abc import Sequence

from mlflow2prov import engine
from mlflow2prov.analysis.contributions import contributions
from mlflow2prov.analysis.options import RESOLUTIONS, Dimension, Resolution
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError, unknown_choice
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ELEMENTS
from mlflow2prov.prov.merge import unified
from mlflow2prov.table import Table


def statistics(
    document: Document, resolution: Resolution = "coarse", by: Dimension | Sequence[Dimension] = ()
) -> Table:
    """Count what ``document`` says, what it says twice once (PROV-DM section 2).

    Args:
        document: bundles count along with the rest.
        resolution: ``coarse`` counts entities, activities, agents and relations; ``fine`` counts
            elements by kind and PROV type (an element of two types counts under each, one of none
            under ``-``) and relations by kind.

    Returns:
        A table with the columns ``kind``, ``type`` (``fine`` only) and ``count``.

    Raises:
        ConfigurationError: there is no such resolution.
    """
    if resolution not in RESOLUTIONS:
        raise ConfigurationError(unknown_choice("resolution", resolution, RESOLUTIONS))
    document = unified(document)
    if by:
        return contributions(document, [by] if isinstance(by, str) else by)
    rows = document.tables.union()
    elements = ", ".join(literal(kind.name) for kind in ELEMENTS)
    if resolution == "coarse":
        found = dict(
            engine.rows(
                f"SELECT CASE WHEN kind IN ({elements}) THEN kind::VARCHAR ELSE 'relation' END AS what, "
                f"count(*) FROM {rows} GROUP BY what"
            )
        )
        kinds = [*(kind.name for kind in ELEMENTS), "relation"]
        return Table(("kind", "count"), [(kind, found.get(kind, 0)) for kind in kinds])
    counted = engine.rows(
        f"""
        SELECT kind::VARCHAR, type, count(*) FROM (
            SELECT kind, CASE WHEN kind IN ({elements}) THEN unnest(CASE WHEN len(types) > 0 THEN types
                ELSE ['-'] END) ELSE '-' END AS type
            FROM (SELECT kind, list_transform(list_filter(attributes, lambda a: a.key = 'prov:type'),
                lambda a: a.value) AS types FROM {rows})
        ) GROUP BY kind, type ORDER BY kind, type
        """
    )
    return Table(("kind", "type", "count"), counted)
