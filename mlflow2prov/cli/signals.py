"""Being stopped: by Ctrl-C or by a signal, with nothing left behind."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_stopped_by: list[int] = []


def clear_up_when_stopped() -> None:
    """Have the signals that end programs end this one as an exit does, its temporary files removed."""
    _stopped_by.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, _leave)
    for name in ("SIGTERM", "SIGHUP"):
        # Not on every system; and whoever ignores one, as nohup does, means it.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)


def exit_code() -> int | None:
    """Return the exit code of a program that was told to stop, if this one was."""
    return 128 + _stopped_by[0] if _stopped_by else None


def _leave(number: int, _: FrameType | None) -> None:
    _stopped_by.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
