"""Captured generators: their items are stored when the last one has been taken, and replayed from then on.

A generator that is closed early, or that values are sent to, has no result to store: its call is recorded without one.
Nor has one whose items change after they were taken, such as a buffer that is filled again for each of them.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.calling import running
from mlflow2prov.capture.errors import UnhashableError
from mlflow2prov.capture.execution import MISS, Execution
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.hashing.walk import LEAVES

MAX_ITEMS = 1_000_000
"""The number of items up to which a generator has a result to store."""


@dataclass(frozen=True)
class GeneratorResult:
    """The items of a generator that also returned a value."""

    items: list[Any]
    returned: Any


class CapturedGenerator(Generator[Any, Any, Any]):
    """A generator with the property ``artifact``, which is None until its last item has been taken.

    Args:
        execution: the call.
    """

    def __init__(self, execution: Execution) -> None:
        stored = execution.look_up()
        self.artifact: Artifact | None = execution.artifact
        self._items = None if stored is not MISS else _Items(execution)
        self._inner: Any = execution.run() if stored is MISS else _replay(stored)

    def send(self, value: Any) -> Any:
        """Return the next item, after a value was sent to the generator."""
        if self._items is not None and value is not None:
            self._items.refuse("a value was sent to the generator")
        return self._advance(self._inner.send, value)

    def throw(self, *details: Any) -> Any:
        """Raise an exception in the generator, and return the next item."""
        if self._items is not None:
            self._items.refuse("an exception was raised in the generator")
        return self._advance(self._inner.throw, *details)

    def _advance(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        if self._items is None:
            return resume(*arguments)
        try:
            with self._items.step():
                item = resume(*arguments)
        except StopIteration as end:
            self.artifact = self._items.store(end.value)
            raise
        self._items.add(item)
        return item

    def close(self) -> None:
        """End the generator before its last item."""
        self._inner.close()
        if self._items is not None:
            self._items.close()

    def __del__(self) -> None:
        with suppress(Exception):  # Python may be ending
            self.close()


class CapturedAsyncGenerator(AsyncGenerator[Any, Any]):
    """An asynchronous generator with the property ``artifact``, which is None until its last item has been taken.

    Args:
        execution: the call.
    """

    def __init__(self, execution: Execution) -> None:
        stored = execution.look_up()
        self.artifact: Artifact | None = execution.artifact
        self._items = None if stored is not MISS else _Items(execution)
        self._inner: Any = execution.run() if stored is MISS else _replay_asynchronously(stored)

    async def asend(self, value: Any) -> Any:
        """Return the next item, after a value was sent to the generator."""
        if self._items is not None and value is not None:
            self._items.refuse("a value was sent to the generator")
        return await self._advance(self._inner.asend, value)

    async def athrow(self, *details: Any) -> Any:
        """Raise an exception in the generator, and return the next item."""
        if self._items is not None:
            self._items.refuse("an exception was raised in the generator")
        return await self._advance(self._inner.athrow, *details)

    async def _advance(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        if self._items is None:
            return await resume(*arguments)
        try:
            with self._items.step():
                item = await resume(*arguments)
        except StopAsyncIteration:
            self.artifact = self._items.store(None)
            raise
        self._items.add(item)
        return item

    async def aclose(self) -> None:
        """End the generator before its last item."""
        await self._inner.aclose()
        if self._items is not None:
            self._items.close()

    def __del__(self) -> None:
        with suppress(Exception):  # Python may be ending
            if self._items is not None:
                self._items.close()


class _Items:
    """The items of a generator so far, and the record of its call."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._values: list[Any] = []
        self._digests: list[str | None] = []
        """The digest of each item that can change, when it was taken."""
        self._duration = 0.0
        self._is_started = self._is_ended = False

    def refuse(self, reason: str) -> None:
        """Do not store the items."""
        self._execution.call.uncacheable = self._execution.call.uncacheable or reason
        self._values.clear()
        self._digests.clear()

    def add(self, item: Any) -> None:
        """Keep an item."""
        if self._execution.call.uncacheable is not None:
            return
        if len(self._values) == MAX_ITEMS:
            self.refuse(f"the generator has more than {MAX_ITEMS:,} items")
            return
        try:
            self._digests.append(None if type(item) in LEAVES else digest(item))
        except UnhashableError as error:
            self.refuse(f"item {len(self._values)}: {error}")
        else:
            self._values.append(item)

    def step(self) -> _Step:
        """Return the context in which the generator runs up to its next item."""
        is_new, self._is_started = not self._is_started, True
        return _Step(self, running(self._execution, is_claimed=False, is_new=is_new))

    def store(self, returned: Any) -> Artifact | None:
        """Store the items, as the generator has ended, and return their artifact."""
        if self._is_ended:
            return self._execution.artifact
        self._is_ended = True
        for position, (item, before) in enumerate(zip(self._values, self._digests, strict=True)):
            if before is not None and digest(item) != before:
                self.refuse(f"item {position} changed before the generator ended; yield a copy")
                break
        if self._execution.call.uncacheable is not None:
            self._execution.finish("FINISHED")
            return None
        value = self._values if returned is None else GeneratorResult(self._values, returned)
        self._execution.store(value, self._duration)
        return self._execution.artifact

    def close(self) -> None:
        """Record that the generator was ended before its last item."""
        if self._is_started and not self._is_ended:
            self._is_ended = True
            self.refuse("the generator was closed before its end")
            self._execution.finish("KILLED")


class _Step:
    """The time in which a generator runs up to its next item."""

    def __init__(self, items: _Items, context: running) -> None:
        self._items, self._context = items, context

    def __enter__(self) -> None:
        self._context.__enter__()
        self._started = time.perf_counter()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._items._duration += time.perf_counter() - self._started
        if isinstance(error, StopIteration | StopAsyncIteration):
            self._context.__exit__(None, None, None)
            return
        self._context.__exit__(kind, error, trace)
        if error is not None:
            self._items._is_ended = True


def _replay(stored: Any) -> Any:
    result = getattr(stored, "__wrapped__", stored)
    if isinstance(result, GeneratorResult):
        yield from result.items
        return result.returned
    yield from result
    return None


async def _replay_asynchronously(stored: Any) -> Any:
    for item in _replay(stored):
        yield item
