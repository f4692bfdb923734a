"""Tables for a terminal: no wider than its lines, with short hashes and times, and in bold and colour.

Everything is cut only for people who look at it: other formats, pipes and files have the full values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlflow2prov.table import Table, display_width

MIN_COLUMN_WIDTH = 12
"""No column is cut to fewer characters than this."""

_HASH = re.compile(r"\b([0-9a-f]{12})(?:[0-9a-f]{28}|[0-9a-f]{52})\b")
_TIME = re.compile(
    r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?(?:\.\d+)?(Z|\+00:00|[+-]\d\d:\d\d)(?!\d)"
)

_BOLD = "\033[1m"
_COLORS = {
    "error": "\033[31m",
    "failed": "\033[31m",
    "warning": "\033[33m",
    "unknown": "\033[33m",
    "deleted": "\033[33m",
    "note": "\033[36m",
    "none": "\033[2m",
    "not recorded": "\033[2m",
}
"""The colours of cells that are one of these words (ECMA-48, Select Graphic Rendition)."""
_RESET = "\033[0m"


def to_terminal(table: Table, width: int | None, *, color: bool) -> str:
    """Return ``table`` in lines of at most ``width`` columns, as far as :data:`MIN_COLUMN_WIDTH` allows.

    Args:
        table: the table.
        width: the number of columns of the terminal; None leaves the cells as they are.
        color: whether to print the heading in bold and some words in colour.
    """
    if width is not None:
        table = Table(table.columns, [tuple(map(_short, row)) for row in table.rows])
        table = Table(table.columns, _cut_rows(table, width))
    text = table.to_text()
    return _colored(text, table) if color else text


def _short(cell: str | int) -> str | int:
    """Return a cell with 12 digits of each hash of Git or SHA-256, and with times to the minute."""
    if isinstance(cell, int):
        return cell
    return _TIME.sub(_short_time, _HASH.sub(r"\1", cell))


def _short_time(match: re.Match[str]) -> str:
    date, time, zone = match.groups()
    return f"{date} {time}{'Z' if zone in ('Z', '+00:00') else zone}"


def _cut_rows(table: Table, width: int) -> list[tuple[str | int, ...]]:
    """Return the rows with cells cut so that a line fits."""
    widths = [
        max([display_width(name), *(_cell_width(row[n]) for row in table.rows)])
        for n, name in enumerate(table.columns)
    ]
    limits = column_widths(widths, width - 2 * (len(widths) - 1))
    return [
        tuple(_cut(cell, limit) for cell, limit in zip(row, limits, strict=True))
        for row in table.rows
    ]


def _cell_width(cell: str | int) -> int:
    return len(f"{cell:,}") if isinstance(cell, int) else display_width(cell)


def column_widths(widths: Sequence[int], total: int) -> list[int]:
    """Return widths whose sum is at most ``total``: the widest columns are narrowed, to the same width.

    >>> column_widths([5, 40, 60], 80), column_widths([5, 40, 90], 65)
    ([5, 37, 38], [5, 30, 30])
    """
    limits = list(widths)
    while sum(limits) > total:
        widest = max(limits)
        if widest <= MIN_COLUMN_WIDTH:
            break
        candidates = [n for n, limit in enumerate(limits) if limit == widest]
        narrower = max([limit for limit in limits if limit < widest], default=MIN_COLUMN_WIDTH)
        excess = sum(limits) - total
        step = max(1, min(widest - max(narrower, MIN_COLUMN_WIDTH), excess // len(candidates)))
        for n in candidates if excess >= step * len(candidates) else candidates[:excess]:
            limits[n] = widest - step
    return limits


def _cut(cell: str | int, limit: int) -> str | int:
    """Return a cell of at most ``limit`` columns, with an ellipsis as the last if it is longer."""
    if isinstance(cell, int) or display_width(cell) <= limit:
        return cell
    width, characters = 1, []
    for character in cell:
        width += display_width(character)
        if width > limit:
            break
        characters.append(character)
    return f"{''.join(characters)}…"


def _colored(text: str, table: Table) -> str:
    """Return the text of a table with its heading in bold and some words in colour."""
    heading, rule, *lines = text.splitlines()
    colored = [_color_words(line, row) for line, row in zip(lines, table.rows, strict=True)]
    return "\n".join([f"{_BOLD}{heading}{_RESET}", rule, *colored]) + "\n"


def _color_words(line: str, row: Sequence[str | int]) -> str:
    for cell in row:
        if cell in _COLORS:
            # A cell is a word between gaps of two spaces.
            pattern = rf"(?<![^ ]){re.escape(str(cell))}(?![^ ])"
            return re.sub(pattern, f"{_COLORS[str(cell)]}{cell}{_RESET}", line, count=1)
    return line
