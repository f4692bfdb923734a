"""Formats: readers and writers of files, one module for each.

A module defines ``FORMATS``, a tuple of :class:`Format`. The name of a format in :data:`FormatName` and its line in
:data:`MODULES` make it available, on the command line too; :data:`ReadableFormat` has the name of a format that can be
read. A module is imported when one of its formats is used. :func:`read` recognises the format of a file by its
content, then by its extension.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, get_args

from mlflow2prov.errors import FormatError, NamespaceError, one_line, unknown_choice
from mlflow2prov.formats._support.format import Format

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

FormatName = Literal[
    "json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "ntriples", "jsonld", "parquet", "html", "dot",
    "mermaid", "svg", "png", "pdf"
]  # fmt: skip
"""The formats that documents are written in."""

ReadableFormat = Literal[
    "json", "jsonld", "provn", "rdf", "xml", "nquads", "turtle", "trig", "parquet"
]  # fmt: skip
"""The formats that documents are read from, in the order in which :func:`recognise` tries them."""

MODULES: dict[FormatName, str] = {
    "json": "provjson",
    "provn": "provn",
    "xml": "provxml",
    "rdf": "rdfxml",
    "turtle": "turtle",
    "trig": "trig",
    "nquads": "nquads",
    "ntriples": "nquads",
    "jsonld": "provjsonld",
    "parquet": "parquet",
    "html": "html",
    "dot": "dot",
    "mermaid": "mermaid",
    "svg": "graphviz",
    "png": "graphviz",
    "pdf": "graphviz",
}
"""The name of a format, and the module in this package that defines it."""

READABLE: tuple[ReadableFormat, ...] = get_args(ReadableFormat)

ALIASES: dict[str, FormatName] = {"ttl": "turtle", "nt": "ntriples"}
"""Other names of formats that are written."""

READABLE_ALIASES: dict[str, ReadableFormat] = {
    "ttl": "turtle",
    "nt": "nquads",
    "ntriples": "nquads",
}
"""Other names of formats that are read. N-Triples is read as N-Quads, of which it is a subset."""

HEAD_BYTES = 4096
"""How much of a file decides its format."""

MIN_BYTES_OF_PARTS = 1 << 24
"""The size of the files that are read a part at a time, if their format allows it."""

MAX_MESSAGE_LENGTH = 300
"""The maximum number of characters of a reader's message in an error."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def get(name: str) -> Format:
    """Return the format called ``name``, or that of an alias.

    Raises:
        FormatError: there is no such format.
    """
    name = ALIASES.get(name, name)
    if name not in MODULES:
        raise FormatError(unknown_choice("format", name, MODULES))
    module = import_module(f"{__name__}.{MODULES[name]}")
    formats: tuple[Format, ...] = module.FORMATS
    return next(candidate for candidate in formats if candidate.name == name)


def read(
    content: bytes,
    name: str = "",
    format: ReadableFormat | None = None,  # noqa: A002
    *,
    base: str | None = None,
) -> Document:
    """Read a document from the whole content of a file.

    Args:
        content: the content.
        name: the name of the file, for its extension and for errors.
        format: the format; by default the content decides, then the extension of the name.
        base: the IRI that relative IRIs are resolved against; by default that of the file ``name``.

    Raises:
        FormatError: the format is unknown or cannot be read, or the content is not valid.
    """
    where = name or "the input"
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if not content.strip():
        raise FormatError(f"{where}: the file is empty")
    file_format = _format_of(content, name, format)
    if file_format is None:
        raise FormatError(
            f"{where}: not recognised as any of {', '.join(READABLE)}; name its format with --format"
        )
    if file_format.read is None:
        raise FormatError(
            f"{where}: {file_format.title} is only written and cannot be read; save as json too"
        )
    arguments: tuple[str, ...] = ()
    if file_format.has_relative_iris:
        arguments = (file_iri(name) if base is None else base,)
    with _errors_of(where):
        return file_format.read(content, *arguments)


def read_in_parts(path: Path, format: ReadableFormat | None = None) -> Document | None:  # noqa: A002
    """Read a document from a regular file of at least :data:`MIN_BYTES_OF_PARTS`, a part at a time.

    Returns:
        The document; None if the file is smaller or of another type, or if the reader of its format needs the whole
        content.

    Raises:
        FormatError: the content is not valid.
        OSError: the file cannot be read.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size < MIN_BYTES_OF_PARTS:
        return None
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    file_format = _format_of(head, str(path), format)
    if file_format is None or file_format.read_file is None or head.startswith(_BYTE_ORDER_MARK):
        return None
    arguments = (file_iri(str(path)),) if file_format.has_relative_iris else ()
    with _errors_of(str(path)):
        return file_format.read_file(path, *arguments)


def _format_of(content: bytes, name: str, format: ReadableFormat | None) -> Format | None:  # noqa: A002
    """Return the format that is named, or the one that the content or the name of a file has."""
    return recognise(content, name) if format is None else get(READABLE_ALIASES.get(format, format))


@contextmanager
def _errors_of(where: str) -> Iterator[None]:
    """Add the place to the errors of a reader."""
    try:
        yield
    except (FormatError, NamespaceError) as error:
        raise FormatError(f"{where}: {one_line(str(error), MAX_MESSAGE_LENGTH)}") from error
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        raise FormatError(f"{where}: the code point U+{code:04X} is not Unicode text") from error


def file_iri(path: str) -> str:
    """Return the IRI of a file (RFC 8089), or that of the current folder if the path is empty."""
    # A link is not followed, because relative IRIs are relative to the path that the user gave.
    iri = PurePath(os.path.abspath(path)).as_uri()  # noqa: PTH100
    return iri if path else f"{iri.rstrip('/')}/"


def recognise(content: bytes, name: str = "") -> Format | None:
    """Return the format whose files begin like ``content``, or else the format of the name's extension.

    It is None if there is neither.
    """
    head = content[:HEAD_BYTES].lstrip()
    for readable in READABLE:
        if get(readable).recognises(head):
            return get(readable)
    candidate = by_extension(name)
    if candidate is not None and candidate.name in READABLE_ALIASES:
        return get(READABLE_ALIASES[candidate.name])
    return candidate


def by_extension(name: str) -> Format | None:
    """Return the format whose files have the extension of ``name``, or None if there is none."""
    extension = PurePath(name).suffix.lower()
    if not extension:
        return None  # no module of a format is imported
    return next((format_ for format_ in map(get, MODULES) if format_.extension == extension), None)


__all__ = [
    "ALIASES",
    "MODULES",
    "READABLE",
    "READABLE_ALIASES",
    "Format",
    "FormatName",
    "ReadableFormat",
    "by_extension",
    "file_iri",
    "get",
    "read",
    "read_in_parts",
    "recognise",
]
