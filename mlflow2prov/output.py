"""Output: files that appear together, each whole or not at all, and streams that receive complete content.

A file is written to a temporary folder beside it, flushed to the disk and then renamed. Standard output, descriptors
(``/dev/fd/3``), FIFOs and character devices such as ``/dev/null`` are streams: they stay, and are written to after all
files have appeared.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from mlflow2prov.errors import FormatError
from mlflow2prov.temporary import (
    TemporaryFolder,
    announce,
    forget,
    temporary_file,
)

STREAM = "-"
"""The name of standard input or standard output in place of a file."""

COPY_BYTES = 1 << 20
"""Bytes that are copied to a stream at a time."""

MAX_READER_SECONDS = 5.0
"""How long to wait for a process that reads a FIFO."""

_NEW_FILE_MODE = 0o666
_MAX_LINKS = 40
_STANDARD_OUTPUT = 1
_REFUSED = ((stat.S_ISBLK, "block device"), (stat.S_ISSOCK, "socket"))
_NO_WAIT = getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


@dataclass
class _Replacement:
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
            _require_unchanged(self.path.stat(), self.status)
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
class _Appendix:
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
            _require_unchanged(os.fstat(file.fileno()), self.status)
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


class StagedFolder(Protocol):
    """A folder of files, complete under a temporary name, that appears with the files of an :class:`Output`."""

    def publish(self) -> None:
        """Move the folder to its place, and keep what was there under another name."""
        ...

    def undo(self) -> None:
        """Restore the state before :meth:`publish`."""
        ...

    def complete(self) -> None:
        """Delete what was there before."""
        ...

    def discard(self) -> None:
        """Delete the folder, if it has not been published."""
        ...


class Output:
    """The files and streams that a function or a chain of commands writes.

    :meth:`publish` lets them appear, :meth:`discard` deletes them.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, TemporaryFolder] = {}
        self._replacements: list[_Replacement | _Appendix] = []
        self._streams: list[tuple[str, BinaryIO]] = []
        self._held = contextlib.ExitStack()
        self._staged_folders: list[StagedFolder] = []

    def hold(self, resource: contextlib.AbstractContextManager[object]) -> None:
        """Enter a context, such as a lock, and leave it when this output is discarded."""
        self._held.enter_context(resource)

    def add_folder(self, folder: StagedFolder) -> None:
        """Let a folder appear with the files."""
        self._staged_folders.append(folder)

    def write(self, path: str | Path, write_content: Callable[[BinaryIO], object]) -> Path | None:
        """Write the content of a file or stream that will appear at ``path``; return the path of the file.

        Args:
            path: where the content belongs; ``-`` is standard output. A symbolic link stays, and the file that it
                leads to is replaced. A file keeps its permissions.
            write_content: called with a stream, to which it writes the content.

        Raises:
            FormatError: the content cannot be written, or the path is a folder, a block device or a socket.
            EngineError: the folder for temporary files is full.
        """
        if is_stream(path):
            try:
                self._streams.append((str(path), temporary_file(write_content)))
            except OSError as error:
                raise _write_error(stream_name(path), error) from error
            return None
        target = _link_target(Path(path))
        try:
            self._write_file(target, write_content)
        except OSError as error:
            raise _write_error(target, error) from error
        return target

    def build(
        self,
        path: str | Path,
        build_file: Callable[[Path], object],
        status: os.stat_result | None = None,
    ) -> Path:
        """Build a file that will appear at ``path``, and return the path of the file.

        Args:
            path: where the file belongs, as in :meth:`write`; not a stream.
            build_file: called with the path of a copy of the present file, which it changes; without a present file,
                it creates one there.
            status: the present file, if it must be a certain one. Another file at the path, or one of another size, is
                an error, now and when the files are published.

        Raises:
            FormatError: the file cannot be written, or the path is a folder or another thing that is no file.
        """
        target = _link_target(Path(path))
        try:
            mode = _mode(target)
            temporary = self._folder_beside(target) / f"{len(self._replacements)}"
            if mode is not None:
                shutil.copyfile(target, temporary)
            if status is not None:
                _require_unchanged(target.stat(), status)
            build_file(temporary)
            self._replacements.append(_Replacement(temporary, target, status=status))
            if mode is not None:
                temporary.chmod(mode)
            descriptor = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _write_error(target, error) from error
        return target

    def append(self, path: str | Path, size: int, content: bytes, status: os.stat_result) -> Path:
        """Append bytes to the first part of a file, and return the path of the file.

        Readers may see some of the bytes, and after a crash only some may be there: the content must show whether it is
        complete, and the rest of the file must not matter.

        Args:
            path: an existing file. The file that a symbolic link leads to is changed.
            size: the number of bytes of the first part, which stays as it is.
            content: the bytes that follow it.
            status: the file that the first part was read from. Another file at the path, or one of another size, is an
                error when the files are published.
        """
        target = _link_target(Path(path))
        self._replacements.append(_Appendix(target, size, content, status))
        return target

    def _write_file(self, path: Path, write_content: Callable[[BinaryIO], object]) -> None:
        existing_mode = _mode(path)
        folder = self._folder_beside(path)
        temporary = folder / f"{len(self._replacements)}"
        mode = _NEW_FILE_MODE if existing_mode is None else existing_mode
        # A path cannot be opened with permissions, but the built-in function can.
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            self._replacements.append(_Replacement(temporary, path))
            write_content(stream)
            stream.flush()
            if existing_mode is not None:
                temporary.chmod(existing_mode)
            os.fsync(stream.fileno())

    def _folder_beside(self, path: Path) -> Path:
        parent = path.parent
        if parent not in self._folders:
            try:
                self._folders[parent] = TemporaryFolder(parent)
            except OSError as error:
                raise FormatError(f"{parent}: cannot be written to ({error.strerror})") from error
            announce(self._folders[parent])
        return self._folders[parent].path

    def publish(self) -> list[Path]:
        """Move all files to their places and return the paths, then write to the streams.

        Raises:
            FormatError: a file cannot be moved, or a stream other than standard output cannot be written to. If a file
                cannot be moved, all paths are as before.
            OSError: standard output cannot be written to, or its reader has closed it.
        """
        paths = self.publish_files()
        self.publish_streams()
        return paths

    def publish_files(self) -> list[Path]:
        """Move all files to their places and return the paths.

        Raises:
            FormatError: a file cannot be moved; all paths are as before.
        """
        replacements, self._replacements = self._replacements, []
        try:
            with self._published_folders():
                _replace_all(replacements)
            for folder in self._folders:
                _sync_folder(folder)
        finally:
            self._remove_folders()
        return [replacement.path for replacement in replacements]

    @contextlib.contextmanager
    def _published_folders(self) -> Iterator[None]:
        """Move the folders to their places, and back after an error within the block."""
        published: list[StagedFolder] = []
        try:
            for folder in self._staged_folders:
                published.append(folder)
                folder.publish()
            yield
        except BaseException:
            for folder in reversed(published):
                folder.undo()
            raise
        for folder in published:
            folder.complete()

    def publish_streams(self) -> None:
        """Write to the streams, in the order of the calls of :meth:`write`.

        Raises:
            FormatError: a stream other than standard output cannot be written to.
            OSError: standard output cannot be written to, or its reader has closed it.
        """
        try:
            for name, content in self._streams:
                _copy_to_stream(name, content)
        finally:
            self._close_streams()

    @property
    def has_standard_output(self) -> bool:
        """Whether something is written to standard output."""
        return any(_descriptor(name) == _STANDARD_OUTPUT for name, _ in self._streams)

    def discard(self) -> None:
        """Delete unpublished files, and leave the contexts of :meth:`hold`."""
        self._replacements.clear()
        for folder in self._staged_folders:
            folder.discard()
        self._staged_folders.clear()
        self._remove_folders()
        self._close_streams()
        self._held.close()

    def _remove_folders(self) -> None:
        for folder in self._folders.values():
            folder.remove()
            forget(folder)
        self._folders.clear()

    def _close_streams(self) -> None:
        for _, content in self._streams:
            content.close()
        self._streams.clear()


