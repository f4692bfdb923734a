"""The recorded calls, as a list and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, overload

from mlflow2prov.capture.configuration import find_repo
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.records import CALL_FIELDS, Call
from mlflow2prov.errors import unknown_choice
from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import pandas
else:
    pandas = LazyModule("pandas")


class Calls(Sequence[Call]):
    """Recorded calls, in order of time.

    Args:
        calls: the calls.
    """

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> Call | Calls:
        if isinstance(index, slice):
            return Calls(self._calls[index])
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __repr__(self) -> str:
        return f"<{len(self):,} calls>"

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return each call as a dictionary."""
        return [asdict(call) for call in self._calls]

    def to_pandas(self) -> pandas.DataFrame:
        """Return one row per call, with the arguments as dictionaries by name."""
        rows = self.to_dicts()
        for row in rows:
            row["arguments"] = {item["name"]: item["value"] for item in row["arguments"]}
        table = pandas.DataFrame(rows, columns=list(CALL_FIELDS))
        # Without these types, numbers beside missing ones become floating-point numbers.
        return table.astype({"source_line": "Int64", "seed": "Int64"})


def calls(repo: Any = None, **criteria: Any) -> Calls:
    """Return the recorded calls.

    Args:
        repo: the repository, or its name; the default one if none is given.
        **criteria: values that attributes of the calls must have, such as ``name="train.fit"`` or ``status="FAILED"``.

    Raises:
        InvalidOptionError: a call has no such attribute.
    """
    for name in criteria:
        if name not in CALL_FIELDS:
            raise InvalidOptionError(unknown_choice("attribute", name, CALL_FIELDS))
    return Calls(find_repo(repo).calls(**criteria))
