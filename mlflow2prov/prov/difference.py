"""Difference: what one document says that another does not, statement by statement, attribute by attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.prov import KINDS, Document, Kind
from mlflow2prov.prov.equality import unified
from mlflow2prov.prov.namespaces import Namespaces, adopt
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.selection import own_type, value

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True)
class AttributeChange:
    """The values of a key before and after; none where the statement has no such attribute."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A statement that is in one document only, or that has other attributes in the other."""

    what: str
    """``added``, ``removed`` or ``changed``."""
    kind: str
    statement: str
    """The identifier of an element; a relation as PROV-N has it, ``used(run, data, -)``, without attributes."""
    about: str
    """An element's type and label, for a person."""
    attributes: tuple[AttributeChange, ...]
    """Of what is changed, the keys that are; else all. An activity's ``startTime`` and ``endTime`` are among them."""
    bundle: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        attributes = {
            a.key: {"before": list(a.before), "after": list(a.after)} for a in self.attributes
        }
        told = {
            "change": self.what,
            "kind": self.kind,
            "statement": self.statement,
            "about": self.about,
        }
        if self.bundle:
            told["bundle"] = self.bundle
        return {**told, "attributes": attributes}


@dataclass(frozen=True)
class Difference:
    """What differs between two documents, in the canonical order of the statements."""

    changes: tuple[Change, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.changes

    def counts(self) -> dict[str, int]:
        """Return how many statements are added, removed and changed."""
        counted = Counter(change.what for change in self.changes)
        return {what: counted[what] for what in (ADDED, REMOVED, CHANGED)}

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "same": self.is_same,
            "counts": self.counts(),
            "changes": [c.to_dict() for c in self.changes],
        }


def difference(old: Document, new: Document) -> Difference:
    """Return what ``new`` says otherwise than ``old``, whatever their prefixes, what is said twice once.

    Statements are compared by what makes them one (:mod:`mlflow2prov.prov.equality`): an element by its
    identifier, a relation by identifier and formal arguments. Only what differs becomes an object.
    """
    namespaces = Namespaces()
    for document in (old, new):
        adopt(namespaces, document.namespaces)
    present = {*old.tables.kinds(), *new.tables.kinds()}
    schema = engine.Schema("difference")
    changes: list[Change] = []
    for kind in KINDS:
        if kind in present:
            tables = [schema.table(f"{kind.name}_{side}") for side in ("old", "new")]
            for document, table in zip((old, new), tables, strict=True):
                rows = unified(kind, f"({rows_under(document, kind, namespaces)})")
                engine.execute(f"CREATE TABLE {table} AS {rows}")
            changes += _changes(kind, *tables)
            for table in tables:
                engine.execute(f"DROP TABLE {table}")
    return Difference(tuple(changes))


def _changes(kind: Kind, old: str, new: str) -> Iterator[Change]:
    """Yield what differs between two tables of statements of a kind."""
    keys = ("bundle", "id") if kind.element else kind.key_columns
    times = kind.argument_columns if kind.element else ()
    same = " AND ".join(f"o.{key} IS NOT DISTINCT FROM n.{key}" for key in keys)
    chosen = ", ".join(f"coalesce(o.{key}, n.{key}) AS {key}" for key in keys)
    sides = ", ".join(
        f"{side}.{column} AS {side}_{column}"
        for column in (*times, "attributes")
        for side in ("o", "n")
    )
    either = "coalesce(n.attributes, o.attributes)"
    label = f"coalesce({value('prov:label', either)}, {value('name', either)}, '')"
    query = f"""
        WITH o AS (SELECT * FROM {old} EXCEPT SELECT * FROM {new}),
        n AS (SELECT * FROM {new} EXCEPT SELECT * FROM {old})
        SELECT {chosen}, o.bundle IS NOT NULL, n.bundle IS NOT NULL, {own_type(either)}, {label}, {sides}
        FROM o FULL JOIN n ON {same} ORDER BY {", ".join(keys)}
        """
    names = [a.name for a in kind.arguments] if kind.element else []
    for batch in engine.stream(query, 10_000):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            key, (is_old, is_new, type_, called, *values) = row[: len(keys)], row[len(keys) :]
            before, after = (
                _attributes(names, values[side : 2 * len(times) : 2], values[side - 2])
                for side in (0, 1)
            )
            what = CHANGED if is_old and is_new else ADDED if is_new else REMOVED
            about = f"{type_ or ''} {called}".strip()
            yield Change(
                what, kind.name, _called(kind, key), about, _compared(before, after), key[0]
            )


def _attributes(
    names: Sequence[str],
    times: Sequence[str | None],
    attributes: Sequence[dict[str, str | None]] | None,
) -> dict[str, tuple[str, ...]]:
    """Return a statement's times and attributes by key, each value as PROV-N would tell it from others."""
    found: dict[str, list[str]] = {n: [t] for n, t in zip(names, times, strict=True) if t}
    for a in attributes or ():
        suffix = f"@{a['lang']}" if a["lang"] else f" %% {a['type']}" if a["type"] else ""
        found.setdefault(str(a["key"]), []).append(f"{a['value']}{suffix}")
    return {key: tuple(values) for key, values in found.items()}


def _compared(
    before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]]
) -> tuple[AttributeChange, ...]:
    keys = sorted({*before, *after})
    pairs = (AttributeChange(key, before.get(key, ()), after.get(key, ())) for key in keys)
    return tuple(pair for pair in pairs if pair.before != pair.after)


def _called(kind: Kind, key: Sequence[str | None]) -> str:
    """Call a statement by what makes it one."""
    _, identifier, *arguments = key
    if kind.element:
        return str(identifier)
    listed = ", ".join("-" if argument is None else argument for argument in arguments)
    return f"{kind.name}({f'{identifier}; ' if identifier else ''}{listed})"
