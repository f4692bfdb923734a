"""Restore the demo project from its frozen form, the result of an earlier ``build.py``: ``make demo``.

    python restore.py FOLDER

Creates FOLDER/repository, FOLDER/mlflow.db and FOLDER/mlruns, without MLflow.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

FROZEN = Path(__file__).parent / "frozen"
PROJECT_FOLDER = "/srv/wine"
"""The folder of the project in the frozen files, in place of the folder where it is restored."""

DATABASES = {"mlflow.sql": "mlflow.db", "calls.sql": "repository/.mlflow2prov/calls.db"}
"""The scripts that create the databases of MLflow and of captured calls."""


def restore(folder: Path) -> tuple[Path, str]:
    """Restore the project in ``folder``; return its repository and the URL of its store."""
    folder = folder.resolve()
    remove(folder)
    restore_repository(folder / "repository")
    with tarfile.open(FROZEN / "files.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    for script, name in DATABASES.items():
        restore_database(FROZEN / script, folder / name, str(folder))
    return folder / "repository", f"sqlite:///{folder / 'mlflow.db'}"


def remove(folder: Path) -> None:
    """Remove the project of an earlier demo from ``folder``."""
    for name in ("repository", "mlruns"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "mlflow.db").unlink(missing_ok=True)


def restore_repository(repository: Path) -> None:
    """Create the repository with its history, and check out its branch ``main``."""
    repository.mkdir(parents=True)
    # Variables of a running git may lead to another repository, and so may the user's settings.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    git = ["git", "-c", "init.defaultBranch=main"]
    with (FROZEN / "repository.fast-export").open("rb") as history:
        for command in (
            ["init", "--quiet"],
            ["fast-import", "--quiet"],
            ["reset", "--quiet", "--hard"],
        ):
            subprocess.run(
                [*git, *command], cwd=repository, env=environment, stdin=history, check=True
            )


def restore_database(script: Path, path: Path, folder: str) -> None:
    """Create a SQLite database whose locations are below ``folder``."""
    path.parent.mkdir(exist_ok=True)
    database = sqlite3.connect(path)
    database.executescript(script.read_text(encoding="utf-8").replace(PROJECT_FOLDER, folder))
    database.close()


if __name__ == "__main__":
    restore(Path(sys.argv[1]))
