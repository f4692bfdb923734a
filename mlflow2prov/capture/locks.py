"""Claims: at most one caller computes the result of a key, among threads, tasks and processes.

Threads of a process share a lock per key. Processes share a file, of which each locks one byte per key
(fcntl(2), POSIX record locks): such locks leave nothing behind, and the system releases them when a process dies.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from hashlib import sha256
from typing import Protocol

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05


class ProcessLock(Protocol):
    """A lock that processes share."""

    def try_acquire(self, key: str) -> bool:
        """Acquire the lock of a key, if no other process has it."""
        ...

    def release(self, key: str) -> None:
        """Release the lock of a key."""
        ...


class Claim:
    """The right to compute the result of a key.

    Args:
        scope: identifies the repository within the process.
        key: the key.
        process_lock: the lock that other processes respect; None: the repository belongs to this process.
    """

    _locks: dict[tuple[object, str], list[object]] = {}  # noqa: RUF012 - one for all
    _guard = threading.Lock()

    def __init__(self, scope: object, key: str, process_lock: ProcessLock | None = None) -> None:
        self._name = (scope, key)
        self._key = key
        self._process_lock = process_lock
        self._lock: threading.Lock | None = None

    def try_acquire(self) -> bool:
        """Acquire the claim if it is free."""
        return self.acquire(timeout=0)

    def acquire(self, timeout: float | None = None) -> bool:
        """Wait for the claim, at most ``timeout`` seconds, and return whether it was acquired."""
        end = None if timeout is None else time.monotonic() + timeout
        lock = self._enter()
        is_acquired = False
        try:
            if not lock.acquire(timeout=-1 if timeout is None else timeout):
                return False
            try:
                is_acquired = self._process_lock is None or self._poll(self._process_lock, end)
            finally:
                if not is_acquired:
                    lock.release()
            return is_acquired
        finally:
            if not is_acquired:
                self._leave()

    def _poll(self, process_lock: ProcessLock, end: float | None) -> bool:
        for pause in pauses():
            if process_lock.try_acquire(self._key):
                return True
            if end is not None and time.monotonic() >= end:
                return False
            time.sleep(pause)
        return False

    def release(self) -> None:
        """Give up the claim."""
        lock = self._lock
        assert lock is not None
        try:
            if self._process_lock is not None:
                self._process_lock.release(self._key)
        finally:
            lock.release()
            self._leave()

    def _enter(self) -> threading.Lock:
        with self._guard:
            entry = self._locks.setdefault(self._name, [threading.Lock(), 0])
            entry[1] += 1  # type: ignore[operator]
            self._lock = entry[0]  # type: ignore[assignment]
        return self._lock  # type: ignore[return-value]

    def _leave(self) -> None:
        with self._guard:
            entry = self._locks.get(self._name)
            if entry is not None:
                entry[1] -= 1  # type: ignore[operator]
                if not entry[1]:
                    del self._locks[self._name]


def _reset_after_fork() -> None:
    # A child has none of the threads that hold claims of its parent.
    Claim._locks = {}
    Claim._guard = threading.Lock()
    FileLock._guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


class pauses:  # noqa: N801 - an iterator, used as a function
    """Pauses between attempts in seconds, each longer than the last, up to a limit."""

    def __init__(self) -> None:
        self._pause = _SHORTEST_PAUSE

    def __iter__(self) -> pauses:
        return self

    def __next__(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE)
        return pause


class FileLock:
    """A lock per key in a file, one byte each. One object for a file and process, as POSIX locks require.

    Args:
        path: the file, which is created.
    """

    _files: dict[str, FileLock] = {}  # noqa: RUF012 - one for all
    _guard = threading.Lock()

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: tuple[int, int] | None = None

    @classmethod
    def of(cls, path: str) -> FileLock:
        """Return the object for a file, by its absolute path."""
        with cls._guard:
            if path not in cls._files:
                cls._files[path] = cls(path)
            return cls._files[path]

    def try_acquire(self, key: str) -> bool:
        """Acquire the lock of a key, if no other process has it."""
        try:
            import fcntl
        except ImportError:
            return True  # Windows: processes may compute a result twice
        try:
            flags = fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(self._open(), flags, 1, _offset(key))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            return True  # a file system without locks, or a read-only folder
        return True

    def release(self, key: str) -> None:
        """Release the lock of a key."""
        with suppress(ImportError, OSError):
            import fcntl

            fcntl.lockf(self._open(), fcntl.LOCK_UN, 1, _offset(key))

    def _open(self) -> int:
        # Closing any descriptor of the file would release all locks of the process.
        if self._descriptor is None or self._descriptor[0] != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.getpid(), os.open(self._path, flags, 0o666)
        return self._descriptor[1]


def _offset(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") >> 2
