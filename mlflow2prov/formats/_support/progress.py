"""Progress of writing: writers report the statements that they have written to a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Writers have no parameter for it, and threads that write other documents have listeners of their own.
_listener: ContextVar[Callable[[int], None] | None] = ContextVar("listener", default=None)


@contextmanager
def progress_listener(listener: Callable[[int], None]) -> Iterator[None]:
    """Call ``listener`` with the number of newly written statements, within a block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report_progress(statements: int) -> None:
    """Report that ``statements`` more statements have been written."""
    if listener := _listener.get():
        listener(statements)
