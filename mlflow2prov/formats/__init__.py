"""Formats: readers and writers of files, one module for each.

A module defines :data:`FORMATS`. Its line in :data:`MODULES` makes its formats available, on the
command line too, and it is imported when one of them is used. :func:`read` recognises the format of
a file by its content, then by its extension.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, get_args

from mlflow2prov.errors import FormatError, NamespaceError, unknown_choice
from mlflow2prov.formats._support.format import Format

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

FormatName = Literal[
    "json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "parquet", "dot", "svg", "png", "pdf"
]  # fmt: skip
"""The formats that documents are written in."""

ReadableFormat = Literal[
    "json", "jsonld", "provn", "rdf", "xml", "nquads", "turtle", "trig", "parquet"
]  # fmt: skip
"""The formats that documents are read from, in the order in which they are tried on a file of an
unknown format."""

MODULES: dict[FormatName, str] = {
    "json": "provjson",
    "provn": "provn",
    "xml": "provxml",
    "rdf": "rdfxml",
    "turtle": "turtle",
    "trig": "trig",
    "nquads": "nquads",
    "jsonld": "provjsonld",
    "parquet": "parquet",
    "dot": "dot",
    "svg": "graphviz",
    "png": "graphviz",
    "pdf": "graphviz",
}
"""The name of a format, and the module in this package that defines it."""

READABLE: tuple[ReadableFormat, ...] = get_args(ReadableFormat)

_HEAD_BYTES = 4096
_MAX_MESSAGE_LENGTH = 300
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def get(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        FormatError: there is no such format.
    """
    if name not in MODULES:
        raise FormatError(unknown_choice("format", name, MODULES))
    module = import_module(f"{__name__}.{MODULES[name]}")
    formats: tuple[Format, ...] = module.FORMATS
    return next(candidate for candidate in formats if candidate.name == name)


def read(content: bytes, name: str = "", format: str | None = None) -> Document:  # noqa: A002
    """Read a document from the whole content of a file.

    Args:
        content: the content.
        name: the name of the file, for its extension and for error messages.
        format: the name of the format; by default the content decides, then the extension.

    Raises:
        FormatError: the format is unknown or cannot be read, or the content is not valid.
    """
    where = name or "the input"
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if not content.strip():
        raise FormatError(f"{where}: the file is empty")
    file_format = get(format) if format is not None else recognise(content, name)
    if file_format is None:
        raise FormatError(
            f"{where}: the format is not one of {', '.join(READABLE)}; name it by --format"
        )
    if file_format.read is None:
        raise FormatError(
            f"{where}: {file_format.title} cannot be read; save the document as json too"
        )
    try:
        return file_format.read(content)
    except (FormatError, NamespaceError) as error:
        raise FormatError(f"{where}: {_one_line(str(error))}") from error


def _one_line(message: str) -> str:
    """Return a message that quotes a file as one line of limited length, without control
    characters."""
    line = "".join(
        character if character.isprintable() else " " for character in " ".join(message.split())
    )
    return line if len(line) <= _MAX_MESSAGE_LENGTH else f"{line[:_MAX_MESSAGE_LENGTH]}..."


def recognise(content: bytes, name: str = "") -> Format | None:
    """Return the format whose files begin like ``content``, or else the format of the name's
    extension."""
    head = content[:_HEAD_BYTES].lstrip()
    for readable in READABLE:
        if get(readable).recognises(head):
            return get(readable)
    extension = PurePath(name).suffix.lower()
    candidates = (candidate for candidate in map(get, MODULES) if candidate.extension == extension)
    return next(candidates, None)


__all__ = ["MODULES", "READABLE", "Format", "get", "read", "recognise"]
