"""What would differ if a call was repeated today, as a table for a person, or JSON for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.tabular import tabular_formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.capture import RerunCheck


def _table(check: RerunCheck) -> Table:
    columns = ("what", "recorded", "present")
    return Table(columns, [(c.what, c.recorded, c.present) for c in check.changes])


FORMATS: Formats[RerunCheck] = tabular_formats(_table, empty=lambda _: "nothing would differ")
