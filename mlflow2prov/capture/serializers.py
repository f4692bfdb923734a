"""Serializers: how values become files, and files values.

``auto`` chooses by value: JSON for what JSON represents exactly, Parquet for frames and series, ``.npy`` for arrays,
and pickle, which joblib reads too, for all others. A serializer whose files can run code when they are loaded
(``runs_code``) is used for loading only if the store is trusted (:mod:`mlflow2prov.capture.blobstores.trust`).
"""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from importlib import import_module
from pathlib import Path
from typing import Any

from mlflow2prov.capture.errors import CaptureError, InvalidOptionError
from mlflow2prov.errors import unknown_choice

MAX_JSON_DEPTH = 100
"""The depth of values up to which JSON is used."""


@dataclass(frozen=True)
class Serializer:
    """A way to write values to files."""

    name: str
    dump: Callable[..., object]
    """``dump(value, filename, **dump_kwargs)``"""
    load: Callable[..., Any]
    """``load(filename, **load_kwargs)``"""
    content_type: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    runs_code: bool = True
    """Whether a file that another program wrote could run code when it is loaded."""


_SERIALIZERS: dict[str, Serializer] = {}


@singledispatch
def _name_for(_: Any) -> str | None:
    """Return the name of the serializer that a user registered for the class of a value."""
    return None


def register_serializer(
    name: str,
    dump: Callable[..., object],
    load: Callable[..., Any],
    content_type: str | None = None,
    content_encoding: str | None = None,
    content_disposition: str | None = None,
    classes: Iterable[type] | None = None,
    runs_code: bool = True,
) -> None:
    """Register a serializer, and the classes whose values it serializes unless another one is named.

    Args:
        name: the name by which decorators and artifacts refer to it.
        dump: writes a value to a file: ``dump(value, filename, **dump_kwargs)``.
        load: returns the value of a file: ``load(filename, **load_kwargs)``.
        content_type: the media type of the files.
        content_encoding: their encoding, such as ``gzip``.
        content_disposition: how a browser presents them.
        classes: classes whose values this serializer is for, with their subclasses.
        runs_code: whether loading a file that another program wrote could run code.
    """
    disposition = (content_type, content_encoding, content_disposition)
    _SERIALIZERS[name] = Serializer(name, dump, load, *disposition, runs_code=runs_code)
    for cls in classes or ():
        _name_for.register(cls, lambda _: name)


def get_serializer(name: str | Serializer | None) -> Serializer:
    """Return a serializer by its name.

    Raises:
        InvalidOptionError: no serializer has this name; the message lists the names.
    """
    if isinstance(name, Serializer):
        return name
    try:
        return _SERIALIZERS[name or "joblib"]
    except KeyError:
        raise InvalidOptionError(unknown_choice("serializer", name, _SERIALIZERS)) from None


def candidates(value: Any) -> Iterator[Serializer]:
    """Yield the serializers for a value, the best first. A later one is for values that an earlier one refuses."""
    if (registered := _name_for(value)) is not None:
        yield _SERIALIZERS[registered]
        return
    name = _built_in_name(value)
    if name is not None:
        yield _SERIALIZERS[name]
    yield _SERIALIZERS["joblib"]
    yield _SERIALIZERS["cloudpickle"]


def _built_in_name(value: Any) -> str | None:
    if is_json(value):
        return "json"
    cls = type(value)
    qualified = f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}"
    if qualified == "numpy.ndarray":
        return None if value.dtype.hasobject else "npy"
    return _BY_CLASS.get(qualified)


_BY_CLASS = {
    "pandas.DataFrame": "pd_df_parquet",
    "pandas.Series": "pd_series_parquet",
    "pyarrow.Table": "arrow_parquet",
    "polars.DataFrame": "pl_df_parquet",
}


def is_json(value: Any) -> bool:
    """Return whether JSON represents a value exactly: its types, and all of its content."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        inner: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is list:
                inner += item
            elif kind is dict:
                if any(type(key) is not str for key in item):
                    return False
                inner += item.values()
            elif kind is float:
                if item != item or item in (float("inf"), float("-inf")):
                    return False
            elif kind is int:
                if item.bit_length() > 1000:
                    return False  # Python limits the digits of numbers in text
            elif item is not None and kind is not str and kind is not bool:
                return False
        if not inner:
            return True
        level = inner
    return False


# --- the built-in serializers


def _dump_json(value: Any, filename: str) -> None:
    Path(filename).write_text(json.dumps(value, allow_nan=False), encoding="ascii")


def _load_json(filename: str) -> Any:
    return json.loads(Path(filename).read_bytes())


def _dump_pickle(value: Any, filename: str, compress: int = 0, protocol: int = 5) -> None:
    content = pickle.dumps(value, protocol=protocol)
    if compress:
        import zlib

        content = zlib.compress(content, int(compress))
    Path(filename).write_bytes(content)


class _JoblibFileError(Exception):
    """A pickle contains arrays in the form of joblib."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "joblib.numpy_pickle":
            raise _JoblibFileError
        return super().find_class(module, name)


def _load_pickle(filename: str, **joblib_options: Any) -> Any:
    content = Path(filename).read_bytes()
    if content[:1] == b"x":
        import zlib

        content = zlib.decompress(content)
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except _JoblibFileError:
        return _import("joblib").load(filename, **joblib_options)


