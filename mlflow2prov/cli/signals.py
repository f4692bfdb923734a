"""Signals that end the program: temporary files are removed before it exits."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

_signals: list[int] = []


def exit_cleanly_on_signals() -> None:
    """Make SIGINT, SIGTERM and SIGHUP raise an exception, so that ``finally`` blocks and exit handlers run."""
    _signals.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, _raise_exit)
    for name in ("SIGTERM", "SIGHUP"):
        # Windows has no SIGHUP. A signal that is ignored, as under nohup, stays ignored.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise_exit)


def signal_exit_code() -> int | None:
    """Return the exit code of a program that was stopped by a signal, or None if there was no signal."""
    return 128 + _signals[0] if _signals else None


def _raise_exit(number: int, _: FrameType | None) -> None:
    _signals.append(number)
    # Without the engine, which most commands import late, there is no query to stop.
    if stop_queries := getattr(sys.modules.get("mlflow2prov.engine"), "interrupt", None):
        stop_queries()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
