"""Tables of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Table:
    """A table of results: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[str | int, ...]]

    def to_pandas(self) -> pandas.DataFrame:
        """Return the table as a frame."""
        import pandas

        return pandas.DataFrame(self.rows, columns=list(self.columns))
