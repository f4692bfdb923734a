"""Explanations as text: a table with a row for each item of an answer, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlflow2prov.escaping import truncate
from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.tabular import tabular_formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.explanation import Answer, Explanation
    from mlflow2prov.analysis.item import Item

MAX_CELL_LENGTH = 100
"""Longer labels and details are cut to this many characters."""

MAX_NAME_LENGTH = 60
"""The name of a parameter or metric is cut to this many characters, so that its value remains visible."""

MAX_ITEMS = 50
"""A table lists this many items of an answer; JSON lists all."""

_KIND_LABELS = {"version": "Version", "model": "Model", "run": "Run"}

STATE_LABELS = {"none": "none", "unknown": "unknown", "unrecorded": "not recorded"}
"""How an answer without items is written, by its state."""

_SUBJECT_DETAILS = (
    "uri",
    "aliases",
    "registered_model_version_stage",
    "status",
    "started_at",
    "deleted_at",
)
_ITEM_DETAILS = {
    "source": ("uri",),
    "run": ("uri", "status", "lifecycle_stage", "started_at"),
    "experiment": ("experiment_id",),
    "parent_run": ("uri",),
    "commit": ("title", "committed_at"),
    "dirty": ("uncommitted_script", "script_added_by"),
    "script": ("commit", "entry_point", "inferred"),
    "calls": ("started_at", "status", "seed", "exception"),
    "inputs": ("path", "file_size"),
    "stored_by": ("authors", "committed_at", "title"),
    "metrics": ("step",),
    "datasets": ("context",),
    "environment": ("digest", "uri"),
    "upstream_models": ("uri",),
}
"""The attributes of an item that the last column shows, by question."""

_DETAIL_PREFIXES = {
    "aliases": "alias ",
    "authors": "by ",
    "commit": "of commit ",
    "deleted_at": "deleted ",
    "digest": "digest ",
    "entry_point": "entry point ",
    "experiment_id": "id ",
    "registered_model_version_stage": "stage ",
    "file_size": "bytes ",
    "seed": "seed ",
    "script_added_by": "first committed by ",
    "started_at": "from ",
    "step": "step ",
    "uncommitted_script": "the commit lacks ",
}
_DEFAULT_VALUES = {
    "step": "0",
    "lifecycle_stage": "active",
    "registered_model_version_stage": "None",
}
"""Values that carry no information and are omitted."""


def to_table(explanation: Explanation) -> Table:
    """Return an explanation as a table: its subject, a row for each item of an answer, and a count of answers."""
    rows = [_subject_row(explanation)]
    for answer in explanation.answers:
        # A run is itself the answer to the question for its run.
        is_subject = answer.question.name == explanation.kind
        if not is_subject and (answer.items or answer.question.is_scored):
            rows += _answer_rows(answer)
    question_count = len(explanation.scored)
    inferred_count = len(explanation.inferred)
    answer_count = question_count - len(explanation.unknown) - inferred_count
    more = f"{inferred_count} more by inference" if inferred_count else ""
    rows.append(("Answered", f"{answer_count} of {question_count} questions", more))
    return Table(("question", "answer", "more"), list(rows))


def _subject_row(explanation: Explanation) -> tuple[str, str, str]:
    """Return the row of the subject. That of a run has the details of the answer to the question for its run."""
    subject = explanation.subject
    answer = explanation.by_name.get(explanation.kind)
    about = (
        {key: value for item in answer.items for key, value in item.about.items()} if answer else {}
    )
    details = _details(replace(subject, about={**about, **subject.about}), _SUBJECT_DETAILS)
    return _KIND_LABELS[explanation.kind], _cell(subject.label), details


def _answer_rows(answer: Answer) -> list[tuple[str, str, str]]:
    """Return a row for each item; only the first repeats the question."""
    question = answer.question
    if not answer.items:
        return [(question.label, STATE_LABELS[answer.state], _cell(answer.reason or ""))]
    keys = _ITEM_DETAILS.get(question.name, ())
    cells = [
        (_item_text(question.name, item), _details(item, keys)) for item in answer.items[:MAX_ITEMS]
    ]
    if len(answer.items) > MAX_ITEMS:
        cells.append((f"and {len(answer.items) - MAX_ITEMS} more", "--format json lists all"))
    return [(question.label if n == 0 else "", *cell) for n, cell in enumerate(cells)]


def _item_text(question: str, item: Item) -> str:
    """Return an item's label with the attribute that identifies it as an answer to ``question``."""
    about = item.about
    match question:
        case _ if "missing" in about:
            return f"{_cell(item.label)} (not in the graph)"
        case "parameters" | "metrics" | "arguments" if "value" in about:
            return _cell(f"{truncate(item.label, MAX_NAME_LENGTH)} = {about['value']}")
        case "datasets" if "digest" in about:
            return _cell(f"{item.label}@{about['digest']}")
        case "commit" if item.identifier is None and "repository_url" in about:
            return f"{_cell(item.label)} (not in the graph; of {_cell(about['repository_url'])})"
        case "script" if item.is_inferred:
            return f"{_cell(item.label)} (inferred)"
        case "script" if item.identifier is None:
            return f"{_cell(item.label)} (as recorded; its revision is unknown)"
        case "source" if item.identifier is None:
            return f"{_cell(item.label)} (as recorded)"
        case "run" | "commit" if item.identifier is None:
            return f"{_cell(item.label)} (not in the graph)"
    return _cell(f"{item.label} <{about['email']}>" if "email" in about else item.label)


def _details(item: Item, keys: Sequence[str]) -> str:
    details = [
        f"{_DETAIL_PREFIXES.get(key, '')}{item.about[key]}"
        for key in keys
        if item.about.get(key, _DEFAULT_VALUES.get(key)) != _DEFAULT_VALUES.get(key)
    ]
    return _cell(", ".join(details))


def _cell(text: str) -> str:
    return truncate(text, MAX_CELL_LENGTH)


FORMATS: Formats[Explanation] = tabular_formats(to_table)
"""The formats of explanations."""
