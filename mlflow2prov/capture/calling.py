"""How captured functions and coroutines are called: look up, claim, look up again, compute, store."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from mlflow2prov.capture import recording
from mlflow2prov.capture.execution import Execution, claimed
from mlflow2prov.capture.locks import Claim, pauses


def call_synchronously(execution: Execution) -> Any:
    """Return the result of a call, looked up or computed."""
    result = execution.look_up()
    if result is not None:
        return result
    claim = execution.claim
    if claim is not None and not claim.acquire(execution.max_wait):
        claim = None
    try:
        if claim is not None and (result := execution.look_up()) is not None:
            return result
        with running(execution, claim is not None):
            started = time.perf_counter()
            value = execution.run()
            duration = time.perf_counter() - started
        return execution.store(value, duration)
    finally:
        if claim is not None:
            claim.release()


async def call_asynchronously(execution: Execution) -> Any:
    """Return the result of a call of a coroutine function, looked up or computed."""
    result = execution.look_up()
    if result is not None:
        return result
    claim = execution.claim
    if claim is not None and not await _acquire(claim, execution.max_wait):
        claim = None
    try:
        if claim is not None and (result := execution.look_up()) is not None:
            return result
        with running(execution, claim is not None):
            started = time.perf_counter()
            value = await execution.run()
            duration = time.perf_counter() - started
        return execution.store(value, duration)
    finally:
        if claim is not None:
            claim.release()


async def _acquire(claim: Claim, timeout: float | None) -> bool:
    """Wait for a claim without blocking the other tasks of the thread."""
    import asyncio

    end = None if timeout is None else time.monotonic() + timeout
    for pause in pauses():
        if claim.try_acquire():
            return True
        if end is not None and time.monotonic() >= end:
            return False
        await asyncio.sleep(pause)
    raise AssertionError


class running:  # noqa: N801 - a context manager, used as a function
    """The time in which the function of a call runs: nested calls refer to it, and an exception is its outcome.

    Args:
        execution: the call.
        is_claimed: whether it has the claim to compute its result.
        is_new: whether the start of the call is still to be recorded.
    """

    def __init__(self, execution: Execution, is_claimed: bool, is_new: bool = True) -> None:
        self._execution, self._is_new = execution, is_new
        key = execution.id if is_claimed else None
        self._claims = claimed.get() | {key} if key is not None else claimed.get()

    def __enter__(self) -> None:
        """Begin."""
        if self._is_new:
            self._execution.start()
        self._call_token = recording.current_call.set(self._execution.call)
        self._claim_token = claimed.set(self._claims)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """End, and record an exception."""
        with suppress(ValueError):  # a generator that another task closes
            recording.current_call.reset(self._call_token)
            claimed.reset(self._claim_token)
        if error is not None:
            self._execution.fail(error)
