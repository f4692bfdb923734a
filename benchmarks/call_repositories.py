"""The extraction of a repository of captured calls, against that of an MLflow database with as many statements.

The calls have 10 arguments and a result each. They are chains of ten: a call uses the result of the one before it. SQL
makes them. Both extractions are processes of their own, so that their peak memory can be compared with the limit.

python -m benchmarks.call_repositories [--calls N] [--memory-limit SIZE]
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import mlflow2prov.capture as p
from benchmarks.measurement import Measurement, measure_process
from benchmarks.mlflow_stores import create_store

ARGUMENTS = 10
CHAIN = 10
"""The number of calls that use each other's results."""

STATEMENTS_OF_CALL = 28
STATEMENTS_OF_RUN = 144
"""How many statements a call, and a run of MLflow with all that belongs to it, become about."""

MEMORY_LIMIT = "1GB"

_EXTRACT = """
import sys
from pathlib import Path
from mlflow2prov import configure, extract
option, url, memory_limit, count_file = sys.argv[1:]
configure(memory_limit=memory_limit)
document = extract(artifacts="none", **{option: url})
Path(count_file).write_text(str(len(document)))
"""


def measure(folder: Path, calls: int, memory_limit: str = MEMORY_LIMIT) -> None:
    """Print a row for a repository with ``calls`` calls, after one for an MLflow database, which is the floor."""
    runs = max(calls * STATEMENTS_OF_CALL // STATEMENTS_OF_RUN, 1)
    store = create_store(folder, runs, with_files=False)
    floor, statements = _measure_extraction("mlflow_url", store, memory_limit)
    print_rate(
        f"extract from MLflow's database, {runs:,} runs", floor, statements, floor, statements
    )
    store.unlink()
    repository = create_repository(folder, calls)
    cost, count = _measure_extraction("calls", repository, memory_limit)
    print_rate(f"extract {calls:,} calls", cost, count, floor, statements)
    repository.unlink()


def print_rate(
    work: str, cost: Measurement, statements: int, floor: Measurement, floor_statements: int
) -> None:
    """Print a row: the work, its statements, times and peak memory, and the ratio of the CPU times of a statement.

    Other processes on the machine lengthen the elapsed time, and the CPU time less.
    """
    ratio = cost.cpu_seconds / statements / (floor.cpu_seconds / floor_statements)
    print(
        f"{work:44} {statements:12,} {cost.cpu_seconds:8.2f} s CPU {cost.seconds:8.2f} s "
        f"{statements / cost.seconds:10,.0f}/s {cost.memory / 1e6:8.0f} MB  x {ratio:6.2f}",
        flush=True,
    )


def _measure_extraction(option: str, database: Path, limit: str) -> tuple[Measurement, int]:
    """Return the cost of an extraction, and the number of its statements."""
    count_file = database.with_suffix(".count")
    command = [sys.executable, "-c", _EXTRACT, option, f"sqlite:///{database}", limit, count_file]
    cost = measure_process(command, 1)
    return cost, int(count_file.read_text())


def create_repository(folder: Path, calls: int) -> Path:
    """Create a repository with ``calls`` calls in ``folder``, and return the path of its database."""
    database = folder / "calls.db"
    p.DbRepo(f"sqlite:///{database}", p.MemoryStore()).create_tables()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_INSERT_PROCESS)
        connection.execute(_INSERT_CALLS, {"calls": calls})
    return database


_INSERT_PROCESS = """
INSERT INTO runs (id, hostname, info, created_at)
VALUES (
    'process',
    'host',
    '{"user": "ada", "process": {"cwd": "/work", "cmdline": ["python", "train.py"]},'
    || ' "python": {"version": "3.11.7"}, "host": {"platform": "Linux"}}',
    '2026-01-01 00:00:00.000000'
)
"""


def _argument(name: str, digest: str, value: str, kind: str, artifacts: str = "''") -> str:
    """Return the SQL for the JSON of an argument of call ``n``."""
    return (
        f"""'{{"name": "{name}", "digest": "sha256:' || printf('%064x', {digest}) """
        f"""|| '", "value": ' || ({value}) || ', "type": "{kind}"' || {artifacts} || '}}'"""
    )


_ARGUMENTS = (
    # The result of the call before, except at the beginning of a chain.
    _argument(
        "data",
        f"CASE WHEN n % {CHAIN} THEN 2 * n - 1 ELSE n END",
        "'\"preview\"'",
        "builtins.list",
        f"""CASE WHEN n % {CHAIN}
            THEN ', "artifacts": ["sha256:' || printf('%064x', 2 * n - 2) || '"]' ELSE '' END""",
    ),
    *(
        _argument(f"number{number}", f"n + {number}", f"n / {number + 1}.0", "builtins.float")
        for number in range(1, ARGUMENTS - 1)
    ),
    _argument("mode", "7", "'\"fast\"'", "builtins.str"),
)

_INSERT_CALLS = f"""
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :calls)
INSERT INTO calls (
    id, run_id, artifact_id, face, name, version, fn_module, fn_name, status, cached,
    started_at, ended_at, arguments, outputs, source_digest, source_path, source_line, custom_fields
)
SELECT
    printf('%08x-0000-4000-8000-%012x', n, n),
    'process',
    'sha256:' || printf('%064x', 2 * n),
    'provenance',
    'train.step' || n % {CHAIN},
    '0',
    'train',
    'step' || n % {CHAIN},
    'FINISHED',
    0,
    strftime('%Y-%m-%d %H:%M:%f', 1767225600 + n, 'unixepoch') || '000',
    strftime('%Y-%m-%d %H:%M:%f', 1767225600.5 + n, 'unixepoch') || '000',
    '[' || {" || ', ' || ".join(_ARGUMENTS)} || ']',
    '[{{"artifact_id": "sha256:' || printf('%064x', 2 * n) || '", "digest": "sha256:'
        || printf('%064x', 2 * n + 1) || '", "serializer": "json"}}]',
    printf('%064x', n % {CHAIN}),
    '/srv/wine/train.py',
    n % {CHAIN},
    '{{}}'
FROM numbers
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.call_repositories")
    parser.add_argument("--calls", type=int, default=10_000, help="number of calls")
    parser.add_argument("--memory-limit", default=MEMORY_LIMIT, help="memory for tables")
    options = parser.parse_args()
    print(f"memory limit {options.memory_limit}")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.calls, options.memory_limit)


if __name__ == "__main__":
    main()