def _require_unchanged(status: os.stat_result, expected: os.stat_result) -> None:
    """Require that a file is a certain one, and has its size.

    Raises:
        OSError: it is another one.
    """
    if not os.path.samestat(status, expected) or status.st_size != expected.st_size:
        raise OSError(errno.EBUSY, "another program has changed it; run the command again")


def is_stream(path: str | Path) -> bool:
    """Return whether ``path`` is standard output, a descriptor, a FIFO or a character device."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def stream_name(path: str | Path) -> str:
    """Return the name of a stream for messages."""
    return "standard output" if str(path) == STREAM else str(path)


def require_writable(path: str | Path) -> None:
    """Require that a file or stream can be written to, which is checked before hours of reading.

    Raises:
        FormatError: the folder does not exist or is not writable, or the path is a block device or a socket.
    """
    descriptor = _descriptor(path)
    if descriptor is not None:
        _require_open(path, descriptor)
        return
    refuse_node(path)
    place = Path(path) if is_stream(path) else Path(path).parent
    try:
        place.stat()
    except (OSError, ValueError) as error:
        raise FormatError(f"{place}: cannot be written to ({_reason(error)})") from error
    if not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0)):
        raise FormatError(f"{place}: cannot be written to (no permission)")


def refuse_node(path: str | Path) -> None:
    """Refuse a block device or a socket, which takes no file.

    Raises:
        FormatError: the path is one of them.
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return
    for is_kind, kind in _REFUSED:
        if is_kind(mode):
            raise FormatError(f"{path}: is a {kind}; give the name of a file")


