"""MLflow stores on the local disk: those in a folder, and those below one, as in a clone."""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from mlflow2prov.sources.folder import Folder, UnreadableError

MAX_DEPTH = 3
MAX_FOLDERS = 1000
"""Limits of a search for stores: levels of folders, and folders."""

MAX_STORES = 3
"""Maximum number of stores that a message names."""

MAX_META_BYTES = 1 << 16
"""Maximum size of a ``meta.yaml`` that is looked at; those of MLflow have some hundred bytes."""

_SQLITE_HEADER = b"SQLite format 3\0"
_DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_FILE_STORE = "mlruns"
_META = "meta.yaml"


@dataclass(frozen=True)
class LocalStore:
    """A database or a file store on the local disk."""

    path: str
    is_database: bool
    has_runs: bool

    @property
    def url(self) -> str:
        """The address of the store: a URL, or the path of a folder."""
        return database_url(self.path) if self.is_database else self.path


def database_url(path: str | Path) -> str:
    """Return the URL of a SQLite file; that of a relative path is relative."""
    return f"sqlite:///{path}"


def is_sqlite(path: Path) -> bool:
    """Return whether a path is a SQLite file."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
    except OSError:
        return False


def has_database_name(path: Path) -> bool:
    """Return whether a path is a file with an extension of databases."""
    try:
        return path.suffix in _DATABASE_SUFFIXES and path.is_file()
    except OSError:
        return False


def is_file_store(path: Path) -> bool:
    """Return whether a folder has the files of an experiment, of a run or of a registered model at their places."""
    return (
        any(b"experiment_id" in meta for meta in _metas(path, 1))
        or _has_runs(path)
        or any(b"creation_timestamp" in meta for meta in _metas(path / "models", 1))
    )


def local_stores(folder: Path) -> list[LocalStore]:
    """Return the stores in a folder, not below it: the file store ``mlruns``, and databases by their names."""
    stores = []
    for name in _names(folder):
        path = folder / name
        if name == _FILE_STORE and is_file_store(path):
            stores.append(LocalStore(str(path), is_database=False, has_runs=_has_runs(path)))
        elif path.suffix in _DATABASE_SUFFIXES and is_sqlite(path):
            counts = _counts_of_database(path)
            if counts is not None:
                stores.append(LocalStore(str(path), is_database=True, has_runs=counts > 0))
    return stores


def stores_below(folder: Path) -> Iterator[LocalStore]:
    """Yield the stores in a folder and below it, the nearest first. Hidden folders and stores are not entered."""
    pending = deque([(folder, 0)])
    for _ in range(MAX_FOLDERS):
        if not pending:
            return
        current, depth = pending.popleft()
        stores = local_stores(current)
        yield from stores
        if depth < MAX_DEPTH:
            pending.extend(
                (current / name, depth + 1)
                for name in _names(current)
                if not name.startswith(".")
                and str(current / name) not in {s.path for s in stores}
                and _is_folder(current / name)
            )


def suggestion(folder: Path) -> str | None:
    """Return the addresses of the stores below a folder, as the end of a message; None if there are none."""
    stores = islice(stores_below(folder.absolute()), MAX_STORES)
    return " or ".join(store.url for store in stores) or None


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as scan:
            return sorted(entry.name for entry in islice(scan, MAX_FOLDERS))
    except OSError:
        return []


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir() and not path.is_symlink()
    except OSError:
        return False


def _metas(path: Path, levels: int) -> Iterator[bytes]:
    """Yield the contents of the files ``meta.yaml`` in the folders at a depth below a folder."""
    folders = [Folder(path)]
    for _ in range(levels):
        folders = [inner for folder in folders for inner in _folders(folder)][:MAX_FOLDERS]
    for folder in folders:
        try:
            yield folder.read(_META, MAX_META_BYTES)
        except (OSError, UnreadableError):
            continue


def _folders(folder: Folder) -> list[Folder]:
    try:
        return list(islice(folder.folders(), MAX_FOLDERS))
    except OSError:
        return []


def _has_runs(path: Path) -> bool:
    return any(b"run_id" in meta or b"run_uuid" in meta for meta in _metas(path, 2))


def _counts_of_database(path: Path) -> int | None:
    """Return 1 if a database of MLflow has a run and 0 if it has none, or None if it is not one of MLflow."""
    log = path.with_name(f"{path.name}-wal")
    try:
        if log.exists() and log.stat().st_size:
            # The tables may be in the log, which SQLite reads only by creating a file beside it.
            return 1 if path.stem == "mlflow" else None
        uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            query = "SELECT count(*) FROM sqlite_master WHERE name IN ('experiments', 'runs')"
            if connection.execute(query).fetchone() != (2,):
                return None
            return len(connection.execute("SELECT 1 FROM runs LIMIT 1").fetchall())
    except (OSError, sqlite3.Error):
        return None
