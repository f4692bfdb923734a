"""Incremental expansion: the statements that differ between two observations, from the rows that differ.

A statement of a rule depends on one row of the rule's table only. So the rows that were added to that table, and those
that were removed from it, lead to all statements that may differ. Added rows add statements, or attributes to known
ones. A statement of a removed row stays if another row leads to it too, so the rules that may write it run again.

    changed_statements(RULES, differences, stored_rows)

returns for each kind the keys of the statements that may differ, and their present form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.facts.differences import Differences
from mlflow2prov.facts.schema import TABLES
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping.expansion import pattern_query
from mlflow2prov.mapping.language import Row, Rule, StatementPattern
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import KINDS, Kind
from mlflow2prov.prov.unify import unify

_PREFIX = re.compile(r"'([A-Za-z]+(?:\.[A-Za-z]+)*)' \|\| '\.'")

Stored = Callable[[Kind], Sql | None]
"""Returns the table of the statements of a kind before the changes, or None if there are none."""


@dataclass(frozen=True)
class Changes:
    """The statements of one kind that may differ."""

    keys: Sql
    """The table of their keys (:func:`key_columns`)."""
    statements: Document
    """Their present form, unified; a key without a statement has no statement any more."""


def key_columns(kind: Kind) -> tuple[str, ...]:
    """Return the columns that identify a statement: its identifier if it is an element, else all but its attributes."""
    return ("bundle", "id") if kind.element else kind.key_columns


def mapping_digest(rules: Iterable[Rule]) -> str:
    """Return a digest of all that decides which statements follow from facts: the rules, and the views they read."""
    tables = {**TABLES, **VIEWS}
    digest = sha256()
    for rule in rules:
        digest.update(f"{rule.table} {rule.where}".encode())
        for pattern in rule.statements(Row(tables[rule.table].columns)):
            digest.update(pattern_query(pattern, "rows").encode())
    for view in VIEWS.values():
        digest.update(view.sql.encode())
    return digest.hexdigest()


def changed_statements(
    rules: Iterable[Rule], differences: Differences, stored: Stored
) -> tuple[engine.Schema, dict[Kind, Changes]]:
    """Return the statements that may differ because rows were added or removed, by kind.

    Args:
        rules: the rules of the mapping.
        differences: those between the facts of an observation and of an earlier one, which are complete.
        stored: the statements that ``rules`` made of the earlier facts, unified.

    Returns:
        The schema of the tables of keys, which must outlive them, and the changes.
    """
    facts = differences.facts
    facts.store_views()
    differences.previous.store_views()
    work = engine.Schema("incremental")
    tables = {**TABLES, **VIEWS}
    insertions: dict[str, list[tuple[StatementPattern, str]]] = {}
    deletions: dict[str, list[tuple[StatementPattern, str]]] = {}
    present: dict[str, list[tuple[StatementPattern, str]]] = {}
    different_rows: dict[str, tuple[Sql, Sql] | None] = {}
    for rule in rules:
        if rule.table not in different_rows:
            different_rows[rule.table] = _different_rows(work, rule.table, differences)
        difference = different_rows[rule.table]
        for pattern in rule.statements(Row(tables[rule.table].columns)):
            rows = f"(SELECT * FROM {facts.table(rule.table)} WHERE {rule.where})"
            present.setdefault(pattern.kind, []).append((pattern, rows))
            if difference is not None:
                for rows_of, table in zip((insertions, deletions), difference, strict=True):
                    if engine.rows(f"SELECT 1 FROM {table} LIMIT 1"):
                        rows = f"(SELECT * FROM {table} WHERE {rule.where})"
                        rows_of.setdefault(pattern.kind, []).append((pattern, rows))
    changes = {}
    for kind in KINDS:
        if kind.name in insertions or kind.name in deletions:
            changes[kind] = _changes_of_kind(
                work,
                kind,
                insertions.get(kind.name, []),
                deletions.get(kind.name, []),
                present.get(kind.name, []),
                stored,
            )
    return work, changes


def _different_rows(
    work: engine.Schema, name: str, differences: Differences
) -> tuple[Sql, Sql] | None:
    """Return the tables of the rows that were added to a table or view, and of those removed; None without any.

    No rule reads the ordinals of commits, so rows that differ in nothing else are the same.
    """
    difference = differences.of(name)
    if difference is None:
        return None
    all_columns = {**TABLES, **VIEWS}[name].columns
    if "ordinal" not in all_columns:
        return difference.additions, difference.deletions
    columns = ", ".join(identifier(column) for column in all_columns if column != "ordinal")
    insertions, deletions = (
        work.create(
            f"{name}_{kind}", f"SELECT {columns} FROM {left} EXCEPT SELECT {columns} FROM {right}"
        )
        for kind, left, right in (
            ("added", difference.additions, difference.deletions),
            ("removed", difference.deletions, difference.additions),
        )
    )
    return insertions, deletions


def _changes_of_kind(
    work: engine.Schema,
    kind: Kind,
    insertions: list[tuple[StatementPattern, str]],
    deletions: list[tuple[StatementPattern, str]],
    present: list[tuple[StatementPattern, str]],
    stored: Stored,
) -> Changes:
    """Return the statements of one kind that may differ."""
    columns = ", ".join(key_columns(kind))
    deletion_keys = work.create(f"{kind.name}_deletion_keys", _keys(kind, deletions))
    keys = work.create(
        f"{kind.name}_keys",
        f"{_keys(kind, insertions)} UNION SELECT {columns} FROM {deletion_keys}",
    )
    statements = Document()
    # A statement of added rows only: its earlier form, and the additions.
    insertion_keys = work.create(
        f"{kind.name}_insertion_keys",
        f"SELECT {columns} FROM {keys} EXCEPT SELECT {columns} FROM {deletion_keys}",
    )
    queries = [_of_keys(kind, pattern_query(*each), insertion_keys) for each in insertions]
    if table := stored(kind):
        queries.append(
            _of_keys(kind, f"SELECT {', '.join(kind.columns)} FROM {table}", insertion_keys)
        )
    # A statement of a removed row is made anew, from all rows that lead to it.
    queries += [
        _of_keys(kind, pattern_query(*each), deletion_keys)
        for each in _patterns_of(kind, present, deletion_keys)
    ]
    for query in queries:
        statements.tables.insert(kind, query)
    unify(statements)
    return Changes(keys, statements)


def _keys(kind: Kind, patterns: list[tuple[StatementPattern, str]]) -> str:
    columns = ", ".join(key_columns(kind))
    no_rows = ", ".join(f"NULL::VARCHAR AS {column}" for column in key_columns(kind))
    queries = [
        f"SELECT {columns} FROM ({pattern_query(pattern, rows)})" for pattern, rows in patterns
    ]
    return " UNION ".join([f"SELECT {no_rows} WHERE false", *queries])


def _of_keys(kind: Kind, query: str, keys: Sql) -> str:
    """Return the query for the rows of a query whose keys are in a table."""
    condition = " AND ".join(
        f"statements.{column} IS NOT DISTINCT FROM keys.{column}" for column in key_columns(kind)
    )
    columns = ", ".join(f"statements.{column}" for column in kind.columns)
    return f"SELECT {columns} FROM ({query}) AS statements SEMI JOIN {keys} AS keys ON {condition}"


def _patterns_of(
    kind: Kind, patterns: list[tuple[StatementPattern, str]], keys: Sql
) -> Iterator[tuple[StatementPattern, str]]:
    """Yield the patterns whose names may be among ``keys``: names begin with a type."""
    if not engine.rows(f"SELECT 1 FROM {keys} LIMIT 1"):
        return
    name_column = "id" if kind.element else kind.argument_columns[0]
    for pattern, rows in patterns:
        name = pattern.id if kind.element else pattern.arguments.get(kind.arguments[0].name)
        match = _PREFIX.match(getattr(name, "sql", ""))
        prefix = literal(f"{match[1]}.") if match else literal("")
        if engine.rows(f"SELECT 1 FROM {keys} WHERE starts_with({name_column}, {prefix}) LIMIT 1"):
            yield pattern, rows
