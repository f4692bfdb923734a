"""Standard error and standard output: one line per message, without secrets or control characters.

On a terminal, a line is ``mlflow2prov: <message>``. Elsewhere it begins with the time (UTC), unless it is an error,
which scripts show to people as it is. ``--log-format json`` prints each message as an object in a line.

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
from typing import Literal, get_args

from mlflow2prov.progress import Progress

MAX_LINE_LENGTH = 1000

LOG_SECONDS = 10
"""The seconds between two lines about the progress of a phase."""

LogFormat = Literal["text", "json"]
LOG_FORMATS: tuple[LogFormat, ...] = get_args(LogFormat)

Level = Literal["debug", "info", "notice", "warning", "error"]
"""How severe a message is, as in syslog. Only ``--verbose`` asks for ``debug``."""

_PREFIXES: dict[Level, str] = {"notice": "note: ", "warning": "warning: ", "error": "error: "}

RUNNER_VARIABLES = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""The environment variables of CI systems that execute commands in the output of a program."""

_missing_streams: set[str] = set()
_log_format: LogFormat = "text"


def use_log_format(name: LogFormat) -> None:
    """Print the messages that follow in a format."""
    global _log_format
    _log_format = name


def is_log_for_people() -> bool:
    """Return whether standard error is a terminal, and messages are text."""
    return sys.stderr.isatty() and _log_format == "text"


def log_line(message: str, level: Level = "info") -> None:
    """Print a message as one line on standard error, unless that is full or closed: no work is lost for a message."""
    text = _safe(message)[:MAX_LINE_LENGTH]
    line = _json_line(text, level) if _log_format == "json" else _text_line(text, level)
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr)


def _text_line(text: str, level: Level) -> str:
    time = "" if level == "error" or sys.stderr.isatty() else f"{_now()} "
    return f"{time}mlflow2prov: {_PREFIXES.get(level, '')}{text}"


def _json_line(text: str, level: Level) -> str:
    import json

    return json.dumps({"time": _now(), "level": level, "message": text})


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def log_detail(message: str) -> None:
    """Print a message that only ``--verbose`` asks for."""
    log_line(message, "debug")


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
            if _log_format == "json":
                log_detail(line)
                continue
            indent = len(line) - len(line.lstrip())
            print(" " * indent + _safe(line), file=sys.stderr)
    log_line(message, "error")


def _safe(message: str) -> str:
    from mlflow2prov.escaping import printable
    from mlflow2prov.secrets import mask_secrets

    return for_people(printable(mask_secrets(message)))


def for_people(text: str) -> str:
    """Return text that is printed for people; in CI systems, without commands to the system."""
    if not any(map(os.environ.get, RUNNER_VARIABLES)):
        return text
    from mlflow2prov.escaping import without_workflow_commands

    return without_workflow_commands(text)


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
