"""``make bench``: measure, and print a table.

python -m benchmarks [--commits N] [--statements N] [--runs N] [--repeat N] [--repository PATH]
"""

from __future__ import annotations

import argparse
import io
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import orjson

from benchmarks import answers, histories, mlflow_stores, prov_library, stores
from benchmarks.measuring import call, process, row
from benchmarks.statements import sample
from mlflow2prov import formats
from mlflow2prov.prov.unify import unify

OUT = Path(__file__).parent / "out"
SAVE = ["save", "--output", str(OUT / "history")]
WRITTEN = ("json", "provn", "xml", "nquads", "turtle", "rdf", "dot", "parquet")


def history(repository: Path, commits: str, repeat: int) -> None:
    """Measure the extraction of a history against the bare ``git log``."""
    floor = process(["git", "-C", repository, "log", "--all", "--raw", "-z"], repeat)
    row(f"git log --all --raw -z, {commits}: the floor", floor, floor)
    for work, command, times in (
        (
            "extract --renames exact, the document in hand",
            [*_extract(repository), "statistics"],
            repeat,
        ),
        ("extract --renames exact ... save --format json", _extract(repository) + SAVE, repeat),
        (
            "extract ... save, git looking for similar files too",
            _extract(repository, "similar") + SAVE,
            1,
        ),
        (
            "extract --renames exact ... save, --memory_limit 500MB",
            _extract(repository, limit="500MB") + SAVE,
            1,
        ),
    ):
        row(work, process(command, times), floor)


def _extract(repository: Path, renames: str = "exact", limit: str = "1GB") -> list[str]:
    begin = [sys.executable, "-m", "mlflow2prov", "--memory_limit", limit, "extract"]
    return [*begin, "--repository_path", str(repository), "--renames", renames]


def doubling(folder: Path, commits: int, repeat: int) -> None:
    """Measure what twice the history costs: time and memory as ratios to those of the half."""
    half, whole = (
        process(_extract(histories.synthetic(folder, count)) + SAVE, repeat)
        for count in (commits // 2, commits)
    )
    row(f"extract ... save, {commits // 2:,} commits: the floor", half, half)
    row(f"extract ... save, {commits:,} commits, time", whole, half)
    print(f"{'the same, memory':58} {'':22}  x {whole.memory / half.memory:6.2f}", flush=True)


def writers(statements: int, repeat: int) -> None:
    """Measure the writers, and the reader of PROV-JSON, against orjson on the same content."""
    document = sample(statements)
    unify(document)
    stream = io.BytesIO()
    formats.get("json").write(document, stream)
    content = stream.getvalue()
    data = orjson.loads(content)
    floor = call(lambda: orjson.dumps(data), repeat)
    row(f"orjson.dumps of {statements:,} statements: the floor", floor, floor)
    for name in WRITTEN:
        writer = formats.get(name).write
        row(f"write {name}", call(lambda: writer(document, io.BytesIO()), repeat), floor)  # noqa: B023
    reading = call(lambda: orjson.loads(content), min(repeat, 3))
    row("orjson.loads of the same: the floor", reading, reading)
    read = formats.get("json").read
    assert read is not None
    row("read json", call(lambda: read(content), min(repeat, 3)), reading)


def start(repeat: int) -> None:
    """Measure how long a command takes to begin."""
    floor = process([sys.executable, "-c", "pass"], repeat)
    row("python -c pass: the floor", floor, floor)
    for option in ("--help", "--version"):
        row(
            f"mlflow2prov {option}",
            process([sys.executable, "-m", "mlflow2prov", option], repeat),
            floor,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=60_000)
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--repository", type=Path, help="a repository to measure on, besides")
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "orjson"))
    print(f"Python {platform.python_version()}, {libraries}; medians of {options.repeat}\n")
    start(options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        repository = histories.synthetic(Path(folder), options.commits)
        history(repository, f"{options.commits:,} commits", options.repeat)
        doubling(Path(folder), options.commits, options.repeat)
    if options.repository:
        history(options.repository, str(options.repository.name), options.repeat)
    writers(options.statements, options.repeat)
    answers.measure(options.statements, min(options.repeat, 3))
    prov_library.measure(min(options.statements, 50_000), options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        mlflow_stores.measure(Path(folder), options.runs, min(options.repeat, 3))
    stores.measure(min(options.statements, 100_000), min(options.repeat, 3))


if __name__ == "__main__":
    main()
