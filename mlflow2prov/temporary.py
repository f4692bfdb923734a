"""Temporary folders that do not outlive their process, even if it is killed.

Each folder contains a file that its process locks (flock(2)). The operating system releases the lock when the process
ends, whatever ended it, so a folder whose lock is free is abandoned, and the next process that makes a folder beside it
deletes it. Unlike a process identifier, a lock is also visible from other containers that share the folder.
"""

from __future__ import annotations

import atexit
import errno
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from mlflow2prov.errors import EngineError

try:
    import fcntl
except ImportError:  # Windows: folders of killed processes stay
    fcntl = None  # type: ignore[assignment]

PREFIX = ".mlflow2prov-"
"""The beginning of the names of all temporary folders."""

MAX_FOREIGN_AGE = 86_400
"""Seconds after which a folder of another machine, or of before a restart, counts as abandoned if its lock is free.

Locks on a network file system may be local to a machine (mount option ``local_lock``), so they prove nothing at once.
"""

MAX_BUFFER_BYTES = 1 << 20
"""How large a file of :func:`temporary_file` may become before it is written to the disk."""

_LOCK = "lock"
_LINK = "folder-"
_FULL = (errno.ENOSPC, errno.EDQUOT)

_lock = threading.Lock()
_process_folders: dict[int, TemporaryFolder] = {}


class TemporaryFolder:
    """A new folder within ``parent``, which is locked until :meth:`remove` or the end of the process.

    Folders of killed processes beside it are deleted.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, parent: str | Path) -> None:
        parent = Path(parent)
        remove_abandoned(parent)
        while True:
            path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{_machine()}-", dir=parent)).absolute()
            try:
                lock = _lock_folder(path)
            except OSError:
                _delete(path)
                raise
            # Another process may have deleted the folder before it was locked.
            if lock is not None:
                break
        self.path = path
        self._lock: int | None = lock
        self._owner = os.getpid()
        atexit.register(self.remove)

    def remove(self) -> None:
        """Delete the folder with its content, once. A forked process does not delete the folder of its parent."""
        atexit.unregister(self.remove)
        lock, self._lock = self._lock, None
        if lock is None or self._owner != os.getpid():
            return
        # Windows deletes no file that is open.
        os.close(lock)
        _delete(self.path)


def process_folder() -> Path:
    """Return the temporary folder of this process, which is made on first use.

    Raises:
        EngineError: there is no folder for temporary files, or it is full.
    """
    with _lock:
        process = os.getpid()
        if process not in _process_folders:
            with reported_errors():
                _process_folders[process] = TemporaryFolder(tempfile.gettempdir())
        return _process_folders[process].path


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder within the folder of this process, for the length of a block.

    Raises:
        EngineError: the folder for temporary files is full.
    """
    parent = process_folder()
    with reported_errors():
        folder = tempfile.mkdtemp(dir=parent)
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def temporary_file(write_content: Callable[[BinaryIO], object]) -> BinaryIO:
    """Return a file without a name, at its beginning, in memory as long as it is small. Callers close it.

    Args:
        write_content: called with the file, to which it writes the content.

    Raises:
        EngineError: the folder for temporary files is full.
    """
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(MAX_BUFFER_BYTES))  # noqa: SIM115
    try:
        with reported_errors():
            write_content(file)
            file.flush()
            file.seek(0)
    except BaseException:
        with suppress(OSError):  # the buffer that did not fit is written once more
            file.close()
        raise
    return file


@contextmanager
def reported_errors() -> Iterator[None]:
    """Raise the error of a full or missing folder for temporary files, within the block, as one that names it.

    Raises:
        EngineError: the folder is full, or there is none.
    """
    try:
        yield
    except FileNotFoundError as error:
        # Python has tried to write to each folder that it knows.
        if "temporary directory" in str(error):
            raise EngineError(
                "temporary files: no folder for them is writable; free disk space, or set TMPDIR"
            ) from error
        raise
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise full_folder(tempfile.gettempdir(), os.strerror(error.errno)) from error


def full_folder(folder: str | Path, reason: str) -> EngineError:
    """Return the error of a full folder for temporary files."""
    return EngineError(
        f"{folder}: the folder for temporary files is full ({reason}); free disk space, or set TMPDIR"
    )


def remove_abandoned(parent: str | Path) -> None:
    """Delete the temporary folders of killed processes in ``parent``, and those that they made elsewhere.

    Only folders of the same user are deleted, and only those whose lock is free.
    """
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(PREFIX)]
        for name in names:
            _remove_if_abandoned(Path(parent, name))


def announce(folder: TemporaryFolder) -> None:
    """Record a folder in the folder of this process, so that it is found if this process is killed."""
    with suppress(OSError, EngineError):
        (process_folder() / f"{_LINK}{folder.path.name}").symlink_to(folder.path)


def forget(folder: TemporaryFolder) -> None:
    """Delete the record of :func:`announce`."""
    with suppress(OSError, EngineError):
        (process_folder() / f"{_LINK}{folder.path.name}").unlink()


def _lock_folder(path: Path) -> int | None:
    """Lock a folder and return the descriptor of its lock, or None if another process deletes the folder."""
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), (path / _LOCK).stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        # This file system has no locks. No process can lock the folder then, and none deletes it.
        return lock
    os.close(lock)
    return None


def _remove_if_abandoned(path: Path) -> None:
    """Delete a temporary folder if its process is gone."""
    with suppress(OSError):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return
        is_foreign = not path.name.startswith(f"{PREFIX}{_machine()}-")
        if is_foreign and time.time() - status.st_mtime < MAX_FOREIGN_AGE:
            return
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for link in path.glob(f"{_LINK}*"):
                target = link.readlink()
                if target.name.startswith(PREFIX):
                    _remove_if_abandoned(target)
            _delete(path)
        finally:
            os.close(lock)


def _delete(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


@cache
def _machine() -> str:
    """Return a digest that differs between machines, and after a restart: the lifetime of a lock."""
    import hashlib

    try:
        identity = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except OSError:
        identity = os.uname().nodename if hasattr(os, "uname") else ""
    return hashlib.sha256(identity.encode()).hexdigest()[:8]
