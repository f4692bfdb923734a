"""The questions of an audit, in the order in which explanations answer them."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.analysis.options import SUBJECT_KINDS, SubjectKind


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
    """

    name: str
    label: str
    subject_kinds: tuple[SubjectKind, ...] = SUBJECT_KINDS
    known_with: str | None = None
    is_scored: bool = True


QUESTIONS: tuple[Question, ...] = (
    Question("source", "Registered from", ("version",)),
    Question("registered_by", "Registered by", ("version",)),
    Question("registered_at", "Registered at", ("version",)),
    Question("run", "Run"),
    Question("run_by", "Run by"),
    Question("experiment", "Experiment"),
    Question("parent_run", "Parent run", known_with="run"),
    Question("commit", "Commit"),
    Question("authors", "Authors"),
    Question("committers", "Committers"),
    Question("coauthors", "Co-authors", known_with="authors"),
    Question("dirty", "Uncommitted changes"),
    Question("script", "Script's revision"),
    Question("parameters", "Parameters"),
    Question("metrics", "Metrics"),
    Question("datasets", "Datasets"),
    Question("environment", "Environment"),
    Question("stored_by", "Stored by", known_with="run", is_scored=False),
    Question("upstream_models", "Upstream models", known_with="run"),
)
"""All questions."""

QUESTION = {question.name: question for question in QUESTIONS}
"""The questions by name."""
