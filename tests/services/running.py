"""A server of this machine: started, greeted until it answers, ended by its process id."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PAUSE_SECONDS = 0.25
_END_SECONDS = 60
_SHOWN = 2000


@contextmanager
def running(
    command: list[str],
    folder: Path,
    greet: Callable[[], object],
    refusal: type[Exception] | tuple[type[Exception], ...],
    *,
    end: signal.Signals = signal.SIGTERM,
    seconds: float = 60,
    account: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in ``folder``, from when it answers a greeting without a ``refusal`` on.

    Args:
        seconds: how long it may take to come up.
        account: whom it runs as, in the words of ``subprocess``.
    """
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, env=environment, **(account or {}),
        )  # fmt: skip
    try:
        for _ in range(int(seconds / _PAUSE_SECONDS)):
            try:
                greet()
                break
            except refusal:
                if server.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended: {_end_of(log)}") from None
                time.sleep(_PAUSE_SECONDS)
        else:
            raise RuntimeError(f"{command[0]} does not come up: {_end_of(log)}")
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(end)
        try:
            server.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-_SHOWN:]