def _require_open(path: str | Path, descriptor: int) -> None:
    """Require that a descriptor is open, except for standard output, which may be closed if nothing is printed."""
    if descriptor == _STANDARD_OUTPUT:
        return
    try:
        os.fstat(descriptor)
    except (OSError, OverflowError) as error:
        raise FormatError(
            f"{path}: this descriptor is not open; open it, or name a file"
        ) from error


def _descriptor(path: str | Path) -> int | None:
    """Return the descriptor of this process that ``path`` names, as ``/dev/stdout`` and ``/dev/fd/1`` do."""
    if str(path) == STREAM:
        return _STANDARD_OUTPUT
    with contextlib.suppress(OSError, ValueError):
        own_folders = {os.path.realpath("/proc/self/fd"), "/dev/fd"}
        name = Path(path)
        for _ in range(_MAX_LINKS):
            if name.name.isdecimal() and os.path.realpath(name.parent) in own_folders:
                return int(name.name)
            if not name.is_symlink():
                return None
            name = name.parent / name.readlink()
    return None


def _link_target(path: Path) -> Path:
    """Return the path of the file to replace, which is not a symbolic link."""
    refuse_node(path)
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return target
    except OSError as error:
        raise _write_error(path, error) from error
    except ValueError as error:
        raise FormatError(f"{str(path)!r} is not a path") from error
    if is_folder:
        raise FormatError(f"{target}: is a folder; give the name of a file")
    return target


def _mode(path: Path) -> int | None:
    """Return the permissions of a file, or None if there is no file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _replace_all(replacements: Sequence[_Replacement | _Appendix]) -> None:
    """Make all replacements, or none."""
    begun: list[_Replacement | _Appendix] = []
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
        reason = _reason(error)
        if lost:
            reason += f"; not restored: {', '.join(map(str, lost))}"
        raise FormatError(f"{begun[-1].path}: cannot be written ({reason})") from error


def _undo_all(replacements: Iterable[_Replacement | _Appendix]) -> list[Path]:
    """Undo replacements, and return the paths of those that could not be undone."""
    lost = []
    for replacement in replacements:
        try:
            replacement.undo()
        except OSError:
            lost.append(replacement.path)
    return lost


def _sync_folder(folder: Path) -> None:
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
            raise _write_error(folder, error) from error


def _copy_to_stream(name: str, content: BinaryIO) -> None:
    """Copy ``content`` to a stream."""
    number = _descriptor(name)
    if number == _STANDARD_OUTPUT:
        _copy_to_standard_output(content)
        return
    try:
        with _open_node(name) if number is None else os.fdopen(os.dup(number), "wb") as stream:
            shutil.copyfileobj(content, stream, COPY_BYTES)
    except OSError as error:
        raise _write_error(name, error) from error


def _copy_to_standard_output(content: BinaryIO) -> None:
    """Copy ``content`` to standard output: to that of a notebook, which takes only text, all of it or nothing."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is not None:
        shutil.copyfileobj(content, stream, COPY_BYTES)
        stream.flush()
        return
    if not isinstance(sys.stdout, io.TextIOBase):
        raise FormatError("standard output: there is no stream of bytes; name a file")
    try:
        text = content.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("standard output: takes only text here; name a file") from error
    sys.stdout.write(text)


def _open_node(path: str) -> BinaryIO:
    """Open a FIFO or a character device, and wait for a process that reads the FIFO."""
    deadline = time.monotonic() + MAX_READER_SECONDS
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | _NO_WAIT)
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(Path(path).stat().st_mode):
                raise
            if time.monotonic() > deadline:
                raise FormatError(
                    f"{path}: no process has read this FIFO for {MAX_READER_SECONDS:g} seconds; "
                    "start the reader first"
                ) from error
            time.sleep(0.05)
            continue
        os.set_blocking(descriptor, True)
        return os.fdopen(descriptor, "wb")


def _write_error(where: str | Path, error: OSError) -> FormatError:
    return FormatError(f"{where}: cannot be written ({_reason(error)})")


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
