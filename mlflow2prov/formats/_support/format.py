"""The type of a format: its names, and the functions that write and read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@dataclass(frozen=True)
class Format:
    """A file format of PROV documents.

    Attributes:
        name: the word by which callers choose the format, such as ``json``.
        extension: the extension of its files, such as ``.json``.
        title: its name in messages, such as ``PROV-JSON``.
        write: writes a document to a stream as bytes, and text as UTF-8. It raises
            :class:`~mlflow2prov.errors.FormatError` if the format cannot express the document.
        read: returns the document in a file's whole content, and raises :class:`~mlflow2prov.errors.FormatError` if
            the content is not valid. It is None for a format that is only written.
        recognises: returns whether a file that begins with the given bytes may be of the format. There are up to 4096
            of them, without a byte order mark and leading white space.
        require_program: raises :class:`~mlflow2prov.errors.FormatError` if a program that writes the format is not
            installed.
        read_file: reads a regular file like ``read``, a part at a time, so that its content need not fit into memory;
            None for a format whose reader needs the whole content.
        has_relative_iris: whether ``read`` and ``read_file`` take the IRI of the file too, against which relative IRIs
            are resolved.
    """

    name: str
    extension: str
    title: str
    write: Callable[[Document, BinaryIO], None]
    read: Callable[..., Document] | None = None
    recognises: Callable[[bytes], bool] = lambda _: False
    require_program: Callable[[], object] = lambda: None
    has_relative_iris: bool = False
    read_file: Callable[..., Document] | None = None
