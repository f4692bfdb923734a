"""Capture: digests against those of joblib, the overhead of a call, and the time of the import."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import joblib
import numpy as np
import pandas as pd
from sqlalchemy import event

import mlflow2prov.capture as p
from benchmarks.measurement import Measurement, measure_call, measure_process, print_row
from mlflow2prov.capture.hashing.walk import Walk

CALLS = 300
"""The number of calls that an overhead is the median of."""

IN_MEMORY = ("find", "put", "get_value", "start_call", "end_call")
"""The methods of a repository in memory that store and look up."""


def measure(repeat: int) -> None:
    """Print a row for the import, the overhead of calls, and digests."""
    measure_import(repeat)
    repo = p.MemoryRepo()
    measure_overhead("in memory", repo, [(repo, name) for name in IN_MEMORY])
    measure_overhead_in_sqlite()
    measure_digests(repeat)


def measure_digests(repeat: int) -> None:
    """Measure digests of three values; the floor is joblib's digest of the same value."""
    for name, make in (
        ("an array of 100 MB", _array),
        ("a frame of 1,000,000 rows", _frame),
        ("100,000 flat dictionaries in one", partial(_records, is_nested=False)),
        ("100,000 nested dictionaries in one", partial(_records, is_nested=True)),
    ):
        value = make()
        floor = measure_call(partial(joblib.hash, value), min(repeat, 3))
        print_row(f"joblib.hash of {name}: the floor", floor, floor)
        print_row("capture.hash of the same", measure_call(partial(p.hash, value), repeat), floor)


def _array() -> Any:
    return np.random.default_rng(0).random(12_500_000)


def _frame() -> Any:
    rows = 1_000_000
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.arange(rows),
            "x": random.random(rows),
            "y": random.random(rows),
            "text": [f"text {number % 1000}" for number in range(rows)],
            "flag": random.random(rows) < 0.5,
        }
    )


def _records(*, is_nested: bool) -> dict[str, Any]:
    return {
        f"record {number}": {
            "id": number,
            "name": f"name {number}",
            "score": number / 7,
            "flags": {"is_new": number % 2 == 0, "sizes": [number, 2]} if is_nested else None,
        }
        for number in range(100_000)
    }


def measure_overhead_in_sqlite() -> None:
    """Measure the overhead of calls in a new repository, in a temporary folder.

    Storing is what SQLite's driver and the blob store do: statements, commits, and the file of a value, which is
    synchronized with the disk. SQLAlchemy's work is overhead.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        repo = p.get_default_repo()
        event.listen(repo._db_engine, "do_connect", _use_timed_connections)
        repo._db_engine.dispose()
        storing = [
            *((TimedCursor, name) for name in ("execute", "fetchone")),
            *((TimedConnection, name) for name in ("commit", "rollback")),
            *((repo.blobstore, name) for name in ("put", "get")),
        ]
        measure_overhead("in SQLite", repo, storing)
        repo.flush()


class TimedCursor(sqlite3.Cursor):
    """A cursor of SQLite whose methods can be replaced."""

    def execute(self, *arguments: Any) -> Any:
        """Execute a statement."""
        return super().execute(*arguments)

    def fetchone(self) -> Any:
        """Return the next row."""
        return super().fetchone()


class TimedConnection(sqlite3.Connection):
    """A connection to SQLite whose methods can be replaced."""

    def cursor(self, factory: Any = TimedCursor) -> Any:
        """Return a new cursor."""
        return super().cursor(factory)

    def commit(self) -> None:
        """Commit the transaction."""
        super().commit()

    def rollback(self) -> None:
        """Roll the transaction back."""
        super().rollback()


def _use_timed_connections(_dialect: Any, _record: Any, _args: Any, options: Any) -> None:
    options["factory"] = TimedConnection


def measure_overhead(place: str, repo: Any, storing: Sequence[tuple[Any, str]]) -> None:
    """Measure the time that calls take beyond hashing and storing, which are the floor.

    Args:
        place: where the repository is.
        repo: the repository.
        storing: the methods that store and look up, as objects or classes with names.
    """
    add = p.provenance(repo=repo)(_add)
    add(-1, 0), add(-1, 0)  # opens the database, and reads the state of Git
    numbers = count()
    with stopwatch([(Walk, "digest"), *storing]) as spent:
        for outcome, arguments in (("miss", numbers), ("hit", count())):
            floors, overheads = [], []
            for _ in range(CALLS):
                spent.clear()
                start = time.perf_counter()
                add(next(arguments), 1)
                total = time.perf_counter() - start
                floors.append(sum(spent))
                overheads.append(total - floors[-1])
            floor = Measurement(statistics.median(floors))
            overhead = Measurement(statistics.median(overheads))
            print_row(f"hashing and storing of a {outcome} {place}: the floor", floor, floor)
            print_row("overhead of the call beyond these", overhead, floor)


def _add(a: int, b: int) -> int:
    return a + b


@contextlib.contextmanager
def stopwatch(methods: Sequence[tuple[Any, str]]) -> Iterator[list[float]]:
    """Yield the times, in seconds, that methods take meanwhile."""
    spent: list[float] = []
    running: list[str] = []

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if running:  # a part of a call that is timed already
                return function(*args, **kwargs)
            running.append(function.__name__)
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent.append(time.perf_counter() - start)
                running.clear()

        return call

    with contextlib.ExitStack() as stack:
        for owner, name in methods:
            stack.enter_context(mock.patch.object(owner, name, timed(getattr(owner, name))))
        yield spent


def measure_import(repeat: int) -> None:
    """Measure the import of the package, and of all that a decorated function needs, against an empty process."""
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    with mock.patch.dict(os.environ, environment):
        floor = measure_process([sys.executable, "-c", "pass"], 5 * repeat)
        print_row("python -c pass: the floor", floor, floor)
        for work, program in (
            ("import mlflow2prov.capture", "import mlflow2prov.capture"),
            ("the same, and decorate a function", f"{_IMPORT}; p.provenance()(lambda x: x)"),
        ):
            print_row(work, measure_process([sys.executable, "-c", program], 5 * repeat), floor)


_IMPORT = "import mlflow2prov.capture as p"
