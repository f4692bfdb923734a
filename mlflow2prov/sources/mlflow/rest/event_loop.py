"""An event loop in a thread of its own, through which blocking code runs coroutines with a deadline.

A socket's timeout holds for the next bytes only, so a server that sends one byte a second is never too slow for it. An
event loop can cancel a request as a whole, whether it looks up a name, connects, or reads headers or a body.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class EventLoop:
    """A running event loop. Its methods may be called from any thread but its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        """Run a coroutine, and return its result.

        Raises:
            TimeoutError: it took longer than ``seconds``.
        """
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, seconds), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
