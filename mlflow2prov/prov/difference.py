"""Difference: the statements, and their attributes, that differ between two documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from mlflow2prov import engine
from mlflow2prov.arguments import checked
from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import KINDS, Document, Kind
from mlflow2prov.prov.namespaces import Namespaces, adopt
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.unify import unified_rows
from mlflow2prov.prov.values import argument_value, attributes_value
from mlflow2prov.table import Tabular

ChangeType = Literal["added", "removed", "changed"]
ADDED: ChangeType = "added"
REMOVED: ChangeType = "removed"
CHANGED: ChangeType = "changed"

_STREAM_ROWS = 10_000


@dataclass(frozen=True)
class AttributeChange:
    """The values of one key in the old and in the new document; empty where the key is missing."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class StatementChange:
    """A statement that only one document has, or that has other attributes in the other document.

    Attributes:
        type: ``added``, ``removed`` or ``changed``.
        kind: the kind of statement, as in PROV-N.
        statement: the identifier of an element, or a relation in PROV-N without attributes: ``used(run, data, -)``.
        description: the type and the label of an element.
        attributes: the keys that changed, or all keys of an added or removed statement. ``startTime`` and
            ``endTime`` of an activity are among them.
        bundle: the bundle that contains the statement; empty for the document itself.
    """

    type: ChangeType
    kind: str
    statement: str
    description: str
    attributes: tuple[AttributeChange, ...]
    bundle: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "change": self.type,
            "kind": self.kind,
            "statement": self.statement,
            "about": self.description,
            **({"bundle": self.bundle} if self.bundle else {}),
            "attributes": {
                attribute.key: {"before": list(attribute.before), "after": list(attribute.after)}
                for attribute in self.attributes
            },
        }


@dataclass(frozen=True, repr=False)
class Difference(Tabular):
    """The changes between two documents, in canonical order of the statements."""

    changes: tuple[StatementChange, ...]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {change}" for change, count in self.counts().items())
        return f"<Difference: {counts}>"

    @property
    def is_same(self) -> bool:
        """Whether there are no changes."""
        return not self.changes

    def counts(self) -> dict[str, int]:
        """Return the numbers of statements that were added, removed and changed."""
        numbers = Counter(change.type for change in self.changes)
        return {change_type: numbers[change_type] for change_type in (ADDED, REMOVED, CHANGED)}

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        return {
            "same": self.is_same,
            "counts": self.counts(),
            "changes": [change.to_dict() for change in self.changes],
        }


@checked
def diff(old: Document, new: Document) -> Difference:
    """Compare two documents statement by statement, by the URIs of their names.

    An element is identified by its identifier, a relation by its identifier and formal arguments
    (PROV-CONSTRAINTS section 6.1). Repeated statements count once. Times and attributes are compared by their
    values, whatever their spelling.

    Returns:
        The changes, an object for each.

    Raises:
        ConfigurationError: an argument is not a Document.
    """
    namespaces = Namespaces()
    for document in (old, new):
        adopt(namespaces, document.namespaces)
    kinds = {*old.tables.kinds(), *new.tables.kinds()}
    changes: list[StatementChange] = []
    for kind in KINDS:
        if kind in kinds:
            schema = engine.Schema("difference")
            only = engine.create_in_order(
                schema,
                "only",
                [
                    f"SELECT *, {literal(side)} FROM ({rows_under(document, kind, namespaces)})"
                    for side, document in (("old", old), ("new", new))
                ],
                (*kind.columns, "side"),
                kind.name_columns,
                partial(_unshared_rows, kind),
            )
            only_old, only_new = (
                Sql(f"(SELECT * EXCLUDE side FROM {only} WHERE side = {literal(side)})")
                for side in ("old", "new")
            )
            if engine.rows(f"(FROM {only_old} LIMIT 1) UNION ALL (FROM {only_new} LIMIT 1)"):
                changes += _changes(kind, only_old, only_new)
    return Difference(tuple(changes))


difference = diff
"""An older name of :func:`diff`."""


def _unshared_rows(kind: Kind, rows: Sql) -> Sql:
    """Return the query for the statements that only one side of ``rows`` has, with a column ``side``.

    Statements of both sides that are the same have the same names, so some of the rows may be compared at a time.
    """
    columns = ", ".join(kind.columns)
    old, new = (
        f"({unified_rows(kind, Sql(f'(SELECT {columns} FROM {rows} WHERE side = {literal(side)})'))})"
        for side in ("old", "new")
    )
    return Sql(
        f"""
        SELECT *, 'old' AS side FROM (FROM {old} EXCEPT FROM {new})
        UNION ALL
        SELECT *, 'new' AS side FROM (FROM {new} EXCEPT FROM {old})
        """
    )


