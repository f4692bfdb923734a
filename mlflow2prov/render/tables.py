"""Tables as CSV for a spreadsheet and as JSON for a program, and several tables as one."""

from __future__ import annotations

import io
from collections.abc import Sequence

from mlflow2prov.escaping import without_controls
from mlflow2prov.render.json_text import to_json
from mlflow2prov.table import Cell, Table

# The characters that begin a formula in a spreadsheet, also in their full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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


def concatenate(tables: Sequence[Table], number_column: str) -> Table:
    """Return the rows of all tables as one table.

    If there are several tables, a first column ``number_column`` has the number of each row's table, from 1.
    """
    if len(tables) == 1:
        return tables[0]
    rows = [(number, *row) for number, table in enumerate(tables, start=1) for row in table.rows]
    columns = tables[0].columns if tables else ()
    return Table((number_column, *columns), rows)
