"""The files and streams of a function or a chain of commands, which appear together."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from mlflow2prov.errors import FormatError
from mlflow2prov.output.places import (
    STANDARD_OUTPUT,
    is_stream,
    link_target,
    stream_descriptor,
    stream_name,
    write_error,
)
from mlflow2prov.output.replacements import (
    Appendix,
    Replacement,
    replace_all,
    require_unchanged,
    sync_folder,
)
from mlflow2prov.output.streams import copy_to_stream
from mlflow2prov.temporary import (
    TemporaryFolder,
    announce,
    forget,
    temporary_file,
)

_NEW_FILE_MODE = 0o666


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
        self._replacements: list[Replacement | Appendix] = []
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
                raise write_error(stream_name(path), error) from error
            return None
        target = link_target(Path(path))
        try:
            self._write_file(target, write_content)
        except OSError as error:
            raise write_error(target, error) from error
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
        target = link_target(Path(path))
        try:
            mode = _mode(target)
            temporary = self._folder_beside(target) / f"{len(self._replacements)}"
            if mode is not None:
                shutil.copyfile(target, temporary)
            if status is not None:
                require_unchanged(target.stat(), status)
            build_file(temporary)
            self._replacements.append(Replacement(temporary, target, status=status))
            if mode is not None:
                temporary.chmod(mode)
            descriptor = os.open(temporary, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise write_error(target, error) from error
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
        target = link_target(Path(path))
        self._replacements.append(Appendix(target, size, content, status))
        return target

    def _write_file(self, path: Path, write_content: Callable[[BinaryIO], object]) -> None:
        existing_mode = _mode(path)
        folder = self._folder_beside(path)
        temporary = folder / f"{len(self._replacements)}"
        mode = _NEW_FILE_MODE if existing_mode is None else existing_mode
        # A path cannot be opened with permissions, but the built-in function can.
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            self._replacements.append(Replacement(temporary, path))
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
                replace_all(replacements)
            for folder in self._folders:
                sync_folder(folder)
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
                copy_to_stream(name, content)
        finally:
            self._close_streams()

    @property
    def has_standard_output(self) -> bool:
        """Whether something is written to standard output."""
        return any(stream_descriptor(name) == STANDARD_OUTPUT for name, _ in self._streams)

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


def _mode(path: Path) -> int | None:
    """Return the permissions of a file, or None if there is no file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None
