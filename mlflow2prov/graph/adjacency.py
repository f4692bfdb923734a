"""The relations of a document as a graph of integers, in NumPy arrays.

An edge leads from effect to cause, as PROV's influence does (PROV-DM section 5.3.4): from the first formal argument of
a relation to each other argument that is an element. A walk over millions of edges takes a second or two, most of it
to replace names by numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ArgumentType, Kind

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNREACHABLE = -1
"""The distance of a node that no path leads to."""

NO_NUMBERS: Numbers = np.empty(0, np.int64)

_NO_STARTS = Sql("SELECT NULL::VARCHAR AS name WHERE false")

MIN_WIDE_FRONTIER = 64
"""The number of nodes at one distance from which on they are handled by NumPy, not one by one."""

_ELEMENT_TYPES = (
    ArgumentType.ENTITY,
    ArgumentType.ACTIVITY,
    ArgumentType.AGENT,
    ArgumentType.ELEMENT,
)
_NOT_CAUSES = {("actedOnBehalfOf", "activity")}
"""Arguments that are elements, but only restrict the relation."""


def cause_columns(kind: Kind) -> Iterator[str]:
    """Yield the columns of a relation's causes; its effect is the first argument."""
    for argument in kind.arguments[1:]:
        if argument.type in _ELEMENT_TYPES and (kind.name, argument.name) not in _NOT_CAUSES:
            yield argument.column


def edges_query(document: Document, kind: Kind, condition: str = "true") -> Sql:
    """Return the query for the edges of the relations of a kind, with the columns ``effect`` and ``cause``.

    Args:
        document: the document that contains the relations.
        kind: a kind of relation.
        condition: an SQL condition on the columns of ``kind``.
    """
    directions = [(kind.effect, cause) for cause in cause_columns(kind)]
    if kind.name == "alternateOf":  # symmetric (PROV-CONSTRAINTS, inference 16)
        directions += [(cause, effect) for effect, cause in directions]
    return Sql(
        " UNION ALL ".join(
            f"""
            SELECT {effect} AS effect, {cause} AS cause
            FROM {document.tables.of(kind)}
            WHERE {effect} IS NOT NULL AND {cause} IS NOT NULL AND ({condition})
            """
            for effect, cause in directions
        )
    )


