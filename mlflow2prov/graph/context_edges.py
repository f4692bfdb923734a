"""The edges of a walk from a run to its context: to the call around it, or the run that it is nested in.

A walk that comes from a run sees less of its starter than one that comes from elsewhere
(:mod:`~mlflow2prov.graph.run_contexts`). A starter therefore has two more nodes, which have the edges that such a walk
may follow: one for a run that the starter began alone, one for a run that it began among others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mlflow2prov.engine import Sql, literal
from mlflow2prov.graph.run_contexts import RunContexts
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import ArgumentType
from mlflow2prov.prov.sql import ids_of_type

_SEPARATOR = "\x1f"
_OWN, _SHARED = f"{_SEPARATOR}own", f"{_SEPARATOR}shared"
_NODE = f"{_SEPARATOR}(own|shared)$"

_INPUT_TYPES = ("Argument", "Content", "Result")
"""The types of entities that a call used for one run rather than for another."""

_ACTIVITY_LIKE = (ArgumentType.ACTIVITY, ArgumentType.ELEMENT)


def element_of(node: str) -> Sql:
    """Return the SQL of the element that a node belongs to; other names stay as they are."""
    has_suffix = f"contains({node}, {literal(_SEPARATOR)})"
    return Sql(
        f"CASE WHEN {has_suffix} THEN regexp_replace({node}, {literal(_NODE)}, '') ELSE {node} END"
    )


def nodes_query(starts: Sql) -> Sql:
    """Return the query for the starts and the nodes that they have if they are starters.

    Args:
        starts: a table with the columns ``group_number`` and ``name``, which are those of the query too.
    """
    suffixes = f"['', {literal(_OWN)}, {literal(_SHARED)}]"
    return Sql(f"SELECT group_number, name || unnest({suffixes}) AS name FROM {starts}")


def context_edges(
    document: Document,
    contexts: RunContexts,
    relations: Iterable[str],
    edges_of: Callable[[str], str],
) -> list[str]:
    """Return the queries for the edges, with the columns ``effect`` and ``cause``.

    Args:
        document: the document.
        contexts: the contexts of its runs.
        relations: the kinds of relations that are followed.
        edges_of: returns the query for the edges of a kind.
    """
    relations = set(relations)
    edges = []
    if "wasStartedBy" in relations:
        edges += _edges_to_starters(contexts)
        if "wasInformedBy" in relations:
            edges += [
                f"""
                SELECT run || {literal(suffix)} AS effect, call AS cause
                FROM {contexts.inherited}
                WHERE has_returned
                """
                for suffix in ("", _OWN)
            ]
        for name in sorted(relations - {"wasStartedBy"}):
            if KIND[name].arguments[0].type in _ACTIVITY_LIKE:
                edges += _edges_of_starters(document, contexts, name, edges_of(name))
    return edges


def _edges_to_starters(contexts: RunContexts) -> list[str]:
    own_or_shared = f"CASE WHEN is_shared THEN {literal(_SHARED)} ELSE {literal(_OWN)} END"
    return [
        f"""
        SELECT run || {literal(suffix)} AS effect, starter || {own_or_shared} AS cause
        FROM {contexts.starts}
        """
        for suffix in ("", _OWN)
    ]


def _edges_of_starters(
    document: Document, contexts: RunContexts, relation: str, edges: str
) -> list[str]:
    """Return the queries for the edges that both nodes of a starter have, of one kind."""
    calls = ids_of_type(document, "activity", ["Call"])
    is_followed = {_OWN: "true", _SHARED: "true"}
    if relation == "wasInformedBy":
        # The calls that count are inherited one by one.
        is_followed = dict.fromkeys(is_followed, f"cause NOT IN {calls}")
    elif relation == "used":
        inputs = ids_of_type(document, "entity", _INPUT_TYPES)
        is_followed[_SHARED] = f"NOT (effect IN {calls} AND cause IN {inputs})"
    return [
        f"""
        SELECT effect || {literal(suffix)} AS effect, cause
        FROM ({edges})
        WHERE effect IN (SELECT starter FROM {contexts.starts}) AND ({condition})
        """
        for suffix, condition in is_followed.items()
    ]
