"""Impacts as text: a table with a row for each run, model and version, or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow2prov.escaping import truncate
from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.tabular import tabular_formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.impact import Impact

MAX_NAME_LENGTH = 100
"""Longer names are cut to this many characters."""


def to_table(impact: Impact) -> Table:
    """Return an impact as a table.

    ``through`` is ``history`` where only a later commit or revision leads there, with ``inferred`` where only probable
    relations do.
    """
    rows = [
        (
            entry.type,
            truncate(entry.item.label, MAX_NAME_LENGTH),
            entry.item.about.get("uri", ""),
            ("history" if entry.through_history else "itself")
            + (", inferred" if entry.is_inferred else ""),
        )
        for entry in impact.reached
    ]
    return Table(("type", "name", "uri", "through"), list(rows))


FORMATS: Formats[Impact] = tabular_formats(
    to_table, empty=lambda _: "no run, model or version was influenced"
)
"""The formats of impacts."""
