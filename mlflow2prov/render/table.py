"""Tables as text: for a terminal, for a spreadsheet, for a program, for a report."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlflow2prov.render.escaping import markdown, printable

if TYPE_CHECKING:
    from mlflow2prov.table import Table

# What a spreadsheet takes for the beginning of a formula, in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _aligned(table: Table) -> str:
    rows = [tuple(f"{v:,}" if isinstance(v, int) else printable(v) for v in r) for r in table.rows]
    widths = [
        max(_width(row[n]) for row in [table.columns, *rows]) for n in range(len(table.columns))
    ]
    is_number = [all(isinstance(row[n], int) for row in table.rows) for n in range(len(widths))]

    def line(cells: tuple[str, ...]) -> str:
        padded = []
        for cell, width, right in zip(cells, widths, is_number, strict=True):
            space = " " * (width - _width(cell))
            padded.append(space + cell if right else cell + space)
        return "  ".join(padded).rstrip()

    rule = tuple("-" * width for width in widths)
    return "\n".join(line(cells) for cells in [table.columns, rule, *rows]) + "\n"


def _width(cell: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode Standard Annex 11)."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in cell
        if unicodedata.category(c) not in ("Mn", "Me")
    )


def _csv(table: Table) -> str:
    """RFC 4180; a cell that a spreadsheet would compute begins with an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_no_formula(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def _no_formula(cell: str | int) -> str | int:
    # A dash alone stands for nothing, and computes to nothing.
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA) and cell != "-"
    return f"'{cell}" if is_formula else cell


def _json(table: Table) -> str:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _markdown(table: Table) -> str:
    """A table of GitHub Flavored Markdown, its cells plain text."""

    def line(cells: tuple[str | int, ...]) -> str:
        return f"| {' | '.join(_cell(cell) for cell in cells)} |"

    rule = "| " + " | ".join("---" for _ in table.columns) + " |"
    return "\n".join([line(table.columns), rule, *map(line, table.rows)]) + "\n"


def _cell(cell: str | int) -> str:
    return markdown(str(cell))


FORMATS: dict[str, Callable[[Table], str]] = {
    "table": _aligned,
    "csv": _csv,
    "json": _json,
    "markdown": _markdown,
}
"""How a table is asked for, and the function that renders it."""
