"""Loading documents from files, and saving them to files, each of which appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.arguments import checked
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import Format, FormatName, ReadableFormat, get, read
from mlflow2prov.formats._support.progress import progress_listener
from mlflow2prov.formats._support.write_behind import write_behind
from mlflow2prov.progress import Progress
from mlflow2prov.prov import Document

PIPE = "-"
"""The name of standard input or standard output in place of a file."""

COPY_BYTES = 1 << 20
"""Bytes that are copied to standard output at a time."""

_NEW_FILE_MODE = 0o666


@checked
def load(input: str | Path, *, format: ReadableFormat | None = None) -> Document:  # noqa: A002
    """Read a document from a file or from standard input.

    Args:
        input: the path of the file, or ``-`` for standard input.
        format: the format of the file; by default the content decides, then the extension.

    Raises:
        FormatError: the file cannot be read, its format is unknown, or its content is not valid.
    """
    if str(input) == PIPE:
        return read(_read_standard_input(), "standard input", format)
    try:
        content = Path(input).read_bytes()
    except FileNotFoundError as error:
        raise FormatError(f"{input}: there is no such file") from error
    except OSError as error:
        raise FormatError(f"{input}: cannot be read ({error.strerror})") from error
    return read(content, str(input), format)


@checked
def save(
    documents: Document | Iterable[Document],
    output: str | Path = PIPE,
    formats: FormatName | Sequence[FormatName] = ("json",),
) -> list[Path]:
    """Write documents to files, each whole or not at all.

    Args:
        documents: a document, or several, whose files are numbered (``result-1.json``).
        output: the path of the files, to which the extension of the format is added unless it is there; or ``-`` for
            standard output, which takes one document in one format.
        formats: the format, or several.

    Returns:
        The paths of the files; none for standard output.

    Raises:
        FormatError: a format is unknown or cannot express a document, or a file cannot be written. Existing files
            are unchanged.
    """
    files = stage(documents, output, formats)
    try:
        return files.publish()
    except OSError as error:
        raise _write_error("standard output", error) from error


def stage(
    documents: Document | Iterable[Document],
    output: str | Path = PIPE,
    formats: FormatName | Sequence[FormatName] = ("json",),
    progress: Progress | None = None,
) -> StagedFiles:
    """Write the files of :func:`save`, which appear when the result is published.

    Args:
        documents: the documents.
        output: the path of the files, or ``-``.
        formats: the formats.
        progress: called with ``"statements"``, the number of written statements, and their total. A statement counts
            once for each format.

    Raises:
        FormatError: a format is unknown or cannot express a document, or a file cannot be written.
    """
    documents = [documents] if isinstance(documents, Document) else list(documents)
    names = [formats] if isinstance(formats, str) else formats
    file_formats = [get(name) for name in dict.fromkeys(names)]
    total = sum(map(len, documents)) * len(file_formats)
    files = StagedFiles()
    try:
        with _reported_to(progress, total):
            _write(files, documents, str(output), file_formats)
    except BaseException:
        files.discard()
        raise
    return files


def _write(
    files: StagedFiles, documents: Sequence[Document], output: str, formats: Sequence[Format]
) -> None:
    if output == PIPE:
        if len(documents) != 1 or len(formats) != 1:
            raise FormatError(
                f"standard output takes one document in one format, not {len(documents)} in "
                f"{len(formats)}; merge them first, or give --output a name"
            )
        files.write_pipe(documents[0], formats[0])
        return
    for number, document in enumerate(documents, start=1):
        for file_format in formats:
            path = numbered_path(output, file_format.extension, number, len(documents))
            files.write_document(path, document, file_format)


@contextlib.contextmanager
def _reported_to(progress: Progress | None, total: int) -> Iterator[None]:
    """Report the statements that are written within the block."""
    if progress is None:
        yield
        return
    count = 0

    def add(statements: int) -> None:
        nonlocal count
        count = min(count + statements, total)
        progress("statements", count, total)

    with progress_listener(add):
        yield


class StagedFiles:
    """Complete files under temporary names in the folders where they belong.

    :meth:`publish` moves them to their places, :meth:`discard` deletes them.
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []
        self._pipe: BinaryIO | None = None

    def write(self, path: Path, write_content: Callable[[BinaryIO], object]) -> None:
        """Write a file that will appear at ``path``, with the permissions of the file that it replaces.

        Args:
            path: where the file belongs. A symbolic link stays, and the file that it leads to is replaced.
            write_content: called with a stream, to which it writes the content of the file.

        Raises:
            FormatError: the file cannot be written, or there is a folder at the path.
        """
        path = _link_target(path)
        existing_mode = _mode(path)
        stream, temporary = _create_beside(
            path, _NEW_FILE_MODE if existing_mode is None else existing_mode
        )
        self._moves.append((temporary, path))
        try:
            with stream:
                write_content(stream)
            if existing_mode is not None:
                temporary.chmod(existing_mode)
        except OSError as error:
            raise _write_error(path, error) from error

    def write_document(self, path: Path, document: Document, file_format: Format) -> None:
        """Write the file of a document that will appear at ``path``.

        Raises:
            FormatError: the format cannot express the document, or the file cannot be written.
        """

        def write_content(stream: BinaryIO) -> None:
            with write_behind(stream) as behind:
                file_format.write(document, behind)

        self.write(path, write_content)

    def write_pipe(self, document: Document, file_format: Format) -> None:
        """Write a document to a temporary file that will be copied to standard output.

        Raises:
            FormatError: the format cannot express the document, or the file cannot be written.
        """
        try:
            self._pipe = tempfile.TemporaryFile()  # noqa: SIM115 - publish() or discard() closes it
            with write_behind(self._pipe) as behind:
                file_format.write(document, behind)
        except OSError as error:
            raise _write_error("standard output", error) from error

    def publish(self) -> list[Path]:
        """Move all files to their places and return the paths, then write to standard output.

        Raises:
            FormatError: a file cannot be moved; those after it have been deleted.
            OSError: standard output cannot be written to, or its reader has closed it.
        """
        paths = []
        try:
            while self._moves:
                temporary, path = self._moves[0]
                temporary.replace(path)
                self._moves.pop(0)
                paths.append(path)
        except OSError as error:
            raise _write_error(path, error) from error
        finally:
            self._discard_moves()
        if self._pipe is not None:
            with self._pipe as pipe:
                _copy_to_standard_output(pipe)
        return paths

    def discard(self) -> None:
        """Delete the files that have not been published."""
        self._discard_moves()
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _discard_moves(self) -> None:
        for temporary, _ in self._moves:
            with contextlib.suppress(OSError):
                temporary.unlink()
        self._moves.clear()


