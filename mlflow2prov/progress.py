"""Progress of long work: functions that receive it, and bars for terminals and notebooks."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module

from mlflow2prov.errors import ConfigurationError, MLflow2ProvError, one_line

Progress = Callable[[str, int, int | None], None]
"""A function that is called now and then with a phase ("commits"), the number of finished items, and their
total if it is known."""


def progress_of(progress: Progress | bool | None) -> AbstractContextManager[Progress | None]:
    """Return a context whose value receives progress: the given function, bars (True), or None."""
    if isinstance(progress, bool):
        return progress_bars() if progress else nullcontext()
    return nullcontext(None if progress is None else _foreign(progress))


def _foreign(progress: Progress) -> Progress:
    """Return a function of a caller, whose errors are reported as those of an argument."""

    def report_progress(phase: str, done: int, total: int | None) -> None:
        try:
            progress(phase, done, total)
        except MLflow2ProvError:
            raise
        except Exception as error:
            raise ConfigurationError(
                f"progress: the function raised {type(error).__name__} ({one_line(str(error))})"
            ) from error

    return report_progress


def progress_bars() -> AbstractContextManager[Progress | None]:
    """Return a context that shows a bar for each phase.

    The bars are in the output of a notebook's cell, or else on standard error. If that is not a terminal, there are
    none, and the value of the context is None.
    """
    if _is_notebook():
        return _notebook_bars()
    return _terminal_bars() if sys.stderr.isatty() else nullcontext()


def _is_notebook() -> bool:
    """Return whether a kernel of Jupyter executes this program, without importing IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


@contextmanager
def _notebook_bars() -> Iterator[Progress]:
    """Show the bars below a cell. They stay there, with the final counts."""
    # A kernel of Jupyter has IPython.
    ipython = import_module("IPython.display")
    phases: dict[str, tuple[int, int | None]] = {}
    output = ipython.display(_Html(""), display_id=True)

    def report_progress(phase: str, done: int, total: int | None) -> None:
        phases[phase] = done, total
        output.update(_Html("".join(_html_bar(*bar) for bar in phases.items())))

    yield report_progress


class _Html(str):
    """Text that a notebook shows as HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return self


def _html_bar(phase: str, counts: tuple[int, int | None]) -> str:
    done, total = counts
    name = html.escape(phase)
    if total is None:
        return f"<div>{name}: {done:,}</div>"
    bar = f'<progress value="{done}" max="{max(total, 1)}" aria-label="{name}"></progress>'
    return f"<div>{bar} {name}: {done:,} of {total:,}</div>"


@contextmanager
def _terminal_bars() -> Iterator[Progress]:
    """Show the bars on standard error, until the work ends."""
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

    class RateColumn(ProgressColumn):
        """Finished items per second."""

        def render(self, task: Task) -> Text:
            rate = task.finished_speed or task.speed
            return Text("" if rate is None else f"{rate:,.0f}/s")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report_progress(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield report_progress
