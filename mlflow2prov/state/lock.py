"""The lock of a state file: one process updates it at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlflow2prov.errors import StateError


@contextmanager
def update_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a state file within the block.

    The lock is a file beside the state file, or beside the file that a symbolic link leads to. It exists as long as it
    is held. If its process is killed, the file stays, but the system releases the lock. On a file system or a platform
    without locks, nothing is locked.

    Args:
        path: the state file, which need not exist.

    Raises:
        StateError: another process holds the lock, or the folder cannot be written to.
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    descriptor = _acquire(path, lock)
    try:
        yield
    finally:
        # Another process may wait for the file only while its name leads to it (_acquire).
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _acquire(path: Path, lock: Path) -> int:
    """Return the descriptor of the lock file, locked."""
    while True:
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StateError(f"{path}: cannot be written ({error.strerror})") from error
        try:
            is_locked = _try_lock(descriptor)
            if is_locked and _is_at(descriptor, lock):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not is_locked:
            raise StateError(
                f"{path}: another update of this state is running; try again when it has finished"
            )


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a name still leads to the open file, which the last holder of the lock may have deleted."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
