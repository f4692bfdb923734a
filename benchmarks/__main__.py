"""Measure the cost of every operation, and print it as a table: ``make bench``.

python -m benchmarks [--commits N] [--statements N] [--runs N] [--repeat N] [--repository PATH]
"""

from __future__ import annotations

import argparse
import io
import platform
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path

import orjson

from benchmarks import capture, mlflow_stores, operations, prov_library, stores
from benchmarks.documents import generations
from benchmarks.histories import create_history
from benchmarks.measurement import Measurement, measure_call, measure_process, print_row
from mlflow2prov import Document, formats
from mlflow2prov.prov.unify import unify

OUT = Path(__file__).parent / "out"
SAVE = ["save", "--output", str(OUT / "history")]
WRITTEN_FORMATS = ("json", "provn", "xml", "nquads", "turtle", "rdf", "dot", "parquet")


def measure_start(repeat: int) -> None:
    """Measure the start of the program against an empty Python process."""
    floor = measure_process([sys.executable, "-c", "pass"], repeat)
    print_row("python -c pass: the floor", floor, floor)
    for option in ("--help", "--version"):
        command = [sys.executable, "-m", "mlflow2prov", option]
        print_row(f"mlflow2prov {option}", measure_process(command, repeat), floor)


def measure_extraction(repository: Path, title: str, repeat: int) -> None:
    """Measure the extraction of a Git history against the bare ``git log``."""
    floor = measure_process(["git", "-C", repository, "log", "--all", "--raw", "-z"], repeat)
    print_row(f"git log --all --raw -z, {title}: the floor", floor, floor)
    exact = _extract(repository)
    similar = _extract(repository, renames="similar")
    limited = _extract(repository, memory_limit="500MB")
    for work, command, times in (
        ("extract --renames exact, without saving", [*exact, "statistics"], repeat),
        ("extract --renames exact ... save --format json", exact + SAVE, repeat),
        ("extract --renames similar ... save", similar + SAVE, 1),
        ("extract --renames exact ... save, --memory-limit 500MB", limited + SAVE, 1),
    ):
        print_row(work, measure_process(command, times), floor)


def _extract(repository: Path, renames: str = "exact", memory_limit: str = "1GB") -> list[str]:
    program = [sys.executable, "-m", "mlflow2prov", "--memory-limit", memory_limit]
    return [*program, "extract", "--repository-path", str(repository), "--renames", renames]


def measure_growth(folder: Path, commits: int, repeat: int) -> None:
    """Measure the extraction of a history against that of a history with half the commits."""
    half, whole = (
        measure_process(_extract(create_history(folder, count)) + SAVE, repeat)
        for count in (commits // 2, commits)
    )
    print_row(f"extract ... save, {commits // 2:,} commits: the floor", half, half)
    print_row(f"extract ... save, {commits:,} commits, time", whole, half)
    print(f"{'the same, memory':58} {'':22}  x {whole.memory / half.memory:6.2f}", flush=True)


def measure_formats(statements: int, repeat: int) -> None:
    """Measure the writers and the readers against orjson on the same content, and PROV-XML against PROV-JSON."""
    document = generations(statements)
    unify(document)
    content = _written(document, "json")
    data = orjson.loads(content)
    floor = measure_call(lambda: orjson.dumps(data), repeat)
    print_row(f"orjson.dumps of {statements:,} statements: the floor", floor, floor)
    for name in WRITTEN_FORMATS:
        print_row(f"write {name}", measure_call(partial(_written, document, name), repeat), floor)
    floor = measure_call(lambda: orjson.loads(content), min(repeat, 3))
    print_row("orjson.loads of the same: the floor", floor, floor)
    read_json = _measure_reading(document, "json", min(repeat, 3))
    print_row("read json", read_json, floor)
    print_row(
        "read xml, against json", _measure_reading(document, "xml", min(repeat, 3)), read_json
    )


def _measure_reading(document: Document, name: str, repeat: int) -> Measurement:
    content = _written(document, name)
    return measure_call(lambda: formats.read(content, format=name), repeat)


def _written(document: Document, name: str) -> bytes:
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


def main() -> None:
    options = parse_options()
    OUT.mkdir(exist_ok=True)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "orjson"))
    print(f"Python {platform.python_version()}, {libraries}; medians of {options.repeat}\n")
    measure_start(options.repeat)
    capture.measure(options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        repository = create_history(Path(folder), options.commits)
        measure_extraction(repository, f"{options.commits:,} commits", options.repeat)
        measure_growth(Path(folder), options.commits, options.repeat)
    if options.repository:
        measure_extraction(options.repository, options.repository.name, options.repeat)
    measure_formats(options.statements, options.repeat)
    operations.measure(options.statements, min(options.repeat, 3))
    prov_library.measure(min(options.statements, 50_000), options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        mlflow_stores.measure(Path(folder), options.runs, min(options.repeat, 3))
    stores.measure(min(options.statements, 100_000), min(options.repeat, 3))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--commits", type=int, default=60_000, help="size of the synthetic history")
    parser.add_argument("--statements", type=int, default=1_000_000, help="size of the documents")
    parser.add_argument("--runs", type=int, default=1_000, help="size of the MLflow store")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each measurement")
    parser.add_argument("--repository", type=Path, help="a further Git repository to extract")
    return parser.parse_args()


if __name__ == "__main__":
    main()
