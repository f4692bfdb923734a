"""Impact: which runs, models and versions a commit, a data set, a file or a person reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Item
from mlflow2prov.engine import literal
from mlflow2prov.graph.selectors import select
from mlflow2prov.graph.traversal import reach
from mlflow2prov.prov import Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.selection import elements, has_type, own_type, value

REACHED = (
    "Run",
    "LoggedModel",
    "ModelArtifact",
    "RegisteredModelVersion",
    "RegisteredModelAlias",
    "PromptVersion",
    "PromptAlias",
)
"""The types that are told, in this order."""

_ABOUT = ("uri", "registered_model_version_stage", "lifecycle_stage", "status")


@dataclass(frozen=True)
class Reached:
    """A run, a model or a version that something reaches."""

    item: Item
    type: str
    """One of :data:`REACHED`."""
    through_history: bool
    """Whether only a later commit or a later revision of the file leads there."""


@dataclass(frozen=True)
class Impact:
    """What a subject reaches, by type, what it reaches itself before what only history leads to."""

    subject: tuple[Item, ...]
    reached: tuple[Reached, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "subject": [item.to_dict() for item in self.subject],
            "reached": [
                {"type": one.type, "through_history": one.through_history, **one.item.to_dict()}
                for one in self.reached
            ],
        }


def impact(document: Document, selector: str) -> Impact:
    """Return every run, model and version that something reaches, downstream (:mod:`~mlflow2prov.graph.lineage`).

    A commit reaches the runs at it, and through history those at later commits; a file those that used one of its
    revisions; a person those of whatever the person made.

    Args:
        document: as ``extract`` makes it, or merged of such.
        selector: of what (:mod:`~mlflow2prov.graph.selectors`).

    Raises:
        SelectionError: it names nothing, or several things.
    """
    document = unified(document)
    starts = select(document, selector)
    schema = engine.Schema("impact")
    itself, later = schema.table("itself"), schema.table("later")
    reach(document, starts, "downstream", itself, history="none")
    reach(document, starts, "downstream", later)
    subject = _items(document, f"id IN ({', '.join(map(literal, starts))})")
    found = _items(
        document,
        f"{has_type(*REACHED)} AND id IN (SELECT name FROM {later} UNION SELECT name FROM {itself})",
    )
    direct = {name for (name,) in engine.rows(f"SELECT name FROM {itself}")}
    known = {item.identifier for item, _ in subject}
    subject += [(Item(name, name), "") for name in starts if name not in known]
    reached = [
        Reached(item, kind, item.identifier not in direct)
        for item, kind in found
        if item.identifier not in starts
    ]
    reached.sort(key=lambda one: (one.through_history, REACHED.index(one.type)))
    return Impact(tuple(item for item, _ in subject), tuple(reached))


def _items(document: Document, condition: str) -> list[tuple[Item, str]]:
    """Return the elements of a condition with their type, each once, by label."""
    about = ", ".join(value(key) for key in _ABOUT)
    found = engine.rows(
        f"SELECT id, coalesce({value('prov:label')}, {value('name')}, id) AS label, "
        f"coalesce({own_type()}, kind), {about} FROM {elements(document)} WHERE {condition} "
        "QUALIFY row_number() OVER (PARTITION BY id ORDER BY bundle) = 1 ORDER BY label, id"
    )
    return [
        (
            Item(label, name, {k: v for k, v in zip(_ABOUT, rest, strict=True) if v}),
            kind,
        )
        for name, label, kind, *rest in found
    ]
