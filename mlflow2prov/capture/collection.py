"""The artifacts that are made or looked up in a thread or task, for those that collect them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_collectors: ContextVar[tuple[dict[str, Any], ...]] = ContextVar("collectors", default=())


@contextmanager
def collecting() -> Iterator[dict[str, Any]]:
    """Yield a dictionary, to which each artifact is added by its identifier until the context ends."""
    collector: dict[str, Any] = {}
    token = _collectors.set((*_collectors.get(), collector))
    try:
        yield collector
    finally:
        _collectors.reset(token)


def collect(artifact: Any) -> None:
    """Add an artifact, and the parts of a composite that is loaded, to all dictionaries of this thread or task."""
    for collector in _collectors.get():
        collector[artifact.id] = artifact
        # Parts that are still in the repository are added when they are looked up there.
        if artifact.record.composite and isinstance(artifact.record.value, dict):
            collector.update({part.id: part for part in artifact.record.value.values()})
