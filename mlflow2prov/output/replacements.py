"""Replacements: put complete files in the places of others, all or none."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlflow2prov.errors import FormatError
from mlflow2prov.output.places import reason_of, write_error

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


@dataclass
class Replacement:
    """A complete file under a temporary name, and the path where it belongs."""

    temporary: Path
    path: Path
    old: Path | None = None
    """A second name of the file that is being replaced."""
    is_new: bool = False
    """Whether there is no file to replace."""
    status: os.stat_result | None = None
    """The file that is replaced, if it must be a certain one."""

    def apply(self) -> None:
        """Move the file to its path.

        Raises:
            OSError: the file cannot be moved, or the one that it replaces is not the expected one.
        """
        if self.status is not None:
            require_unchanged(self.path.stat(), self.status)
        self.temporary.replace(self.path)

    def keep_old(self) -> None:
        """Give the file at the path a second name, or copy it where there are no hard links."""
        old = self.temporary.with_name(f"{self.temporary.name}.old")
        try:
            os.link(self.path, old)
        except FileNotFoundError:
            self.is_new = True
            return
        except OSError:
            shutil.copy2(self.path, old)
        self.old = old

    def undo(self) -> None:
        """Restore the state before the replacement, whether or not it took place."""
        if self.old is not None:
            self.old.replace(self.path)
        elif self.is_new and not self.temporary.exists():
            self.path.unlink(missing_ok=True)


@dataclass
class Appendix:
    """Bytes that follow the first part of a file, in the place of the rest."""

    path: Path
    size: int
    """The number of bytes of the first part."""
    content: bytes
    status: os.stat_result
    """The file that the first part was read from."""
    is_begun: bool = False

    def apply(self) -> None:
        """Write the bytes to the disk.

        Raises:
            OSError: the file cannot be written, or is not the one that was read.
        """
        with self.path.open("r+b") as file:
            require_unchanged(os.fstat(file.fileno()), self.status)
            self.is_begun = True
            file.truncate(self.size)
            file.seek(self.size)
            file.write(self.content)
            file.flush()
            os.fsync(file.fileno())

    def keep_old(self) -> None:
        """Do nothing: the first part is all that is needed to undo this."""

    def undo(self) -> None:
        """Cut the file after its first part, if it is the one that was read."""
        if self.is_begun:
            os.truncate(self.path, self.size)


def replace_all(replacements: Sequence[Replacement | Appendix]) -> None:
    """Make all replacements, or none."""
    begun: list[Replacement | Appendix] = []
    try:
        for replacement in replacements:
            begun.append(replacement)
            if len(replacements) > 1:
                replacement.keep_old()
            replacement.apply()
    except BaseException as error:
        lost = _undo_all(reversed(begun))
        if not isinstance(error, OSError):
            raise
        reason = reason_of(error)
        if lost:
            reason += f"; not restored: {', '.join(map(str, lost))}"
        raise FormatError(f"{begun[-1].path}: cannot be written ({reason})") from error


def _undo_all(replacements: Iterable[Replacement | Appendix]) -> list[Path]:
    """Undo replacements, and return the paths of those that could not be undone."""
    lost = []
    for replacement in replacements:
        try:
            replacement.undo()
        except OSError:
            lost.append(replacement.path)
    return lost


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can (POSIX, fsync).

    Raises:
        FormatError: the disk fails.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise write_error(folder, error) from error


def require_unchanged(status: os.stat_result, expected: os.stat_result) -> None:
    """Require that a file is a certain one, and has its size.

    Raises:
        OSError: it is another one.
    """
    if not os.path.samestat(status, expected) or status.st_size != expected.st_size:
        raise OSError(errno.EBUSY, "another program has changed it; run the command again")
