"""Terminal edges of a walk: relations that lead one step further, to elements from which the walk does not continue."""

from __future__ import annotations

from collections.abc import Sequence

from mlflow2prov.engine import Sql
from mlflow2prov.graph.adjacency import edges_query
from mlflow2prov.graph.options import WalkDirection
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type

TERMINAL_RELATIONS = ("specializationOf", "mentionOf")
"""Relations whose causes are reached, but not left again."""


def terminal_edges(
    document: Document,
    relations: Sequence[str],
    direction: WalkDirection,
    *,
    include_storage: bool,
) -> list[str]:
    """Return the queries for the edges to elements that are reached, but not left again."""
    edges: list[str] = [
        edges_query(document, KIND[name]) for name in TERMINAL_RELATIONS if name in relations
    ]
    if "wasStartedBy" in relations:
        edges.append(_starts_of_calls(document, direction))
    if direction == "upstream" and {"wasGeneratedBy", "hadMember"} <= set(relations):
        edges.append(_generated_runs(document))
    if include_storage and "used" in relations:
        edges.append(_storing_commits(document, with_agents="wasAssociatedWith" in relations))
    return edges


def _starts_of_calls(document: Document, direction: WalkDirection) -> str:
    """Return the query for the edges from a captured call to the call or the run that started it, or back.

    The values that a caller passes on are recorded as arguments. Its other calls are no causes of this one.
    """
    effect, cause = ("activity", "starter") if direction == "upstream" else ("starter", "activity")
    return f"""
        SELECT {effect} AS effect, {cause} AS cause
        FROM {document.tables.of(KIND["wasStartedBy"])}
        WHERE starter IS NOT NULL AND activity IN {calls(document)}
        """


def _generated_runs(document: Document) -> str:
    """Return the query for the edges from the creation of a run to the run and to its metrics.

    They point against the influence: the run and its metrics describe what its creation did.
    """
    return f"""
        (
            WITH runs AS (
                SELECT activity, entity AS run
                FROM {document.tables.of(KIND["wasGeneratedBy"])}
                WHERE entity IN {ids_of_type(document, "entity", ["Run"])}
            )
            SELECT activity AS effect, run AS cause FROM runs
            UNION ALL
            SELECT runs.activity, membership.entity
            FROM runs
            JOIN {document.tables.of(KIND["hadMember"])} AS membership
                ON membership.collection = runs.run
            WHERE membership.entity IN {ids_of_type(document, "entity", ["Metric"])}
        )
        """


def _storing_commits(document: Document, *, with_agents: bool) -> str:
    """Return the query for the edges from a run, and from its creation, to the commit that stored the run.

    The commit is an effect of the run. It is shown with its agents, but neither its files nor its parents belong to
    the lineage of the run.
    """
    agents = f"""
        UNION ALL
        SELECT commits.run, association.agent
        FROM commits
        JOIN {document.tables.of(KIND["wasAssociatedWith"])} AS association
            ON association.activity = commits.commit
        WHERE association.agent IS NOT NULL
        """
    return f"""
        (
            WITH commits AS (
                SELECT entity AS run, activity AS commit
                FROM {document.tables.of(KIND["used"])}
                WHERE {is_storage(document)}
            ),
            ends AS (
                SELECT run, commit AS name FROM commits
                {agents if with_agents else ""}
            )
            SELECT run AS effect, name AS cause FROM ends
            UNION ALL
            SELECT generation.activity, ends.name
            FROM ends
            JOIN {document.tables.of(KIND["wasGeneratedBy"])} AS generation
                ON generation.entity = ends.run
        )
        """


def calls(document: Document) -> Sql:
    """Return the table of the identifiers of captured calls."""
    return ids_of_type(document, "activity", ["Call"])


def is_storage(document: Document) -> str:
    """Return the condition that a usage is that of a run by the commit that stored it."""
    return (
        f"activity IN {ids_of_type(document, 'activity', ['Commit'])} "
        f"AND entity IN {ids_of_type(document, 'entity', ['Run'])}"
    )