def require_readable(path: str) -> None:
    """Require that a file exists. Standard input (``-``) always does.

    Raises:
        FormatError: the file does not exist.
    """
    if path == PIPE:
        return
    try:
        exists = Path(path).exists()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror})") from error
    if not exists:
        raise FormatError(f"{path}: there is no such file")


def require_writable(output: str, formats: Iterable[str] = ()) -> None:
    """Require that files called ``output`` can be created, which is checked before hours of reading.

    Args:
        output: the path of the files, or ``-``.
        formats: the formats that they will have.

    Raises:
        FormatError: the folder does not exist or is not writable, or a format needs a program that is not installed.
    """
    for name in formats:
        get(name).require_program()
    if output == PIPE:
        return
    folder = Path(output).parent
    try:
        folder.stat()
    except (OSError, ValueError) as error:
        raise FormatError(f"{folder}: cannot be written to ({_reason(error)})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FormatError(f"{folder}: cannot be written to (no permission)")


def numbered_path(output: str, extension: str, number: int, count: int) -> Path:
    """Return the path of the file with the given number among ``count`` files that are called ``output``.

    >>> numbered_path("result", ".json", 1, 1).name, numbered_path("result.json", ".json", 2, 3).name
    ('result.json', 'result-2.json')
    """
    has_extension = output.endswith(extension) and len(output) > len(extension)
    stem = output.removesuffix(extension) if has_extension else output
    return Path(f"{stem}-{number}{extension}" if count > 1 else f"{stem}{extension}")


def _link_target(path: Path) -> Path:
    """Return the path of the file to replace, which is not a symbolic link."""
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        is_folder = target.is_dir()
    except OSError as error:
        raise _write_error(path, error) from error
    if is_folder:
        raise FormatError(f"{target}: is a folder; give the name of a file")
    return target


def _mode(path: Path) -> int | None:
    """Return the permissions of a file, or None if there is no file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError):
        return None


def _create_beside(path: Path, mode: int) -> tuple[BinaryIO, Path]:
    """Create a file with a temporary name in the folder of ``path``, and return its stream and its path.

    The operating system withholds the permissions that the user's umask excludes.
    """
    while True:
        temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
        try:
            # A path cannot be opened with permissions, but the built-in function can.
            stream = open(  # noqa: SIM115 - the caller closes it
                temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)
            )
        except FileExistsError:
            continue
        except OSError as error:
            raise FormatError(f"{path.parent}: cannot be written to ({error.strerror})") from error
        except ValueError as error:
            raise FormatError(f"{str(path)!r} is not a path") from error
        return stream, temporary


def _read_standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise FormatError("standard input: there is no stream of bytes; name a file")
    try:
        return bytes(stream.read())
    except (OSError, ValueError) as error:
        raise FormatError(f"standard input: cannot be read ({_reason(error)})") from error


def _copy_to_standard_output(source: BinaryIO) -> None:
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        raise FormatError("standard output: there is no stream of bytes; name a file")
    source.seek(0)
    while block := source.read(COPY_BYTES):
        stream.write(block)
    stream.flush()


def _write_error(where: str | Path, error: OSError) -> FormatError:
    return FormatError(f"{where}: cannot be written ({_reason(error)})")


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
