"""Calls of database drivers, which wait for a server without a limit of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


def run_within(seconds: float, function: Callable[[], _Result]) -> _Result:
    """Return the result of a function that cannot be interrupted.

    After ``seconds`` the function is abandoned, in a thread that does not outlive the program.

    Raises:
        TimeoutError: the function has not returned within ``seconds``.
    """
    result: Future[_Result] = Future()

    def run() -> None:
        try:
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001  (the caller raises it)
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(timeout=seconds)
