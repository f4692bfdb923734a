"""Differences as text: lines for a person, in colour if wanted; JSON for a program; Markdown for a report.

A :class:`~mlflow2prov.prov.difference.Difference` is between two documents, statement by statement. A
:class:`~mlflow2prov.analysis.comparison.Comparison` is between two versions, models or runs, question by question.
Both are rendered as lines that begin with ``+``, ``-`` or ``~`` for added, removed and changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlflow2prov.escaping import printable, truncate
from mlflow2prov.render.json_text import results_to_json
from mlflow2prov.render.renderer import Formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.comparison import Comparison, Point
    from mlflow2prov.prov.difference import Difference, StatementChange

MAX_LINE_LENGTH = 200
"""Longer lines are cut to this many characters, without sign and indentation."""

MAX_NAME_LENGTH = 60
MAX_VALUE_LENGTH = 64
"""The name and the two values of a changed point are cut to this many characters, so that a line has all three."""

MAX_CELL_LENGTH = 300
"""Longer names and values in tables are cut to this many characters."""

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_HEADING = ""
_COLORS = {"+": "\033[32m", "-": "\033[31m", "~": "\033[33m", _HEADING: "\033[1m"}
_RESET_COLOR = "\033[0m"


class Line(NamedTuple):
    """A line of a difference: its sign, empty for a heading; its level of indentation, from 0; its text."""

    sign: str
    level: int
    text: str


def plain_text(results: Sequence[Difference | Comparison]) -> str:
    """Return differences as lines without colours. Like ``diff``, print nothing where nothing differs."""
    return "".join(f"{_indent(line)}{_content(line)}\n" for line in _lines(results))


def colored_text(results: Sequence[Difference | Comparison]) -> str:
    """Return differences as lines in the colours of a terminal (ECMA-48, Select Graphic Rendition)."""
    return "".join(
        f"{_COLORS[line.sign]}{_indent(line)}{_content(line)}{_RESET_COLOR}\n"
        for line in _lines(results)
    )


def _indent(line: Line) -> str:
    return "    " * line.level


def _content(line: Line) -> str:
    text = truncate(printable(line.text), MAX_LINE_LENGTH)
    return f"{line.sign} {text}" if line.sign else text


def _lines(results: Sequence[Difference | Comparison]) -> Iterator[Line]:
    from mlflow2prov.analysis.comparison import Comparison

    for result in results:
        if isinstance(result, Comparison):
            yield from _comparison_lines(result)
        else:
            yield from _difference_lines(result)


def _difference_lines(difference: Difference) -> Iterator[Line]:
    """Yield a line for each statement, the attributes of changed statements below it, and the counts at the end."""
    for change in difference.changes:
        yield Line(_SIGNS[change.type], 0, _statement_text(change))
        for attribute in change.attributes if change.type == "changed" else ():
            yield from (Line("-", 1, f"{attribute.key} = {value}") for value in attribute.before)
            yield from (Line("+", 1, f"{attribute.key} = {value}") for value in attribute.after)
    if not difference.is_same:
        counts = (f"{count:,} {what}" for what, count in difference.counts().items())
        yield Line(_HEADING, 0, ", ".join(counts))


def _statement_text(change: StatementChange) -> str:
    """Return a statement as one line: its kind, its identifier or PROV-N, its type and label, its bundle."""
    label = f" ({change.description})" if change.description else ""
    bundle = f" in bundle {change.bundle}" if change.bundle else ""
    kind = "" if change.statement.startswith(f"{change.kind}(") else f"{change.kind} "
    return f"{kind}{change.statement}{label}{bundle}"


def _comparison_lines(comparison: Comparison) -> Iterator[Line]:
    """Yield the two subjects, then a heading for each section with its points below it."""
    if comparison.is_same:
        return
    for sign, subject in (("-", comparison.before), ("+", comparison.after)):
        uri = subject.about.get("uri", subject.identifier)
        yield Line(sign, 0, f"{subject.label} ({uri})")
    for section in comparison.sections:
        yield Line(_HEADING, 0, section.label)
        for point in section.points:
            yield Line(_SIGNS[point.type], 1, _point_text(point))


def _point_text(point: Point) -> str:
    """Return a point as ``name: value``, or ``name: before -> after`` if its value changed."""
    if point.type == "changed":
        before, after = differing_parts(point.before or "-", point.after or "-", MAX_VALUE_LENGTH)
        value: str | None = f"{before} -> {after}"
    else:
        value = point.after if point.type == "added" else point.before
    return ": ".join(part for part in (truncate(point.name, MAX_NAME_LENGTH), value) if part)


def differing_parts(before: str, after: str, max_length: int) -> tuple[str, str]:
    """Return two texts, each cut to ``max_length`` characters around their first difference."""
    if max(len(before), len(after)) <= max_length:
        return before, after
    shared = next(
        (n for n, (old, new) in enumerate(zip(before, after, strict=False)) if old != new),
        min(len(before), len(after)),
    )
    start = max(0, shared - max_length // 4)
    mark = "…" if start else ""
    return (
        truncate(mark + before[start + len(mark) :], max_length),
        truncate(mark + after[start + len(mark) :], max_length),
    )


def as_json(results: Sequence[Difference | Comparison]) -> str:
    """Return differences as JSON, with every attribute and value."""
    return results_to_json([result.to_dict() for result in results])


def as_markdown(results: Sequence[Difference | Comparison]) -> str:
    """Return a table of GitHub Flavored Markdown for each difference, or a sentence where nothing differs."""
    from mlflow2prov.analysis.comparison import Comparison

    texts = []
    for result in results:
        if result.is_same:
            texts.append("No difference.\n")
        elif isinstance(result, Comparison):
            texts.append(comparison_table(result).to_markdown())
        else:
            texts.append(difference_table(result).to_markdown())
    return "\n".join(texts)


def comparison_table(comparison: Comparison) -> Table:
    """Return a row for each point; only the first of a section repeats its name."""
    before, after = comparison.before.label, comparison.after.label
    rows = [
        (
            section.label if n == 0 else "",
            point.type,
            truncate(point.name, MAX_CELL_LENGTH),
            *differing_parts(point.before or "", point.after or "", MAX_CELL_LENGTH),
        )
        for section in comparison.sections
        for n, point in enumerate(section.points)
    ]
    return Table(("", "change", "what", before, after), list(rows))


def difference_table(difference: Difference) -> Table:
    """Return a row for each attribute of a changed statement, and one for every other statement."""
    rows: list[tuple[str, ...]] = []
    for change in difference.changes:
        attributes = change.attributes if change.type == "changed" else ()
        cells = [(a.key, ", ".join(a.before), ", ".join(a.after)) for a in attributes]
        for n, cell in enumerate(cells or [("", "", "")]):
            statement = (change.type, _statement_text(change)) if n == 0 else ("", "")
            rows.append((*statement, *cell))
    return Table(("change", "statement", "attribute", "before", "after"), list(rows))


FORMATS: Formats[Difference | Comparison] = {
    "text": plain_text,
    "json": as_json,
    "markdown": as_markdown,
}
"""The formats of differences; :func:`colored_text` is ``text`` for a terminal."""
