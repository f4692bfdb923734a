"""The questions of an audit, in the order in which they are answered (:mod:`~mlflow2prov.analysis.explanation`)."""

from __future__ import annotations

from dataclasses import dataclass

VERSION, MODEL, RUN = "version", "model", "run"


@dataclass(frozen=True)
class Question:
    """A question that is asked of every version, model or run.

    ``settled_by`` names the question whose answer also says that there is none: of a commit that is known, no
    co-author is named; without it, nothing that is said means unknown.
    """

    name: str
    text: str
    of: tuple[str, ...] = (VERSION, MODEL, RUN)
    """What it is asked of."""
    settled_by: str | None = None


QUESTIONS: tuple[Question, ...] = (
    Question("source", "Registered from", (VERSION,)),
    Question("registered_by", "Registered by", (VERSION,)),
    Question("registered_at", "Registered at", (VERSION,)),
    Question("run", "Run"),
    Question("run_by", "Run by"),
    Question("experiment", "Experiment"),
    Question("parent_run", "Parent run", settled_by="run"),
    Question("commit", "Commit"),
    Question("authors", "Authors"),
    Question("committers", "Committers"),
    Question("coauthors", "Co-authors", settled_by="authors"),
    Question("dirty", "Uncommitted changes"),
    Question("script", "Script's revision"),
    Question("parameters", "Parameters"),
    Question("metrics", "Metrics"),
    Question("datasets", "Datasets"),
    Question("environment", "Environment"),
    Question("upstream_models", "Models taken in", settled_by="run"),
)
"""All questions; their names are stable."""

QUESTION = {question.name: question for question in QUESTIONS}
