"""The table of calls. Calls that only looked up a result are written in batches.

Calls that cannot be written are kept in memory and written with a later batch.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.previews import json_able
from mlflow2prov.capture.records import CALL_FIELDS, OUTCOME_FIELDS, Argument, Call, Output
from mlflow2prov.capture.repos.engine import UnavailableError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from mlflow2prov.capture.repos.database import DbRepo
    from mlflow2prov.capture.repos.statements import Statements

BATCH_CALLS = 100
BATCH_SECONDS = 1.0
"""How many calls that only looked up a result are kept in memory, and for how many seconds."""

MAX_PENDING = 1000
"""How many calls are kept while the database cannot be written. Older ones are lost."""


class CallLog:
    """The calls of a repository in a database.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)
        self._pending: list[Call] = []
        self._started: dict[str, tuple[Any, ...]] = {}
        """The calls that run and have a row: their identifiers, and the fields that seldom change after the start."""
        self._next_flush = 0.0
        self._guard = threading.Lock()
        _logs.add(self)

    def start(self, call: Call) -> None:
        """Record a call that runs."""
        self._write([call])
        self._started[call.id] = _lasting_of(call)

    def end(self, call: Call) -> None:
        """Record the outcome of a call. One that only looked up a result is written with the next batch."""
        with self._guard:
            self._pending.append(call)
            now = time.monotonic()
            if len(self._pending) == 1:
                _flush_at_exit()
                self._next_flush = now + BATCH_SECONDS
            if call.cached and len(self._pending) < BATCH_CALLS and now < self._next_flush:
                return
        self.flush()

    def flush(self) -> None:
        """Write calls that are still in memory."""
        with self._guard:
            calls, self._pending = self._pending, []
        try:
            self._write(calls)
        except UnavailableError:
            with self._guard:
                self._pending = [*calls, *self._pending][-MAX_PENDING:]
                self._next_flush = time.monotonic() + BATCH_SECONDS
            raise
        except CaptureError:
            # One of them cannot be represented in the database.
            if len(calls) > 1:
                for call in calls:
                    with suppress(CaptureError):
                        self._write([call])
            raise

    def read(self, criteria: dict[str, Any]) -> list[Call]:
        """Return the calls whose columns have all these values, in order of time."""
        from sqlalchemy import select

        self.flush()
        table = self._repo._tables.CALLS
        query = select(table).order_by(table.c.started_at)
        for name, value in criteria.items():
            query = query.where(table.c[name] == value)
        with self._repo._connect() as connection:
            return [_call(row) for row in connection.execute(query)]

    def _write(self, calls: list[Call]) -> None:
        from mlflow2prov.capture.environment import run_info

        if not calls:
            return
        statements, process = self._repo._statements, run_info()
        with self._repo._transaction() as connection:
            self._repo._processes.insert(connection, process)
            self._repo._environments.insert(connection, calls)
            self._write_rows(connection, statements, calls)
        self._repo._processes.remember(process)
        self._repo._environments.remember(calls)

    def _write_rows(
        self, connection: DBAPIConnection, statements: Statements, calls: Sequence[Call]
    ) -> None:
        """Insert calls; add the outcome to the rows of those whose start is recorded."""
        rows = []
        for call in calls:
            if self._started.pop(call.id, None) == _lasting_of(call):
                outcome = {"call_id": call.id, **_row(call, OUTCOME_FIELDS, _outcome_of)}
                if statements.update_call.execute(connection, outcome) == 1:
                    continue
            rows.append(_row(call, CALL_FIELDS, _fields_of))
        if rows:
            statements.upsert_call.execute(connection, *rows)


_fields_of = attrgetter(*CALL_FIELDS)
_outcome_of = attrgetter(*OUTCOME_FIELDS)
# Lists among them are not copied: a call that runs gets new lists, and its old ones are not changed.
_lasting_of = attrgetter(*(name for name in CALL_FIELDS if name not in OUTCOME_FIELDS))
_ITEMS = ("arguments", "outputs")


def _row(call: Call, names: Sequence[str], values_of: attrgetter[Any]) -> dict[str, Any]:
    """Return the values of columns of a call."""
    row: dict[str, Any] = dict(zip(names, values_of(call), strict=True))
    for name, value in row.items():
        if type(value) is str and not (value.isascii() and "\0" not in value):
            row[name] = _unicode(value)
    for name in _ITEMS:
        if name in row:
            row[name] = [_without_defaults(item) for item in row[name]]
    if row.get("custom_fields"):
        row["custom_fields"] = json_able(call.custom_fields)
    return row


def _unicode(value: str) -> str:
    """Return a text without characters that databases refuse, such as those of file names that are not UTF-8."""
    return value.encode("utf-8", "replace").decode().replace("\0", " ")


def _without_defaults(item: Argument | Output) -> dict[str, Any]:
    """Return the fields of an argument or an output, except those without a value."""
    values = {}
    for name in item.__slots__:
        value = getattr(item, name)
        if value or (name == "value" and value is not None) or type(value) in _NUMBERS:
            values[name] = value
    return values


_NUMBERS = frozenset((int, float))


def _call(row: Any) -> Call:
    values = dict(row._mapping)
    values["arguments"] = [Argument(**item) for item in values["arguments"] or ()]
    values["outputs"] = [Output(**item) for item in values["outputs"] or ()]
    values["custom_fields"] = values["custom_fields"] or {}
    return Call(**values)


_logs: weakref.WeakSet[CallLog] = weakref.WeakSet()


def _flush_all() -> None:
    for log in list(_logs):
        with suppress(CaptureError, ReferenceError):
            log.flush()


_exits_with: int | None = None
"""The process whose end writes the calls that are still in memory."""


def _flush_at_exit() -> None:
    """Write the calls that are still in memory when this process ends."""
    global _exits_with
    if _exits_with == os.getpid():
        return
    atexit.register(_flush_all)
    if "multiprocessing.util" in sys.modules:
        # A forked process of multiprocessing does not run the functions of atexit.
        sys.modules["multiprocessing.util"].Finalize(None, _flush_all, exitpriority=0)
    _exits_with = os.getpid()


def _forget_pending() -> None:
    """Let a forked process not write the calls that its parent writes."""
    for log in list(_logs):
        log._guard = threading.Lock()
        log._pending, log._started = [], {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pending)
