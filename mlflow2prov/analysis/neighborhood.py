"""Close-ups: what stands directly behind versions, and the relations among it, for pictures of a few things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.selection import elements, has_type, own_type, value

_SHOWN = (
    "source", "run", "commit", "script", "datasets", "authors", "committers", "coauthors", "run_by", "registered_by",
    "upstream_models",
)  # fmt: skip
_MADE = ("source", "run")
_RELATIONS = ("used", "wasGeneratedBy", "wasInformedBy", "wasDerivedFrom", "wasAssociatedWith")
_MOST = 4
"""How many things an answer adds."""


@dataclass(frozen=True)
class Node:
    """A thing of a close-up."""

    identifier: str
    kind: str
    """``entity``, ``activity`` or ``agent``."""
    type: str
    label: str


@dataclass(frozen=True)
class Edge:
    """A relation of a close-up, from effect to cause."""

    kind: str
    effect: str
    cause: str


@dataclass(frozen=True)
class Neighborhood:
    """What stands directly behind a version."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int
    """How many things of the same sort there are besides."""


def neighborhoods(document: Document, explained: Sequence[Explanation]) -> dict[str, Neighborhood]:
    """Return the close-ups of explained versions, by their identifier.

    There are the things that their explanations name, and the activities that made the version, its source and its
    run, each described once, with the relations among them.
    """
    schema = engine.Schema("closeup")
    table = schema.table("things")
    _gather(document, explained, table)
    nodes = _nodes(document, table)
    edges = _edges(document, table)
    left_out = {
        one.subject.identifier: sum(
            max(0, len(one.answer(question).items) - _MOST)
            for question in _SHOWN
            if question in one.by_name
        )
        for one in explained
    }
    return {
        name: Neighborhood(tuple(found), tuple(edges.get(name, ())), left_out.get(name, 0))
        for name, found in nodes.items()
    }


def _gather(document: Document, explained: Sequence[Explanation], table: str) -> None:
    """Make the table of things by subject."""
    rows = [row for one in explained for row in _things(one)]
    columns = ("subject", "name", "is_made")
    data = pa.table({c: pa.array([row[n] for row in rows]) for n, c in enumerate(columns)})
    generated = document.tables.of(KIND["wasGeneratedBy"])
    creations = (
        f"(SELECT id FROM {document.tables.of(KIND['activity'])} WHERE {has_type('Creation')})"
    )
    with engine.registered(data) as things:
        engine.execute(
            f"CREATE TABLE {table} AS SELECT subject, name FROM {things} "
            f"UNION SELECT subject, activity FROM {things} JOIN {generated} ON entity = name "
            f"WHERE is_made AND activity IN {creations}"
        )


def _things(explained: Explanation) -> Iterator[tuple[str, str, bool]]:
    subject = explained.subject.identifier or ""
    yield subject, subject, True
    for question in _SHOWN:
        if question in explained.by_name:
            for item in explained.answer(question).items[:_MOST]:
                if item.identifier:
                    yield subject, item.identifier, question in _MADE


def _nodes(document: Document, table: str) -> dict[str, list[Node]]:
    label = ", ".join(value(key, "e.attributes") for key in ("prov:label", "name", "username"))
    # Data sets of one name are told by their digest.
    digest = value("digest", "e.attributes")
    found = engine.rows(
        f"SELECT DISTINCT ON (subject, name) subject, name, e.kind, coalesce({own_type('e.attributes')}, ''), "
        f"coalesce({label}, name) || coalesce('@' || left({digest}, 8), '') "
        f"FROM {table} JOIN {elements(document)} e ON e.id = name "
        "ORDER BY subject, name, e.kind"
    )
    nodes: dict[str, list[Node]] = {}
    for subject, *rest in found:
        nodes.setdefault(subject, []).append(Node(*rest))
    return nodes


def _edges(document: Document, table: str) -> dict[str, list[Edge]]:
    parts = (
        f"SELECT effect.subject, '{kind}' AS kind, effect.name AS effect, cause.name AS cause "
        f"FROM {document.tables.of(KIND[kind])} "
        f"JOIN {table} effect ON effect.name = {KIND[kind].argument_columns[0]} "
        f"JOIN {table} cause ON cause.name = {KIND[kind].argument_columns[1]} AND cause.subject = effect.subject"
        for kind in _RELATIONS
    )
    edges: dict[str, list[Edge]] = {}
    for subject, *rest in engine.rows(
        f"SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL"
    ):
        edges.setdefault(subject, []).append(Edge(*rest))
    return edges
