"""Comparison: two versions, models or runs, question by question, with the code between their commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Explanation, Item, explanations, subjects_of
from mlflow2prov.engine import literal
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.adjacency import edges_of, graph_of
from mlflow2prov.graph.lineage import lineage
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.difference import ADDED, CHANGED, REMOVED, Difference, difference
from mlflow2prov.prov.selection import has_type, names, value

_VALUES = {
    "parameters": ("value",),
    "metrics": ("value",),
    "datasets": ("digest",),
    "environment": ("digest",),
    "script": ("blob", "commit"),
}
"""What of a thing is compared where both sides have one of its name; else it is one there or not."""

_TELLING = {"metrics": "step", "datasets": "context"}
"""What tells things of one name from each other."""

_STATE = (
    *("aliases", "registered_model_version_stage", "status", "lifecycle_stage", "deleted_at"),
    "description",
)
"""What else of the subjects is compared."""

_SINGLE = ("source", "registered_at", "run", "experiment", "parent_run", "commit", "dirty")
_IDENTIFYING = ("uri", "sha", "experiment_id")


@dataclass(frozen=True)
class Point:
    """One thing in which two subjects differ; ``before`` or ``after`` is None where it is not there."""

    what: str
    name: str
    before: str | None
    after: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"change": self.what, "name": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Section:
    """The points of one question, or of the code: ``commits`` and ``files`` between, ``packages``."""

    name: str
    text: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Comparison:
    """Two subjects and the sections in which they differ."""

    before: Item
    after: Item
    sections: tuple[Section, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.sections

    def section(self, name: str) -> tuple[Point, ...]:
        """Return the points of a section; none where nothing differs."""
        return next((section.points for section in self.sections if section.name == name), ())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "same": self.is_same,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "differences": {s.name: [p.to_dict() for p in s.points] for s in self.sections},
        }


def compare_selected(
    old: Document, old_selector: str, new: Document, new_selector: str
) -> Comparison | Difference:
    """Compare an element of one document with an element of another, or of the same document.

    Returns:
        The comparison of two versions, models or runs; for other elements, the difference of their lineages.

    Raises:
        SelectionError: a selector matches nothing, or several elements.
    """
    try:
        (before,), (after,) = subjects_of(old, old_selector), subjects_of(new, new_selector)
    except SelectionError:
        return difference(lineage(old, old_selector), lineage(new, new_selector))
    return compare(old, before, after, new)


def compare(document: Document, before: str, after: str, new: Document | None = None) -> Comparison:
    """Compare two versions, models or runs: code, parameters, data, environment, metrics, people.

    Args:
        document: where ``before`` is described.
        before: an identifier of something that can be explained.
        after: another, or the same if there are two documents.
        new: where ``after`` is described; by default the same document.

    Returns:
        What differs, in the order of the questions; where a repository was extracted, with the commits that one
        side's commit builds on and the other's does not, and the files that they changed.
    """
    new = document if new is None else new
    if new is document and before != after:
        one, other = explanations(document, [before, after])
    else:
        (one,), (other,) = explanations(document, [before]), explanations(new, [after])
    states = ({key: e.subject.about.get(key, "") for key in _STATE} for e in (one, other))
    sections = [Section("state", "State", _differing(*states))]
    for answer in one.answers:
        question = answer.question
        if question.name in {a.question.name for a in other.answers}:
            items = answer.items, other.answer(question.name).items
            sections.append(Section(question.name, question.text, _points(question.name, *items)))
        if question.name == "environment":
            sections.append(Section("packages", "Packages", _packages(document, one, new, other)))
        if question.name == "commit":
            sections += _code(document, one, new, other)
    return Comparison(one.subject, other.subject, tuple(s for s in sections if s.points))


def _points(question: str, before: Sequence[Item], after: Sequence[Item]) -> tuple[Point, ...]:
    repeated = {
        label
        for items in (before, after)
        for label, count in Counter(item.label for item in items).items()
        if count > 1
    }
    return _differing(*(_valued(question, items, repeated) for items in (before, after)))


def _differing(old: dict[str, str], new: dict[str, str]) -> tuple[Point, ...]:
    """Return the points of what has names and values: a value may be empty, where the name is all there is."""
    points = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            points.append(Point(REMOVED, name, old[name], None))
        elif name not in old:
            points.append(Point(ADDED, name, None, new[name]))
        elif old[name] != new[name]:
            points.append(Point(CHANGED, name, old[name], new[name]))
    return tuple(points)


def _valued(question: str, items: Sequence[Item], repeated: Set[str]) -> dict[str, str]:
    """Return what is compared, by name; several values to a name are one."""
    found: dict[str, list[str]] = {}
    for item in items:
        if question in _SINGLE:
            shown = next((item.about[key] for key in _IDENTIFYING if key in item.about), item.label)
            more = "" if shown == item.label else f" ({shown})"
            found.setdefault("", []).append(f"{item.label}{more}")
            continue
        name = f"{item.label} <{item.about['email']}>" if "email" in item.about else item.label
        telling = item.about.get(_TELLING.get(question, ""))
        if telling and item.label in repeated:
            name = f"{name} ({_TELLING[question]} {telling})"
        values = (item.about[key] for key in _VALUES.get(question, ()) if key in item.about)
        found.setdefault(name, []).append(next(values, ""))
    return {name: ", ".join(sorted(set(values))) for name, values in found.items()}


def _packages(
    old: Document, before: Explanation, new: Document, after: Explanation
) -> tuple[Point, ...]:
    """Compare the packages of the environments that were read."""
    return _differing(_packages_of(old, before), _packages_of(new, after))


def _packages_of(document: Document, explained: Explanation) -> dict[str, str]:
    environments = [item.identifier or "" for item in explained.answer("environment").items]
    name, version = value("name", "e.attributes"), value("version", "e.attributes")
    found = engine.rows(
        f"SELECT DISTINCT coalesce({name}, e.id), coalesce({version}, '') "
        f"FROM {document.tables.of(KIND['hadMember'])} JOIN {document.tables.of(KIND['entity'])} e ON e.id = entity "
        f"WHERE collection IN (SELECT name FROM {names(environments)}) AND {has_type('Package', attributes='e.attributes')} "
        "ORDER BY ALL"
    )
    return dict(found)


def _code(old: Document, before: Explanation, new: Document, after: Explanation) -> list[Section]:
    """Compare the code: the commits that only one side's commit builds on, and the files that they changed."""
    commits = [
        [i.identifier for i in e.answer("commit").items if i.identifier] for e in (before, after)
    ]
    if not all(commits):
        return []
    schema = engine.Schema("comparison")
    behind = [schema.table(side) for side in ("old", "new")]
    for document, starts, table in zip((old, new), commits, behind, strict=True):
        graph = graph_of(edges_of(document, KIND["wasInformedBy"], _is_commit(document)), starts)
        graph.save((graph.reach(graph.numbers(starts)) >= 0).nonzero()[0], table)
    gone, come = (
        f"(SELECT name FROM {one} EXCEPT SELECT name FROM {other})"
        for one, other in (behind, behind[::-1])
    )
    points = [
        Point(what, sha, title if what == REMOVED else None, title if what == ADDED else None)
        for what, document, which in ((REMOVED, old, gone), (ADDED, new, come))
        for sha, title in _commits(document, which)
    ]
    files = {
        what: _files(document, which)
        for what, document, which in ((REMOVED, old, gone), (ADDED, new, come))
    }
    changed = _differing(files[REMOVED], files[ADDED])
    return [
        Section("commits", "Commits between", tuple(points)),
        Section("files", "Files changed between", changed),
    ]