def _dump_cloudpickle(value: Any, filename: str, **options: Any) -> None:
    content = _import("cloudpickle").dumps(value, **options)
    Path(filename).write_bytes(content)


def _load_cloudpickle(filename: str, **options: Any) -> Any:
    with Path(filename).open("rb") as stream:
        return pickle.load(stream, **options)


def _dump_npy(value: Any, filename: str) -> None:
    import numpy as np

    with Path(filename).open("wb") as stream:
        np.save(stream, value, allow_pickle=False)


def _load_npy(filename: str, mmap_mode: Any = None) -> Any:
    import numpy as np

    return np.load(filename, mmap_mode=mmap_mode, allow_pickle=False)


_PARQUET_KEY = b"mlflow2prov"


def _dump_frame(value: Any, filename: str, **options: Any) -> None:
    """Write a frame to Parquet if that keeps its types; object columns must contain text only."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check_frame(value)
    table = pa.Table.from_pandas(value)
    kinds = [str(kind) for kind in value.dtypes]
    metadata = {**(table.schema.metadata or {}), _PARQUET_KEY: json.dumps(kinds).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), filename, **options)


def _check_frame(value: Any) -> None:
    columns = value.columns
    if value.attrs or not columns.is_unique or {type(name) for name in columns} - {str}:
        raise _NotRepresentableError("the frame has attributes, or columns without unique names")
    for part in (value.index, *(value[name] for name in columns)):
        if part.dtype == object and {type(item) for item in part} - {str, type(None)}:
            raise _NotRepresentableError("an object column contains other values than text")
        if "Sparse" in str(part.dtype):
            raise _NotRepresentableError("a column is sparse")


class _NotRepresentableError(CaptureError):
    """A serializer would change the types of a value."""


def _load_frame(filename: str, **options: Any) -> Any:
    import pyarrow.parquet as pq

    table = pq.read_table(filename, **options)
    kinds = json.loads((table.schema.metadata or {}).get(_PARQUET_KEY, b"[]"))
    frame = table.to_pandas()
    for name, kind in zip(frame.columns, kinds, strict=False):
        if str(frame[name].dtype) == kind:
            continue
        column = frame[name].astype(kind)
        frame[name] = column.where(column.notna(), None) if kind == "object" else column
    return frame


_SERIES = "_series"


def _dump_series(value: Any, filename: str, **options: Any) -> None:
    if value.name is not None and type(value.name) is not str:
        raise _NotRepresentableError("the name of the series is not text")
    if value.name == _SERIES:
        raise _NotRepresentableError("the name of the series is reserved")
    name = value.name if value.name is not None else _SERIES
    _dump_frame(value.to_frame(name=name), filename, **options)


def _load_series(filename: str, **options: Any) -> Any:
    frame = _load_frame(filename, **options)
    series = frame.iloc[:, 0]
    return series.rename(None) if series.name == _SERIES else series


def _dump_table(value: Any, filename: str, **options: Any) -> None:
    import pyarrow.parquet as pq

    pq.write_table(value, filename, **options)


def _load_table(filename: str, **options: Any) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(filename, **options)


def _dump_polars(value: Any, filename: str, **options: Any) -> None:
    value.write_parquet(filename, **options)


def _load_polars(filename: str, **options: Any) -> Any:
    return _import("polars").read_parquet(filename, **options)


def _dump_torch(value: Any, filename: str, **options: Any) -> None:
    _import("torch").save(value, filename, **options)


def _load_torch(filename: str, **options: Any) -> Any:
    return _import("torch").load(filename, **{"weights_only": False, **options})


def _dump_file(value: Any, filename: str) -> None:
    shutil.copyfile(os.fspath(value), filename)


def _load_file(filename: str, **_: Any) -> str:
    return filename


def _import(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise CaptureError(f"{package} is not installed; pip install {package}") from error


_PARQUET_TYPE = "application/vnd.apache.parquet"
_BINARY_TYPE = "application/octet-stream"

for _serializer in (
    Serializer("json", _dump_json, _load_json, "application/json", runs_code=False),
    Serializer("npy", _dump_npy, _load_npy, "application/x-npy", runs_code=False),
    Serializer("pd_df_parquet", _dump_frame, _load_frame, _PARQUET_TYPE, runs_code=False),
    Serializer("pd_series_parquet", _dump_series, _load_series, _PARQUET_TYPE, runs_code=False),
    Serializer("arrow_parquet", _dump_table, _load_table, _PARQUET_TYPE, runs_code=False),
    Serializer("pl_df_parquet", _dump_polars, _load_polars, _PARQUET_TYPE, runs_code=False),
    Serializer("file", _dump_file, _load_file, _BINARY_TYPE, runs_code=False),
    Serializer("joblib", _dump_pickle, _load_pickle, _BINARY_TYPE),
    Serializer("cloudpickle", _dump_cloudpickle, _load_cloudpickle, _BINARY_TYPE),
    Serializer("pytorch_model", _dump_torch, _load_torch, _BINARY_TYPE),
):
    _SERIALIZERS[_serializer.name] = _serializer
