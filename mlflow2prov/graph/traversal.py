"""What is reached from somewhere: the walk of :mod:`~mlflow2prov.graph.lineage`, in one direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from mlflow2prov import engine
from mlflow2prov.graph.adjacency import edges_of, graph_of
from mlflow2prov.graph.selectors import types_of
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.kinds import RELATIONS
from mlflow2prov.prov.selection import elements, has_type, names

FOLLOWED = tuple(kind.name for kind in RELATIONS if kind.name != "wasInvalidatedBy")
"""The relations that are followed unless others are chosen."""

_SHOWN = ("specializationOf", "mentionOf")
"""What these lead to is shown, and not followed further."""

_NO_EDGES = "SELECT NULL::VARCHAR AS effect, NULL::VARCHAR AS cause WHERE false"


def reach(
    document: Document,
    starts: Sequence[str],
    direction: str,
    into: str,
    *,
    depth: int | None = None,
    relations: Iterable[str] | None = None,
    without: Iterable[str] = (),
    history: str = "auto",
) -> None:
    """Make the table ``into`` of the names that are reached from ``starts``, with the column ``name``.

    Args:
        starts: identifiers; what specializes one of them is a start too.
        direction: ``upstream`` or ``downstream``.
        into: the SQL name of a table, which is replaced.
        depth: as :func:`~mlflow2prov.graph.lineage.lineage` takes it, and all that follows.
        relations: the kinds that are followed.
        without: types of what is not gone through.
        history: ``auto``, ``none``, ``revisions`` or ``all``.
    """
    followed = FOLLOWED if relations is None else tuple(relations)
    schema = engine.Schema("reaching")
    left_out = _left_out(document, without, schema.table("left_out"))
    starts = [*starts, *_specializations(document, starts)]
    if history == "auto":
        history = _history_of(document, starts)
    edges = " UNION ALL ".join(
        edges_of(document, KIND[name], _not_history(document, name, history))
        for name in followed
        if name not in _SHOWN
    )
    graph = graph_of(
        _allowed(edges or _NO_EDGES, left_out), starts, reverse=direction == "downstream"
    )
    away = graph.reach(graph.numbers(starts), depth)
    graph.save((away >= 0).nonzero()[0], into)
    fringe, within = into, schema.table("within")
    if depth is not None:
        # What is shown is one relation further than what it is shown for.
        graph.save(((away >= 0) & (away < depth)).nonzero()[0], within)
        fringe = within
    shown = _allowed(_shown(document, followed, direction), left_out)
    engine.execute(
        f"INSERT INTO {into} SELECT DISTINCT cause FROM ({shown}) "
        f"WHERE effect IN (SELECT name FROM {fringe}) AND cause NOT IN (SELECT name FROM {into})"
    )


def _left_out(document: Document, without: Iterable[str], table: str) -> str | None:
    """Make a table of what has one of the types ``without``, if there is any."""
    patterns = list(without)
    types = [t for t in types_of(document) if any(fnmatchcase(t, p) for p in patterns)]
    if not types:
        return None
    engine.execute(
        f"CREATE TABLE {table} AS SELECT DISTINCT id FROM {elements(document)} WHERE {has_type(*types)}"
    )
    return table


def _allowed(edges: str, left_out: str | None) -> str:
    if left_out is None:
        return edges
    out = f"(SELECT id FROM {left_out})"
    return f"SELECT * FROM ({edges}) WHERE effect NOT IN {out} AND cause NOT IN {out}"


def _specializations(document: Document, starts: Sequence[str]) -> list[str]:
    """Return what specializes the starts: revisions of a file, versions of a model."""
    table = document.tables.of(KIND["specializationOf"])
    found = engine.rows(
        f"WITH RECURSIVE aspects(name) AS (SELECT name FROM {names(starts)} "
        f"UNION SELECT specificEntity FROM {table} JOIN aspects ON generalEntity = name) "
        f"SELECT name FROM aspects WHERE name NOT IN (SELECT name FROM {names(starts)}) ORDER BY name"
    )
    return [name for (name,) in found]


def _history_of(document: Document, starts: Sequence[str]) -> str:
    """Return which part of Git's history belongs to the starts."""
    given = f"id IN (SELECT name FROM {names(starts)})"
    counted = engine.rows(
        f"SELECT count(*), count(*) FILTER ({has_type('Commit')}), "
        f"count(*) FILTER ({has_type('File', 'FileRevision')}) FROM {elements(document)} WHERE {given}"
    )
    described, commits, files = counted[0]
    if described == 0 or commits + files < described:
        return "none"
    return "all" if commits else "revisions"


def _not_history(document: Document, kind: str, history: str) -> str:
    """Return the condition under which a relation is no part of the history that is not followed."""
    if kind in ("used", "wasInformedBy") and history != "all":
        return f"{KIND[kind].effect} NOT IN {_typed(document, 'activity', 'Commit')}"
    if kind == "wasDerivedFrom" and history == "none":
        return f"generatedEntity NOT IN {_typed(document, 'entity', 'FileRevision')}"
    return "true"


def _typed(document: Document, kind: str, type_: str) -> str:
    return f"(SELECT id FROM {document.tables.of(KIND[kind])} WHERE {has_type(type_)})"


def _shown(document: Document, followed: Sequence[str], direction: str) -> str:
    """Return the edges to what is shown, and not followed further."""
    edges = [edges_of(document, KIND[name]) for name in _SHOWN if name in followed]
    if direction == "upstream" and {"wasGeneratedBy", "hadMember"} <= set(followed):
        generated, members = (document.tables.of(KIND[k]) for k in ("wasGeneratedBy", "hadMember"))
        runs, metrics = (_typed(document, "entity", name) for name in ("Run", "Metric"))
        made = f"SELECT activity AS effect, entity AS cause FROM {generated} WHERE entity IN {runs}"
        edges.append(made)
        edges.append(
            f"SELECT made.effect, m.entity FROM ({made}) made JOIN {members} m ON m.collection = made.cause "
            f"WHERE m.entity IN {metrics}"
        )
    return " UNION ALL ".join(edges) or _NO_EDGES
