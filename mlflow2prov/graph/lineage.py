"""Lineage: the part of a document that is behind something, or that came of it.

Influence is followed by PROV's relations, from effect to cause upstream and back downstream (PROV-DM section 5.3.4;
PROV-O counts a collection's members among what influenced it). What an auditor would not call behind a model
stays out, unless it is asked for:

- *history*: a commit's parents, the revisions that it replaced, the revisions that a revision was derived from.
  It goes back to the first commit, and so would say the same of every model.
- *the other members of a collection*: a run is a member of its experiment, but what is behind a run are not the
  other runs. From a collection one gets to its members, and upstream never back.
- *generalizations* (the registered model of a version) and, upstream, a run and its metrics when its creation is
  reached, are shown, and not followed further.
- invalidation: what became of a thing later is not behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlflow2prov import engine
from mlflow2prov.errors import ConfigurationError, unknown_choice
from mlflow2prov.graph.adjacency import causes
from mlflow2prov.graph.options import DIRECTIONS, HISTORIES, Direction, History
from mlflow2prov.graph.selectors import select
from mlflow2prov.graph.traversal import reach
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import RELATIONS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.unify import unify


def lineage(
    document: Document,
    selectors: str | Iterable[str],
    direction: Direction = "upstream",
    *,
    depth: int | None = None,
    relations: Iterable[str] | None = None,
    without: Iterable[str] = (),
    history: History = "auto",
) -> Document:
    """Return the part of ``document`` that is behind something (upstream), or that came of it (downstream).

    Args:
        selectors: one or several (:mod:`~mlflow2prov.graph.selectors`).
        direction: ``upstream``, ``downstream``, or ``both`` (what is behind it and what came of it).
        depth: at most so many relations away; by default, as far as they lead.
        relations: the kinds that are followed and shown; by default all but invalidation are followed
            (:data:`~mlflow2prov.graph.traversal.FOLLOWED`), and all among what is reached are shown.
        without: types, as ``Param`` or ``*Tag``, of what is left out and not gone through.
        history: follow Git's history: ``none``, ``revisions`` (from a revision of a file to those that it was
            derived from), ``all`` (commits' parents and uses too), or ``auto``: all of a commit, revisions of
            a file, none of anything else.

    Returns:
        The statements about what is reached, bundles as they are.

    Raises:
        SelectionError: a selector names nothing, or several things.
        ConfigurationError: an argument is not one of those that there are.
    """
    _check("direction", [direction], DIRECTIONS)
    _check("history", [history], HISTORIES)
    relations = check_relations(relations)
    selectors = [selectors] if isinstance(selectors, str) else list(selectors)
    starts = [name for selector in selectors for name in select(document, selector)]
    schema = engine.Schema("lineage")
    ways = DIRECTIONS[:2] if direction == "both" else (direction,)
    tables = [schema.table(way) for way in ways]
    for way, table in zip(ways, tables, strict=True):
        reach(
            document, starts, way, table,
            depth=depth, relations=relations, without=without, history=history,
        )  # fmt: skip
    reached = " UNION ".join(f"SELECT name FROM {table}" for table in tables)
    return part_of(document, f"({reached})", relations)


def check_relations(relations: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the kinds of relations as they are given.

    Raises:
        ConfigurationError: there is no such relation.
    """
    if relations is None:
        return None
    chosen = tuple(relations)
    _check("relation", chosen, [kind.name for kind in RELATIONS])
    return chosen


def _check(what: str, given: Iterable[str], known: Sequence[str]) -> None:
    for one in given:
        if one not in known:
            raise ConfigurationError(unknown_choice(what, one, known))


def part_of(document: Document, reached: str, relations: Iterable[str] | None = None) -> Document:
    """Return the statements about the names in the table ``reached`` and, of ``relations``, among them."""
    part = Document(Namespaces(document.namespaces.declared))
    shown = None if relations is None else set(relations)
    for kind in document.tables.kinds():
        table = document.tables.of(kind)
        if kind.element:
            part.tables.insert(
                kind, f"SELECT * FROM {table} WHERE id IN (SELECT name FROM {reached})"
            )
        elif shown is None or kind.name in shown:
            part.tables.insert(kind, f"SELECT * FROM {table} WHERE {_among(kind, reached)}")
    unify(part)
    return part


def _among(kind: Kind, reached: str) -> str:
    """Return the condition that a relation has its effect and its causes among what is reached."""
    columns = [kind.effect, *causes(kind)]
    within = (f"({c} IS NULL OR {c} IN (SELECT name FROM {reached}))" for c in columns)
    given = f"len(list_filter([{', '.join(columns)}], lambda c: c IS NOT NULL)) > 0"
    return f"{' AND '.join(within)} AND {given}"
