"""Explanation: the questions of an audit about versions, models and runs, and the answers that a document gives.

Each question is one query for all subjects, over the statements that ``docs/prov-model.md`` describes. A fact that the
document does not state is unknown; answers are never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.options import AnswerState, SubjectKind
from mlflow2prov.analysis.queries import answer_items, subject_items
from mlflow2prov.analysis.questions import QUESTIONS, Question
from mlflow2prov.analysis.reasons import reasons_for_no_commit
from mlflow2prov.analysis.subject_tables import ALIAS_TYPES, SUBJECT_TYPES, SubjectTables
from mlflow2prov.arguments import checked, require_choice
from mlflow2prov.errors import SelectionError
from mlflow2prov.escaping import printable
from mlflow2prov.graph.selectors import describe, quoted, select
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.sql import after_join, is_any_of, names_table
from mlflow2prov.quantity import quantity
from mlflow2prov.table import Tabular

MAX_CHOICES = 10
"""Maximum number of versions that a message lists."""


@dataclass(frozen=True)
class Answer:
    """The answer of a document to a question about a subject.

    Attributes:
        question: the question.
        items: the elements and values of the answer, ordered by label.
        state: ``known`` if there are items, ``inferred`` if they are only probable, ``none`` if the document shows that
            no item exists, else ``unknown``, or ``unrecorded`` if MLflow itself never records an answer. The items of
            an unknown answer are only names that MLflow recorded. An element that the document refers to without
            describing it is an answer, an item without identifier.
        reason: why there is no answer, if the document shows it.
    """

    question: Question
    items: Sequence[Item]
    state: AnswerState
    reason: str | None = None

    @property
    def is_described(self) -> bool:
        """Whether the document describes an item, and does not only name it."""
        return any(item.identifier for item in self.items)

    @property
    def is_known(self) -> bool:
        """Whether the document answers the question, be it with the fact that no item exists."""
        return self.state in ("known", "none")


@dataclass(frozen=True, repr=False)
class Explanation(Tabular):
    """A version, a model or a run, with the answers to all questions about it.

    Attributes:
        subject: the version, model or run.
        kind: ``version``, ``model`` or ``run``.
        answers: an answer to each question about subjects of this kind, in the order of the questions.
    """

    subject: Item
    kind: SubjectKind
    answers: tuple[Answer, ...]

    def __repr__(self) -> str:
        answer_count = len(self.scored) - len(self.unknown) - len(self.inferred)
        return (
            f"<Explanation of {printable(self.subject.label)}: "
            f"{answer_count} of {quantity(len(self.scored), 'question')} answered>"
        )

    def answer(self, question: str) -> Answer:
        """Return the answer to the question of this name, such as ``commit``.

        Raises:
            ConfigurationError: there is no such question about subjects of this kind.
        """
        require_choice("question", question, self.by_name)
        return self.by_name[question]

    @cached_property
    def by_name(self) -> Mapping[str, Answer]:
        """The answers by the names of their questions."""
        return {answer.question.name: answer for answer in self.answers}

    @property
    def scored(self) -> tuple[Answer, ...]:
        """The answers that count for :attr:`completeness`."""
        return tuple(
            answer
            for answer in self.answers
            if answer.question.is_scored and answer.state != "unrecorded"
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of the questions that the document does not answer, of those that count."""
        return tuple(answer.question.name for answer in self.scored if answer.state == "unknown")

    @property
    def inferred(self) -> tuple[str, ...]:
        """The names of the questions that the document answers by inference only, of those that count."""
        return tuple(answer.question.name for answer in self.scored if answer.state == "inferred")

    @property
    def completeness(self) -> float:
        """The fraction of the questions that are answered, from 0 to 1; inferred answers do not count."""
        return 1 - (len(self.unknown) + len(self.inferred)) / len(self.scored)

    @property
    def inferred_fraction(self) -> float:
        """The fraction of the questions that are answered by inference only, from 0 to 1."""
        return len(self.inferred) / len(self.scored)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON values.

        ``answers`` has a list of items for each question, or None without an answer. ``unknown`` has the questions
        that count and have no answer, ``inferred`` those with an inferred one, and ``reasons`` why there is none.
        ``completeness`` is rounded to four digits.
        """
        return {
            "subject": self.subject.to_dict(),
            "kind": self.kind,
            "completeness": round(self.completeness, 4),
            "inferred": list(self.inferred),
            "unknown": list(self.unknown),
            "reasons": {
                answer.question.name: answer.reason for answer in self.answers if answer.reason
            },
            "answers": {
                answer.question.name: [item.to_dict() for item in answer.items]
                if answer.items or answer.state == "none"
                else None
                for answer in self.answers
            },
        }


@checked
def explain(document: Document, selector: str) -> Explanation:
    """Answer the questions of an audit about a version, a model or a run.

    Args:
        document: a document from ``extract``, or several of them merged.
        selector: the subject, such as ``models:/wine/1`` (:mod:`~mlflow2prov.graph.selectors`); an alias selects the
            version that it points to.

    Raises:
        SelectionError: the selector matches nothing, several elements, or an element of another type.
        ConfigurationError: the selector is not text.
    """
    document = unified(document)
    (explanation,) = explain_all(document, [select_subject(document, selector)])
    return explanation


def select_subject(document: Document, selector: str) -> str:
    """Return the identifier of the version, model or run that a selector matches, directly or by an alias.

    Raises:
        SelectionError: the selector matches nothing, several elements, or an element of another type.
        ConfigurationError: the selector is not text.
    """
    identifiers = select(document, selector)
    subjects = _versions_of_aliases(document, identifiers) or identifiers
    if len(subjects) != 1 or not _has_questions(document, subjects[0]):
        if choices := _versions_of_models(document, identifiers):
            raise SelectionError(
                f"selector {quoted(selector)}: a registered model; select one of its versions: {choices}"
            )
        raise SelectionError(
            f"selector {quoted(selector)}: {', '.join(describe(document, subjects[:3]))} cannot be explained; select "
            f"a {', a '.join(SUBJECT_TYPES)} or an alias, or list effects with --impact"
        )
    return subjects[0]


def _versions_of_models(document: Document, identifiers: Iterable[str]) -> str:
    """Return the URIs of the versions of registered models, the latest first, with the aliases of each."""
    rows = engine.rows(
        f"""
        WITH aliases AS (
            SELECT
                alternate.alternate2 AS version,
                string_agg(DISTINCT '@' || attr(alias.attributes, 'name'), ', ') AS names
            FROM {document.tables.of(KIND["alternateOf"])} AS alternate
            JOIN {document.tables.of(KIND["entity"])} AS alias ON alias.id = alternate.alternate1
            WHERE {is_any_of("alias.attributes", ALIAS_TYPES)}
            GROUP BY alternate.alternate2
        )
        SELECT DISTINCT
            attr(version.attributes, 'uri') AS uri,
            aliases.names,
            TRY_CAST(attr(version.attributes, 'version') AS BIGINT) AS number
        FROM {document.tables.of(KIND["specializationOf"])} AS specialization
        JOIN {document.tables.of(KIND["entity"])} AS version
            ON version.id = specialization.specificEntity
        LEFT JOIN aliases ON aliases.version = version.id
        WHERE specialization.generalEntity IN (SELECT name FROM {names_table(identifiers)})
            AND uri IS NOT NULL
        ORDER BY number DESC NULLS LAST, uri
        """
    )
    choices = [f"{uri} ({names})" if names else uri for uri, names, _ in rows]
    more = f" and {len(choices) - MAX_CHOICES} more" if choices[MAX_CHOICES:] else ""
    return ", ".join(choices[:MAX_CHOICES]) + more


def _versions_of_aliases(document: Document, identifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the versions that aliases point to, ordered; identifiers of other elements are ignored."""
    rows = engine.rows(
        f"""
        WITH alternates AS (
            SELECT alternate1 AS alias, alternate2 AS version
            FROM {document.tables.of(KIND["alternateOf"])}
            WHERE alternate1 IN (SELECT name FROM {names_table(identifiers)})
        )
        SELECT DISTINCT alternates.version
        FROM alternates
        JOIN {document.tables.of(KIND["entity"])} AS alias ON alias.id = alternates.alias
        WHERE {is_any_of(after_join("alias.attributes", "alternates.alias"), ALIAS_TYPES)}
        ORDER BY version
        """
    )
    return tuple(version for (version,) in rows)


