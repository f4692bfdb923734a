"""Freeze the demo project in ``tests/golden``, as the input of the golden files.

    make demo && .venv/bin/python -m scripts.freeze examples/quickstart/out && make golden

The repository becomes a fast-export stream, the database a SQL script, and the artifacts a list of paths and
sizes in bytes. ``/srv/wine`` replaces the folder of the project.
"""

import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.golden import HERE as GOLDEN
from tests.golden import PROJECT_FOLDER

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
    lines = []
    with sqlite3.connect(f"file:{out / 'mlflow.db'}?mode=ro", uri=True) as database:
        for table in TABLES:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            lines.append(f"CREATE TABLE {table} ({', '.join(columns)});")
            for row in database.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                values = ", ".join(
                    database.execute("SELECT quote(?)", [v]).fetchone()[0] for v in row
                )
                lines.append(f"INSERT INTO {table} VALUES ({values});")
    sql = "\n".join(lines).replace(folder, PROJECT_FOLDER) + "\n"
    (GOLDEN / "mlflow.sql").write_text(sql, encoding="utf-8")
    files = sorted(path for path in (out / "mlruns").rglob("*") if path.is_file())
    sizes = [f"{path.stat().st_size} {path.relative_to(out).as_posix()}\n" for path in files]
    (GOLDEN / "artifacts.txt").write_text("".join(sizes), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
