"""Traversal: the elements that a walk along relations reaches, in one direction.

The rules of the walk are those of :mod:`~mlflow2prov.graph.lineage`. Most relations are followed through a
:class:`~mlflow2prov.graph.adjacency.Adjacency`. Terminal edges lead one step further, and no walk continues there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.graph.adjacency import UNREACHABLE, Adjacency, Mask, edges_query
from mlflow2prov.graph.context_edges import context_edges, element_of, nodes_of
from mlflow2prov.graph.options import History, WalkDirection
from mlflow2prov.graph.run_contexts import RunContexts
from mlflow2prov.graph.selectors import document_types
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import RELATIONS
from mlflow2prov.prov.sql import elements_table, ids_of_type, is_any_of, names_table

DEFAULT_RELATIONS = tuple(kind.name for kind in RELATIONS if kind.name != "wasInvalidatedBy")
"""The relations that are followed unless a caller chooses others."""

_TERMINAL_RELATIONS = ("specializationOf", "mentionOf")
"""Relations whose causes are reached, but not left again."""

_NO_EDGES = "SELECT NULL::VARCHAR AS effect, NULL::VARCHAR AS cause WHERE false"


def create_reachable(
    schema: engine.Schema,
    table: str,
    document: Document,
    starts: Sequence[str],
    direction: WalkDirection,
    *,
    depth: int | None = None,
    relations: Iterable[str] | None = None,
    without: Iterable[str] = (),
    history: History = "auto",
    include_storage: bool = False,
    include_inferred: bool = True,
) -> Sql:
    """Create a table of the elements that can be reached from ``starts``, and return its qualified name.

    Args:
        schema: the owner of the table.
        table: the name of the table there; it has one column, ``name``.
        document: a document.
        starts: identifiers. Their specializations, such as the revisions of a file, are starts too; their observed
            states are not.
        direction: ``upstream`` (from effect to cause) or ``downstream``.
        depth: the number of relations that are followed in a row; None means as far as they lead.
        relations: the kinds of relations that are followed; None means :data:`DEFAULT_RELATIONS`.
        without: patterns of types; elements of these types are neither reached nor passed.
        history: how much of a Git history is followed.
        include_storage: whether the commits that stored the runs are reached, with their agents.
        include_inferred: whether relations are followed that are only probable.
    """
    relations = DEFAULT_RELATIONS if relations is None else tuple(relations)
    workspace = engine.Schema("traversal")
    excluded = _create_excluded(workspace, document, without)
    starts = [*starts, *_specializations(document, starts)]
    if history == "auto":
        history = _history_for(document, starts)
    is_followed = "true" if include_inferred else "attr(attributes, 'inferred') IS NULL"
    contexts = RunContexts(document)

    def edges_of(name: str) -> str:
        condition = f"({_history_condition(document, name, history)}) AND {is_followed}"
        if name == "wasStartedBy":
            condition += f" AND activity NOT IN (SELECT run FROM {contexts.starts})"
        return edges_query(document, KIND[name], condition)

    followed = [name for name in relations if name not in _TERMINAL_RELATIONS]
    edges = [*map(edges_of, followed), *context_edges(document, contexts, followed, edges_of)]
    if direction == "downstream":
        starts = nodes_of(starts)
    adjacency = Adjacency.from_edges(
        _without_excluded(" UNION ALL ".join(edges) or _NO_EDGES, excluded),
        starts,
        reverse=direction == "downstream",
    )
    distances = adjacency.distances(adjacency.numbers(starts), depth)
    is_reachable = distances != UNREACHABLE
    reachable = _create_elements(workspace, "reachable", adjacency, is_reachable)
    departures = reachable
    if depth is not None:  # A terminal edge counts as a step too.
        departures = _create_elements(
            workspace, "departures", adjacency, is_reachable & (distances < depth)
        )
    terminal_edges = " UNION ALL ".join(
        _terminal_edges(document, relations, direction, include_storage=include_storage)
    )
    return schema.create(
        table,
        f"""
        WITH terminal_edges AS ({_without_excluded(terminal_edges or _NO_EDGES, excluded)})
        SELECT name FROM {reachable}
        UNION
        SELECT cause FROM terminal_edges WHERE effect IN (SELECT name FROM {departures})
        """,
    )


def _create_elements(workspace: engine.Schema, table: str, adjacency: Adjacency, mask: Mask) -> Sql:
    """Create a table of the elements that selected nodes belong to."""
    nodes = adjacency.create_name_table(workspace, f"{table}_nodes", mask)
    return workspace.create(table, f"SELECT DISTINCT {element_of('name')} AS name FROM {nodes}")


def _create_excluded(
    workspace: engine.Schema, document: Document, without: Iterable[str]
) -> Sql | None:
    """Create the table of the elements whose types match ``without``; return None if no type matches."""
    patterns = list(without)
    types = [
        name
        for name in document_types(document)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    if not types:
        return None
    return workspace.create(
        "excluded",
        f"""
        SELECT DISTINCT id AS name
        FROM {elements_table(document)}
        WHERE {is_any_of("attributes", types)}
        """,
    )


def _without_excluded(edges: str, excluded: Sql | None) -> str:
    if excluded is None:
        return edges
    return f"""
        SELECT effect, cause
        FROM ({edges})
        WHERE {element_of("effect")} NOT IN (SELECT name FROM {excluded})
            AND {element_of("cause")} NOT IN (SELECT name FROM {excluded})
        """


def _specializations(document: Document, starts: Sequence[str]) -> list[str]:
    """Return the specializations of ``starts``: revisions of a file, versions of a model.

    The observed states of an element lead to the changes between them, and through these to nothing else. They are the
    history of the element's attributes, not of its content.
    """
    rows = engine.rows(
        f"""
        WITH RECURSIVE
        starts AS (SELECT name FROM {names_table(starts)}),
        aspects(name) AS (
            SELECT name FROM starts
            UNION
            SELECT specialization.specificEntity
            FROM {document.tables.of(KIND["specializationOf"])} AS specialization
            JOIN aspects ON specialization.generalEntity = aspects.name
            WHERE specialization.specificEntity NOT IN {ids_of_type(document, "entity", ["ObservedState"])}
        )
        SELECT name FROM aspects WHERE name NOT IN (SELECT name FROM starts) ORDER BY name
        """
    )
    return [name for (name,) in rows]


def _history_for(document: Document, starts: Sequence[str]) -> History:
    """Return what ``auto`` means: all for commits, revisions for files, none for other elements."""
    elements, commits, files = engine.rows(
        f"""
        SELECT
            count(*),
            count(*) FILTER (is_a(attributes, 'Commit')),
            count(*) FILTER ({is_any_of("attributes", ("File", "FileRevision"))})
        FROM {elements_table(document)}
        WHERE id IN (SELECT name FROM {names_table(starts)})
        """
    )[0]
    if elements == 0 or commits + files < elements:
        return "none"
    return "all" if commits else "revisions"


def _history_condition(document: Document, relation: str, history: History) -> str:
    """Return the condition that a relation is followed: neither a part of the history that is not, nor terminal."""
    commits = ids_of_type(document, "activity", ["Commit"])
    if relation in ("used", "wasInformedBy") and history != "all":
        return f"{KIND[relation].effect} NOT IN {commits}"
    if relation == "wasStartedBy":
        return f"activity NOT IN {_calls(document)}"
    if relation == "used":
        return f"NOT ({_is_storage(document)})"
    if relation == "wasDerivedFrom" and history == "none":
        return f"generatedEntity NOT IN {ids_of_type(document, 'entity', ['FileRevision'])}"
    return "true"


def _calls(document: Document) -> Sql:
    return ids_of_type(document, "activity", ["Call"])


def _is_storage(document: Document) -> str:
    """Return the condition that a usage is that of a run by the commit that stored it."""
    return (
        f"activity IN {ids_of_type(document, 'activity', ['Commit'])} "
        f"AND entity IN {ids_of_type(document, 'entity', ['Run'])}"
    )


def _terminal_edges(
    document: Document,
    relations: Sequence[str],
    direction: WalkDirection,
    *,
    include_storage: bool,
) -> list[str]:
    """Return the queries for the edges to elements that are reached, but not left again."""
    edges: list[str] = [
        edges_query(document, KIND[name]) for name in _TERMINAL_RELATIONS if name in relations
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
        WHERE starter IS NOT NULL AND activity IN {_calls(document)}
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
                WHERE {_is_storage(document)}
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
