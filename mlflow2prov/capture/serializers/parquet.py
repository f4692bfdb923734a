"""Frames, series and tables as Parquet, if that does not change their types."""

from __future__ import annotations

import json
from typing import Any

from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.serializers.packages import import_package

_KEY = b"mlflow2prov"
"""The key of the metadata with the types of the columns, as pandas names them."""

_HEADING_KEY = b"mlflow2prov_heading"
"""The key of the metadata with the type of the heading, which matters to a frame without columns."""

_UNNAMED = "_series"
"""The name of the column of a series without a name."""


class NotRepresentableError(CaptureError):
    """Parquet would change the types of a value."""


def dump_frame(value: Any, filename: str, **options: Any) -> None:
    """Write a frame of pandas.

    Raises:
        NotRepresentableError: it would not be read as it is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_names(value)
    _check_objects(value)
    table = pa.Table.from_pandas(value)
    if len(value) and not table.num_columns:
        raise NotRepresentableError(
            "the frame has rows and no column, whose number Parquet does not keep"
        )
    kinds = json.dumps([str(kind) for kind in value.dtypes]).encode()
    types = {_KEY: kinds, _HEADING_KEY: _heading_type(value).encode()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **types})
    _check_types(value, table)
    pq.write_table(table, filename, **options)


def _heading_type(frame: Any) -> str:
    """Return the type of a frame's heading: ``range``, or that of the names of its columns."""
    import pandas as pd

    return "range" if isinstance(frame.columns, pd.RangeIndex) else str(frame.columns.dtype)


def _check_names(value: Any) -> None:
    columns = value.columns
    if value.attrs or not columns.is_unique or {type(name) for name in columns} - {str}:
        raise NotRepresentableError("the frame has attributes, or columns without unique names")
    if {type(name) for name in value.index.names} - {str, type(None)}:
        raise NotRepresentableError("the index has a name that is not text")


def _check_objects(value: Any) -> None:
    """Refuse objects that are not text, and sparse columns."""
    levels = [value.index.get_level_values(number) for number in range(value.index.nlevels)]
    for part in (*levels, *(value[name] for name in value.columns)):
        if part.dtype == object and {type(item) for item in part} - {str, type(None)}:
            raise NotRepresentableError("an object column contains other values than text")
        if hasattr(part.dtype, "categories") and not part.notna().any():
            raise NotRepresentableError("categories without a value are not stored")
        if "Sparse" in str(part.dtype):
            raise NotRepresentableError("a column is sparse")


def _check_types(value: Any, table: Any) -> None:
    """Refuse a frame whose types are others when it is read: those of its columns and of its index."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table.slice(0, 0), sink)
    read = _frame(pq.read_table(pa.BufferReader(sink.getvalue())))
    if _types(read) != _types(value):
        raise NotRepresentableError("Parquet changes the type of a column or of the index")


def _types(frame: Any) -> list[Any]:
    index = frame.index
    levels = [index.get_level_values(number).dtype for number in range(index.nlevels)]
    # The categories are in the rows.
    kinds = [getattr(kind, "ordered", kind) for kind in (*frame.dtypes, *levels)]
    heading = [] if len(frame.columns) else [_heading_type(frame)]
    return [*kinds, *index.names, *frame.columns.names, *heading]


def load_frame(filename: str, **options: Any) -> Any:
    """Return the frame of pandas in a file."""
    import pyarrow.parquet as pq

    return _frame(pq.read_table(filename, **options))


def _frame(table: Any) -> Any:
    """Return a table as a frame with the types that it had."""
    import pandas as pd

    metadata = table.schema.metadata or {}
    kinds = json.loads(metadata.get(_KEY, b"[]"))
    frame = table.to_pandas()
    if not len(frame.columns) and _HEADING_KEY in metadata:
        # Parquet has no place for the type of names that do not exist.
        heading = metadata[_HEADING_KEY].decode()
        frame.columns = pd.RangeIndex(0) if heading == "range" else pd.Index([], dtype=heading)
    for name, kind in zip(frame.columns, kinds, strict=False):
        if str(frame[name].dtype) == kind:
            continue
        column = frame[name].astype(kind)
        frame[name] = column.where(column.notna(), None) if kind == "object" else column
    return frame


def dump_series(value: Any, filename: str, **options: Any) -> None:
    """Write a series of pandas.

    Raises:
        NotRepresentableError: it would not be read as it is.
    """
    if value.name is not None and type(value.name) is not str:
        raise NotRepresentableError("the name of the series is not text")
    if value.name == _UNNAMED:
        raise NotRepresentableError("the name of the series is reserved")
    name = value.name if value.name is not None else _UNNAMED
    dump_frame(value.to_frame(name=name), filename, **options)


def load_series(filename: str, **options: Any) -> Any:
    """Return the series of pandas in a file."""
    series = load_frame(filename, **options).iloc[:, 0]
    return series.rename(None) if series.name == _UNNAMED else series


def dump_table(value: Any, filename: str, **options: Any) -> None:
    """Write a table of Arrow."""
    import pyarrow.parquet as pq

    pq.write_table(value, filename, **options)


def load_table(filename: str, **options: Any) -> Any:
    """Return the table of Arrow in a file."""
    import pyarrow.parquet as pq

    return pq.read_table(filename, **options)


def dump_polars(value: Any, filename: str, **options: Any) -> None:
    """Write a frame of polars."""
    value.write_parquet(filename, **options)


def load_polars(filename: str, **options: Any) -> Any:
    """Return the frame of polars in a file."""
    return import_package("polars").read_parquet(filename, **options)
