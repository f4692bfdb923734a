"""Text out of SQL and into a file, without a Python object per line."""

from __future__ import annotations

import io
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, BinaryIO, cast

import pyarrow as pa

from mlflow2prov import engine

_ROWS = 50_000
_MOST_WAITING = 4


_listener: ContextVar[Callable[[int], None] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Callable[[int], None]) -> Iterator[None]:
    """Call ``listener`` with the number of statements that were written, whenever some were."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell_written(statements: int) -> None:
    """Tell whoever listens that so many more statements were written."""
    if listener := _listener.get():
        listener(statements)


def write_text(query: str, stream: BinaryIO, skip: int = 0, *, counted: bool = True) -> None:
    """Write the one VARCHAR column that ``query`` gives, row after row, as UTF-8.

    Rows are written as they are: what separates them is part of the text, and where it stands before
    each row, ``skip`` says how many bytes of the first row are to be left out. If ``counted``, a row is a
    statement.
    """
    for batch in engine.stream(query, _ROWS):
        if counted:
            tell_written(batch.num_rows)
        written = utf8(batch.column(0))
        stream.write(written[skip:] if skip else written)
        skip = max(skip - len(written), 0)


def json_text(value: str) -> str:
    """Return ``value`` as a JSON string."""
    return json.dumps(value, ensure_ascii=False)


def utf8(column: pa.StringArray) -> memoryview | bytes:
    """Return the bytes of all strings of a column, one after the other."""
    if len(column) == 0:
        return b""
    _, offsets, data = column.buffers()
    width = 8 if pa.types.is_large_string(column.type) else 4
    at = memoryview(offsets).cast("q" if width == 8 else "i")
    first, last = at[column.offset], at[column.offset + len(column)]
    return memoryview(data)[first:last] if data is not None else b""


class _WriteBehind(io.RawIOBase):
    """Takes blocks, which a thread writes in their order while the next ones are made."""

    def __init__(self, stream: BinaryIO, thread: ThreadPoolExecutor) -> None:
        self._stream = stream
        self._thread = thread
        self._waiting: deque[Future[int]] = deque()

    def writable(self) -> bool:
        return True

    def write(self, block: Any, /) -> int:
        self._wait(_MOST_WAITING)
        self._waiting.append(self._thread.submit(self._stream.write, block))
        return len(block)

    def flush(self) -> None:
        self._wait(1)

    def _wait(self, most: int) -> None:
        """Wait until fewer than ``most`` blocks are to be written."""
        while len(self._waiting) >= most:
            self._waiting.popleft().result()


@contextmanager
def write_behind(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Give what takes blocks for ``stream``, and writes them in a thread of its own.

    A block is not to be changed once it is given. All have been written at the end.

    Raises:
        OSError: a block could not be written: when one of the next is given, or at the end.
    """
    with ThreadPoolExecutor(1) as thread:
        behind = _WriteBehind(stream, thread)
        yield cast(BinaryIO, behind)
        behind.flush()
