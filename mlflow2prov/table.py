"""The table that :func:`~mlflow2prov.analysis.statistics.statistics` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Table:
    """A small table of counts and labels: named columns and rows of text and integers.

    Every row has one cell for each column, in the order of ``columns``. Missing labels are ``-``.
    """

    columns: tuple[str, ...]
    rows: list[tuple[str | int, ...]]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with the same columns and rows and a default integer index."""
        import pandas

        return pandas.DataFrame(self.rows, columns=list(self.columns))
