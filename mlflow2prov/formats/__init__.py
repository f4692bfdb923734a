"""Formats: files in and out, one module a format.

A format is a module with :data:`FORMATS`; it becomes known by its line in :data:`MODULES`, to the command
line too, and so it is imported when it is used. :func:`read` finds the format of a file by its content,
then by its extension.
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
"""The formats that documents are read from, in the order in which they are tried on a file of an unknown format."""

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
"""Format name to the module in this package that holds it; what comes first is recognised first."""

READABLE: tuple[ReadableFormat, ...] = get_args(ReadableFormat)

_HEAD = 4096
_LONGEST_MESSAGE = 300
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def get(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        FormatError: there is no such format.
    """
    if name not in MODULES:
        raise FormatError(unknown_choice("format", name, MODULES))
    module = import_module(f"{__name__}.{MODULES[name]}")
    formats: dict[str, Format] = module.FORMATS
    return formats[name]


def read(content: bytes, name: str = "", format: str | None = None) -> Document:  # noqa: A002
    """Read a file's whole ``content``; ``name`` is what to call it in an error.

    Raises:
        FormatError: the file is of no known format, or not what it seems to be.
    """
    where = name or "the input"
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if not content.strip():
        raise FormatError(f"{where}: the file is empty")
    chosen = get(format) if format is not None else recognise(content, name)
    if chosen is None:
        raise FormatError(
            f"{where}: not recognised as any of {', '.join(READABLE)}; say which by --format"
        )
    if chosen.read is None:
        raise FormatError(
            f"{where}: {chosen.title} is written, and cannot be read; save as json too"
        )
    try:
        return chosen.read(content)
    except (FormatError, NamespaceError) as error:
        raise FormatError(f"{where}: {_line(str(error))}") from error


def _line(message: str) -> str:
    """Return a message that quotes a file as one line of a bearable length, with nothing that a terminal obeys."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."


def recognise(content: bytes, name: str = "") -> Format | None:
    """Return the format that ``content`` begins like, else the one of the name's extension."""
    head = content[:_HEAD].lstrip()
    for known in READABLE:
        if get(known).recognises(head):
            return get(known)
    extension = PurePath(name).suffix.lower()
    return next((f for f in map(get, MODULES) if f.extension == extension), None)


__all__ = ["MODULES", "READABLE", "Format", "get", "read", "recognise"]