def _with_values(kind: Kind, rows: Sql) -> Sql:
    """Return the query for the statements in the table ``rows``, with columns for their values.

    Two statements with one ``identity`` are the same, and differ unless their ``content`` is the same too.
    """
    values = [argument_value(argument) for argument in kind.arguments]
    identity, times = ([], values) if kind.element else (values, [])
    contents = ", ".join([*times, "list_sort(list_distinct(attribute_values))"])
    return Sql(
        f"""
        SELECT *, row({", ".join(["bundle", "id", *identity])}) AS identity, row({contents}) AS content
        FROM (
            SELECT *, {attributes_value("attributes")} AS attribute_values
            FROM {rows}
        )
        """
    )


def _changes(kind: Kind, only_old: Sql, only_new: Sql) -> Iterator[StatementChange]:
    """Yield the changes between two tables of statements of a kind that differ at least in their spelling."""
    times = kind.argument_columns if kind.element else ()
    keys = ("bundle", "id") if kind.element else kind.key_columns
    key_columns = ", ".join(f"coalesce(removed.{key}, added.{key}) AS {key}" for key in keys)
    sides = "".join(
        f", {side}.{column} AS {side}_{column}"
        for side in ("removed", "added")
        for column in (*times, "attributes", "attribute_values", "content")
    )
    query = f"""
        WITH old_values AS MATERIALIZED ({_with_values(kind, only_old)}),
        new_values AS MATERIALIZED ({_with_values(kind, only_new)}),
        removed AS (FROM old_values ANTI JOIN new_values USING (identity, content)),
        added AS (FROM new_values ANTI JOIN old_values USING (identity, content)),
        paired AS (
            SELECT {key_columns},
                removed.bundle IS NOT NULL AS is_in_old,
                added.bundle IS NOT NULL AS is_in_new,
                coalesce(added.attributes, removed.attributes) AS attributes
                {sides}
            FROM removed FULL JOIN added USING (identity)
        )
        SELECT * EXCLUDE attributes,
            coalesce(domain_type(attributes), '') AS domain_type,
            coalesce(attr(attributes, 'prov:label'), attr(attributes, 'name'), '') AS label
        FROM paired
        ORDER BY {", ".join(keys)}
    """
    for batch in engine.stream(query, _STREAM_ROWS):
        for row in batch.to_pylist():
            before, after = (_spellings(row, side, times) for side in ("removed", "added"))
            yield StatementChange(
                CHANGED
                if row["is_in_old"] and row["is_in_new"]
                else ADDED
                if row["is_in_new"]
                else REMOVED,
                kind.name,
                _statement_text(kind, row),
                f"{row['domain_type']} {row['label']}".strip(),
                _attribute_changes(before, after),
                row["bundle"],
            )


Spellings = dict[str, dict[Hashable, str]]
"""The values of a statement by key, each with its spelling."""


def _spellings(row: dict[str, Any], side: str, times: Sequence[str]) -> Spellings:
    """Return the times and attributes of a statement; the spelling has the datatype or the language."""
    spellings: Spellings = defaultdict(dict)
    time_values = list((row[f"{side}_content"] or {}).values())
    for place, column in enumerate(times):
        if text := row[f"{side}_{column}"]:
            spellings[column][time_values[place]] = text
    attributes = row[f"{side}_attributes"] or ()
    values = row[f"{side}_attribute_values"] or ()
    for attribute, value in zip(attributes, values, strict=True):
        suffix = ""
        if attribute["lang"]:
            suffix = f"@{attribute['lang']}"
        elif attribute["type"]:
            suffix = f" %% {attribute['type']}"
        spelling = f"{attribute['value']}{suffix}"
        spellings[attribute["key"]].setdefault(tuple(value.values()), spelling)
    return spellings


def _attribute_changes(before: Spellings, after: Spellings) -> tuple[AttributeChange, ...]:
    """Return the keys whose values differ, whatever their spellings."""
    return tuple(
        AttributeChange(key, tuple(old.values()), tuple(new.values()))
        for key in sorted({*before, *after})
        for old, new in [(before.get(key, {}), after.get(key, {}))]
        if old.keys() != new.keys()
    )


def _statement_text(kind: Kind, row: dict[str, Any]) -> str:
    """Return the identifier of an element, or a relation in PROV-N without attributes."""
    if kind.element:
        return str(row["id"])
    arguments = ", ".join("-" if row[name] is None else row[name] for name in kind.argument_columns)
    return f"{kind.name}({row['id'] + '; ' if row['id'] else ''}{arguments})"
