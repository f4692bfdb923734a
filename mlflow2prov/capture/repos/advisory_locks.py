"""Locks of PostgreSQL that processes share: advisory locks of a session, one per key.

A server releases the locks of a session when its process dies. One connection holds the locks of all keys of a process,
so that callers that compute at the same time do not use up the pool.
"""

from __future__ import annotations

import os
import threading
import weakref
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_LOCK_SPACE = 0x6D6C6670
"""The first of the two numbers of each lock."""


class AdvisoryLocks:
    """The locks of a database. Within a process, :class:`~mlflow2prov.capture.locks.Claim` tells callers apart.

    Args:
        engine: the engine of the database.
    """

    def __init__(self, engine: Engine) -> None:
        from sqlalchemy.pool import NullPool

        self._engine = weakref.ref(engine)
        self._closes_when_idle = isinstance(engine.pool, NullPool)
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._held: set[str] = set()

    @classmethod
    def of(cls, engine: Engine) -> AdvisoryLocks:
        """Return the locks of a database; there is one object for an engine."""
        with _creation:
            if engine not in _locks:
                _locks[engine] = cls(engine)
            return _locks[engine]

    def try_acquire(self, key: str) -> bool:
        """Acquire the lock of a key, if no other process has it. Without the database, all locks are free."""
        from sqlalchemy.exc import SQLAlchemyError

        with self._guard:
            try:
                is_free = bool(self._execute("pg_try_advisory_lock", key))
            except SQLAlchemyError:
                self._close()
                return True
            if is_free:
                self._held.add(key)
            return is_free

    def release(self, key: str) -> None:
        """Release the lock of a key."""
        from sqlalchemy.exc import SQLAlchemyError

        with self._guard:
            if key not in self._held:
                return  # the connection was lost, or the process is the child of the one that has the lock
            self._held.discard(key)
            try:
                self._execute("pg_advisory_unlock", key)
            except SQLAlchemyError:
                self._close()
            if self._closes_when_idle and not self._held:
                self._close()

    def _execute(self, function: str, key: str) -> Any:
        from sqlalchemy import text

        if self._connection is None:
            self._connection = self._connect()
        query = text(f"SELECT {function}(:space, :key)")
        number = zlib.crc32(key.encode()) - (1 << 31)
        return self._connection.execute(query, {"space": _LOCK_SPACE, "key": number}).scalar()

    def _connect(self) -> Connection:
        engine = self._engine()
        assert engine is not None  # its repository is in use
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        self._held.clear()
        if connection is not None:
            connection.invalidate()

    def __del__(self) -> None:
        with suppress(Exception):  # Python may be ending
            self._close()

    def forget(self) -> None:
        """Let a forked process have locks of its own; the connection stays that of its parent."""
        _connections_of_parent.append(self._connection)
        self._guard = threading.Lock()
        self._connection = None
        self._held = set()


_locks: weakref.WeakKeyDictionary[Engine, AdvisoryLocks] = weakref.WeakKeyDictionary()
_creation = threading.Lock()
_connections_of_parent: list[Any] = []
"""Connections that are not to be closed here."""


def _reset_after_fork() -> None:
    global _creation
    _creation = threading.Lock()
    for locks in list(_locks.values()):
        locks.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
