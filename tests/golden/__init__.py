"""The demo project, frozen: a repository and a store that can be rebuilt anywhere."""

import os
import sqlite3
import subprocess
from pathlib import Path

HERE = Path(__file__).parent

PROJECT_FOLDER = "/srv/wine"
"""The folder of the project in the frozen files, in place of the folder where it is rebuilt."""

CALLS = Path(".mlflow2prov/calls.db")
"""The database of captured calls in the repository."""


def rebuild(folder: Path) -> tuple[Path, str]:
    """Rebuild the demo project in ``folder``, and return its repository and the URL of its store."""
    repository = folder / "repository"
    repository.mkdir(parents=True)
    # Variables of a running git may lead to another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    git = ["git", "-c", "init.defaultBranch=main"]
    with (HERE / "repository.fast-export").open("rb") as history:
        for command in (
            ["init", "--quiet"],
            ["fast-import", "--quiet"],
            ["reset", "--quiet", "--hard"],
        ):
            subprocess.run(
                [*git, *command], cwd=repository, env=environment, stdin=history, check=True
            )
    (repository / CALLS).parent.mkdir()
    for path, script in ((folder / "mlflow.db", "mlflow.sql"), (repository / CALLS, "calls.sql")):
        sql = (HERE / script).read_text(encoding="utf-8")
        with sqlite3.connect(path) as database:
            database.executescript(sql.replace(PROJECT_FOLDER, str(folder)))
    for line in (HERE / "artifacts.txt").read_text(encoding="utf-8").splitlines():
        size, _, path = line.partition(" ")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as file:
            file.truncate(int(size))
    return repository, f"sqlite:///{folder / 'mlflow.db'}"
