"""Freeze the demo project in ``tests/golden``, as the input of the golden files.

    make demo && .venv/bin/python -m scripts.freeze examples/quickstart/out && make golden

The repository becomes a fast-export stream, the databases of MLflow and of captured calls become SQL scripts, and the
artifacts a list of paths and sizes in bytes. ``/srv/wine`` replaces the folder of the project, and names that any
machine may have replace those of this one.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.golden import CALLS, PROJECT_FOLDER
from tests.golden import HERE as GOLDEN

TABLES = (
    "experiments",
    "experiment_tags",
    "runs",
    "tags",
    "params",
    "latest_metrics",
    "metrics",
    "datasets",
    "inputs",
    "input_tags",
    "logged_models",
    "logged_model_tags",
    "logged_model_params",
    "logged_model_metrics",
    "registered_models",
    "registered_model_tags",
    "registered_model_aliases",
    "model_versions",
    "model_version_tags",
)

CALL_TABLES = ("calls", "runs")
"""The tables of captured calls whose rows are extracted. Those of artifacts and of packages have to exist."""

PROCESS_KEYS = ("cmdline", "cwd")
PYTHON, HOST, PLATFORM = "/usr/bin/python3", "ml01.example.org", "Linux-x86_64"


def main(out: Path) -> None:
    """Write the frozen form of the project in ``out``."""
    GOLDEN.mkdir(exist_ok=True)
    folder = str(out.resolve())
    history = subprocess.run(
        ["git", "-C", out / "repository", "fast-export", "--all", "--signed-tags=strip"],
        check=True,
        capture_output=True,
    ).stdout
    (GOLDEN / "repository.fast-export").write_bytes(history)
    store = dump(out / "mlflow.db", TABLES).replace(folder, PROJECT_FOLDER)
    (GOLDEN / "mlflow.sql").write_text(store, encoding="utf-8")
    calls = dump(out / "repository" / CALLS, CALL_TABLES, ("artifacts", "environments"))
    (GOLDEN / "calls.sql").write_text(calls.replace(folder, PROJECT_FOLDER), encoding="utf-8")
    files = sorted(path for path in (out / "mlruns").rglob("*") if path.is_file())
    sizes = [f"{path.stat().st_size} {path.relative_to(out).as_posix()}\n" for path in files]
    (GOLDEN / "artifacts.txt").write_text("".join(sizes), encoding="utf-8")


def dump(path: Path, tables: Iterable[str], empty: Iterable[str] = ()) -> str:
    """Return a script that creates tables of a SQLite database with their rows, and others without."""
    lines = []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        for table in (*tables, *empty):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            lines.append(f"CREATE TABLE {table} ({', '.join(columns)});")
            if table in empty:
                continue
            for row in database.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                named = without_machine(dict(zip(columns, row, strict=True)))
                values = ", ".join(
                    database.execute("SELECT quote(?)", [v]).fetchone()[0] for v in named.values()
                )
                lines.append(f"INSERT INTO {table} VALUES ({values});")
    return "\n".join(lines) + "\n"


def without_machine(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without facts on the machine: a call without packages, a process with what is extracted of it."""
    if "environment_id" in row:
        return row | {"environment_id": None}
    if "hostname" not in row:
        return row
    info = json.loads(row["info"])
    process = {key: info["process"][key] for key in PROCESS_KEYS}
    process["cmdline"] = [PYTHON, *process["cmdline"][1:]]
    facts = {"host": {"platform": PLATFORM}, "process": process, "python": info["python"]}
    return row | {"hostname": HOST, "info": json.dumps({**facts, "user": info["user"]})}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
