"""Neighborhoods: the direct causes of model versions and the relations between them, for small drawings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import elements_table, ids_of_type

MAX_ITEMS = 4
"""The number of items that a neighborhood takes from each answer."""

_QUESTIONS = (
    "source",
    "run",
    "commit",
    "script",
    "datasets",
    "authors",
    "committers",
    "coauthors",
    "run_by",
    "registered_by",
    "upstream_models",
)
"""The questions whose answers are causes."""

_CREATED = ("source", "run")
"""The questions whose answers are drawn with the activities that created them."""

_RELATIONS = ("used", "wasGeneratedBy", "wasInformedBy", "wasDerivedFrom", "wasAssociatedWith")


@dataclass(frozen=True)
class Node:
    """An element of a neighborhood.

    Attributes:
        identifier: its identifier in the document.
        kind: ``entity``, ``activity`` or ``agent``.
        type: its type in the vocabulary, or empty.
        label: its label or name; data sets of one name are distinguished by the beginning of their digest.
        attributes: its times and attributes, as pairs of key and value.
    """

    identifier: str
    kind: Literal["entity", "activity", "agent"]
    type: str
    label: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Relation:
    """A relation of a neighborhood: its kind (``used``), and the identifiers of its effect and its cause.

    With ``is_inferred``, it is only probable.
    """

    kind: str
    effect: str
    cause: str
    is_inferred: bool = False


@dataclass(frozen=True)
class Neighborhood:
    """The direct causes of a version.

    Attributes:
        nodes: the version and its causes, ordered by identifier.
        relations: the relations between the nodes.
        left_out: the number of items beyond :data:`MAX_ITEMS` of an answer.
    """

    nodes: tuple[Node, ...]
    relations: tuple[Relation, ...]
    left_out: int


class _Member(NamedTuple):
    """An element that belongs to a neighborhood; with ``has_creation``, its creation does too."""

    subject: str
    name: str
    has_creation: bool


def neighborhoods(
    document: Document, explanations: Sequence[Explanation]
) -> dict[str, Neighborhood]:
    """Return the neighborhoods of explained versions by their identifier.

    A neighborhood consists of the elements in the answers, of the activities that created the version, its source and
    its run, and of the relations between them.
    """
    schema = engine.Schema("neighborhood")
    members = _create_members(schema, document, explanations)
    relations = _relations(document, members)
    left_out = {
        explanation.subject.identifier: _count_left_out(explanation) for explanation in explanations
    }
    return {
        subject: Neighborhood(
            tuple(nodes), tuple(relations.get(subject, ())), left_out.get(subject, 0)
        )
        for subject, nodes in _nodes(document, members).items()
    }


def _create_members(
    schema: engine.Schema, document: Document, explanations: Sequence[Explanation]
) -> Sql:
    """Create the table of the members of all neighborhoods, with the columns ``subject`` and ``name``."""
    members = [member for explanation in explanations for member in _members(explanation)]
    columns = {
        "subject": engine.text_array([member.subject for member in members]),
        "name": engine.text_array([member.name for member in members]),
        "has_creation": pa.array([member.has_creation for member in members], pa.bool_()),
    }
    with engine.registered(pa.table(columns)) as answers:
        return schema.create(
            "members",
            f"""
            SELECT subject, name
            FROM {answers}
            UNION
            SELECT answer.subject, generation.activity
            FROM {answers} AS answer
            JOIN {document.tables.of(KIND["wasGeneratedBy"])} AS generation
                ON generation.entity = answer.name
            WHERE answer.has_creation
                AND generation.activity IN {ids_of_type(document, "activity", ["Creation"])}
            """,
        )


def _members(explanation: Explanation) -> Iterator[_Member]:
    subject = explanation.subject.identifier or ""
    yield _Member(subject, subject, has_creation=True)
    for question in _questions(explanation):
        for item in explanation.answer(question).items[:MAX_ITEMS]:
            if item.identifier:
                yield _Member(subject, item.identifier, question in _CREATED)


def _count_left_out(explanation: Explanation) -> int:
    return sum(
        max(0, len(explanation.answer(question).items) - MAX_ITEMS)
        for question in _questions(explanation)
    )


def _questions(explanation: Explanation) -> list[str]:
    return [question for question in _QUESTIONS if question in explanation.by_name]


def _nodes(document: Document, members: Sql) -> dict[str, list[Node]]:
    """Return the nodes of each neighborhood by the identifier of its subject."""
    rows = engine.rows(
        f"""
        SELECT DISTINCT ON (member.subject, member.name)
            member.subject,
            member.name,
            element.kind,
            coalesce(domain_type(element.attributes), ''),
            coalesce(
                attr(element.attributes, 'prov:label'),
                attr(element.attributes, 'name'),
                attr(element.attributes, 'username'),
                member.name
            ) || coalesce('@' || left(attr(element.attributes, 'digest'), 8), ''),
            activity.startTime,
            activity.endTime,
            list_transform(element.attributes, lambda attribute: [attribute.key, attribute.value])
        FROM {members} AS member
        JOIN {elements_table(document)} AS element ON element.id = member.name
        LEFT JOIN {document.tables.of(KIND["activity"])} AS activity
            ON activity.id = element.id AND activity.bundle = element.bundle AND element.kind = 'activity'
        ORDER BY member.subject, member.name, element.kind
        """
    )
    nodes: dict[str, list[Node]] = {}
    for subject, name, kind, type_, label, start, end, attributes in rows:
        times = [(key, time) for key, time in (("startTime", start), ("endTime", end)) if time]
        node = Node(name, kind, type_, label, (*times, *map(tuple, attributes)))
        nodes.setdefault(subject, []).append(node)
    return nodes


def _relations(document: Document, members: Sql) -> dict[str, list[Relation]]:
    """Return the relations of each neighborhood by the identifier of its subject."""
    selects = []
    for kind in map(KIND.__getitem__, _RELATIONS):
        effect, cause, *_ = kind.argument_columns
        selects.append(
            f"""
            SELECT
                effect.subject,
                {literal(kind.name)} AS kind,
                effect.name AS effect,
                cause.name AS cause,
                bool_and(attr(relation.attributes, 'inferred') IS NOT NULL) AS is_inferred
            FROM {document.tables.of(kind)} AS relation
            JOIN {members} AS effect ON effect.name = relation.{effect}
            JOIN {members} AS cause
                ON cause.name = relation.{cause} AND cause.subject = effect.subject
            GROUP BY effect.subject, effect.name, cause.name
            """
        )
    relations: dict[str, list[Relation]] = {}
    rows = engine.rows(f"SELECT DISTINCT * FROM ({' UNION ALL '.join(selects)}) ORDER BY ALL")
    for subject, *fields in rows:
        relations.setdefault(subject, []).append(Relation(*fields))
    return relations
