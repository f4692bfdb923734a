"""Folders of a store or of records on the local disk, read with distrust.

Anyone who can log a run can write into a store: links to files elsewhere, FIFOs, which block a reader for ever, devices
and endless files. A :class:`Folder` is therefore the only way to what lies below a store: nothing else lists folders or
opens files there. It opens folder by folder, each relative to the one before and without following links (openat(2),
``O_NOFOLLOW``), so that a link that appears in the meantime leads nowhere.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlflow2prov.errors import SourceError

MAX_DEPTH = 64
"""Maximum depth of folders that are listed below another one."""

# Windows has neither the flags nor openat; there, paths are checked before they are opened.
_FILE = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_HAS_OPENAT = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
# O_NOFOLLOW fails with ENOTDIR for a link in the place of a folder, and with ELOOP for one in the place of a file.
_MISSING = (FileNotFoundError, NotADirectoryError)
_LEADS_OUT = "a link that leads out of the store"
_LINK_ERRORS = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)
_BLOCK_BYTES = 1 << 20


Descriptor = int | str
"""An open folder: its file descriptor, or its path on systems without openat."""


class UnreadableError(SourceError):
    """A file is not regular, or too long."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{unicode_name(str(path))}: {reason}")
        self.path = path
        self.reason = reason


class Entry(NamedTuple):
    """An entry of a folder."""

    name: str
    """As the system spells it: bytes that are not UTF-8 are surrogates."""
    mode: int
    size: int
    """In bytes."""

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder, and not a link to one."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether this is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether this is a symbolic link."""
        return stat.S_ISLNK(self.mode)


