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
            for work in WORK:
                for engine, options in (("DuckDB", ()), ("Spark", ("--engine", ENGINE))):
                    program = [sys.executable, "-m", "mlflow2prov", "--memory-limit", MEMORY]
                    # Spark replaces no file, and DuckDB no folder.
                    commands = _commands(work, path, Path(folder) / engine)
                    _print(work, engine, measure_process([*program, *options, *commands], 1))


WORK = {
    "statistics": "load statistics",
    "merge and save as Parquet": "load merge parquet",
    "merge with itself, save as Parquet": "load load merge parquet",
    "merge, save as N-Quads": "load merge nquads",
}
"""Short names of the commands of each piece of work."""


def _commands(work: str, path: Path, output: Path) -> list[str]:
    commands = {
        "load": ["load", "--input", str(path)],
        "merge": ["merge"],
        "statistics": ["statistics"],
        **{
            name: ["save", "--output", str(output), "--format", name]
            for name in ("parquet", "nquads")
        },
    }
    return [word for name in WORK[work].split() for word in commands[name]]


def _print(work: str, engine: str, measurement: Measurement) -> None:
    print(
        f"  {work:36} {engine:7} {measurement.seconds:8.1f} s, {measurement.cpu_seconds:8.1f} s of CPU, "
        f"{measurement.memory / 1e6:7.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
