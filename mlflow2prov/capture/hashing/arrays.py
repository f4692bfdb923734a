"""How arrays of NumPy, frames of pandas, sparse matrices of SciPy and tensors of PyTorch are expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mlflow2prov.capture.hashing.types import type_name
from mlflow2prov.capture.hashing.walk import Expander, Node

_BLOCK_BYTES = 1 << 26
"""How much of an array that is not contiguous is copied at a time."""


def expander_for(cls: type) -> Expander | None:
    """Return the expander of one of the classes of these libraries, or None."""
    if cls.__module__.startswith("scipy.sparse"):
        return _expand_sparse if cls.__name__ in _SPARSE else None
    return _EXPANDERS.get((cls.__module__.partition(".")[0], cls.__name__))


def expand_array(value: Any) -> Node:
    """Expand a NumPy array: its class, dtype, shape, and its content in C order."""
    import numpy as np

    cls = type(value)
    name = "" if cls in (np.ndarray, np.memmap) else type_name(cls)
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        filled = np.where(mask, np.zeros((), value.dtype), value.data)
        return Node(b"numpy.masked", [name, filled, mask, value.fill_value])
    array = np.asarray(value)
    dtype = array.dtype
    children = [name, dtype.str, array.shape]
    if dtype.hasobject:
        return Node(b"numpy.objects", [*children, _fields(dtype), array.ravel().tolist()])
    if dtype.names:
        # The bytes between the fields are arbitrary.
        columns = [array[field] for field in dtype.names]
        return Node(b"numpy.records", [*children, _fields(dtype), *columns])
    if dtype.kind == "T":  # text of variable width, which refers to memory elsewhere
        return Node(b"numpy.text", [*children, array.ravel().tolist()])
    return Node(b"numpy.array", children, _blocks(array))


def _fields(dtype: Any) -> str:
    return str([(name, str(dtype[name])) for name in dtype.names or ()])


def _blocks(array: Any) -> Iterator[Any]:
    """Yield the bytes of an array in C order."""
    import numpy as np

    if array.flags.c_contiguous or array.nbytes <= _BLOCK_BYTES or not array.ndim:
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return
    rows = max(1, _BLOCK_BYTES * len(array) // array.nbytes)
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows]).reshape(-1).view(np.uint8)


def _expand_number(value: Any) -> Node:
    import numpy as np

    if value.dtype.hasobject or value.dtype.names:
        return Node(b"numpy.scalar", [type_name(type(value)), np.asarray(value)])
    return Node(b"numpy.scalar", [value.dtype.str, value.tobytes()])


def _expand_dtype(value: Any) -> Node:
    return Node(b"numpy.dtype", [value.str, _fields(value)])


def _expand_frame(value: Any) -> Node:
    columns = [series.array for _, series in value.items()]
    children = [type_name(type(value)), value.columns, value.index, value.attrs or None]
    return Node(b"pandas.frame", [*children, *columns])


def _expand_series(value: Any) -> Node:
    children = [type_name(type(value)), value.name, value.index, value.attrs or None]
    return Node(b"pandas.series", [*children, value.array])


def _expand_index(value: Any) -> Node:
    # A RangeIndex is an index with its numbers.
    return Node(b"pandas.index", [value.name, value.array])


def _expand_multi_index(value: Any) -> Node:
    levels = [value.get_level_values(number).array for number in range(value.nlevels)]
    return Node(b"pandas.index", [list(value.names), *levels])


def _expand_extension_array(value: Any) -> Node:
    from mlflow2prov.capture.hashing.arrow import expand_array as expand_arrow

    if hasattr(value, "__arrow_array__"):
        node = expand_arrow(value.__arrow_array__())
        return Node(b"pandas." + node.tag, [str(value.dtype), *node.children], node.buffers)
    return Node(b"pandas.array", [type_name(type(value)), str(value.dtype), list(value)])


def _expand_numpy_array(value: Any) -> Node:
    return Node(b"pandas.array", [value.to_numpy()])


def _expand_times(value: Any) -> Node:
    return Node(b"pandas.times", [str(value.dtype), value.asi8])


def _expand_categories(value: Any) -> Node:
    """Expand categories as their set, or as their list if they are ordered, and the values as positions in it."""
    import numpy as np

    codes, categories = value.codes, value.categories
    if not value.ordered:
        from mlflow2prov.capture.hashing import hash as digest

        order = sorted(range(len(categories)), key=lambda n: digest(categories[n]))
        position = np.empty(len(order) + 1, np.int64)
        position[order] = np.arange(len(order))
        position[-1] = -1
        codes, categories = position[codes], categories[order]
    return Node(b"pandas.categories", [value.ordered, categories, codes.astype(np.int64)])


def _expand_intervals(value: Any) -> Node:
    return Node(b"pandas.intervals", [value.closed, value.left, value.right])


def _expand_timestamp(value: Any) -> Node:
    return Node(b"pandas.timestamp", [value.unit, value._value, value.fold, value.tzinfo])


def _expand_timedelta(value: Any) -> Node:
    return Node(b"pandas.timedelta", [value.unit, value._value])


def _expand_missing(value: Any) -> Node:
    return Node(b"pandas.missing", [type(value).__name__])


_SPARSE = {
    f"{kind}_{suffix}": fields
    for kind, fields in {
        "csr": ("data", "indices", "indptr"),
        "csc": ("data", "indices", "indptr"),
        "bsr": ("data", "indices", "indptr"),
        "coo": ("data", "coords"),
        "dia": ("data", "offsets"),
    }.items()
    for suffix in ("matrix", "array")
}


def _expand_sparse(value: Any) -> Node:
    # Not its other attributes: methods cache there whether the indices are sorted.
    fields = [getattr(value, name) for name in _SPARSE[type(value).__name__]]
    return Node(b"scipy.sparse", [type_name(type(value)), value.shape, *fields])


def _expand_tensor(value: Any) -> Node:
    import numpy as np

    children = [type_name(type(value)), str(value.dtype), tuple(value.shape), value.requires_grad]
    if value.layout.__str__() != "torch.strided":
        return Node(b"torch.tensor", [*children, value.detach().to_dense()])
    flat = value.detach().cpu().contiguous().reshape(-1)
    content = flat.view(__import__("torch").uint8) if flat.numel() else flat
    return Node(b"torch.tensor", [*children, np.asarray(content)])


_EXPANDERS: dict[tuple[str, str], Callable[[Any], Node]] = {
    ("numpy", "ndarray"): expand_array,
    ("numpy", "generic"): _expand_number,
    ("numpy", "dtype"): _expand_dtype,
    ("pandas", "DataFrame"): _expand_frame,
    ("pandas", "Series"): _expand_series,
    ("pandas", "Index"): _expand_index,
    ("pandas", "MultiIndex"): _expand_multi_index,
    ("pandas", "ExtensionArray"): _expand_extension_array,
    ("pandas", "NumpyExtensionArray"): _expand_numpy_array,
    ("pandas", "StringArray"): _expand_extension_array,
    ("pandas", "DatetimeArray"): _expand_times,
    ("pandas", "TimedeltaArray"): _expand_times,
    ("pandas", "PeriodArray"): _expand_times,
    ("pandas", "Categorical"): _expand_categories,
    ("pandas", "IntervalArray"): _expand_intervals,
    ("pandas", "Timestamp"): _expand_timestamp,
    ("pandas", "Timedelta"): _expand_timedelta,
    ("pandas", "NaTType"): _expand_missing,
    ("pandas", "NAType"): _expand_missing,
    ("torch", "Tensor"): _expand_tensor,
}
