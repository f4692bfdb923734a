"""Arrow arrays of Python values, without the import of pandas.

``pyarrow.array`` imports pandas, if it is installed, to find out whether its argument is a column of pandas. That takes
longer than all the rest of the work on a small document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
else:
    # A small document needs neither, and their imports take longer than all work on it.
    np, pa = LazyModule("numpy"), LazyModule("pyarrow")

MAX_SMALL_ROWS = 10_000
"""Longer columns are left to ``pyarrow.array``, which is faster once it has imported pandas."""


def text_array(values: Sequence[str | None]) -> pa.Array:
    """Return a column of texts."""
    if not _is_small(values):
        return pa.array(values, pa.string())
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    is_valid = np.fromiter((value is not None for value in values), bool, len(encoded))
    buffers = [
        pa.py_buffer(np.packbits(is_valid, bitorder="little")),
        pa.py_buffer(offsets),
        pa.py_buffer(b"".join(encoded)),
    ]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def integer_array(values: Sequence[int], type_: pa.DataType) -> pa.Array:
    """Return a column of signed integers of an Arrow type, such as ``pyarrow.int32()``, none of which is missing."""
    if not _is_small(values):
        return pa.array(values, type_)
    numbers = np.asarray(values, f"i{type_.bit_width // 8}")
    return pa.Array.from_buffers(type_, len(numbers), [None, pa.py_buffer(numbers)])


def number_array(numbers: NDArray[np.int64]) -> pa.Array:
    """Return a column of the numbers of a NumPy array, which it shares."""
    contiguous = np.ascontiguousarray(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(contiguous), [None, pa.py_buffer(contiguous)])


def _is_small(values: Sequence[object]) -> bool:
    return len(values) <= MAX_SMALL_ROWS and "pandas" not in sys.modules
