"""Traversal: the elements that a walk along relations reaches, in one direction.

The rules of the walk are those of :mod:`~mlflow2prov.graph.lineage`. Most relations are followed through a
:class:`~mlflow2prov.graph.adjacency.Adjacency`. Terminal edges (:mod:`~mlflow2prov.graph.terminal_edges`) lead one step
further, and no walk continues there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.graph.adjacency import NO_NUMBERS, Adjacency, Numbers, edges_query
from mlflow2prov.graph.context_edges import context_edges, element_of, nodes_query
from mlflow2prov.graph.options import History, WalkDirection
from mlflow2prov.graph.run_contexts import RunContexts
from mlflow2prov.graph.selectors import document_types
from mlflow2prov.graph.terminal_edges import (
    TERMINAL_RELATIONS,
    calls,
    is_storage,
    terminal_edges,
)
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import RELATIONS
from mlflow2prov.prov.sql import elements_table, ids_of_type, is_any_of

DEFAULT_RELATIONS = tuple(kind.name for kind in RELATIONS if kind.name != "wasInvalidatedBy")
"""The relations that are followed unless a caller chooses others."""

MAX_BATCH_ROWS = 1_000_000
"""The number of reached nodes from which on they are inserted into a table."""

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
    walk = _WalkOptions(
        document,
        direction,
        depth,
        DEFAULT_RELATIONS if relations is None else tuple(relations),
        history,
        include_storage=include_storage,
        include_inferred=include_inferred,
    )
    workspace = engine.Schema("traversal")
    excluded = _create_excluded(workspace, document, without)
    query = _reachable_query(workspace, walk, [starts], excluded)
    return schema.create(table, f"SELECT name FROM ({query})")


def create_reachable_of_groups(
    schema: engine.Schema,
    table: str,
    document: Document,
    groups: Sequence[Sequence[str]],
    direction: WalkDirection,
) -> Sql:
    """Create a table of the elements that can be reached from each of several groups of starts.

    It does the same as :func:`create_reachable` for each group, but reads the relations once.

    Args:
        schema: the owner of the table.
        table: the name of the table there; its columns are ``group_number``, the place of the group from 0, and
            ``name``.
        document: a document.
        groups: the starts of each group.
        direction: ``upstream`` (from effect to cause) or ``downstream``.
    """
    walk = _WalkOptions(document, direction, None, DEFAULT_RELATIONS, "auto")
    workspace = engine.Schema("traversal")
    return schema.create(table, _reachable_query(workspace, walk, groups, None))


@dataclass(frozen=True)
class _WalkOptions:
    """The arguments of :func:`create_reachable` that decide which relations a walk follows."""

    document: Document
    direction: WalkDirection
    depth: int | None
    relations: Sequence[str]
    history: History
    include_storage: bool = False
    include_inferred: bool = True


def _reachable_query(
    workspace: engine.Schema,
    walk: _WalkOptions,
    groups: Sequence[Sequence[str]],
    excluded: Sql | None,
) -> Sql:
    """Return the query for the rows of :func:`create_reachable_of_groups`, each of which is there once."""
    starts = _create_starts(workspace, walk.document, groups)
    histories = _histories_for(walk.document, starts, len(groups), walk.history)
    contexts = RunContexts(walk.document)
    reachable = [
        _create_reachable_nodes(workspace, walk, contexts, starts, numbers, history, excluded)
        for history, numbers in histories.items()
    ]
    edges = " UNION ALL ".join(
        terminal_edges(
            walk.document, walk.relations, walk.direction, include_storage=walk.include_storage
        )
    )
    return Sql(
        f"""
        WITH terminal_edges AS ({_without_excluded(edges or _NO_EDGES, excluded)}),
        reachable AS ({" UNION ALL ".join(f"SELECT * FROM {table}" for table in reachable)}),
        terminal_causes AS (
            SELECT DISTINCT departure.group_number, edge.cause AS name
            FROM reachable AS departure
            JOIN terminal_edges AS edge ON edge.effect = departure.name
            WHERE departure.is_departure
        )
        SELECT group_number, name FROM reachable
        UNION ALL
        SELECT group_number, name
        FROM terminal_causes
        ANTI JOIN reachable USING (group_number, name)
        """
    )


def _create_reachable_nodes(
    workspace: engine.Schema,
    walk: _WalkOptions,
    contexts: RunContexts,
    starts: Sql,
    groups: Sequence[int],
    history: History,
    excluded: Sql | None,
) -> Sql:
    """Create the table of the elements that groups reach without terminal edges.

    Its columns are ``group_number``, ``name`` and ``is_departure``, whether a terminal edge may follow: it counts as a
    step too.
    """
    is_downstream = walk.direction == "downstream"
    start_nodes = nodes_query(starts) if is_downstream else Sql(f"FROM {starts}")
    adjacency = Adjacency.from_edges(
        _without_excluded(_edges(walk, contexts, history), excluded),
        Sql(f"SELECT name FROM ({start_nodes})"),
        reverse=is_downstream,
    )
    numbers = adjacency.numbers_of_groups(start_nodes)
    table = workspace.create(
        f"nodes_{history}",
        "SELECT 0::BIGINT AS group_number, 0::BIGINT AS number, 0::BIGINT AS distance WHERE false",
    )
    batch = _Batch(table)
    walks = adjacency.reached((numbers.get(group, NO_NUMBERS) for group in groups), walk.depth)
    for group, (nodes, distances) in zip(groups, walks, strict=True):
        batch.add(group, nodes, distances)
    batch.insert()
    element = element_of("names.name")
    is_departure = "true" if walk.depth is None else f"distance < {walk.depth}"
    groups_of_nodes = ""
    may_repeat_elements = bool(engine.rows(f"SELECT 1 FROM {contexts.starts} LIMIT 1"))
    if may_repeat_elements:  # A starter has several nodes.
        is_departure, groups_of_nodes = f"bool_or({is_departure})", "GROUP BY group_number, 2"
    return workspace.create(
        f"reachable_{history}",
        f"""
        SELECT group_number, {element} AS name, {is_departure} AS is_departure
        FROM {table} AS nodes
        JOIN {adjacency.nodes} AS names USING (number)
        {groups_of_nodes}
        """,
    )


class _Batch:
    """Rows of nodes that are inserted into a table together."""

    def __init__(self, table: Sql) -> None:
        self._table = table
        self._rows: list[tuple[Numbers, Numbers, Numbers]] = []
        self._size = 0

    def add(self, group: int, nodes: Numbers, distances: Numbers) -> None:
        """Add the nodes that a group reaches."""
        self._rows.append((np.full(len(nodes), group), nodes, distances))
        self._size += len(nodes)
        if self._size >= MAX_BATCH_ROWS:
            self.insert()

    def insert(self) -> None:
        """Insert the rows that have been added since the last call."""
        if self._rows:
            columns = map(np.concatenate, zip(*self._rows, strict=True))
            arrays = [engine.number_array(column) for column in columns]
            with engine.registered(
                pa.table(arrays, ["group_number", "number", "distance"])
            ) as rows:
                engine.execute(f"INSERT INTO {self._table} FROM {rows}")
        self._rows, self._size = [], 0


def _edges(walk: _WalkOptions, contexts: RunContexts, history: History) -> str:
    """Return the query for the edges that a walk follows from node to node."""
    document = walk.document
    is_followed = "true" if walk.include_inferred else "attr(attributes, 'inferred') IS NULL"

    def edges_of(name: str) -> str:
        condition = f"({_history_condition(document, name, history)}) AND {is_followed}"
        if name == "wasStartedBy":
            condition += f" AND activity NOT IN (SELECT run FROM {contexts.starts})"
        return edges_query(document, KIND[name], condition)

    followed = [name for name in walk.relations if name not in TERMINAL_RELATIONS]
    edges = [*map(edges_of, followed), *context_edges(document, contexts, followed, edges_of)]
    return " UNION ALL ".join(edges) or _NO_EDGES


def _create_excluded(
    workspace: engine.Schema, document: Document, without: Iterable[str]
) -> Sql | None:
    """Create the table of the elements whose types match ``without``; return None if no type matches."""
    patterns = list(without)
    if not patterns:  # The types of all elements need not be read.
        return None
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


def _create_starts(
    workspace: engine.Schema, document: Document, groups: Sequence[Sequence[str]]
) -> Sql:
    """Create the table of the starts of groups, and of their specializations: revisions of a file, versions of a model.

    Its columns are ``group_number`` and ``name``. The observed states of an element lead to the changes between them,
    and through these to nothing else. They are the history of the element's attributes, not of its content.
    """
    elements = workspace.create(
        "start_elements",
        "SELECT DISTINCT unnest(?::BIGINT[]) AS group_number, unnest(?::VARCHAR[]) AS name",
        [
            [number for number, starts in enumerate(groups) for _ in starts],
            [name for starts in groups for name in starts],
        ],
    )
    states = workspace.create(
        "states", f"SELECT id FROM {ids_of_type(document, 'entity', ['ObservedState'])}"
    )
    specializations = document.tables.of(KIND["specializationOf"])
    return workspace.create(
        "starts",
        f"""
        WITH RECURSIVE
        aspects(group_number, name) AS (
            FROM {elements}
            UNION
            SELECT aspects.group_number, specialization.specificEntity
            FROM {specializations} AS specialization
            JOIN aspects ON specialization.generalEntity = aspects.name
            WHERE specialization.specificEntity NOT IN (SELECT id FROM {states})
        )
        FROM aspects
        """,
    )


def _histories_for(
    document: Document, starts: Sql, groups: int, history: History
) -> dict[History, list[int]]:
    """Return the groups by how much of the history their walks follow.

    ``auto`` means all for commits, revisions for files, none for other elements.
    """
    if history != "auto":
        return {history: list(range(groups))}
    histories: dict[History, list[int]] = {}
    for number, elements, commits, files in engine.rows(
        f"""
        SELECT
            starts.group_number,
            count(*),
            count(*) FILTER (is_a(element.attributes, 'Commit')),
            count(*) FILTER ({is_any_of("element.attributes", ("File", "FileRevision"))})
        FROM {starts} AS starts
        JOIN {elements_table(document)} AS element ON element.id = starts.name
        GROUP BY starts.group_number
        ORDER BY starts.group_number
        """
    ):
        if commits + files < elements:
            continue
        histories.setdefault("all" if commits else "revisions", []).append(number)
    others = set(range(groups)).difference(*histories.values())
    if others:
        histories["none"] = sorted(others)
    return histories


def _history_condition(document: Document, relation: str, history: History) -> str:
    """Return the condition that a relation is followed: neither a part of the history that is not, nor terminal."""
    commits = ids_of_type(document, "activity", ["Commit"])
    if relation in ("used", "wasInformedBy") and history != "all":
        return f"{KIND[relation].effect} NOT IN {commits}"
    if relation == "wasStartedBy":
        return f"activity NOT IN {calls(document)}"
    if relation == "used":
        return f"NOT ({is_storage(document)})"
    if relation == "wasDerivedFrom" and history == "none":
        return f"generatedEntity NOT IN {ids_of_type(document, 'entity', ['FileRevision'])}"
    return "true"
