"""Git processes that wait for ever: for a FIFO, or for a file system that does not answer."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from subprocess import Popen
from typing import IO

MAX_IDLE_SECONDS = 30.0
"""How long git may sleep, without computing and without output, before it is ended."""

MAX_SILENT_SECONDS = 900.0
"""How long git may be without output where the system does not show whether it sleeps."""

CHECK_SECONDS = 0.5
"""How often a process is examined."""


class IdleTimer:
    """How long a process has been idle.

    On Linux, a process is idle while it sleeps and uses no processor time (proc(5)); one that waits for a disk does not
    sleep. Elsewhere, it is idle while it writes nothing.

    Args:
        process: the process.
        output: its output, if another thread reads it. A process whose output waits to be read is not idle.
    """

    def __init__(self, process: Popen[bytes], output: IO[bytes] | None = None) -> None:
        self._process = process
        self._output = output
        self._cpu_time: str | None = None
        self._start = time.monotonic()

    def is_expired(self) -> bool:
        """Examine the process, and return whether it has been idle for too long. Call it regularly."""
        state, cpu_time = _state(self._process.pid)
        is_idle = state in ("S", "") and cpu_time == self._cpu_time
        self._cpu_time = cpu_time
        if not is_idle or _unread_bytes(self._output):
            self._start = time.monotonic()
            return False
        limit = MAX_IDLE_SECONDS if state else MAX_SILENT_SECONDS
        return time.monotonic() - self._start > limit


def _state(pid: int) -> tuple[str, str]:
    """Return the state of a process and its processor time; two empty texts if the system does not show them."""
    try:
        # The name of the program, in parentheses, may contain spaces.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], " ".join(fields[11:13])


def _unread_bytes(pipe: IO[bytes] | None) -> int:
    """Return how many bytes wait in a pipe (Linux: pipe(7), FIONREAD)."""
    if pipe is None:
        return 0
    try:
        import fcntl
        import termios

        count = fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0\0\0\0")
    except (ImportError, AttributeError, OSError, ValueError):
        return 0
    return int.from_bytes(count, sys.byteorder)
