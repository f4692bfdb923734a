"""Statistics as text: one table, whatever the number of documents, so that CSV and JSON have one header."""

from __future__ import annotations

from collections.abc import Callable

from mlflow2prov.render.renderer import Formats, Renderer
from mlflow2prov.render.tables import concatenate, rows_to_json, to_csv
from mlflow2prov.table import Table


def _renderer(to_text: Callable[[Table], str]) -> Renderer[Table]:
    return lambda tables: to_text(concatenate(tables, "document"))


FORMATS: Formats[Table] = {
    "table": _renderer(Table.to_text),
    "csv": _renderer(to_csv),
    "json": _renderer(rows_to_json),
    "markdown": _renderer(Table.to_markdown),
}
"""The formats of statistics."""
