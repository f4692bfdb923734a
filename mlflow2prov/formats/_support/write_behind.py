"""A stream that writes in a thread of its own, while the caller prepares the next block."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

MAX_PENDING_BLOCKS = 4
"""The maximum number of blocks that wait to be written; then the caller waits."""


class _WriteBehind(io.RawIOBase):
    def __init__(self, stream: BinaryIO, thread: ThreadPoolExecutor) -> None:
        self._stream = stream
        self._thread = thread
        self._pending: deque[Future[int]] = deque()

    def writable(self) -> bool:
        return True

    def write(self, block: Any, /) -> int:
        self._wait(MAX_PENDING_BLOCKS - 1)
        self._pending.append(self._thread.submit(self._stream.write, block))
        return len(block)

    def flush(self) -> None:
        self._wait(0)

    def _wait(self, max_pending: int) -> None:
        """Wait until at most ``max_pending`` blocks are pending."""
        while len(self._pending) > max_pending:
            self._pending.popleft().result()


@contextmanager
def write_behind(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Yield a stream whose blocks a thread writes to ``stream`` in their order.

    Callers must not change a block after they have written it. All blocks are written at the end of the context.

    Raises:
        OSError: a block could not be written. The error is raised with one of the next blocks, or at the end.
    """
    with ThreadPoolExecutor(1) as thread:
        behind = _WriteBehind(stream, thread)
        yield cast(BinaryIO, behind)
        behind.flush()
