"""Tables, and the results that notebooks show as tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mlflow2prov
from mlflow2prov.escaping import html, markdown, printable
from mlflow2prov.lazy_module import LazyModule
from mlflow2prov.quantity import quantity

if TYPE_CHECKING:
    import pandas
else:
    pandas = LazyModule("pandas")

Cell = str | int

MAX_HTML_ROWS = 200
"""Notebooks show this many rows of a table."""


@dataclass(frozen=True, repr=False)
class Table:
    """A small table of counts and labels: named columns and rows of text and integers.

    Every row has one cell for each column, in the order of ``columns``. Missing labels are ``-``. Notebooks show the
    table itself.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str | int, ...]]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with the same columns and rows and a default integer index."""
        return pandas.DataFrame(self.rows, columns=list(self.columns))

    def to_text(self) -> str:
        """Return the table in columns of equal width, numbers to the right."""
        rows = [
            tuple(f"{cell:,}" if isinstance(cell, int) else printable(cell) for cell in row)
            for row in self.rows
        ]
        columns = range(len(self.columns))
        widths = [max(display_width(row[n]) for row in [self.columns, *rows]) for n in columns]
        is_number = [all(isinstance(row[n], int) for row in self.rows) for n in columns]

        def line(cells: tuple[str, ...]) -> str:
            padded_cells = []
            for cell, width, align_right in zip(cells, widths, is_number, strict=True):
                padding = " " * (width - display_width(cell))
                padded_cells.append(padding + cell if align_right else cell + padding)
            return "  ".join(padded_cells).rstrip()

        rule = tuple("-" * width for width in widths)
        return "\n".join(line(cells) for cells in [self.columns, rule, *rows]) + "\n"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Table of {quantity(len(self.rows), 'row')}: {', '.join(self.columns)}>"

    def to_markdown(self) -> str:
        """Return a table of GitHub Flavored Markdown whose cells are plain text."""

        def line(cells: Sequence[Cell]) -> str:
            return f"| {' | '.join(markdown(str(cell)) for cell in cells)} |"

        rule = "| " + " | ".join("---" for _ in self.columns) + " |"
        return "\n".join([line(self.columns), rule, *map(line, self.rows)]) + "\n"

    def to_html(self) -> str:
        """Return a table of HTML whose cells are plain text. It has the first :data:`MAX_HTML_ROWS` rows."""
        head = "".join(f'<th style="text-align: left">{html(name)}</th>' for name in self.columns)
        body = "".join(
            f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in self.rows[:MAX_HTML_ROWS]
        )
        more = len(self.rows) - MAX_HTML_ROWS
        note = f"<p>and {more:,} more rows</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _repr_html_(self) -> str:
        return self.to_html()


def display_width(text: str) -> int:
    """Return the number of terminal columns that ``text`` takes (Unicode Standard Annex 11)."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
        if unicodedata.category(c) not in ("Mn", "Me")
    )


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f'<td style="text-align: right">{cell:,}</td>'
    return f'<td style="text-align: left">{html(cell)}</td>'


class Tabular:
    """A result that has a table, which notebooks show below its ``repr``."""

    def to_table(self) -> Table:
        """Return the result as a table for people; ``to_dict``, where there is one, has all details."""
        return mlflow2prov.to_table(self)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the table of the result as a data frame."""
        return self.to_table().to_pandas()

    def to_markdown(self) -> str:
        """Return the table of the result as GitHub Flavored Markdown."""
        return self.to_table().to_markdown()

    def __str__(self) -> str:
        return f"{self!r}\n{self.to_table()}"

    def _repr_html_(self) -> str:
        table = self.to_table()
        return f"<p>{html(repr(self))}</p>{table.to_html() if table.rows else ''}"
