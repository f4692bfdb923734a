"""Captured generators: their items are stored when the last one has been taken, and replayed from then on.

A generator that is closed early, or that values are sent to, has no result to store: its call is recorded without one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mlflow2prov.capture.calling import running
from mlflow2prov.capture.execution import MISS, Execution

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

    artifact: Any = None

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._collection = _Collection(execution)
        stored = execution.look_up()
        if stored is not MISS:
            self.artifact = getattr(stored, "artifact", None)
            self._inner: Any = _replay(stored)
            self._is_replay = True
        else:
            self._inner = execution.run()
            self._is_replay = False

    def send(self, value: Any) -> Any:
        """Return the next item, after a value was sent to the generator."""
        if self._is_replay:
            return self._inner.send(value)
        if value is not None:
            self._collection.refuse("a value was sent to the generator")
        try:
            with self._collection.step():
                item = self._inner.send(value)
        except StopIteration as end:
            result = self._collection.store(end.value)
            self.artifact = getattr(result, "artifact", None)
            raise
        self._collection.add(item)
        return item

    def throw(self, *details: Any) -> Any:
        """Raise an exception in the generator."""
        if self._is_replay:
            return self._inner.throw(*details)
        self._collection.refuse("an exception was raised in the generator")
        with self._collection.step():
            return self._inner.throw(*details)

    def close(self) -> None:
        """End the generator before its last item."""
        self._inner.close()
        if not self._is_replay:
            self._collection.close()

    def __del__(self) -> None:
        with suppress(Exception):  # Python may be ending
            self.close()


class CapturedAsyncGenerator(AsyncGenerator[Any, Any]):
    """An asynchronous generator with the property ``artifact``, which is None until its last item has been taken.

    Args:
        execution: the call.
    """

    artifact: Any = None

    def __init__(self, execution: Execution) -> None:
        self._collection = _Collection(execution)
        stored = execution.look_up()
        self._replay: Iterator[Any] | None = None
        self._inner: Any = None
        if stored is not MISS:
            self.artifact = getattr(stored, "artifact", None)
            self._replay = _replay(stored)
        else:
            self._inner = execution.run()

    async def asend(self, value: Any) -> Any:
        """Return the next item, after a value was sent to the generator."""
        if self._replay is not None:
            try:
                return next(self._replay)
            except StopIteration:
                raise StopAsyncIteration from None
        if value is not None:
            self._collection.refuse("a value was sent to the generator")
        try:
            with self._collection.step():
                item = await self._inner.asend(value)
        except StopAsyncIteration:
            result = self._collection.store(None)
            self.artifact = getattr(result, "artifact", None)
            raise
        self._collection.add(item)
        return item

    async def athrow(self, *details: Any) -> Any:
        """Raise an exception in the generator."""
        if self._replay is not None:
            self._replay = iter(())
            raise details[0]
        self._collection.refuse("an exception was raised in the generator")
        with self._collection.step():
            return await self._inner.athrow(*details)

    async def aclose(self) -> None:
        """End the generator before its last item."""
        if self._inner is not None:
            await self._inner.aclose()
            self._collection.close()

    def __del__(self) -> None:
        with suppress(Exception):  # Python may be ending
            if self._inner is not None:
                self._collection.close()


class _Collection:
    """The items of a generator so far, and the record of its call."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._items: list[Any] = []
        self._duration = 0.0
        self._is_started = self._is_ended = False

    def refuse(self, reason: str) -> None:
        """Do not store the items."""
        self._execution.call.uncacheable = self._execution.call.uncacheable or reason
        self._items.clear()

    def add(self, item: Any) -> None:
        """Keep an item."""
        if self._execution.call.uncacheable is None:
            self._items.append(item)
            if len(self._items) > MAX_ITEMS:
                self.refuse(f"the generator has more than {MAX_ITEMS:,} items")

    def step(self) -> _Step:
        """Return the context in which the generator runs up to its next item."""
        is_new, self._is_started = not self._is_started, True
        return _Step(self, running(self._execution, is_claimed=False, is_new=is_new))

    def store(self, returned: Any) -> Any:
        """Store the items, as the generator has ended."""
        if self._is_ended:
            return None
        self._is_ended = True
        execution = self._execution
        if execution.call.uncacheable is not None:
            execution.finish("FINISHED")
            return None
        items = self._items
        value = items if returned is None else GeneratorResult(items, returned)
        return execution.store(value, self._duration)

    def close(self) -> None:
        """Record that the generator was ended before its last item."""
        if self._is_started and not self._is_ended:
            self._is_ended = True
            call = self._execution.call
            call.uncacheable = call.uncacheable or "the generator was closed before its end"
            self._execution.finish("KILLED")


class _Step:
    """The time in which a generator runs up to its next item."""

    def __init__(self, collection: _Collection, context: running) -> None:
        self._collection, self._context = collection, context

    def __enter__(self) -> None:
        self._context.__enter__()
        self._started = time.perf_counter()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._collection._duration += time.perf_counter() - self._started
        if isinstance(error, StopIteration | StopAsyncIteration):
            self._context.__exit__(None, None, None)
            return
        self._context.__exit__(kind, error, trace)
        if error is not None:
            self._collection._is_ended = True


def _replay(stored: Any) -> Any:
    result = getattr(stored, "__wrapped__", stored)
    if isinstance(result, GeneratorResult):
        yield from result.items
        return result.returned
    yield from result
    return None
