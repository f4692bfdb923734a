"""Explanations and impacts as text: tables for a person, JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mlflow2prov.render.table import FORMATS
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.explanation import Answer, Explanation, Item
    from mlflow2prov.analysis.impact import Impact

_LONGEST = 100
_MOST = 50
_KINDS = {"version": "Version", "model": "Model", "run": "Run"}
_HEAD = (
    ("uri", ""), ("aliases", "alias "), ("registered_model_version_stage", "stage "),
    ("status", ""), ("deleted_at", "deleted "),
)  # fmt: skip
_MORE = {
    "source": ("uri",),
    "run": ("uri", "status", "lifecycle_stage", "started_at"),
    "experiment": ("experiment_id",),
    "parent_run": ("uri",),
    "commit": ("title", "committed_at"),
    "script": ("commit",),
    "metrics": ("step",),
    "datasets": ("context",),
    "environment": ("digest", "uri"),
    "upstream_models": ("uri",),
}
_WORDS = {
    "step": "step ",
    "commit": "of commit ",
    "started_at": "from ",
    "digest": "digest ",
    "experiment_id": "id ",
}
_DULL = {"step": "0", "lifecycle_stage": "active", "registered_model_version_stage": "None"}
"""What is usual, and not said."""


def explanation_table(explanation: Explanation) -> Table:
    """Return an explanation as a table: a row for each thing that an answer has."""
    subject = explanation.subject
    head = (_KINDS[explanation.kind], _short(subject.label), _details(subject, _HEAD))
    rows: list[tuple[str, ...]] = [head]
    for answer in explanation.answers:
        rows += _answer_rows(answer)
    asked = len(explanation.answers)
    answered = asked - len(explanation.unknown)
    rows.append(("Answered", f"{answered} of {asked} questions", ""))
    return Table(("question", "answer", "more"), list(rows))


def _answer_rows(answer: Answer) -> list[tuple[str, ...]]:
    question = answer.question
    if not answer.items:
        return [(question.text, answer.state, "")]
    more = [(key, _WORDS.get(key, "")) for key in _MORE.get(question.name, ())]
    shown = answer.items[:_MOST]
    cells = [(_called(question.name, item), _details(item, more)) for item in shown]
    if len(answer.items) > _MOST:
        cells.append((f"and {len(answer.items) - _MOST} more", "--format json lists all"))
    return [(question.text if n == 0 else "", *cell) for n, cell in enumerate(cells)]


def _called(question: str, item: Item) -> str:
    """Call a thing as the answer to a question does."""
    about = item.about
    match question:
        case "parameters" | "metrics" if "value" in about:
            return _short(f"{item.label} = {about['value']}")
        case "datasets" if "digest" in about:
            return _short(f"{item.label}@{about['digest']}")
        case "commit" if item.identifier is None:
            return f"{_short(item.label)} (not in the document)"
    return _short(f"{item.label} <{about['email']}>" if "email" in about else item.label)


def _details(item: Item, keys: Sequence[tuple[str, str]]) -> str:
    said = [
        f"{word}{item.about[key]}"
        for key, word in keys
        if item.about.get(key, _DULL.get(key)) != _DULL.get(key)
    ]
    return _short(", ".join(said))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def impact_table(impact: Impact) -> Table:
    """Return an impact as a table: a row for each thing that is reached."""
    rows = [
        (
            one.type,
            _short(one.item.label),
            one.item.about.get("uri", ""),
            "history" if one.through_history else "itself",
        )
        for one in impact.reached
    ]
    return Table(("type", "name", "uri", "through"), list(rows))


def render(
    found: Sequence[Explanation] | Sequence[Impact], table: Callable[[Any], Table], format_: str
) -> str:
    """Return explanations, or impacts, as text.

    Of several, JSON is an array, CSV one table whose first column is the number, and others stand below each other.
    """
    if format_ == "json":
        whole = [one.to_dict() for one in found]
        return (
            json.dumps(whole[0] if len(whole) == 1 else whole, ensure_ascii=False, indent=1) + "\n"
        )
    tables = [table(one) for one in found]
    if format_ == "csv" and len(tables) > 1:
        rows = [(n, *row) for n, one in enumerate(tables, start=1) for row in one.rows]
        tables = [Table(("number", *tables[0].columns), rows)]
    return "\n".join(FORMATS[format_](one) for one in tables)
