"""Tables as text: aligned for a terminal, CSV for a spreadsheet, JSON for a program, Markdown for a report."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

from mlflow2prov.render.escaping import markdown, printable, without_controls
from mlflow2prov.render.json_text import to_json
from mlflow2prov.table import Table

Cell = str | int

# The characters that begin a formula in a spreadsheet, also in their full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def aligned(table: Table) -> str:
    """Return ``table`` in columns of equal width, numbers to the right."""
    rows = [
        tuple(f"{cell:,}" if isinstance(cell, int) else printable(cell) for cell in row)
        for row in table.rows
    ]
    columns = range(len(table.columns))
    widths = [max(_display_width(row[n]) for row in [table.columns, *rows]) for n in columns]
    is_number = [all(isinstance(row[n], int) for row in table.rows) for n in columns]

    def line(cells: tuple[str, ...]) -> str:
        padded_cells = []
        for cell, width, align_right in zip(cells, widths, is_number, strict=True):
            padding = " " * (width - _display_width(cell))
            padded_cells.append(padding + cell if align_right else cell + padding)
        return "  ".join(padded_cells).rstrip()

    rule = tuple("-" * width for width in widths)
    return "\n".join(line(cells) for cells in [table.columns, rule, *rows]) + "\n"


def _display_width(text: str) -> int:
    """Return the number of terminal columns that ``text`` takes (Unicode Standard Annex 11)."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
        if unicodedata.category(c) not in ("Mn", "Me")
    )


def to_csv(table: Table) -> str:
    """Return ``table`` as CSV (RFC 4180) without control characters.

    Cells that a spreadsheet would evaluate begin with an apostrophe.
    """
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def _csv_cell(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = without_controls(cell)
    # Some spreadsheets ignore spaces before a formula. A dash alone marks a missing label.
    is_formula = text.lstrip().startswith(_FORMULA_STARTS) and text != "-"
    return f"'{text}" if is_formula else text


def rows_to_json(table: Table) -> str:
    """Return ``table`` as a JSON array with an object for each row."""
    return to_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])


def to_markdown(table: Table) -> str:
    """Return ``table`` as a table of GitHub Flavored Markdown whose cells are plain text."""

    def line(cells: Sequence[Cell]) -> str:
        return f"| {' | '.join(markdown(str(cell)) for cell in cells)} |"

    rule = "| " + " | ".join("---" for _ in table.columns) + " |"
    return "\n".join([line(table.columns), rule, *map(line, table.rows)]) + "\n"


def concatenate(tables: Sequence[Table], number_column: str) -> Table:
    """Return the rows of all tables as one table.

    If there are several tables, a first column ``number_column`` has the number of each row's table, from 1.
    """
    if len(tables) == 1:
        return tables[0]
    rows = [(number, *row) for number, table in enumerate(tables, start=1) for row in table.rows]
    columns = tables[0].columns if tables else ()
    return Table((number_column, *columns), rows)
