"""Where the calls of a project are recorded."""

from __future__ import annotations

from pathlib import Path

from mlflow2prov.capture.configuration import DATABASE, FOLDER


def find_calls(repository: Path) -> Path | None:
    """Return the database in the folder ``.mlflow2prov`` of a working tree, if it is there."""
    path = repository / FOLDER / DATABASE
    return path if path.is_file() and not path.is_symlink() else None