def _is_commit(document: Document) -> str:
    activities = document.tables.of(KIND["activity"])
    return f"informed IN (SELECT id FROM {activities} WHERE {has_type('Commit')})"


def _commits(document: Document, which: str) -> list[tuple[str, str]]:
    """Return hash and title of commits, the oldest first."""
    return engine.rows(
        f"SELECT coalesce({value('sha')}, id), coalesce({value('title')}, '') "
        f"FROM {document.tables.of(KIND['activity'])} WHERE id IN {which} AND {has_type('Commit')} "
        "ORDER BY endTime::TIMESTAMPTZ NULLS FIRST, id"
    )


def _files(document: Document, which: str) -> dict[str, str]:
    """Return what commits did to each path: the statuses that Git gives, the oldest first."""
    generated, ended = (document.tables.of(KIND[k]) for k in ("wasGeneratedBy", "wasInvalidatedBy"))
    status, path = value("status", "e.attributes"), value("path", "e.attributes")
    found = engine.rows(
        f"""
        SELECT path, string_agg(status, ' ' ORDER BY time::TIMESTAMPTZ NULLS FIRST, status) FROM (
            SELECT DISTINCT {path} AS path, coalesce(c.status, {status}) AS status, c.time, c.commit
            FROM (
                SELECT entity AS revision, activity AS commit, time, NULL AS status FROM {generated}
                UNION ALL SELECT entity, activity, time, {literal("D")} FROM {ended}
            ) c JOIN {document.tables.of(KIND["entity"])} e ON e.id = c.revision
            WHERE c.commit IN {which} AND {has_type("FileRevision", attributes="e.attributes")}
        ) WHERE path IS NOT NULL GROUP BY path ORDER BY path
        """
    )
    return {str(path): str(status or "") for path, status in found}
