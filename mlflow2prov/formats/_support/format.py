"""What a format is: a name, an extension, and functions that write and read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@dataclass(frozen=True)
class Format:
    """A file format of PROV documents.

    ``write(document, stream)`` streams the document as bytes (text formats: UTF-8); ``read(content)``
    makes a document of a file's whole bytes and raises
    :class:`~mlflow2prov.errors.FormatError` when they are not the format;
    ``recognises(head)`` says whether a file that begins with the bytes ``head`` (up to 4096, leading white space
    and byte order mark removed) may be of this format;
    ``check()`` raises :class:`~mlflow2prov.errors.FormatError` when a program that writes the format is not installed.
    """

    name: str
    extension: str
    title: str
    write: Callable[[Document, BinaryIO], None]
    read: Callable[[bytes], Document] | None = None
    recognises: Callable[[bytes], bool] = lambda _: False
    check: Callable[[], object] = lambda: None
