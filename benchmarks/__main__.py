"""``make bench``: measure, and print a table.

python -m benchmarks [--commits N] [--statements N] [--repeat N] [--repository PATH]
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

from benchmarks import histories, stores
from benchmarks.measuring import Measure, call, process
from mlflow2prov import Document, formats
from mlflow2prov.document import KIND

OUT = Path(__file__).parent / "out"
WRITTEN = ("json", "provn", "xml", "nquads", "turtle", "rdf", "dot")


def row(work: str, measure: Measure, floor: Measure) -> None:
    memory = f"{measure.memory / 1e6:8.0f} MB" if measure.memory else " " * 11
    print(f"{work:58} {measure.seconds:8.2f} s {memory}  x {measure.over(floor):6.2f}", flush=True)


def history(repository: Path, commits: str, repeat: int) -> None:
    """Measure the extraction of a history against the bare ``git log``."""
    floor = process(["git", "-C", repository, "log", "--all", "--raw", "-z"], repeat)
    row(f"git log --all --raw -z, {commits}: the floor", floor, floor)
    extract = [sys.executable, "-m", "mlflow2prov", "extract", "--repository_path", str(repository)]
    exact = [*extract, "--renames", "exact"]
    save = ["save", "--output", str(OUT / "history")]
    row(
        "extract --renames exact, the document in hand",
        process([*exact, "statistics"], repeat),
        floor,
    )
    row("extract --renames exact ... save --format json", process([*exact, *save], repeat), floor)
    row("extract ... save, git looking for similar files too", process([*extract, *save], 1), floor)
    limited = [*exact[:3], "--memory_limit", "500MB", *exact[3:], *save]
    row("extract --renames exact ... save, --memory_limit 500MB", process(limited, 1), floor)


def writers(statements: int, repeat: int) -> None:
    """Measure the writers, and the reader of PROV-JSON, against orjson on the same content."""
    document = sample(statements)
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


def sample(statements: int) -> Document:
    """Return a document of generations, each with three attributes."""
    document = Document()
    document.insert(
        KIND["wasGeneratedBy"],
        "SELECT '', NULL, 'FileRevision.' || md5(i::VARCHAR), "
        "'Commit.' || md5((i // 3)::VARCHAR), '2024-01-01T00:00:00+00:00', "
        "[{'key': 'name', 'value': 'file' || (i % 1000), 'type': NULL, 'lang': NULL}, "
        "{'key': 'prov:role', 'value': 'AddedRevision', 'type': 'prov:QUALIFIED_NAME', 'lang': NULL}, "
        "{'key': 'size', 'value': i::VARCHAR, 'type': 'xsd:int', 'lang': NULL}] "
        f"FROM range({statements}) r(i)",
    )
    document.is_unified = True
    return document


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
    if options.repository:
        history(options.repository, str(options.repository.name), options.repeat)
    writers(options.statements, options.repeat)
    stores.measure(min(options.statements, 200_000), min(options.repeat, 3))


if __name__ == "__main__":
    main()
