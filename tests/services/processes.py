"""Server processes: started, polled until they answer, and ended by the id of their process group."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.25
_STOP_SECONDS = 60
_MAX_LOG_CHARACTERS = 2000


@contextmanager
def run_server(
    command: list[str],
    folder: Path,
    ping: Callable[[], object],
    not_ready: type[Exception] | tuple[type[Exception], ...],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    seconds: float = 60,
    account: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in ``folder``, and yield its process as soon as the server answers.

    Args:
        command: the program and its arguments.
        folder: the working folder, which takes the log.
        ping: sends a request to the server.
        not_ready: the errors that ``ping`` raises until the server is ready.
        stop_signal: the signal that ends the server and its workers.
        seconds: how long the server may take to start.
        account: the user and groups of the process, as arguments of ``subprocess.Popen``.
        environment: the environment of the process.
    """
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, env=environment, **(account or {}),
        )  # fmt: skip
    try:
        for _ in range(int(seconds / _POLL_SECONDS)):
            try:
                ping()
                break
            except not_ready:
                if server.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended: {_tail(log)}") from None
                time.sleep(_POLL_SECONDS)
        else:
            raise RuntimeError(f"{command[0]} does not start: {_tail(log)}")
        yield server
    finally:
        # The server is the leader of a process group, to which its workers belong.
        if server.poll() is None:
            os.killpg(server.pid, stop_signal)
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_MAX_LOG_CHARACTERS:]
