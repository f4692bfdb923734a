"""Formats of results that a person reads as a table and a program as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from mlflow2prov.render.json_text import results_to_json
from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.tables import concatenate, to_csv
from mlflow2prov.table import Table


class JsonResult(Protocol):
    """A result that has a JSON form of its own."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""


R = TypeVar("R", bound=JsonResult)


def tabular_formats(
    to_table: Callable[[R], Table], *, empty: Callable[[R], str] | None = None
) -> Formats[R]:
    """Return the formats of results that ``to_table`` turns into tables.

    A person reads the sentence that ``empty`` returns, if it is given, in place of a table without rows.

    Several results are one CSV file whose first column ``number`` numbers the results, one JSON array, or tables
    with an empty line between them.
    """

    def as_table(results: Sequence[R]) -> str:
        return "\n".join(_text(result, Table.to_text) for result in results)

    def as_csv(results: Sequence[R]) -> str:
        return to_csv(concatenate([to_table(result) for result in results], "number"))

    def as_json(results: Sequence[R]) -> str:
        return results_to_json([result.to_dict() for result in results])

    def as_markdown(results: Sequence[R]) -> str:
        return "\n".join(_text(result, Table.to_markdown) for result in results)

    def _text(result: R, render: Callable[[Table], str]) -> str:
        table = to_table(result)
        return render(table) if table.rows or empty is None else f"{empty(result)}\n"

    return {"table": as_table, "csv": as_csv, "json": as_json, "markdown": as_markdown}
