"""The graph of a document as integers: which things a relation leads to, as NumPy arrays.

An edge goes from effect to cause, as PROV's influence does (PROV-DM section 5.3.4): from a relation's first
formal argument to each of the others that is an element. A walk over millions of edges takes a second or two,
most of it for giving the names numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import ArgumentType, Kind

Numbers = NDArray[np.int64]

_NO_CAUSE = {"actedOnBehalfOf": ("activity",), "mentionOf": ("bundle",)}
_ELEMENTS = (ArgumentType.ENTITY, ArgumentType.ACTIVITY, ArgumentType.AGENT, ArgumentType.ELEMENT)


def causes(kind: Kind) -> Iterator[str]:
    """Yield the columns of a relation's causes; its effect is the first argument."""
    for argument in kind.arguments[1:]:
        if argument.type in _ELEMENTS and argument.name not in _NO_CAUSE.get(kind.name, ()):
            yield kind.column(argument.name)


def edges_of(document: Document, kind: Kind, where: str = "true") -> str:
    """Return the query for the edges of a kind, the columns ``effect`` and ``cause``."""
    table = document.tables.of(kind)
    queries = [
        f"SELECT {kind.effect} AS effect, {column} AS cause FROM {table} "
        f"WHERE {kind.effect} IS NOT NULL AND {column} IS NOT NULL AND ({where})"
        for column in causes(kind)
    ]
    if kind.name == "alternateOf":  # symmetric (PROV-CONSTRAINTS, inference 16)
        queries.append(
            f"SELECT alternate2, alternate1 FROM {table} "
            f"WHERE alternate1 IS NOT NULL AND alternate2 IS NOT NULL AND ({where})"
        )
    return " UNION ALL ".join(queries)


def all_edges(document: Document, relations: Iterable[str]) -> str:
    """Return the query for the edges of several kinds."""
    return " UNION ALL ".join(edges_of(document, KIND[name]) for name in relations)


@dataclass(frozen=True)
class Graph:
    """Edges as arrays: the targets of node ``n`` are ``targets[begins[n]:begins[n + 1]]``."""

    nodes: str
    """The DuckDB table of ``name`` and ``number``."""
    schema: engine.Schema
    begins: Numbers
    targets: Numbers

    def reach(self, starts: Numbers, depth: int | None = None) -> Numbers:
        """Return how many edges each node is away from ``starts``, -1 where it cannot be reached."""
        away = np.full(len(self.begins) - 1, -1, np.int64)
        mark = np.empty(len(away), np.int64)
        away[starts] = 0
        frontier, level = np.unique(starts), 0
        while frontier.size and (depth is None or level < depth):
            level += 1
            begins, counts = (
                self.begins[frontier],
                self.begins[frontier + 1] - self.begins[frontier],
            )
            ends = np.cumsum(counts)
            places = np.arange(ends[-1]) + np.repeat(begins - ends + counts, counts)
            found = self.targets[places]
            found = found[away[found] < 0]
            away[found] = level
            # Of a node that is found twice, the last mark stays: so each is taken once.
            mark[found] = np.arange(len(found))
            frontier = found[mark[found] == np.arange(len(found))]
        return away

    def numbers(self, names: Iterable[str]) -> Numbers:
        """Return the numbers of nodes by their names; those that are none are left out."""
        import pyarrow as pa

        with engine.registered(pa.table({"name": pa.array(list(names), pa.string())})) as wanted:
            query = f"SELECT number FROM {self.nodes} SEMI JOIN {wanted} USING (name)"
            return np.asarray(engine.arrays(query)["number"], np.int64)

    def save(self, numbers: Numbers, table: str) -> None:
        """Make a table with the column ``name`` of nodes."""
        import pyarrow as pa

        with engine.registered(pa.table({"number": numbers})) as wanted:
            engine.execute(
                f"CREATE OR REPLACE TABLE {table} AS "
                f"SELECT name FROM {self.nodes} SEMI JOIN {wanted} USING (number)"
            )


def graph_of(edges: str, starts: Iterable[str] = (), *, reverse: bool = False) -> Graph:
    """Make the graph of a query's edges; ``starts`` are nodes whether or not they have any.

    Args:
        edges: an SQL query with the columns ``effect`` and ``cause``, none of them null.
        starts: names.
        reverse: follow the edges from cause to effect.
    """
    from mlflow2prov.prov.selection import names

    schema = engine.Schema("graph")
    listed, nodes = schema.table("edges"), schema.table("nodes")
    engine.execute(f"CREATE TABLE {listed} AS {edges}")
    engine.execute(
        f"CREATE TABLE {nodes} AS SELECT name, row_number() OVER () - 1 AS number FROM ("
        f"SELECT effect AS name FROM {listed} UNION SELECT cause FROM {listed} "
        f"UNION SELECT name FROM {names(starts)})"
    )
    columns = engine.arrays(
        f"SELECT e.number AS effect, c.number AS cause FROM {listed} l "
        f"JOIN {nodes} e ON e.name = l.effect JOIN {nodes} c ON c.name = l.cause"
    )
    engine.execute(f"DROP TABLE {listed}")
    sources, targets = (np.asarray(columns[end], np.int64) for end in ("effect", "cause"))
    if reverse:
        sources, targets = targets, sources
    size = int(engine.scalar(f"SELECT count(*) FROM {nodes}"))
    begins = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=size))])
    return Graph(nodes, schema, begins, targets[np.argsort(sources, kind="stable")])