class Folder:
    """A folder at or below ``top``, which need not exist. Links below ``top`` are followed only within it.

    Args:
        top: the folder of a store, or one that the user named.
        parts: the names that lead from ``top`` to the folder.
        unreadable: takes a line for each link that leads out of ``top`` and each file that is not read, in order;
            all folders below ``top`` share it.
    """

    def __init__(
        self,
        top: Path,
        parts: tuple[str, ...] = (),
        unreadable: dict[str, None] | None = None,
    ) -> None:
        self.top = top
        self.parts = parts
        self.path = top.joinpath(*parts)
        self.unreadable: dict[str, None] = {} if unreadable is None else unreadable

    @classmethod
    def below(cls, top: Path, path: Path) -> Folder | None:
        """Return the folder ``path``, or None if it does not lie at or below ``top``, all links resolved."""
        parts = _real_parts(top, path)
        return None if parts is None else cls(Path(os.path.realpath(top)), parts)

    def __truediv__(self, name: str) -> Folder:
        if name in ("", ".", "..") or "/" in name or os.sep in name:
            raise ValueError(f"not the name of an entry: {name!r}")
        return Folder(self.top, (*self.parts, name), self.unreadable)

    def __str__(self) -> str:
        return unicode_name(str(self.path))

    @property
    def name(self) -> str:
        """The name of the folder as Unicode text."""
        return unicode_name(self.path.name)

    @property
    def parent(self) -> Folder:
        """The folder in which this folder lies; the top is its own parent."""
        return Folder(self.top, self.parts[:-1], self.unreadable)

    def exists(self) -> bool:
        """Return whether there is such a folder."""
        try:
            with self._opened():
                return True
        except OSError:
            return False

    def entries(self) -> list[Entry]:
        """Return the entries of the folder, in the order of their names.

        Raises:
            OSError: the folder is missing or cannot be read.
        """
        with self._opened() as descriptor:
            return self._entries(descriptor)

    def folders(self) -> Iterator[Folder]:
        """Yield the folders in the folder, in the order of their names; none if the folder is missing.

        Raises:
            OSError: the folder cannot be read.
        """
        try:
            entries = self.entries()
        except _MISSING:
            return
        for entry in entries:
            if entry.is_folder or (entry.is_link and self._leads_to_folder(entry.name)):
                yield self / entry.name

    def files(self, max_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each file at any depth; none if the folder is missing.

        Names are relative to the folder, and Unicode text. Files that are not read are :attr:`unreadable`.

        Raises:
            OSError: a folder or file cannot be read.
        """
        pending = [(self, "")]
        while pending:
            folder, prefix = pending.pop()
            subfolders = []
            with ExitStack() as stack:
                try:
                    descriptor = stack.enter_context(folder._opened())
                except _MISSING:
                    continue
                for entry in folder._entries(descriptor):
                    if entry.is_folder:
                        subfolders.append((folder / entry.name, f"{prefix}{entry.name}/"))
                        continue
                    try:
                        content = folder._read(descriptor, entry.name, max_bytes)
                    except UnreadableError as error:
                        self._report(error.path, error.reason)
                    except FileNotFoundError:  # deleted in the meantime
                        continue
                    else:
                        yield unicode_name(prefix + entry.name), content
            if subfolders and prefix.count("/") >= MAX_DEPTH:
                self._report(folder.path, f"folders below level {MAX_DEPTH} are not read")
            else:
                pending += reversed(subfolders)

    def has_file(self, name: str) -> bool:
        """Return whether the folder has a regular file.

        Raises:
            OSError: the folder cannot be read.
        """
        try:
            with self._opened() as descriptor:
                return stat.S_ISREG(_status(descriptor, name).st_mode)
        except _MISSING:
            return False

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the content of a file of at most ``max_bytes``.

        Raises:
            UnreadableError: the file is not a regular file, or is longer.
            OSError: the file is missing or cannot be read.
        """
        with self._opened() as descriptor:
            return self._read(descriptor, name, max_bytes)

    def digest(self, name: str) -> str:
        """Return the SHA-256 of the content of a file, as ``sha256:<hex>``. A file that grows is read to its old end.

        Raises:
            UnreadableError: the file is not a regular file.
            OSError: the file is missing or cannot be read.
        """
        sha = hashlib.sha256()
        with self._opened() as descriptor, self._opened_file(descriptor, name) as (file, size):
            while size > 0 and (block := file.read(min(size, _BLOCK_BYTES))):
                sha.update(block)
                size -= len(block)
        return f"sha256:{sha.hexdigest()}"

    def _entries(self, descriptor: Descriptor) -> list[Entry]:
        try:
            with os.scandir(descriptor) as scan:
                return sorted(entry for entry in map(_entry, scan) if entry)
        except OSError as error:
            raise _named(error, self.path) from error

    def _read(self, descriptor: Descriptor, name: str, max_bytes: int) -> bytes:
        with self._opened_file(descriptor, name) as (file, size):
            if size > max_bytes:
                raise UnreadableError(self.path / name, f"longer than {max_bytes} bytes")
            return file.read(size)

    @contextmanager
    def _opened_file(self, descriptor: Descriptor, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """Open a regular file of the folder, and yield it with its size."""
        try:
            # Opening a device may already have an effect.
            self._require_regular(_status(descriptor, name), name)
            with os.fdopen(_open_file(descriptor, name), "rb") as file:
                status = os.fstat(file.fileno())
                self._require_regular(status, name)
                yield file, status.st_size
        except OSError as error:
            raise _named(error, self.path / name) from error

    def _require_regular(self, status: os.stat_result, name: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(self.path / name, "not a regular file")

    def _leads_to_folder(self, name: str) -> bool:
        """Return whether a link leads to a folder below :attr:`top`; report it if it leads to one elsewhere."""
        path = self.path / name
        if not path.is_dir():
            return False
        if _real_parts(self.top, path) is None:
            self._report(path, _LEADS_OUT)
            return False
        return True

    def report(self, name: str, reason: str) -> None:
        """Report that a file of the folder is not read."""
        self._report(self.path / name, reason)

    def report_error(self, error: OSError) -> None:
        """Report a file or folder that the system refuses to open."""
        self._report(Path(error.filename or self.path), error.strerror or str(error))

    def _report(self, path: Path, reason: str) -> None:
        self.unreadable[f"{unicode_name(str(path))}: {reason}"] = None

    @contextmanager
    def _opened(self) -> Iterator[Descriptor]:
        """Open the folder."""
        if not _HAS_OPENAT:
            path = str(self.top.joinpath(*self._parts_without_links()))
            os.scandir(path).close()  # raises the errors of an opening
            yield path
            return
        try:
            descriptor = self._open()
        except OSError as error:
            raise _named(error, self.path) from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return _open_folder(self.top, self.parts)
        except OSError as error:
            if error.errno not in _LINK_ERRORS:
                raise
        return _open_folder(Path(os.path.realpath(self.top)), self._parts_without_links())

    def _parts_without_links(self) -> tuple[str, ...]:
        """Return the names that lead from the top to the folder without a link.

        Raises:
            FileNotFoundError: a link leads out of the top.
        """
        parts = _real_parts(self.top, self.path)
        if parts is None:
            self._report(self.path, _LEADS_OUT)
            raise FileNotFoundError(errno.ENOENT, _LEADS_OUT, str(self.path))
        return parts


def unicode_name(path: str) -> str:
    r"""Return a path as Unicode text, bytes that are not UTF-8 as ``\xff``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _real_parts(top: Path, path: Path) -> tuple[str, ...] | None:
    """Return the names that lead from ``top`` to ``path``, all links resolved, or None if it is not below ``top``."""
    try:
        return Path(os.path.realpath(path)).relative_to(os.path.realpath(top)).parts
    except (OSError, RuntimeError, ValueError):
        return None


def _open_folder(top: Path, parts: tuple[str, ...]) -> int:
    """Open a folder below ``top`` without following links, and return its descriptor."""
    descriptor = os.open(top, _FOLDER)
    for part in parts:
        try:
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _status(folder: Descriptor, name: str) -> os.stat_result:
    """Return the status of an entry of an open folder, even if it is a link."""
    if isinstance(folder, int):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    return os.lstat(Path(folder, name))


def _open_file(folder: Descriptor, name: str) -> int:
    """Open a file of an open folder unless it is a link, and return its descriptor."""
    if isinstance(folder, int):
        return os.open(name, _FILE, dir_fd=folder)
    return os.open(Path(folder, name), _FILE)


def _entry(entry: os.DirEntry[str]) -> Entry | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # deleted in the meantime
        return None
    return Entry(entry.name, status.st_mode, status.st_size)


def _named(error: OSError, path: Path) -> OSError:
    """Return an error that names the whole path, of which the system calls know only the last part."""
    error.filename = unicode_name(str(path))
    return error
