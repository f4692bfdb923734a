"""Comparison: two versions, models or runs, question by question, with the code between their commits.

Captured calls are compared by their arguments, by the source of their functions and by the contents of their results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.call_comparison import functions, results
from mlflow2prov.analysis.code_comparison import changed_files, commits_between, titles
from mlflow2prov.analysis.explanation import Explanation, explain_all, select_subject
from mlflow2prov.analysis.item import Item
from mlflow2prov.arguments import checked
from mlflow2prov.errors import SelectionError
from mlflow2prov.escaping import printable
from mlflow2prov.graph.lineage import lineage
from mlflow2prov.graph.selectors import quoted
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.difference import (
    ADDED,
    CHANGED,
    REMOVED,
    ChangeType,
    Difference,
    diff,
)
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.sql import names_table
from mlflow2prov.quantity import quantity
from mlflow2prov.table import Tabular

_VALUE_KEYS: Mapping[str, Sequence[str]] = {
    "parameters": ("value",),
    "metrics": ("value",),
    "datasets": ("digest",),
    "environment": ("digest",),
    "calls": ("status",),
    "script": ("blob", "commit"),
}
"""The attributes that are compared between items of one name, by question: the first that an item has.

Items of other questions have no value. They are in an answer or they are not.
"""

_SHORT_DIGEST = len("sha256:") + 12
"""The length of a digest beside the value of an argument, in characters."""

_QUALIFIER_KEYS: Mapping[str, str] = {"metrics": "step", "datasets": "context"}
"""The attribute that distinguishes items of one name, by question."""

_STATE_KEYS = (
    "aliases",
    "registered_model_version_stage",
    "status",
    "lifecycle_stage",
    "deleted_at",
    "description",
)
"""The attributes of the subjects that are compared besides the answers."""

_SINGLE_ITEM_QUESTIONS = (
    "source",
    "registered_at",
    "run",
    "experiment",
    "parent_run",
    "commit",
    "dirty",
)
"""Questions with at most one item as a rule: a different item is a change, not a removal and an addition."""

_IDENTIFYING_KEYS = ("uri", "sha", "experiment_id")


@dataclass(frozen=True)
class Point:
    """One point in which two subjects differ.

    Attributes:
        type: ``added``, ``removed`` or ``changed``.
        name: the name of a parameter, a metric, a person, a path, ...; empty for questions with a single item.
        before: the value on the first side, None if the point was added. It is empty where the name is all there is.
        after: the value on the second side, None if the point was removed.
    """

    type: ChangeType
    name: str
    before: str | None
    after: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the point as JSON values; its type is ``change``."""
        return {"change": self.type, "name": self.name, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Section:
    """The points of one question or of one aspect of the code.

    Attributes:
        name: the name of the question, or ``state``, ``packages``, ``commits``, ``files``, ``functions`` or
            ``results``.
        label: the heading of the section in tables and reports.
        points: the points, at least one.
    """

    name: str
    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """Two versions, models or runs, and the sections in which they differ.

    Attributes:
        before: the first subject.
        after: the second subject.
        sections: the sections with differences, in the order of the questions.
    """

    before: Item
    after: Item
    sections: tuple[Section, ...]

    def __repr__(self) -> str:
        subjects = printable(f"{self.before.label} and {self.after.label}")
        count = sum(len(section.points) for section in self.sections)
        return f"<Comparison of {subjects}: {quantity(count, 'difference')}>"

    @property
    def is_same(self) -> bool:
        """Whether there are no differences."""
        return not self.sections

    def section(self, name: str) -> tuple[Point, ...]:
        """Return the points of a section; none if the subjects do not differ in it."""
        return next((section.points for section in self.sections if section.name == name), ())

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values, with the points by the name of their section."""
        return {
            "same": self.is_same,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "differences": {
                section.name: [point.to_dict() for point in section.points]
                for section in self.sections
            },
        }


@checked
def compare(
    document: Document, before: str, after: str, new: Document | None = None
) -> Comparison | Difference:
    """Compare an element of a document with another, or with an element of another document.

    Args:
        document: a document that contains ``before``.
        before: a selector, such as ``models:/wine/3`` (:mod:`~mlflow2prov.graph.selectors`).
        after: another selector, or the same one for another document.
        new: a document that contains ``after``; by default the same document.

    Returns:
        The comparison of two versions, models or runs; for other elements, the difference of their lineages.

    Raises:
        SelectionError: a selector matches nothing, or several elements.
        ConfigurationError: an argument is not valid.
    """
    old = unified(document)
    new = old if new is None or new is document else unified(new)
    try:
        old_subject, new_subject = select_subject(old, before), select_subject(new, after)
    except SelectionError:
        return diff(lineage(old, before), lineage(new, after))
    return compare_subjects(old, old_subject, new_subject, new)


def compare_subjects(
    document: Document, before: str, after: str, new: Document | None = None
) -> Comparison:
    """Compare two versions, models or runs: code, parameters, data, environment, metrics and people.

    Args:
        document: a unified document that contains ``before``.
        before: the identifier of a version, a model or a run.
        after: another identifier, or the same in another document.
        new: a unified document that contains ``after``; by default the same document.

    Returns:
        The differences. If both sides have a commit in the document, they include the commits that only one side
        builds on, and the files that those commits changed.

    Raises:
        SelectionError: an identifier is not that of a version, a model or a run.
    """
    new = document if new is None else new
    if new is document:
        old_side, new_side = _explain(document, before, after)
    else:
        (old_side,), (new_side,) = _explain(document, before), _explain(new, after)
    sections = [Section("state", "State", _points(_state(old_side), _state(new_side)))]
    for answer in old_side.answers:
        question = answer.question
        if question.name in new_side.by_name and question.is_compared:
            points = _answer_points(
                question.name, _items(question.name, old_side), _items(question.name, new_side)
            )
            sections.append(Section(question.name, question.label, points))
        if question.name == "inputs":
            sections += [
                Section(name, label, _points(values(document, old_side), values(new, new_side)))
                for name, label, values in _CALL_SECTIONS
            ]
        if question.name == "environment":
            points = _points(_packages(document, old_side), _packages(new, new_side))
            sections.append(Section("packages", "Packages", points))
        if question.name == "commit":
            sections += _code_sections(document, old_side, new, new_side)
    return Comparison(
        old_side.subject, new_side.subject, tuple(section for section in sections if section.points)
    )


_CALL_SECTIONS = (
    ("functions", "Functions of calls", functions),
    ("results", "Results of calls", results),
)


def _items(question: str, side: Explanation) -> Sequence[Item]:
    """Return the items of an answer; the input files of calls without those that answer the question about datasets."""
    items = side.answer(question).items
    if question != "inputs":
        return items
    datasets = {item.identifier for item in side.answer("datasets").items}
    return tuple(item for item in items if item.identifier not in datasets)


def _explain(document: Document, *identifiers: str) -> list[Explanation]:
    explanations = {
        explanation.subject.identifier: explanation
        for explanation in explain_all(document, identifiers)
    }
    for identifier in identifiers:
        if identifier not in explanations:
            raise SelectionError(
                f"{quoted(identifier)}: not a version, a model or a run; pass the identifier of one"
            )
    return [explanations[identifier] for identifier in identifiers]


def _state(explanation: Explanation) -> dict[str, str]:
    return {key: explanation.subject.about.get(key, "") for key in _STATE_KEYS}


def _points(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Point, ...]:
    """Return the points in which two mappings from names to values differ; a value may be empty."""
    points = []
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            points.append(Point(REMOVED, name, before[name], None))
        elif name not in before:
            points.append(Point(ADDED, name, None, after[name]))
        elif before[name] != after[name]:
            points.append(Point(CHANGED, name, before[name], after[name]))
    return tuple(points)


def _answer_points(
    question: str, before: Sequence[Item], after: Sequence[Item]
) -> tuple[Point, ...]:
    """Return the points in which two answers differ."""
    if question in _SINGLE_ITEM_QUESTIONS:
        return _points(_single_value(before), _single_value(after))
    ambiguous_labels = {
        label
        for items in (before, after)
        for label, count in Counter(item.label for item in items).items()
        if count > 1
    }
    return _points(
        _values_by_name(question, before, ambiguous_labels),
        _values_by_name(question, after, ambiguous_labels),
    )


def _single_value(items: Sequence[Item]) -> dict[str, str]:
    """Return the label and the identifying attribute of the items, under the empty name."""
    values = set()
    for item in items:
        identity = next(
            (item.about[key] for key in _IDENTIFYING_KEYS if key in item.about), item.label
        )
        values.add(item.label if identity == item.label else f"{item.label} ({identity})")
    return {"": ", ".join(sorted(values))} if values else {}


def _values_by_name(
    question: str, items: Sequence[Item], ambiguous_labels: Set[str]
) -> dict[str, str]:
    """Return the compared value of each item by its name; the values of items of one name are joined."""
    values: dict[str, set[str]] = {}
    for item in items:
        name = _compared_name(question, item)
        qualifier = _QUALIFIER_KEYS.get(question, "")
        if item.label in ambiguous_labels and item.about.get(qualifier):
            name = f"{name} ({qualifier} {item.about[qualifier]})"
        value = _compared_value(question, item)
        if item.is_inferred:
            value = f"{value} (inferred)"
        values.setdefault(name, set()).add(value)
    return {name: ", ".join(sorted(texts)) for name, texts in values.items()}


def _compared_name(question: str, item: Item) -> str:
    if question == "inputs":
        return item.about.get("path", item.label)
    return f"{item.label} <{item.about['email']}>" if "email" in item.about else item.label


def _compared_value(question: str, item: Item) -> str:
    about = item.about
    if question == "inputs":
        return item.label
    if question == "arguments":
        # The value may be abbreviated, and equal for different arguments.
        digest = about.get("digest", "")[:_SHORT_DIGEST]
        parts = [about.get("value", ""), digest]
        return " ".join(part for part in parts if part)
    return next((about[key] for key in _VALUE_KEYS.get(question, ()) if key in about), "")


def _packages(document: Document, explanation: Explanation) -> dict[str, str]:
    """Return the packages of the environments by name, with their versions."""
    environments = names_table(
        item.identifier or "" for item in explanation.answer("environment").items
    )
    rows = engine.rows(
        f"""
        SELECT DISTINCT
            coalesce(attr(package.attributes, 'name'), package.id),
            coalesce(attr(package.attributes, 'version'), '')
        FROM {document.tables.of(KIND["hadMember"])} AS membership
        JOIN {document.tables.of(KIND["entity"])} AS package ON package.id = membership.entity
        WHERE membership.collection IN (SELECT name FROM {environments})
            AND is_a(package.attributes, 'Package')
        ORDER BY ALL
        """
    )
    return dict(rows)


def _code_sections(
    old: Document, old_side: Explanation, new: Document, new_side: Explanation
) -> list[Section]:
    """Return the sections about the code between the commits of two sides; none if a side has no commit."""
    before, after = _commits(old_side), _commits(new_side)
    if not before or not after:
        return []
    old_only, new_only = commits_between(old, before, new, after)
    commits = [
        *(Point(REMOVED, sha, title, None) for sha, title in titles(old_only)),
        *(Point(ADDED, sha, None, title) for sha, title in titles(new_only)),
    ]
    files = _points(changed_files(old_only), changed_files(new_only))
    return [
        Section("commits", "Commits between", tuple(commits)),
        Section("files", "Files changed between", files),
    ]


def _commits(explanation: Explanation) -> list[str]:
    """Return the identifiers of the commits that the document contains."""
    items = explanation.answer("commit").items
    return [item.identifier for item in items if item.identifier]
