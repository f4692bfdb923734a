"""Differences as text: for a person, with colours; for a program; for a report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from mlflow2prov.analysis.comparison import Comparison
from mlflow2prov.prov.difference import ADDED, CHANGED, REMOVED, Difference
from mlflow2prov.render.escaping import printable
from mlflow2prov.render.table import FORMATS
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.comparison import Point
    from mlflow2prov.prov.difference import Change

_LONGEST = 200
_SIGN = {ADDED: "+", REMOVED: "-", CHANGED: "~"}
_COLOUR = {"+": "\033[32m", "-": "\033[31m", "~": "\033[33m", "#": "\033[1m"}
_PLAIN = "\033[0m"

Line = tuple[str, int, str]
"""A sign (``#`` of a heading), how deep it stands, and what it says."""


def as_text(found: Difference | Comparison, *, colours: bool = False) -> str:
    """Return a difference as lines; nothing where there is none, as of ``diff``."""
    lines = _compared(found) if isinstance(found, Comparison) else _changed(found)
    return "".join(f"{_line(*line, colours=colours)}\n" for line in lines)


def _line(sign: str, depth: int, said: str, *, colours: bool) -> str:
    shown = printable(said)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    line = f"{'    ' * depth}{'' if sign == '#' else f'{sign} '}{shown}"
    return f"{_COLOUR[sign]}{line}{_PLAIN}" if colours and sign in _COLOUR else line


def _changed(found: Difference) -> Iterator[Line]:
    """Yield the lines of two documents' difference: of what is changed, each attribute."""
    for change in found.changes:
        yield _SIGN[change.what], 0, _called(change)
        for attribute in change.attributes if change.what == CHANGED else ():
            yield from (("-", 1, f"{attribute.key} = {value}") for value in attribute.before)
            yield from (("+", 1, f"{attribute.key} = {value}") for value in attribute.after)
    if not found.is_same:
        yield "#", 0, ", ".join(f"{n:,} {what}" for what, n in found.counts().items())


def _called(change: Change) -> str:
    about = f" ({change.about})" if change.about else ""
    bundle = f" in bundle {change.bundle}" if change.bundle else ""
    kind = "" if change.statement.startswith(f"{change.kind}(") else f"{change.kind} "
    return f"{kind}{change.statement}{about}{bundle}"


def _compared(found: Comparison) -> Iterator[Line]:
    """Yield the lines of two subjects' difference, a heading for each question."""
    if found.is_same:
        return
    for sign, subject in (("-", found.before), ("+", found.after)):
        uri = subject.about.get("uri", subject.identifier)
        yield sign, 0, f"{subject.label} ({uri})"
    for section in found.sections:
        yield "#", 0, section.text
        for point in section.points:
            yield _SIGN[point.what], 1, _said(point)


def _said(point: Point) -> str:
    """Say in words what is there, or what became of it."""
    if point.what == CHANGED:
        values = f"{point.before or '-'} -> {point.after or '-'}"
        return f"{point.name}: {values}" if point.name else values
    value = point.after if point.what == ADDED else point.before
    return ": ".join(part for part in (point.name, value) if part)


def as_json(found: Difference | Comparison) -> str:
    """Return all there is to say."""
    return json.dumps(found.to_dict(), ensure_ascii=False, indent=1) + "\n"


def as_markdown(found: Difference | Comparison) -> str:
    """Return a table of GitHub Flavored Markdown, or a sentence where nothing differs."""
    if found.is_same:
        return "No difference.\n"
    if isinstance(found, Comparison):
        columns: tuple[str, ...] = ("", "change", "what", found.before.label, found.after.label)
        rows = [
            (section.text if n == 0 else "", p.what, p.name, p.before or "", p.after or "")
            for section in found.sections
            for n, p in enumerate(section.points)
        ]
        return FORMATS["markdown"](Table(columns, list(rows)))
    columns = ("change", "statement", "attribute", "before", "after")
    listed = []
    for change in found.changes:
        head = (change.what, _called(change))
        cells = [
            (a.key, ", ".join(a.before), ", ".join(a.after))
            for a in (change.attributes if change.what == CHANGED else ())
        ] or [("", "", "")]
        listed += [(*(head if n == 0 else ("", "")), *cell) for n, cell in enumerate(cells)]
    return FORMATS["markdown"](Table(columns, list(listed)))


DIFFERENCES: dict[str, Callable[[Difference | Comparison], str]] = {
    "text": as_text,
    "coloured": partial(as_text, colours=True),
    "json": as_json,
    "markdown": as_markdown,
}
"""How a difference is asked for, and the function that renders it."""
