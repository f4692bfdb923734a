"""What is said on standard error: one line at a time, without secrets or what a terminal would obey."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow2prov.progress import Progress
from mlflow2prov.render.escaping import printable
from mlflow2prov.secrets import mask_secrets

_LONGEST = 1000


def say(message: str) -> None:
    """Print a line on standard error."""
    print(f"mlflow2prov: {_harmless(message)[:_LONGEST]}", file=sys.stderr)


def complain(message: str, code: int, verbose: bool) -> int:
    """Print an error on standard error, with all there is to know if ``verbose``; returns ``code``."""
    if verbose:
        for line in traceback.format_exc().splitlines():
            indent = len(line) - len(line.lstrip())
            print(" " * indent + _harmless(line), file=sys.stderr)
    say(f"error: {message}")
    return code


def _harmless(message: str) -> str:
    return printable(mask_secrets(message))


def open_streams() -> None:
    """See to it that the standard streams are there; whoever closed one reads nothing, or is told nothing."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _closed.add(name)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


_closed: set[str] = set()


def is_output_closed() -> bool:
    """Return whether there was no standard output when the program began."""
    return "stdout" in _closed


def abandon_output() -> None:
    """Print nothing more, not even what is still held back."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def progress_bars() -> Iterator[Progress | None]:
    """Show how far each phase has come, where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            rate = task.finished_speed or task.speed
            return Text("" if rate is None else f"{rate:,.0f}/s")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield report
