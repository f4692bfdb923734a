"""Text from SQL queries to a file, without a Python object for each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.formats._support.progress import report_progress
from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = LazyModule("pyarrow")

BATCH_ROWS = 50_000
"""Rows that are written at a time."""


def write_text(
    query: Sql,
    stream: BinaryIO,
    *,
    is_short: bool,
    skip_bytes: int = 0,
    has_statements: bool = True,
) -> None:
    """Write the only column of a query, a VARCHAR, as UTF-8.

    Args:
        query: the query. Its text includes separators, because rows are written one after another.
        stream: where to write.
        is_short: whether the text fits into memory, so that a query need not be planned twice to be streamed.
        skip_bytes: how many bytes at the beginning are left out, such as a separator before the first row.
        has_statements: whether each row is a statement, which counts as progress.
    """
    if is_short:
        texts = engine.rows(query)
        if has_statements:
            report_progress(len(texts))
        stream.write("".join(text for (text,) in texts if text is not None).encode()[skip_bytes:])
        return
    for batch in engine.stream(query, BATCH_ROWS):
        if has_statements:
            report_progress(batch.num_rows)
        text = join_utf8(batch.column(0))
        stream.write(text[skip_bytes:] if skip_bytes else text)
        skip_bytes = max(skip_bytes - len(text), 0)


def json_text(value: str) -> str:
    """Return ``value`` as a JSON string."""
    return json.dumps(value, ensure_ascii=False)


def join_utf8(column: pa.StringArray) -> memoryview | bytes:
    """Return the bytes of all strings of an Arrow column, one after another."""
    if len(column) == 0:
        return b""
    _, offsets, data = column.buffers()
    is_large = pa.types.is_large_string(column.type)
    positions = memoryview(offsets).cast("q" if is_large else "i")
    first, last = positions[column.offset], positions[column.offset + len(column)]
    return memoryview(data)[first:last] if data is not None else b""
