"""The peak memory of every command beside the limit, on an MLflow database with many runs.

The database has runs with 100 params and 100 metrics each, and a registered model with a version for every hundredth
run. 30,000 runs make a database of 1.7 GB and 25 million statements. Every command is a process of its own. It begins
with the extraction or with ``load``, whose cost is included.

python -m benchmarks.bounded_memory [--runs N] [--memory-limit SIZE] [COMMAND ...]
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measurement import Measurement, measure_process
from benchmarks.mlflow_stores import create_store

PARAMS = METRICS = 100
RUNS_OF_VERSION = 100
"""One of so many runs is registered as a version of the model."""

MEMORY_LIMIT = "1GB"
WRITTEN_FORMATS = ("json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "parquet")
READ_FORMATS = ("json", "jsonld", "provn", "rdf", "xml", "nquads", "turtle", "trig", "parquet")

_INSERT_MODEL = f"""
CREATE TEMP TABLE versions AS
SELECT row_number() OVER (ORDER BY run_uuid) AS version, run_uuid, artifact_uri
FROM runs
LIMIT (SELECT (count(*) + {RUNS_OF_VERSION - 1}) / {RUNS_OF_VERSION} FROM runs);

INSERT INTO registered_models (name, creation_time) VALUES ('wine', 1700000000000);

INSERT INTO model_versions (name, version, creation_time, current_stage, source, run_id, status)
SELECT 'wine', version, 1700000100000, 'None', artifact_uri || '/model', run_uuid, 'READY'
FROM versions;
"""


def create_database(folder: Path, runs: int) -> Path:
    """Create an MLflow database with ``runs`` runs in ``folder``, and return its path."""
    database = create_store(folder, runs, params=PARAMS, metrics=METRICS, with_files=False)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(_INSERT_MODEL)
    return database


@dataclass(frozen=True)
class Command:
    """A chain of commands, and the file that it writes, which others read."""

    name: str
    arguments: Sequence[str]
    output: Path | None = None


def commands(database: Path) -> Iterator[Command]:
    """Yield the chains of commands to measure. Those that read a file come after the one that writes it."""
    folder = database.parent
    extract = ["extract", "--mlflow-url", f"sqlite:///{database}", "--artifacts", "none"]
    for name in WRITTEN_FORMATS:
        file = folder / f"extracted.{name}"
        save = ["save", "--format", name, "--output", str(file)]
        yield Command(f"extract, save as {name}", [*extract, *save], file)
        if name in READ_FORMATS:
            load = ["load", "--format", name, "--input", str(file)]
            copy = folder / "copy.parquet"
            save = ["save", "--format", "parquet", "--output", str(copy)]
            yield Command(f"load {name}, save as parquet", [*load, *save], copy)
    load = ["load", "--input", str(folder / "extracted.parquet")]
    yield Command("merge with itself", [*load, *load, "merge", "statistics"])
    yield Command("validate", [*load, "validate"])
    yield Command("diff with itself", [*load, *load, "diff"])
    yield Command("lineage of a version", [*load, "lineage", "models:/wine/1", "statistics"])
    for group in ("type", "model", "agent"):
        yield Command(f"statistics --by {group}", [*load, "statistics", "--by", group])
    report = folder / "report.html"
    yield Command("report", [*load, "report", "--output", str(report)], report)


def measure(folder: Path, runs: int, memory_limit: str, names: Sequence[str] = ()) -> None:
    """Print a row for each chain of commands, or for those whose name contains one of ``names``."""
    database = create_database(folder, runs)
    print(f"{runs:,} runs, {database.stat().st_size / 1e6:,.0f} MB, memory limit {memory_limit}")
    for command in commands(database):
        if not names or any(name in command.name for name in names):
            print_cost(command, memory_limit)


def cost_of(command: Command, memory_limit: str) -> Measurement:
    """Run a chain of commands and return its cost.

    Raises:
        RuntimeError: the chain failed.
    """
    program = [sys.executable, "-m", "mlflow2prov", "--quiet", "--memory-limit", memory_limit]
    return measure_process([*program, *command.arguments], 1)


def print_cost(command: Command, memory_limit: str) -> None:
    """Run a chain of commands, and print its time and its peak memory, or that it failed."""
    try:
        cost = cost_of(command, memory_limit)
    except RuntimeError:
        print(f"{command.name:34} failed", flush=True)
    else:
        print(
            f"{command.name:34} {cost.seconds:8.1f} s {cost.cpu_seconds:8.1f} s of CPU time "
            f"{cost.memory / 1e6:8.0f} MB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounded_memory")
    parser.add_argument("--runs", type=int, default=3_000, help="number of runs")
    parser.add_argument("--memory-limit", default=MEMORY_LIMIT, help="memory for tables")
    parser.add_argument("commands", nargs="*", help="parts of the names of commands; default: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.runs, options.memory_limit, options.commands)


if __name__ == "__main__":
    main()
