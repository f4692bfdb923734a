"""Modules that are imported when they are first used, for annotations that must not slow down a start."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyModule:
    """A module by its name, which is imported when one of its attributes is first used.

    It resolves the annotations of public functions (:func:`typing.get_type_hints`)::

        if TYPE_CHECKING:
            import pandas
        else:
            pandas = LazyModule("pandas")
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
