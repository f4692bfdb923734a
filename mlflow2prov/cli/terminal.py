"""Standard error and standard output: one line per message, without secrets or control characters.

Every run of the program imports this module, and few of them print a message. What a message needs is therefore
imported when there is one.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from datetime import UTC, datetime
from time import monotonic

from mlflow2prov.progress import Progress

MAX_LINE_LENGTH = 1000

LOG_SECONDS = 10
"""The seconds between two lines about the progress of a phase."""

_missing_streams: set[str] = set()


def log_line(message: str) -> None:
    """Print a message as one line on standard error, unless that is full or closed: no work is lost for a message."""
    with contextlib.suppress(OSError):
        print(f"mlflow2prov: {_safe(message)[:MAX_LINE_LENGTH]}", file=sys.stderr)


def log_detail(message: str) -> None:
    """Print a message that only ``--verbose`` asks for: with the time (UTC) if standard error is not a terminal."""
    time = "" if sys.stderr.isatty() else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} "
    log_line(f"{time}{message}")


def log_progress() -> Progress:
    """Return a function that prints the progress of each phase as a line, at most one in :data:`LOG_SECONDS`."""
    latest: dict[str, float] = {}

    def report_progress(phase: str, done: int, total: int | None) -> None:
        now = monotonic()
        if now - latest.get(phase, -LOG_SECONDS) >= LOG_SECONDS or done == total:
            latest[phase] = now
            log_detail(f"{phase}: {done:,}{'' if total is None else f' of {total:,}'}")

    return report_progress


def print_error(message: str, *, verbose: bool) -> None:
    """Print an error on standard error, after the traceback of the current exception if ``verbose``."""
    if verbose:
        import traceback

        for line in traceback.format_exc().splitlines():
            indent = len(line) - len(line.lstrip())
            print(" " * indent + _safe(line), file=sys.stderr)
    log_line(f"error: {message}")


def _safe(message: str) -> str:
    from mlflow2prov.escaping import printable
    from mlflow2prov.secrets import mask_secrets

    return printable(mask_secrets(message))


def open_missing_streams() -> None:
    """Replace standard streams that were closed by the null device, so that reading and printing work."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _missing_streams.add(name)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def is_output_closed() -> bool:
    """Return whether standard output was closed when the program began."""
    return "stdout" in _missing_streams


def abandon_output() -> None:
    """Discard everything that is printed from now on, and all that is still buffered."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):
        null_device = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null_device, sys.stdout.fileno())
        os.close(null_device)
