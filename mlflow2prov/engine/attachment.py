"""Database files of DuckDB that the engine's SQL can read, and one that it can write."""

from __future__ import annotations

import itertools
import threading
import weakref
from pathlib import Path

from mlflow2prov.engine import connection
from mlflow2prov.engine.sql import Sql, identifier, literal

_numbers = itertools.count(1)
_lock = threading.Lock()
_open_files: weakref.WeakValueDictionary[tuple[int, int], AttachedFile] = (
    weakref.WeakValueDictionary()
)


class AttachedFile:
    """A database file that is attached for as long as this object lives, or until :meth:`detach`."""

    def __init__(self, path: Path, *, is_writable: bool = False) -> None:
        """Attach a file; a writable one is created if it does not exist.

        Raises:
            EngineError: the file is not a database of DuckDB, or another process writes it.
        """
        self.name = f"attached_{next(_numbers)}"
        mode = "" if is_writable else " (READ_ONLY)"
        connection.execute(f"ATTACH {literal(str(path))} AS {self.name}{mode}")
        self._finalizer = weakref.finalize(self, connection.detach_later, self.name)

    def table(self, schema: str, name: str) -> Sql:
        """Return the qualified name of a table."""
        return Sql(f"{self.name}.{identifier(schema)}.{identifier(name)}")

    def detach(self) -> None:
        """Write all of it to the disk, and close the file."""
        if self._finalizer.detach():
            connection.execute(f"CHECKPOINT {self.name}")
            connection.execute(f"DETACH {self.name}")


def attach_for_reading(path: Path) -> AttachedFile:
    """Return the attached file at a path. DuckDB attaches a file once, so callers share the object.

    Raises:
        EngineError: the file is not a database of DuckDB, or another process writes it.
        OSError: there is no such file.
    """
    status = path.stat()
    key = status.st_dev, status.st_ino
    with _lock:
        attached = _open_files.get(key)
        if attached is None:
            attached = _open_files[key] = AttachedFile(path)
        return attached
