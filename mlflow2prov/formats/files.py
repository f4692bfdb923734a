"""Files and pipes: ``load`` and ``save``, all or nothing."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from mlflow2prov import formats as known
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.progress import progress_listener
from mlflow2prov.formats._support.write_behind import write_behind
from mlflow2prov.progress import Progress
from mlflow2prov.prov import Document

PIPE = "-"


def load(input: str | Path, *, format: str | None = None) -> Document:  # noqa: A002
    """Read a document from a file, or from standard input (``-``).

    Args:
        input: the file's path.
        format: one of :data:`mlflow2prov.formats.READABLE`; by default the content decides, then the
            extension.

    Raises:
        FormatError: the file cannot be read, or is no document of PROV (PROV-JSON, PROV-N, PROV-XML,
            PROV-O, PROV-JSONLD).
    """
    if str(input) == PIPE:
        return known.read(sys.stdin.buffer.read(), "standard input", format)
    try:
        content = Path(input).read_bytes()
    except FileNotFoundError as error:
        raise FormatError(f"{input}: there is no such file") from error
    except OSError as error:
        raise FormatError(f"{input}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise FormatError(f"{str(input)!r} is no path") from error
    return known.read(content, str(input), format)


def save(
    documents: Document | Iterable[Document],
    output: str | Path = PIPE,
    formats: str | Sequence[str] = ("json",),
) -> list[Path]:
    """Write documents to files, each whole or not at all; returns the files.

    A file is called ``output`` with the format's extension; several documents are numbered
    (``result-1.json``). ``-`` is standard output, for one document in one format.

    Raises:
        FormatError: a format is unknown or cannot say what the document says, or a file cannot be
            written. What stood there before stands there still.
    """
    staged = stage(documents, output, formats)
    return staged.publish()


class Staged:
    """Files that are written, beside the place where they belong, and not yet there."""

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []
        self._pipe: BinaryIO | None = None

    def publish(self) -> list[Path]:
        """Put every file in its place; returns them."""
        published = []
        try:
            while self._moves:
                temporary, target = self._moves[0]
                temporary.replace(target)
                self._moves.pop(0)
                published.append(target)
        except OSError as error:
            raise FormatError(f"{target}: cannot be written ({error.strerror})") from error
        finally:
            self.discard(keep_pipe=True)
        if self._pipe is not None:
            self._pipe.seek(0)
            with self._pipe as pipe:
                while block := pipe.read(1 << 20):
                    sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
        return published

    def discard(self, *, keep_pipe: bool = False) -> None:
        """Take away what was written and is not published."""
        for temporary, _ in self._moves:
            with contextlib.suppress(OSError):
                temporary.unlink()
        self._moves.clear()
        if self._pipe is not None and not keep_pipe:
            self._pipe.close()
            self._pipe = None

    def add(self, document: Document, target: Path, format: known.Format) -> None:  # noqa: A002
        """Write ``document`` beside ``target``."""

        def write(stream: BinaryIO) -> None:
            with write_behind(stream) as behind:
                format.write(document, behind)

        self.write(target, write)

    def write(self, target: Path, content: Callable[[BinaryIO], object]) -> None:
        """Write what ``content`` writes to a stream, beside ``target``."""
        target = Path(os.path.realpath(target)) if target.is_symlink() else target
        if target.is_dir():
            raise FormatError(f"{target}: is a folder; give the name of a file")
        try:
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        except OSError as error:
            raise FormatError(
                f"{target.parent}: cannot be written to ({error.strerror})"
            ) from error
        temporary = Path(name)
        self._moves.append((temporary, target))
        try:
            with os.fdopen(handle, "wb") as stream:
                content(stream)
            temporary.chmod(_mode(target))
        except OSError as error:
            raise FormatError(f"{target}: cannot be written ({error.strerror})") from error

    def add_pipe(self, document: Document, format: known.Format) -> None:  # noqa: A002
        """Write ``document`` where it waits for standard output."""
        self._pipe = tempfile.TemporaryFile()  # noqa: SIM115 - publish() or discard() closes it
        with write_behind(self._pipe) as behind:
            format.write(document, behind)


def stage(
    documents: Document | Iterable[Document],
    output: str | Path = PIPE,
    formats: str | Sequence[str] = ("json",),
    progress: Progress | None = None,
) -> Staged:
    """Do all of :func:`save` but for putting the files in their places.

    ``progress`` is called with ("statements", done, total), those of each document once for each format.
    """
    listed = [documents] if isinstance(documents, Document) else list(documents)
    names = [formats] if isinstance(formats, str) else formats
    chosen = [known.get(name) for name in dict.fromkeys(names)]
    staged = Staged()
    try:
        with _told(progress, sum(map(len, listed)) * len(chosen)):
            _write(staged, listed, str(output), chosen)
    except BaseException:
        staged.discard()
        raise
    return staged


def _write(
    staged: Staged, documents: list[Document], output: str, formats: list[known.Format]
) -> None:
    if output == PIPE:
        if len(documents) != 1 or len(formats) != 1:
            raise FormatError(
                f"standard output takes one document in one format, not {len(documents)} in "
                f"{len(formats)}; merge them first, or give --output a name"
            )
        staged.add_pipe(documents[0], formats[0])
        return
    for number, document in enumerate(documents, start=1):
        for format in formats:  # noqa: A001
            target = numbered_path(output, format.extension, number, len(documents))
            staged.add(document, target, format)


@contextlib.contextmanager
def _told(progress: Progress | None, total: int) -> Iterator[None]:
    """Tell ``progress`` of the statements that are written meanwhile."""
    if progress is None:
        yield
        return
    done = 0

    def listener(statements: int) -> None:
        nonlocal done
        done = min(done + statements, total)
        progress("statements", done, total)

    with progress_listener(listener):
        yield


def require_readable(name: str) -> None:
    """Require that a file exists; standard input (``-``) always does.

    Raises:
        FormatError: the file does not exist.
    """
    if name != PIPE and not Path(name).exists():
        raise FormatError(f"{name}: there is no such file")


def require_writable(output: str, formats: Iterable[str] = ()) -> None:
    """Require that a file called ``output`` can be created, in all ``formats``, before hours of reading.

    Raises:
        FormatError: the folder does not exist or is not writable, or a format needs a program that is not installed.
    """
    for name in formats:
        known.get(name).require_program()
    if output == PIPE:
        return
    folder = Path(output).parent
    try:
        folder.stat()
    except OSError as error:
        raise FormatError(f"{folder}: cannot be written to ({error.strerror})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FormatError(f"{folder}: cannot be written to (no permission)")


def numbered_path(output: str, extension: str, number: int, count: int) -> Path:
    """Return the path of the ``number``-th of ``count`` files that are called ``output``.

    >>> numbered_path("result", ".json", 1, 1).name, numbered_path("result.json", ".json", 2, 3).name
    ('result.json', 'result-2.json')
    """
    has_extension = output.endswith(extension) and len(output) > len(extension)
    stem = output.removesuffix(extension) if has_extension else output
    return Path(f"{stem}-{number}{extension}" if count > 1 else f"{stem}{extension}")


def _mode(target: Path) -> int:
    """Return the permissions of the file that is replaced, else those that a new one gets."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
