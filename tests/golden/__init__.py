"""The document of the demo project in several formats, and the project itself, restored as ``make demo`` does."""

import sqlite3
from pathlib import Path

from examples.quickstart.restore import PROJECT_FOLDER, restore

__all__ = ["HERE", "PROJECT_FOLDER", "rebuild"]

HERE = Path(__file__).parent

CALLS = Path(".mlflow2prov/calls.db")
"""The database of captured calls in the repository."""


def rebuild(folder: Path) -> tuple[Path, str]:
    """Restore the demo project in ``folder``, without the packages of calls; return its repository and its store.

    The packages are most of the graph, and the same for all calls.
    """
    repository, store = restore(folder)
    with sqlite3.connect(repository / CALLS) as database:
        database.execute("UPDATE calls SET environment_id = NULL")
    return repository, store
