"""MLflow stores near a path that is not one, for error messages: the ``mlruns`` or the database in a clone."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

MAX_DEPTH = 3
MAX_FOLDERS = 1000
"""Limits of a search for stores: levels of folders, and folders."""

MAX_STORES = 3
"""Maximum number of stores that a message names."""

_SQLITE_HEADER = b"SQLite format 3\0"
_DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_FILE_STORE = "mlruns"


def database_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


def is_sqlite(path: Path) -> bool:
    """Return whether a path is a SQLite file."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
    except OSError:
        return False


def suggestion(folder: Path) -> str | None:
    """Return the addresses of the stores below a folder, as the end of a message; None if there are none."""
    stores = []
    for store in _stores_below(folder):
        stores.append(store)
        if len(stores) == MAX_STORES:
            break
    return " or ".join(stores) or None


def _stores_below(folder: Path) -> Iterator[str]:
    pending = deque([(folder.absolute(), 0)])
    for _ in range(MAX_FOLDERS):
        if not pending:
            return
        current, depth = pending.popleft()
        try:
            with os.scandir(current) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = current / entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name == _FILE_STORE and _is_file_store(path):
                    yield str(path)
                elif depth < MAX_DEPTH and not entry.name.startswith("."):
                    pending.append((path, depth + 1))
            elif path.suffix in _DATABASE_SUFFIXES and _is_database(path):
                yield database_url(path)


def _is_file_store(path: Path) -> bool:
    try:
        with os.scandir(path) as scan:
            return any(os.path.lexists(Path(entry.path, "meta.yaml")) for entry in scan)
    except OSError:
        return False


def _is_database(path: Path) -> bool:
    if not is_sqlite(path):
        return False
    try:
        uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            query = "SELECT count(*) FROM sqlite_master WHERE name IN ('experiments', 'runs')"
            return bool(connection.execute(query).fetchone() == (2,))
    except sqlite3.Error:
        return False
