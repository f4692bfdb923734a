"""The questions of an audit, in the order in which explanations answer them."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.analysis.options import SUBJECT_KINDS, SubjectKind
from mlflow2prov.errors import ConfigurationError, unknown_choice


@dataclass(frozen=True)
class Question:
    """A question that an audit asks about every version, model or run.

    Attributes:
        name: the stable name of the question in JSON, in ``--require`` and in codes of findings (``run_by``).
        label: the heading of the question in tables and reports (``Run by``).
        subject_kinds: the kinds of subject that the question is asked about.
        known_with: the name of a question, or None. If that question has an answer and this one has none, it is known
            that there is nothing to answer: a commit with authors and without co-authors has no co-authors. Without
            ``known_with``, a missing answer is unknown.
        is_scored: whether the question counts for the completeness of an explanation. One that does not is shown only
            with an answer: most projects, for example, do not commit their store.
        is_compared: whether a comparison covers the question. How a run was stored says nothing about how it was made.
        needs_element: whether only an element of the document answers the question. A name that MLflow recorded is
            shown, but does not answer it.
        why_unrecorded: why MLflow itself never records an answer, or None if it does. Only some hosted stores and other
            tools do, so a missing answer does not count.
    """

    name: str
    label: str
    subject_kinds: tuple[SubjectKind, ...] = SUBJECT_KINDS
    known_with: str | None = None
    is_scored: bool = True
    is_compared: bool = True
    needs_element: bool = False
    why_unrecorded: str | None = None


QUESTIONS: tuple[Question, ...] = (
    Question("source", "Registered from", ("version",)),
    Question(
        "registered_by",
        "Registered by",
        ("version",),
        why_unrecorded="MLflow itself does not record who registers a version",
    ),
    Question("registered_at", "Registered at", ("version",)),
    Question("run", "Run"),
    Question("run_by", "Run by"),
    Question("experiment", "Experiment"),
    Question("parent_run", "Parent run", known_with="run"),
    Question("commit", "Commit"),
    Question("authors", "Authors"),
    Question("committers", "Committers"),
    Question("coauthors", "Co-authors", known_with="authors"),
    Question(
        "dirty",
        "Uncommitted changes",
        why_unrecorded="MLflow itself does not record uncommitted changes",
    ),
    Question("script", "Script's revision", needs_element=True),
    Question("parameters", "Parameters"),
    Question("metrics", "Metrics"),
    Question("datasets", "Datasets"),
    Question("environment", "Environment"),
    Question("calls", "Captured calls", is_scored=False),
    Question("arguments", "Arguments of calls", is_scored=False),
    Question("inputs", "Input files of calls", is_scored=False),
    Question("stored_by", "Stored by", known_with="run", is_scored=False, is_compared=False),
    Question("upstream_models", "Upstream models", known_with="run"),
)
"""All questions."""

QUESTION = {question.name: question for question in QUESTIONS}
"""The questions by name."""

REQUIRABLE_QUESTIONS = tuple(
    question.name for question in QUESTIONS if "version" in question.subject_kinds
)
"""The names of the questions whose answers can be required."""


def required_question(name: str) -> str:
    """Return the question that a requirement names, also in the singular: ``datasets`` for ``dataset``.

    Raises:
        ConfigurationError: there is no such question, or its answer cannot be required.
    """
    for question in REQUIRABLE_QUESTIONS:
        if name in (question, question.removesuffix("s")):
            return question
    raise ConfigurationError(unknown_choice("question", name, REQUIRABLE_QUESTIONS))
