"""Lineage: the part of a document that led to selected elements, or that resulted from them.

PROV's relations are followed from effect to cause (upstream) or back (downstream): PROV-DM section 5.3.4. The members
of a collection count among its causes, as in PROV-O. Some relations are not followed by default, because an auditor
would not count their ends among the causes of a model:

- *history*: the parents of a commit, the revisions that it replaced, the revisions that a revision was derived from.
  They lead back to the first commit, so every model would have the same causes.
- *the other members of a collection*: a run is a member of its experiment, but the other runs are not causes of it.
  The walk goes from a collection to its members, and upstream never back.
- *generalizations*, such as the registered model of a version, are included and not followed further. The same holds
  upstream for a run and its metrics if the walk reaches the creation of the run.
- *the commit that stored a run*, in a project that commits its store, is included with its people and not followed
  further. It is an effect of the run, and not the commit that the run was started from.
- *the caller of a captured call* is included and not followed further. It leads to its other calls; the results of
  these that a call used are its arguments.
- *the call around a run* is followed to its inputs only if it began this run alone, and never to the calls that belong
  to other runs or began later (:mod:`~mlflow2prov.graph.run_contexts`).
- *observed changes*: the states that a version, a run or an alias was in before, and the changes between them, are
  reached only from a state or a change. An alias leads to the version that it points to now.
- *invalidation*: the later deletion of an element is not a cause of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov import engine
from mlflow2prov.arguments import checked, require_choice, require_integer, require_texts
from mlflow2prov.graph.adjacency import cause_columns
from mlflow2prov.graph.options import DIRECTIONS, HISTORIES, WALK_DIRECTIONS, Direction, History
from mlflow2prov.graph.selectors import select
from mlflow2prov.graph.traversal import create_reachable
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import RELATIONS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.unify import unify


@checked
def lineage(
    document: Document,
    selectors: str | Iterable[str],
    direction: Direction = "upstream",
    *,
    depth: int | None = None,
    relations: str | Iterable[str] | None = None,
    without: str | Iterable[str] = (),
    history: History = "auto",
) -> Document:
    """Return the part of ``document`` that led to selected elements, or that resulted from them.

    Args:
        document: a document; it does not change.
        selectors: one selector or several, such as ``models:/wine@champion`` (:mod:`~mlflow2prov.graph.selectors`).
        direction: ``upstream`` (causes), ``downstream`` (effects) or ``both``.
        depth: the number of relations that are followed in a row, at least 0; None means as far as they lead.
        relations: the kinds of relations that are followed and included. By default all kinds but invalidation are
            followed (:data:`~mlflow2prov.graph.traversal.DEFAULT_RELATIONS`), and all relations between the elements
            are included.
        without: types such as ``Param`` or ``*Tag``. Elements of these types are left out and not passed.
        history: how much of a Git history is followed: ``none``; ``revisions``, from a revision of a file to the
            revisions that it was derived from; ``all``, also the parents of commits and the revisions that commits
            used; ``auto``, all for commits, revisions for files and none for other elements.

    Returns:
        A new document with all statements about the elements, in the same bundles.

    Raises:
        SelectionError: a selector matches nothing, or several elements.
        ConfigurationError: another argument is not valid.
    """
    require_choice("direction", direction, DIRECTIONS)
    require_choice("history", history, HISTORIES)
    if depth is not None:
        depth = require_integer("depth", depth, 0)
    relations = check_relations(relations)
    without = require_texts("without", without)
    starts = [
        identifier
        for selector in require_texts("selectors", selectors)
        for identifier in select(document, selector)
    ]
    schema = engine.Schema("lineage")
    reachable = [
        create_reachable(
            schema,
            walk_direction,
            document,
            starts,
            walk_direction,
            depth=depth,
            relations=relations,
            without=without,
            history=history,
            include_storage=True,
        )
        for walk_direction in WALK_DIRECTIONS
        if direction in (walk_direction, "both")
    ]
    names = " UNION ".join(f"SELECT name FROM {table}" for table in reachable)
    only = reachable[0] if len(reachable) == 1 else schema.create("names", names)
    return _subgraph(document, only, relations)


def check_relations(relations: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Return ``relations`` as a tuple, or None for the default.

    Raises:
        ConfigurationError: one of them is not the name of a relation.
    """
    if relations is None:
        return None
    names = require_texts("relations", relations)
    for name in names:
        require_choice("relation", name, (kind.name for kind in RELATIONS))
    return names


def _subgraph(document: Document, names: str, relations: Iterable[str] | None) -> Document:
    """Return the elements whose identifiers are in the table ``names``, and the ``relations`` between them."""
    part = Document(Namespaces(document.namespaces.declared))
    relation_names = None if relations is None else set(relations)
    schema = engine.Schema("subgraph")
    for kind in document.tables.kinds():
        if kind.element:
            condition = f"id IN (SELECT name FROM {names})"
        elif relation_names is None or kind.name in relation_names:
            condition = _is_between(kind, names)
        else:
            continue
        table = document.tables.of(kind)
        # A join with the names would change the order of the rows, which would then have to be sorted again.
        is_included = schema.create(
            kind.name, f"SELECT coalesce({condition}, false) AS value FROM {table} ORDER BY rowid"
        )
        part.tables.insert(
            kind,
            f"""
            SELECT statements.*
            FROM {table} AS statements
            POSITIONAL JOIN {is_included} AS is_included
            WHERE is_included.value
            """,
        )
    unify(part)
    return part


def _is_between(kind: Kind, names: str) -> str:
    """Return the condition that all elements of a relation are in the table ``names``, and that it has an element."""
    columns = [kind.effect, *cause_columns(kind)]
    are_included = " AND ".join(
        f"({column} IS NULL OR {column} IN (SELECT name FROM {names}))" for column in columns
    )
    return f"{are_included} AND coalesce({', '.join(columns)}) IS NOT NULL"
