"""Impact: the runs, models and versions that a commit, a data set, a file or a person influenced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.item import Item, non_empty
from mlflow2prov.arguments import checked
from mlflow2prov.engine import Sql, literal
from mlflow2prov.escaping import printable
from mlflow2prov.graph.selectors import select
from mlflow2prov.graph.traversal import create_reachable
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.sql import elements_table, is_any_of, names_table
from mlflow2prov.quantity import quantity
from mlflow2prov.table import Tabular

IMPACT_TYPES = (
    "Run",
    "LoggedModel",
    "ModelArtifact",
    "RegisteredModelVersion",
    "RegisteredModelAlias",
    "PromptVersion",
    "PromptAlias",
)
"""The types of elements that an impact lists, in this order."""

_KEYS = ("uri", "registered_model_version_stage", "lifecycle_stage", "status")


@dataclass(frozen=True)
class ImpactItem:
    """A run, a model or a version in an impact.

    Attributes:
        item: the run, model or version.
        type: one of :data:`IMPACT_TYPES`.
        through_history: whether only a later commit, or a later revision of the file, leads there.
        is_inferred: whether only relations that are probable lead there.
    """

    item: Item
    type: str
    through_history: bool
    is_inferred: bool = False


@dataclass(frozen=True, repr=False)
class Impact(Tabular):
    """The runs, models and versions that a subject influenced.

    Attributes:
        subject: the selected element; several items if a path selects several files.
        reached: the runs, models and versions, direct influence before influence through history, then ordered by
            type and label.
    """

    subject: tuple[Item, ...]
    reached: tuple[ImpactItem, ...]

    def __repr__(self) -> str:
        subjects = printable(", ".join(item.label for item in self.subject))
        return f"<Impact of {subjects}: {quantity(len(self.reached), 'element')}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the impact as JSON values."""
        return {
            "subject": [item.to_dict() for item in self.subject],
            "reached": [
                {"type": entry.type, "through_history": entry.through_history}
                | ({"inferred": True} if entry.is_inferred else {})
                | entry.item.to_dict()
                for entry in self.reached
            ],
        }


@checked
def impact(document: Document, selector: str) -> Impact:
    """Return every run, model and version that an element influenced (:mod:`~mlflow2prov.graph.lineage`).

    A commit influenced the runs that were started at it and, through history, those at later commits; a file
    influenced the runs that used one of its revisions; a person influenced the effects of everything that the person
    did.

    Args:
        document: a document from ``extract``, or several of them merged.
        selector: the element, such as ``Commit:d4115a08`` (:mod:`~mlflow2prov.graph.selectors`).

    Raises:
        SelectionError: the selector matches nothing, or several elements.
        ConfigurationError: the selector is not text.
    """
    document = unified(document)
    starts = select(document, selector)
    schema = engine.Schema("impact")
    direct = create_reachable(schema, "direct", document, starts, "downstream", history="none")
    later = create_reachable(schema, "later", document, starts, "downstream")
    direct_names = _names(direct)
    inferred_names: set[str] = set()
    if _has_inferred_usages(document):
        facts = create_reachable(
            schema, "facts", document, starts, "downstream", include_inferred=False
        )
        inferred_names = _names(later) - _names(facts)
    entries = [
        ImpactItem(
            item,
            type_name,
            through_history=item.identifier not in direct_names,
            is_inferred=item.identifier in inferred_names,
        )
        for item, type_name in _items(
            document,
            f"""
            {is_any_of("attributes", IMPACT_TYPES)}
            AND id IN (SELECT name FROM {later} UNION SELECT name FROM {direct})
            """,
        )
        if item.identifier not in starts
    ]
    entries.sort(key=lambda entry: (entry.through_history, IMPACT_TYPES.index(entry.type)))
    return Impact(_subject(document, starts), tuple(entries))


def _names(table: Sql) -> set[str]:
    return {name for (name,) in engine.rows(f"SELECT name FROM {table}")}


def _has_inferred_usages(document: Document) -> bool:
    usages = document.tables.of(KIND["used"])
    return bool(
        engine.rows(
            f"SELECT 1 FROM {usages} WHERE attr(attributes, 'inferred') IS NOT NULL LIMIT 1"
        )
    )


def _subject(document: Document, identifiers: tuple[str, ...]) -> tuple[Item, ...]:
    """Return the selected elements; an identifier that only relations mention is its own label."""
    items = [
        item for item, _ in _items(document, f"id IN (SELECT name FROM {names_table(identifiers)})")
    ]
    names = {item.identifier for item in items}
    return (*items, *(Item(name, name) for name in identifiers if name not in names))


def _items(document: Document, condition: str) -> list[tuple[Item, str]]:
    """Return the elements that satisfy an SQL condition, with their types, by label.

    If several bundles describe an element, the first of them counts.
    """
    attributes = ",\n".join(f"attr(attributes, {literal(key)})" for key in _KEYS)
    rows = engine.rows(
        f"""
        SELECT
            id,
            coalesce(attr(attributes, 'prov:label'), attr(attributes, 'name'), id) AS label,
            coalesce(domain_type(attributes), kind),
            {attributes}
        FROM {elements_table(document)}
        WHERE {condition}
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY bundle) = 1
        ORDER BY label, id
        """
    )
    return [
        (Item(label, identifier, non_empty(dict(zip(_KEYS, values, strict=True)))), type_name)
        for identifier, label, type_name, *values in rows
    ]
