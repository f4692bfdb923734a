"""Merging, counting and saving large documents on Spark, beside DuckDB, as whole processes.

``python -m benchmarks.cluster 1000000 3000000 10000000`` needs the extra ``spark`` and Java. Both engines read the same
Parquet file twice, so that every statement is repeated, or once, and write one Parquet file or folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.documents import linear_history
from benchmarks.measurement import Measurement, measure_process
from mlflow2prov import save

ENGINE = "local[2]"
MEMORY = "2GB"


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000_000, 3_000_000, 10_000_000]
    with TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.parquet"
            save(linear_history(size), path, "parquet")
            print(f"{size:,} statements, {path.stat().st_size / 1e6:.0f} MB", flush=True)
            for work, commands in _chains(path, Path(folder) / "out").items():
                for engine, options in (("DuckDB", ()), ("Spark", ("--engine", ENGINE))):
                    program = (sys.executable, "-m", "mlflow2prov", "--memory-limit", MEMORY)
                    _print(work, engine, measure_process([*program, *options, *commands], 1))


def _chains(path: Path, output: Path) -> dict[str, list[str]]:
    """Return the commands of each piece of work."""
    load, save_ = ["load", "--input", str(path)], ["save", "--output", str(output), "--format"]
    twice = [*load, "--input", str(path), "merge"]
    return {
        "statistics": [*load, "statistics"],
        "merge and save as Parquet": [*load, "merge", *save_, "parquet"],
        "merge with itself, save as Parquet": [*twice, *save_, "parquet"],
        "merge, save as N-Quads": [*load, "merge", *save_, "nquads"],
    }


def _print(work: str, engine: str, measurement: Measurement) -> None:
    print(
        f"  {work:36} {engine:7} {measurement.seconds:8.1f} s, {measurement.cpu_seconds:8.1f} s of CPU, "
        f"{measurement.memory / 1e6:7.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
