"""How captured functions and coroutines are called: look up, claim, look up again, compute, store."""

from __future__ import annotations

import time
from typing import Any

from mlflow2prov.capture.execution import MISS, Execution, claimed
from mlflow2prov.capture.locks import Claim, pauses
from mlflow2prov.capture.recording import (
    REPOSITORY_ERRORS,
    current_call,
    failures_are_warnings,
    warn_of_failure,
)


def call_synchronously(execution: Execution) -> Any:
    """Return the result of a call, looked up or computed."""
    result = execution.look_up()
    if result is not MISS:
        return result
    with _HeldClaim(_claim(execution), execution) as claim:
        if claim is not None and (result := execution.look_up()) is not MISS:
            return result
        with running(execution, claim is not None):
            started = time.perf_counter()
            # Without a frame for run(), recursive functions reach further.
            value = execution.function(*execution.args, **execution.kwargs)
            duration = time.perf_counter() - started
        return execution.store(value, duration)


async def call_asynchronously(execution: Execution) -> Any:
    """Return the result of a call of a coroutine function, looked up or computed."""
    result = execution.look_up()
    if result is not MISS:
        return result
    with _HeldClaim(await _claim_asynchronously(execution), execution) as claim:
        if claim is not None and (result := execution.look_up()) is not MISS:
            return result
        with running(execution, claim is not None):
            started = time.perf_counter()
            value = await execution.run()
            duration = time.perf_counter() - started
        return execution.store(value, duration)


def _claim(execution: Execution) -> Claim | None:
    """Wait for the claim to compute a result; return None if there is none to wait for, or no longer."""
    try:
        claim = execution.claim
        if claim is not None and claim.acquire(execution.max_wait):
            return claim
    except REPOSITORY_ERRORS as error:
        warn_of_failure(execution.call, error)
    return None


async def _claim_asynchronously(execution: Execution) -> Claim | None:
    """Wait for the claim without blocking the other tasks of the thread."""
    import asyncio

    with failures_are_warnings(execution.call):
        claim = execution.claim
        if claim is None:
            return None
        end = None if execution.max_wait is None else time.monotonic() + execution.max_wait
        for pause in pauses():
            if claim.try_acquire():
                return claim
            if end is not None and time.monotonic() >= end:
                return None
            await asyncio.sleep(pause)
    return None


class _HeldClaim:
    """The time for which a claim is held; it is released at the end."""

    def __init__(self, claim: Claim | None, execution: Execution) -> None:
        self._claim, self._execution = claim, execution

    def __enter__(self) -> Claim | None:
        """Return the claim."""
        return self._claim

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Release the claim."""
        if self._claim is None:
            return
        try:
            self._claim.release()
        except REPOSITORY_ERRORS as failure:
            warn_of_failure(self._execution.call, failure)


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
        self._call_token = current_call.set(self._execution.call)
        self._claim_token = claimed.set(self._claims)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """End, and record an exception."""
        current_call.reset(self._call_token)
        claimed.reset(self._claim_token)
        if error is not None:
            self._execution.fail(error)
