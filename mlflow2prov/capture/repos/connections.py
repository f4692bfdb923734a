"""Connections that wait for the next transaction of a repository.

The pool of SQLAlchemy takes as long to lend a connection as SQLite takes to execute a statement. A few connections
are therefore not returned to it after each transaction.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

MAX_IDLE = 2
"""The most idle connections that are kept."""


class Connections:
    """The connections of an engine, for transactions that are committed.

    Only those of SQLAlchemy's usual pool are kept: the connections of other pools belong to a thread, or are closed
    after each use.

    Args:
        engine: the engine.
    """

    def __init__(self, engine: Engine) -> None:
        from sqlalchemy import event
        from sqlalchemy.pool import QueuePool

        self._engine, self.dialect = engine, engine.dialect
        self._max_idle = MAX_IDLE if type(engine.pool) is QueuePool else 0
        self._idle: list[Any] = []
        weakref.finalize(self, _close, self._idle)
        _all.add(self)
        # The engine must not keep the object that keeps the engine.
        close = weakref.WeakMethod(self.close_idle)
        event.listen(engine, "engine_disposed", lambda _: (call := close()) and call())

    def take(self) -> Any:
        """Return a connection without a transaction, as :meth:`sqlalchemy.Engine.raw_connection` does."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._engine.raw_connection()

    def give_back(self, connection: Any) -> None:
        """Keep a connection whose transaction is committed, or return it to the pool."""
        if len(self._idle) < self._max_idle:
            self._idle.append(connection)
        else:
            connection.close()

    def close_idle(self) -> None:
        """Close the connections that wait."""
        _close(self._idle)


def _close(connections: list[Any]) -> None:
    """Close connections, and empty their list."""
    while connections:
        with suppress(Exception):  # the database may be gone
            connection = connections.pop()
            connection.detach()
            connection.close()


_all: weakref.WeakSet[Connections] = weakref.WeakSet()
_connections_of_parent: list[Any] = []
"""Connections that are not to be closed here."""


def forget_all() -> None:
    """Forget the idle connections after a fork, because they belong to the parent process."""
    for connections in list(_all):
        _connections_of_parent.extend(connections._idle)
        connections._idle.clear()
