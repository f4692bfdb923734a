"""Lists as text: full values, and for a terminal short ids, which selectors accept, times and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from mlflow2prov.render.renderer import Formats, Renderer
from mlflow2prov.render.tables import concatenate, rows_to_json, to_csv
from mlflow2prov.table import Cell, Table

HASH_LENGTH = 8
"""The number of characters of a hash or an id for a person, which selectors accept."""

MAX_CELL_LENGTH = 60

_RUN_URI = re.compile(r"runs:/([0-9a-f]{32})")
_HASH = re.compile(r"(?<![0-9a-f])([0-9a-f]{32,64})(?![0-9a-f])")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\S*")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


def short(table: Table) -> Table:
    """Return a list for a terminal."""
    return replace(table, rows=[tuple(map(_short_cell, row)) for row in table.rows])


def _short_cell(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    if time := _TIME.fullmatch(cell):
        return f"{time[1]} {time[2]}"
    if _NUMBER.fullmatch(cell):
        return f"{float(cell):.4g}"
    if run := _RUN_URI.fullmatch(cell):
        return f"Run:{run[1][:HASH_LENGTH]}"
    text = _HASH.sub(lambda match: match[1][:HASH_LENGTH], cell)
    return text if len(text) <= MAX_CELL_LENGTH else f"{text[: MAX_CELL_LENGTH - 1]}…"


def _renderer(to_text: Callable[[Table], str]) -> Renderer[Table]:
    return lambda tables: to_text(concatenate(tables, "document"))


def _to_text(table: Table) -> str:
    return table.to_text() if table.rows else "nothing of this kind\n"


FORMATS: Formats[Table] = {
    "table": _renderer(_to_text),
    "csv": _renderer(to_csv),
    "json": _renderer(rows_to_json),
    "markdown": _renderer(Table.to_markdown),
}
"""The formats of lists."""
