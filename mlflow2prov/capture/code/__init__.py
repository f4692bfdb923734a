"""The identity of code: the name of a function, its source, and the functions and constants that it uses."""

from __future__ import annotations

from typing import Literal, get_args

from mlflow2prov.capture.code.dependencies import dependencies
from mlflow2prov.capture.code.names import (
    MAIN_MODULES,
    enclosed_constants,
    has_lasting_name,
    place,
    plain_function,
)
from mlflow2prov.capture.code.sources import function_identity, source_digest
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.errors import unknown_choice

__all__ = [
    "INVALIDATIONS",
    "MAIN_MODULES",
    "Invalidation",
    "check_invalidation",
    "dependencies",
    "enclosed_constants",
    "function_identity",
    "has_lasting_name",
    "place",
    "plain_function",
    "source_digest",
]

Invalidation = Literal["version", "source", "dependencies"]
"""The changes of code after which a result is computed again."""

INVALIDATIONS: tuple[str, ...] = get_args(Invalidation)


def check_invalidation(name: Invalidation) -> Invalidation:
    """Return one of the words for changes of code.

    Raises:
        InvalidOptionError: it is another word.
    """
    if name not in INVALIDATIONS:
        raise InvalidOptionError(unknown_choice("invalidate_on", name, INVALIDATIONS))
    return name