@dataclass(frozen=True)
class Adjacency:
    """A directed graph as an adjacency list.

    The nodes are numbered from 0. The edges of node ``n`` lead to ``targets[offsets[n]:offsets[n + 1]]``.
    """

    schema: engine.Schema
    """The owner of :attr:`nodes`."""
    nodes: Sql
    """The table of nodes, with the columns ``name`` and ``number``."""
    offsets: Numbers
    targets: Numbers

    @classmethod
    def from_edges(
        cls, edges: str, starts: Sql = _NO_STARTS, *, reverse: bool = False
    ) -> Adjacency:
        """Build the graph of a query's edges.

        Args:
            edges: an SQL query with the columns ``effect`` and ``cause``, without nulls.
            starts: an SQL query with the column ``name``, of nodes even if they have no edges.
            reverse: whether edges lead from cause to effect.
        """
        schema = engine.Schema("adjacency")
        edge_table = schema.create("edges", edges)
        nodes = schema.create(
            "nodes",
            f"""
            WITH names AS (
                SELECT effect AS name FROM {edge_table}
                UNION
                SELECT cause FROM {edge_table}
                UNION
                SELECT name FROM ({starts})
            )
            SELECT name, row_number() OVER () - 1 AS number FROM names
            """,
        )
        columns = engine.arrays(
            f"""
            SELECT effect.number AS effect, cause.number AS cause
            FROM {edge_table} AS edge
            JOIN {nodes} AS effect ON effect.name = edge.effect
            JOIN {nodes} AS cause ON cause.name = edge.cause
            """
        )
        engine.execute(f"DROP TABLE {edge_table}")
        effects, causes = (np.asarray(columns[end], np.int64) for end in ("effect", "cause"))
        sources, targets = (causes, effects) if reverse else (effects, causes)
        size = int(engine.scalar(f"SELECT count(*) FROM {nodes}"))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=size))])
        return cls(schema, nodes, offsets, targets[np.argsort(sources, kind="stable")])

    def distances(self, starts: Numbers, max_distance: int | None = None) -> Numbers:
        """Return the number of edges on the shortest path from ``starts`` to each node.

        Args:
            starts: numbers of nodes.
            max_distance: where the walk ends; without it, it goes as far as there are edges.

        Returns:
            A distance for each node, :data:`UNREACHABLE` if no path of at most ``max_distance`` edges leads there.
        """
        walk = _Walk(self)
        walk.reach(starts, max_distance)
        return walk.distances

    def reached(
        self, groups: Iterable[Numbers], max_distance: int | None = None
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield the nodes that can be reached from each group of starts, and their distances.

        A group takes the time of the edges that its walk follows, whatever the size of the graph.
        """
        walk = _Walk(self)
        for starts in groups:
            nodes = walk.reach(starts, max_distance)
            yield nodes, walk.distances[nodes]
            walk.distances[nodes] = UNREACHABLE

    def numbers(self, names: Iterable[str]) -> Numbers:
        """Return the numbers of the nodes with these names, in no particular order; other names are ignored."""
        names_column = pa.table({"name": engine.text_array(list(names))})
        with engine.registered(names_column) as selection:
            query = f"SELECT number FROM {self.nodes} SEMI JOIN {selection} USING (name)"
            return np.asarray(engine.arrays(query)["number"], np.int64)

    def numbers_of_groups(self, names: Sql) -> dict[int, Numbers]:
        """Return the numbers of the nodes of each group; other names are ignored.

        Args:
            names: an SQL query with the columns ``group_number`` and ``name``.
        """
        columns = engine.arrays(
            f"""
            SELECT names.group_number, nodes.number
            FROM ({names}) AS names
            JOIN {self.nodes} AS nodes USING (name)
            ORDER BY names.group_number
            """
        )
        groups, begins = np.unique(np.asarray(columns["group_number"], np.int64), return_index=True)
        parts = np.split(np.asarray(columns["number"], np.int64), begins[1:])
        return dict(zip(groups.tolist(), parts, strict=False))

    def create_name_table(self, schema: engine.Schema, table: str, mask: Mask) -> Sql:
        """Create a table of the names of nodes in ``schema``, and return its qualified name.

        Args:
            schema: the owner of the table.
            table: its name there.
            mask: for each node, whether it is in the table.
        """
        numbers = engine.number_array(mask.nonzero()[0])
        with engine.registered(pa.table([numbers], ["number"])) as selection:
            return schema.create(
                table, f"SELECT name FROM {self.nodes} SEMI JOIN {selection} USING (number)"
            )


class _Walk:
    """A walk along the edges of a graph, breadth first."""

    def __init__(self, graph: Adjacency) -> None:
        self._graph = graph
        self.distances: Numbers = np.full(len(graph.offsets) - 1, UNREACHABLE, np.int64)
        """The distance of each node, :data:`UNREACHABLE` unless it was reached."""
        # A view returns Python's own integers, several times as fast as an array does.
        self._views = graph.offsets.data, graph.targets.data, self.distances.data
        self._marks: Numbers = np.empty(len(self.distances), np.int64)

    def reach(self, starts: Numbers, max_distance: int | None = None) -> Numbers:
        """Set the distances of all nodes that can be reached, and return these nodes."""
        self.distances[starts] = 0
        frontier: Numbers = np.unique(starts)
        nodes, distance = [frontier], 0
        while frontier.size and (max_distance is None or distance < max_distance):
            if frontier.size < MIN_WIDE_FRONTIER:
                frontier, distance, passed = self._pass_narrow(frontier, distance, max_distance)
                nodes.append(passed)
            else:
                distance += 1
                frontier = self._next_wide(frontier, distance)
            nodes.append(frontier)
        return np.concatenate(nodes)

    def _pass_narrow(
        self, start: Numbers, distance: int, max_distance: int | None
    ) -> tuple[Numbers, int, Numbers]:
        """Walk on for as long as the frontier has few nodes, for which NumPy's calls would take most of the time.

        Returns:
            The frontier, its distance, and the nodes between ``start`` and the frontier.
        """
        offsets, targets, distances = self._views
        frontier: list[int] = start.tolist()
        passed: list[int] = []
        while len(frontier) < MIN_WIDE_FRONTIER:
            distance += 1
            following = []
            for node in frontier:
                for position in range(offsets[node], offsets[node + 1]):
                    target = targets[position]
                    if distances[target] == UNREACHABLE:
                        distances[target] = distance
                        following.append(target)
            frontier = following
            if not frontier or distance == max_distance or len(frontier) >= MIN_WIDE_FRONTIER:
                break
            passed += frontier
        return np.array(frontier, np.int64), distance, np.array(passed, np.int64)

    def _next_wide(self, frontier: Numbers, distance: int) -> Numbers:
        """Return the nodes of a distance that the edges from ``frontier`` lead to."""
        targets = self._targets_of(frontier)
        targets = targets[self.distances[targets] == UNREACHABLE]
        self.distances[targets] = distance
        # A node may occur several times; only its last mark remains, so the comparison keeps one occurrence.
        self._marks[targets] = np.arange(len(targets))
        nodes: Numbers = targets[self._marks[targets] == np.arange(len(targets))]
        return nodes

    def _targets_of(self, nodes: Numbers) -> Numbers:
        """Return the targets of all edges that leave ``nodes``, with repetitions."""
        offsets = self._graph.offsets
        begins, counts = offsets[nodes], offsets[nodes + 1] - offsets[nodes]
        ends = np.cumsum(counts)
        positions = np.arange(ends[-1]) + np.repeat(begins - ends + counts, counts)
        targets: Numbers = self._graph.targets[positions]
        return targets