def _has_questions(document: Document, identifier: str) -> bool:
    rows = engine.rows(
        f"""
        SELECT 1
        FROM {document.tables.of(KIND["entity"])}
        WHERE id IN (SELECT name FROM {names_table([identifier])})
            AND {is_any_of("attributes", SUBJECT_TYPES)}
        LIMIT 1
        """
    )
    return bool(rows)


def registered_versions(document: Document) -> tuple[str, ...]:
    """Return the identifiers of all versions of registered models, ordered by model and version."""
    rows = engine.rows(
        f"""
        SELECT
            id,
            min(attr(attributes, 'name')) AS model,
            min(TRY_CAST(attr(attributes, 'version') AS BIGINT)) AS version
        FROM {document.tables.of(KIND["entity"])}
        WHERE is_a(attributes, 'RegisteredModelVersion')
        GROUP BY id
        ORDER BY model, version, id
        """
    )
    return tuple(identifier for identifier, *_ in rows)


def explain_all(document: Document, identifiers: Iterable[str]) -> list[Explanation]:
    """Explain many versions, models and runs at once, with one query for each question.

    Args:
        document: a unified document from ``extract``, or several of them merged.
        identifiers: the identifiers of versions, models and runs; those of other elements are ignored.

    Returns:
        The explanations in the order of the identifiers, without repetitions.
    """
    subjects = list(dict.fromkeys(identifiers))
    tables = SubjectTables(document, subjects)
    items = {question.name: answer_items(tables, question.name) for question in QUESTIONS}
    reasons = {"commit": reasons_for_no_commit(tables)}
    described_subjects = subject_items(tables)
    return [
        _explanation(*described_subjects[subject], subject, items, reasons)
        for subject in subjects
        if subject in described_subjects
    ]


def _explanation(
    kind: SubjectKind,
    subject: Item,
    identifier: str,
    items_by_question: Mapping[str, Mapping[str, Sequence[Item]]],
    reasons_by_question: Mapping[str, Mapping[str, str]],
) -> Explanation:
    answers: dict[str, Answer] = {}
    for question in QUESTIONS:
        if kind in question.subject_kinds:
            items = items_by_question[question.name].get(identifier, ())
            is_implied = question.known_with and answers[question.known_with].is_described
            state = _state(question, items, is_implied=bool(is_implied))
            reason = None
            if state in ("unknown", "unrecorded"):
                reasons = reasons_by_question.get(question.name, {})
                reason = reasons.get(identifier, question.why_unrecorded)
            answers[question.name] = Answer(question, items, state, reason)
    return Explanation(subject, kind, tuple(answers.values()))


def _state(question: Question, items: Sequence[Item], *, is_implied: bool) -> AnswerState:
    """Return the state of the answer that consists of ``items``; ``is_implied``: without items, there is nothing."""
    if any(
        item.identifier or "missing" in item.about or not question.needs_element for item in items
    ):
        return "inferred" if all(item.is_inferred for item in items) else "known"
    if is_implied:
        return "none"
    return "unrecorded" if question.why_unrecorded else "unknown"
