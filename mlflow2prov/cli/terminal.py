"""What is said on standard error: one line at a time, and nothing that a terminal would obey."""

from __future__ import annotations

import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LONGEST = 1000


def printable(message: str) -> str:
    """Return ``message`` as one line, without control or formatting characters."""
    line = " ".join(message.split())
    return "".join(c if unicodedata.category(c)[0] != "C" else "\ufffd" for c in line)[:_LONGEST]


def say(message: str) -> None:
    """Print a line on standard error."""
    print(f"mlflow2prov: {printable(message)}", file=sys.stderr)


def complain(message: str, code: int, verbose: bool) -> int:
    """Print an error on standard error, with all there is to know if ``verbose``; returns ``code``."""
    if verbose:
        traceback.print_exc()
    say(f"error: {message}")
    return code


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Show how far each phase has come, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield report
