"""Updates of a state file against an extraction of the same project: nothing new, and a night's work.

    python -m benchmarks.updates [--commits N] [--runs N] [--repository PATH]

A night adds ten commits and three runs, which start when they are added. The store is a server of MLflow over a
database. Beside the time of an update, which includes that of the server, a row has the time of the update's own
processor, and the number of its requests.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.histories import create_history
from benchmarks.measurement import Measurement, measure_process, print_row
from benchmarks.mlflow_stores import copy_runs, create_store
from mlflow2prov import update as update_state
from tests.conftest import mlflow_server

NEW_COMMITS, NEW_RUNS = 10, 3


def measure(folder: Path, commits: int, runs: int, repository: Path | None = None) -> None:
    """Print a row for the extraction of a project, and one for each kind of update after it."""
    history = folder / "history.git"
    shutil.copytree(repository or create_history(folder, commits), history, symlinks=True)
    database = create_store(folder, runs, with_files=False)
    state = folder / "state"
    with mlflow_server(f"sqlite:///{database}") as server:
        sources = ["--repository-path", str(history), "--mlflow-url", server]
        options = ["--renames", "exact"]
        program = [sys.executable, "-m", "mlflow2prov", "--quiet"]
        floor = measure_process([*program, "extract", *sources, *options, "statistics"], 1)
        print_row(f"extract, {runs:,} runs over HTTP: the floor", floor, floor)
        update = [*program, "update", "--state", str(state)]
        print_row("the first update", measure_process([*update, *sources, *options], 1), floor)
        _print_update("an update without news", measure_process(update, 5), floor)
        print(f"{'its requests':58} {_count_requests(state):6}")
        nights = []
        for _ in range(3):
            _pass_night(history, database)
            nights.append(measure_process(update, 1))
        night = Measurement(
            median(each.seconds for each in nights),
            max(each.memory for each in nights),
            median(each.cpu_seconds for each in nights),
        )
        _print_update(f"an update, {NEW_COMMITS} commits and {NEW_RUNS} runs more", night, floor)
        _pass_night(history, database)
        print(f"{'its requests':58} {_count_requests(state):6}")
    print_row(
        "load the state, explain a run",
        measure_process([*program, "load", str(state), "explain", f"runs:/{_run(database)}"], 3),
        floor,
    )


def _print_update(work: str, measurement: Measurement, floor: Measurement) -> None:
    print_row(work, measurement, floor)
    print_row("its own processor", Measurement(measurement.cpu_seconds), floor)


def _count_requests(state: Path) -> int:
    """Update a state file, and return the number of requests to the server, each of which httpx logs."""
    requests: list[logging.LogRecord] = []
    logger, handler = logging.getLogger("httpx"), logging.Handler()
    handler.emit = requests.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        update_state(state)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    return len(requests)


def _pass_night(history: Path, database: Path) -> None:
    _add_commits(history, NEW_COMMITS)
    copy_runs(database, NEW_RUNS, start=int(time.time() * 1000))


def _add_commits(history: Path, count: int) -> None:
    """Add commits to the newest branch of a bare repository."""
    git = ["git", "-C", str(history)]
    newest = ["for-each-ref", "--sort=-committerdate", "--count=1", "--format=%(refname)"]
    branch = subprocess.run(
        [*git, *newest, "refs/heads"], check=True, capture_output=True, text=True
    ).stdout.strip()
    lines = []
    for number in range(count):
        message, content = f"night {number}", f"{time.time_ns()} {number}"
        lines += [
            f"commit {branch}",
            f"committer Ada <ada@example.org> {int(time.time())} +0000",
            f"data {len(message)}",
            message,
            *([] if number else [f"from {branch}^0"]),
            "M 100644 inline night.txt",
            f"data {len(content)}",
            content,
        ]
    importer = [*git, "fast-import", "--quiet"]
    subprocess.run(importer, input="\n".join([*lines, ""]).encode(), check=True)


def _run(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT run_uuid FROM runs LIMIT 1").fetchone()[0])


def main() -> None:
    """Measure updates, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=60_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument(
        "--repository", type=Path, help="a bare repository instead of a synthetic one"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.commits, options.runs, options.repository)


if __name__ == "__main__":
    main()
