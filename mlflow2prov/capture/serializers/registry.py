"""The registry of serializers: by name, and by the class of a value."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.serializers.arrays import dump_npy, load_npy
from mlflow2prov.capture.serializers.json_values import dump_json, is_json, load_json
from mlflow2prov.capture.serializers.parquet import (
    dump_frame,
    dump_polars,
    dump_series,
    dump_table,
    load_frame,
    load_polars,
    load_series,
    load_table,
)
from mlflow2prov.capture.serializers.pickles import (
    dump_cloudpickle,
    dump_pickle,
    dump_torch,
    load_cloudpickle,
    load_pickle,
    load_torch,
)
from mlflow2prov.errors import unknown_choice


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


def _dump_file(value: Any, filename: str) -> None:
    import shutil

    shutil.copyfile(os.fspath(value), filename)


def _load_file(filename: str, **_: Any) -> str:
    return filename


_PARQUET_TYPE = "application/vnd.apache.parquet"
_BINARY_TYPE = "application/octet-stream"

for _serializer in (
    Serializer("json", dump_json, load_json, "application/json", runs_code=False),
    Serializer("npy", dump_npy, load_npy, "application/x-npy", runs_code=False),
    Serializer("pd_df_parquet", dump_frame, load_frame, _PARQUET_TYPE, runs_code=False),
    Serializer("pd_series_parquet", dump_series, load_series, _PARQUET_TYPE, runs_code=False),
    Serializer("arrow_parquet", dump_table, load_table, _PARQUET_TYPE, runs_code=False),
    Serializer("pl_df_parquet", dump_polars, load_polars, _PARQUET_TYPE, runs_code=False),
    Serializer("file", _dump_file, _load_file, _BINARY_TYPE, runs_code=False),
    Serializer("joblib", dump_pickle, load_pickle, _BINARY_TYPE),
    Serializer("cloudpickle", dump_cloudpickle, load_cloudpickle, _BINARY_TYPE),
    Serializer("pytorch_model", dump_torch, load_torch, _BINARY_TYPE),
):
    _SERIALIZERS[_serializer.name] = _serializer
