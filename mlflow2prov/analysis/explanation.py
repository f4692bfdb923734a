"""Explanation: the questions of an audit, asked of versions, models and runs, and answered from a document.

Each question is one query for all that it is asked of, over the statements of
``docs/prov-model.md``. What a document does not say is unknown, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.queries import Answering, Found
from mlflow2prov.analysis.questions import QUESTIONS, Question
from mlflow2prov.engine import literal
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.selectors import describe, select
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.selection import has_type, names, value

KNOWN, NONE, UNKNOWN = "known", "none", "unknown"


@dataclass(frozen=True)
class Item:
    """A thing as an answer gives it."""

    label: str
    """What a person reads."""
    identifier: str | None = None
    """Its name in the document; None for what is no thing there, as a time, or a commit that is known by hash only."""
    about: dict[str, str] = field(default_factory=dict)
    """What else there is to say, by the vocabulary's own keys; without what is unknown."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        about = {"about": self.about} if self.about else {}
        return {"label": self.label, "identifier": self.identifier, **about}


@dataclass(frozen=True)
class Answer:
    """What a document says to a question."""

    question: Question
    items: tuple[Item, ...]
    state: str
    """``known``; ``none``, where it is known that there is none; or ``unknown``."""


@dataclass(frozen=True)
class Explanation:
    """A subject (a version, a model, a run) and the answers to all questions that are asked of such a one."""

    subject: Item
    kind: str
    """``version``, ``model`` or ``run``."""
    answers: tuple[Answer, ...]

    def answer(self, question: str) -> Answer:
        """Return the answer to the question of that name (KeyError if it is not asked here)."""
        return self.by_name[question]

    @cached_property
    def by_name(self) -> dict[str, Answer]:
        """The answers by the names of their questions."""
        return {answer.question.name: answer for answer in self.answers}

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the questions to which the document has no answer."""
        return tuple(a.question.name for a in self.answers if a.state == UNKNOWN)

    @property
    def completeness(self) -> float:
        """The part of the questions that are answered, from 0 to 1."""
        return 1 - len(self.unknown) / len(self.answers)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: to each question a list, or null where it is unknown."""
        return {
            "subject": self.subject.to_dict(),
            "kind": self.kind,
            "completeness": round(self.completeness, 4),
            "unknown": list(self.unknown),
            "answers": {
                a.question.name: None
                if a.state == UNKNOWN
                else [item.to_dict() for item in a.items]
                for a in self.answers
            },
        }


def explain(document: Document, selector: str) -> Explanation:
    """Answer the questions of an audit for a version, a model or a run.

    Args:
        document: as ``extract`` makes it, or merged of such.
        selector: what it is about (:mod:`~mlflow2prov.graph.selectors`); an alias is its version.

    Raises:
        SelectionError: it names nothing, several things, or something that questions are not asked of.
    """
    document = unified(document)
    (explanation,) = explanations(document, subjects_of(document, selector))
    return explanation


def subjects_of(document: Document, selector: str) -> tuple[str, ...]:
    """Return the identifier of the version, model or run that a selector means; of an alias, its version's.

    Raises:
        SelectionError: it names nothing, several things, or something else.
    """
    found = select(document, selector)
    alternate = document.tables.of(KIND["alternateOf"])
    stands_for = engine.rows(
        f"SELECT alternate2 FROM {alternate} JOIN {document.tables.of(KIND['entity'])} e ON e.id = alternate1 "
        f"WHERE alternate1 IN (SELECT name FROM {names(found)}) AND {has_type(*ALIASES, attributes='e.attributes')}"
    )
    found = tuple(sorted({name for (name,) in stands_for})) or found
    if len(found) != 1 or not engine.rows(
        f"SELECT 1 FROM {document.tables.of(KIND['entity'])} "
        f"WHERE id = {literal(found[0])} AND {has_type(*KINDS)} LIMIT 1"
    ):
        raise SelectionError(
            f"{selector!r} is {', '.join(describe(document, found[:3]))}; what can be explained is a "
            f"{', a '.join(KINDS)} or an alias; what comes of it tells --impact"
        )
    return found


ALIASES = ("RegisteredModelAlias", "PromptAlias")
KINDS = {
    "RegisteredModelVersion": "version",
    "PromptVersion": "version",
    "LoggedModel": "model",
    "ModelArtifact": "model",
    "Run": "run",
}
"""The types that questions are asked of, and as what."""


def versions(document: Document) -> tuple[str, ...]:
    """Return the identifiers of all versions of registered models, ordered by model and version."""
    found = engine.rows(
        f"SELECT id, min({value('name')}) AS model, min(TRY_CAST({value('version')} AS BIGINT)) AS version "
        f"FROM {document.tables.of(KIND['entity'])} WHERE {has_type('RegisteredModelVersion')} "
        "GROUP BY id ORDER BY model, version, id"
    )
    return tuple(row[0] for row in found)


def explanations(document: Document, identifiers: Iterable[str]) -> list[Explanation]:
    """Answer the questions for many versions, models and runs at once, a query a question.

    Args:
        document: as for :func:`explain`.
        identifiers: of versions, models or runs; of others there is no explanation.

    Returns:
        The explanations in the order of the identifiers.
    """
    wanted = list(dict.fromkeys(identifiers))
    answering = Answering(document, wanted)
    found = {question.name: answering.answer(question.name) for question in QUESTIONS}
    explained = {
        subject: _explanation(kind, _item(item), subject, found)
        for subject, (kind, item) in answering.subjects(KINDS).items()
    }
    return [explained[name] for name in wanted if name in explained]


def _explanation(
    kind: str, subject: Item, identifier: str, found: dict[str, dict[str, list[Found]]]
) -> Explanation:
    answers: dict[str, Answer] = {}
    for question in QUESTIONS:
        if kind not in question.of:
            continue
        items = tuple(_item(one) for one in found[question.name].get(identifier, []))
        settled = question.settled_by and answers[question.settled_by].state == KNOWN
        state = KNOWN if items else NONE if settled else UNKNOWN
        answers[question.name] = Answer(question, items, state)
    return Explanation(subject, kind, tuple(answers.values()))


def _item(found: Found) -> Item:
    identifier, label, about = found
    return Item(label, identifier, {key: v for key, v in about.items() if v not in (None, "")})
