"""The text of a file, a block at a time."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from mlflow2prov.errors import FormatError

BLOCK_BYTES = 1 << 22
"""How much of a file is read at a time."""


class NotUtf8Error(FormatError):
    """A file is not in UTF-8. Readers add the name of the format."""


def utf8_blocks(file: BinaryIO) -> Iterator[str]:
    """Yield the text of a file in UTF-8, without a byte order mark.

    Raises:
        NotUtf8Error: the file is not in UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    is_first = True
    while True:
        block = file.read(BLOCK_BYTES)
        incomplete, _ = decoder.getstate()
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = start - len(incomplete) + error.start
            raise NotUtf8Error(f"byte {place} is not UTF-8") from error
        start += len(block)
        if text and is_first:
            text = text.removeprefix("\ufeff")
            is_first = False
        if text:
            yield text
        if not block:
            return
