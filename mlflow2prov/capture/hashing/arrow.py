"""How Arrow arrays and tables, and those of polars, are expanded.

Only types and values count: offsets into shared buffers, chunks, dictionary encodings and the widths of offsets do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlflow2prov.capture.hashing.types import type_name
from mlflow2prov.capture.hashing.walk import Expander, Node


def expander_for(cls: type) -> Expander | None:
    """Return the expander of one of the classes of pyarrow or polars, or None."""
    name = cls.__name__
    library = cls.__module__.partition(".")[0]
    return _EXPANDERS.get((library, name))


def _expand_table(value: Any) -> Node:
    return Node(b"arrow.table", [value.column_names, *value.columns])


def _expand_scalar(value: Any) -> Node:
    import pyarrow as pa

    return Node(b"arrow.scalar", [pa.array([value.as_py()], value.type)])


def _expand_frame(value: Any) -> Node:
    table = value.to_arrow()
    return Node(b"polars.frame", [table.column_names, *table.columns])


def _expand_series(value: Any) -> Node:
    return Node(b"polars.series", [value.name, value.to_arrow()])


def _expand_lazy_frame(value: Any) -> Node:
    return Node(b"polars.lazy", [value.serialize()])


def expand_array(value: Any) -> Node:
    """Expand an Arrow array or chunked array."""
    import pyarrow as pa

    if isinstance(value, pa.ChunkedArray):
        value = _joined(value)
    if pa.types.is_dictionary(value.type):
        value = value.dictionary_decode()
    if isinstance(value, pa.ExtensionArray):
        return Node(b"arrow.extension", [value.type.extension_name, value.storage])
    kind = value.type
    children: list[Any] = [str(kind), len(value)]
    buffers: list[Any] = []
    if value.null_count:
        buffers.append(_bits(value.is_valid()))
        children.append(value.null_count)
    return _content(value, kind, children, buffers)


def _joined(value: Any) -> Any:
    """Return a chunked array as one array."""
    import pyarrow as pa

    if value.num_chunks == 1:
        return value.chunk(0)
    return pa.concat_arrays(value.chunks) if value.num_chunks else pa.array([], value.type)


def _content(value: Any, kind: Any, children: list[Any], buffers: list[Any]) -> Node:
    """Return the node of an array with its values, those of null slots as zero or empty."""
    import pyarrow as pa

    types = pa.types
    if types.is_null(kind):
        return Node(b"arrow", children)
    if _is_text(kind):
        wide = pa.large_binary() if "binary" in str(kind) else pa.large_string()
        children[0] = str(wide)
        return Node(b"arrow", children, [*buffers, *_text(value.cast(wide))])
    if types.is_boolean(kind):
        return Node(b"arrow", children, [*buffers, _bits(_filled(value, False))])
    if types.is_primitive(kind) and not types.is_decimal(kind):
        return Node(b"arrow", children, [*buffers, _fixed(_filled(value, 0), kind)])
    if types.is_list(kind) or types.is_large_list(kind):
        lengths = value.value_lengths()
        children[0] = f"list<{kind.value_type}>"
        return Node(b"arrow", [*children, lengths, value.flatten()], buffers)
    if types.is_struct(kind):
        return Node(b"arrow", [*children, *value.flatten()], buffers)
    return Node(b"arrow", [*children, value.to_pylist()], buffers)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    names = ("is_string", "is_large_string", "is_binary", "is_large_binary")
    views = ("is_string_view", "is_binary_view")
    return any(getattr(pa.types, name)(kind) for name in (*names, *views))


def _text(value: Any) -> Sequence[Any]:
    """Return the lengths of the texts, and the texts, as buffers."""
    import numpy as np

    if value.null_count:
        value = _filled(value, b"" if "binary" in str(value.type) else "")
    _, offset_buffer, data = value.buffers()
    if not len(value):
        return ()
    offsets = np.frombuffer(offset_buffer, np.int64)[value.offset : value.offset + len(value) + 1]
    content = memoryview(data)[offsets[0] : offsets[-1]] if data is not None else b""
    return (np.diff(offsets), content)


def _fixed(value: Any, kind: Any) -> Any:
    """Return the values of an array of a fixed width as one buffer."""
    width = kind.bit_width // 8
    buffer = value.buffers()[1]
    return memoryview(buffer)[value.offset * width : (value.offset + len(value)) * width]


def _filled(value: Any, zero: Any) -> Any:
    """Return an array whose null slots contain ``zero``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not value.null_count:
        return value
    # Only text and numbers can be filled; times are numbers.
    if pa.types.is_temporal(value.type):
        value = value.view(pa.int64() if value.type.bit_width == 64 else pa.int32())
    return pc.fill_null(value, pa.scalar(zero, value.type))


def _bits(value: Any) -> bytes:
    import numpy as np

    return np.packbits(value.to_numpy(zero_copy_only=False)).tobytes()


def _expand_schema(value: Any) -> Node:
    return Node(b"arrow.type", [type_name(type(value)), str(value)])


_TYPES: dict[Callable[[Any], Node], tuple[str, ...]] = {
    expand_array: ("Array", "ChunkedArray"),
    _expand_table: ("Table", "RecordBatch"),
    _expand_scalar: ("Scalar",),
    _expand_schema: ("Schema", "DataType", "Field"),
}
_EXPANDERS: dict[tuple[str, str], Expander] = {
    ("pyarrow", name): expander for expander, names in _TYPES.items() for name in names
} | {
    ("polars", "DataFrame"): _expand_frame,
    ("polars", "Series"): _expand_series,
    ("polars", "LazyFrame"): _expand_lazy_frame,
}
