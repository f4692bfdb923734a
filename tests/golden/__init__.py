"""The example, frozen: a repository and a store that are rebuilt the same everywhere."""

import sqlite3
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PLACE = "/srv/wine"


def rebuild(folder: Path) -> tuple[Path, str]:
    """Make the example in ``folder``; returns the repository and the store's URL."""
    repository = folder / "repository"
    repository.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare"], cwd=repository, check=True)
    with (HERE / "repository.fast-export").open("rb") as history:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=repository, stdin=history, check=True)
    sql = (HERE / "mlflow.sql").read_text(encoding="utf-8")
    with sqlite3.connect(folder / "mlflow.db") as database:
        database.executescript(sql.replace(PLACE, str(folder)))
    for line in (HERE / "artifacts.txt").read_text(encoding="utf-8").splitlines():
        size, _, path = line.partition(" ")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as file:
            file.truncate(int(size))
    return repository, f"sqlite:///{folder / 'mlflow.db'}"
