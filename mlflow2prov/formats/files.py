"""Loading documents from files, and saving them to files that appear together, each of them whole or not at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.arguments import checked
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import (
    Format,
    FormatName,
    ReadableFormat,
    by_extension,
    file_iri,
    get,
    read,
    read_in_parts,
)
from mlflow2prov.formats._support.progress import progress_listener
from mlflow2prov.formats._support.write_behind import write_behind
from mlflow2prov.output import STREAM, Output, is_stream, refuse_node, stream_name
from mlflow2prov.progress import Progress, progress_of
from mlflow2prov.prov import Document


@checked
def load(input: str | Path, *, format: ReadableFormat | None = None) -> Document:  # noqa: A002
    """Read a document from a file or from standard input.

    Args:
        input: the path of the file, or ``-`` for standard input.
        format: the format of the file; by default the content decides, then the extension.

    Raises:
        FormatError: the file cannot be read, its format is unknown, or its content is not valid.
    """
    if str(input) == STREAM:
        return read(_read_standard_input(), "standard input", format, base=file_iri(""))
    try:
        if (document := read_in_parts(Path(input), format)) is not None:
            return document
        content = Path(input).read_bytes()
    except FileNotFoundError as error:
        raise FormatError(f"{input}: there is no such file") from error
    except OSError as error:
        raise FormatError(f"{input}: cannot be read ({error.strerror})") from error
    return read(content, str(input), format)


@checked
def save(
    documents: Document | Iterable[Document],
    output: str | Path = STREAM,
    formats: FormatName | Sequence[FormatName] | None = None,
    *,
    progress: Progress | bool | None = None,
) -> list[Path]:
    """Write documents to files, which appear together, each whole or not at all.

    Args:
        documents: a document, or several, whose files are numbered (``result-1.json``).
        output: the path of the files, to which the extension of the format is added unless it is there; or a stream,
            which takes one document in one format: ``-`` for standard output, a descriptor such as ``/dev/fd/3``, a
            FIFO or a character device.
        formats: the format, or several; by default that of the extension of ``output``, else ``json``.
        progress: True for bars in a notebook or a terminal; or a function that is called with ``"statements"``, the
            number of written statements, and their total. A statement counts once for each format.

    Returns:
        The paths of the files; none for a stream.

    Raises:
        FormatError: a format is unknown or cannot express a document, or a file cannot be written. Existing files
            are unchanged.
        EngineError: the folder for temporary files is full.
    """
    files = Output()
    try:
        stage(files, documents, output, formats, progress)
        return files.publish()
    except OSError as error:
        raise FormatError(
            f"standard output: cannot be written ({error.strerror or error})"
        ) from error
    finally:
        files.discard()


def stage(
    files: Output,
    documents: Document | Iterable[Document],
    output: str | Path = STREAM,
    formats: str | Sequence[str] | None = None,
    progress: Progress | bool | None = None,
) -> list[Path]:
    """Write the files of :func:`save`, which appear when ``files`` is published, and return their paths.

    Callers discard ``files`` after an error.

    Args:
        files: receives the files.
        documents: the documents.
        output: the path of the files, or a stream.
        formats: the formats; by default that of the extension of ``output``, else ``json``.
        progress: as in :func:`save`.

    Raises:
        FormatError: a format is unknown or cannot express a document, or a file cannot be written.
        EngineError: the folder for temporary files is full.
    """
    documents = [documents] if isinstance(documents, Document) else list(documents)
    names = [formats] if isinstance(formats, str) else list(formats or [])
    file_formats = [get(name) for name in names] or [default_format(output)]
    file_formats = list({file_format.name: file_format for file_format in file_formats}.values())
    extensions = [file_format.extension for file_format in file_formats]
    paths = output_paths(output, extensions, len(documents))
    total = sum(map(len, documents)) * len(file_formats)
    with progress_of(progress) as listener, _reported_to(listener, total):
        written = [
            files.write(path, partial(_write_document, document, file_format))
            for document, document_paths in zip(documents, paths, strict=True)
            for file_format, path in zip(file_formats, document_paths, strict=True)
        ]
    return [path for path in written if path is not None]


def default_format(output: str | Path) -> Format:
    """Return the format of a file for which no format is named: that of its extension, else PROV-JSON.

    >>> [default_format(name).name for name in ("graph.ttl", "graph", "graph.v2")]
    ['turtle', 'json', 'json']
    """
    file_format = None if is_stream(output) else by_extension(str(output))
    return file_format or get("json")


def output_paths(
    output: str | Path, extensions: Sequence[str], count: int
) -> list[list[str | Path]]:
    """Return the paths of the files that are called ``output``: for each of ``count`` documents, one per extension.

    Raises:
        FormatError: a stream would receive more or less than one file.
    """
    refuse_node(output)
    if not is_stream(output):
        numbers = range(1, count + 1)
        return [
            [numbered_path(str(output), extension, number, count) for extension in extensions]
            for number in numbers
        ]
    if count != 1 or len(extensions) != 1:
        raise FormatError(
            f"{stream_name(output)} takes one document in one format, not {count} in "
            f"{len(extensions)}; merge them first, or give --output the name of a file"
        )
    return [[output]]


def _write_document(document: Document, file_format: Format, stream: BinaryIO) -> None:
    with write_behind(stream) as behind:
        file_format.write(document, behind)


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


def require_readable(path: str) -> None:
    """Require that a file exists. Standard input (``-``) always does.

    Raises:
        FormatError: the file does not exist.
    """
    if path == STREAM:
        return
    try:
        exists = Path(path).exists()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror})") from error
    if not exists:
        raise FormatError(f"{path}: there is no such file")


def numbered_path(output: str, extension: str, number: int, count: int) -> Path:
    """Return the path of the file with the given number among ``count`` files that are called ``output``.

    >>> numbered_path("result", ".json", 1, 1).name, numbered_path("result.json", ".json", 2, 3).name
    ('result.json', 'result-2.json')
    """
    if output.lower().endswith(extension) and len(output) > len(extension):
        output, extension = output[: -len(extension)], output[-len(extension) :]
    return Path(f"{output}-{number}{extension}" if count > 1 else f"{output}{extension}")


def _read_standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise FormatError("standard input: there is no stream of bytes; name a file")
    try:
        return bytes(stream.read())
    except (OSError, ValueError) as error:
        raise FormatError(f"standard input: cannot be read ({_reason(error)})") from error


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
