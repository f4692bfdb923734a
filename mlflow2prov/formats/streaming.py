"""Text out of SQL and into a file, without a Python object per line."""

import json
from typing import BinaryIO

import pyarrow as pa

from mlflow2prov import database

_ROWS = 50_000


def write_text(query: str, stream: BinaryIO, skip: int = 0) -> None:
    """Write the one VARCHAR column that ``query`` gives, row after row, as UTF-8.

    Rows are written as they are: what separates them is part of the text, and where it stands before
    each row, ``skip`` says how many bytes of the first row are to be left out.
    """
    for batch in database.cursor().sql(query).to_arrow_reader(_ROWS):
        written = utf8(batch.column(0))
        stream.write(written[skip:] if skip else written)
        skip = max(skip - len(written), 0)


def json_text(value: str) -> str:
    """Return ``value`` as a JSON string."""
    return json.dumps(value, ensure_ascii=False)


def utf8(column: pa.StringArray) -> memoryview | bytes:
    """Return the bytes of all strings of a column, one after the other."""
    if len(column) == 0:
        return b""
    _, offsets, data = column.buffers()
    width = 8 if pa.types.is_large_string(column.type) else 4
    at = memoryview(offsets).cast("q" if width == 8 else "i")
    first, last = at[column.offset], at[column.offset + len(column)]
    return memoryview(data)[first:last] if data is not None else b""
