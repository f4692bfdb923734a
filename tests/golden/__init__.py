"""The example, frozen: a repository and a store that are rebuilt the same everywhere."""

import os
import sqlite3
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PLACE = "/srv/wine"


def rebuild(folder: Path) -> tuple[Path, str]:
    """Make the example in ``folder``; returns the repository and the store's URL."""
    repository = folder / "repository"
    repository.mkdir(parents=True)
    # A repository or settings that the environment names are not meant here.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    git = ["git", "-c", "init.defaultBranch=main"]
    with (HERE / "repository.fast-export").open("rb") as history:
        for command in (["init", "--quiet", "--bare"], ["fast-import", "--quiet"]):
            subprocess.run(
                [*git, *command], cwd=repository, env=environment, stdin=history, check=True
            )
    sql = (HERE / "mlflow.sql").read_text(encoding="utf-8")
    with sqlite3.connect(folder / "mlflow.db") as database:
        database.executescript(sql.replace(PLACE, str(folder)))
    for line in (HERE / "artifacts.txt").read_text(encoding="utf-8").splitlines():
        size, _, path = line.partition(" ")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as file:
            file.truncate(int(size))
    return repository, f"sqlite:///{folder / 'mlflow.db'}"
