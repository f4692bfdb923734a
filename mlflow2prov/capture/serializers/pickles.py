"""Pickles: those of Python, which joblib reads too, those of cloudpickle, and those of PyTorch.

Loading a pickle runs the code that it names. The blob store decides whether it is trusted.
"""

from __future__ import annotations

import io
import pickle
import zlib
from pathlib import Path
from typing import Any

from mlflow2prov.capture.serializers.packages import import_package

_OTHER_COMPRESSIONS = (b"\x1f\x8b", b"BZ", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")
"""How files begin that joblib has compressed with gzip, bz2, xz, lzma or lz4."""


def dump_pickle(
    value: Any, filename: str, compress: Any = 0, protocol: int = 5, **joblib_options: Any
) -> None:
    """Write a pickle.

    Args:
        value: the value.
        filename: the file.
        compress: the level of zlib, True for 3. Other compressions need joblib, which names them.
        protocol: the protocol of pickle.
        **joblib_options: further options of ``joblib.dump``, which need joblib.
    """
    if joblib_options or not isinstance(compress, int):
        options = {"compress": compress, "protocol": protocol, **joblib_options}
        import_package("joblib").dump(value, filename, **options)
        return
    content = pickle.dumps(value, protocol=protocol)
    if compress:
        content = zlib.compress(content, 3 if compress is True else compress)
    Path(filename).write_bytes(content)


class _JoblibFileError(Exception):
    """A pickle contains arrays in the form of joblib."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "joblib.numpy_pickle":
            raise _JoblibFileError
        return super().find_class(module, name)


def load_pickle(filename: str, **joblib_options: Any) -> Any:
    """Return the value of a pickle of Python or of joblib.

    Args:
        filename: the file.
        **joblib_options: options of ``joblib.load``, which count for files that joblib has written.
    """
    content = Path(filename).read_bytes()
    try:
        if content.startswith(_OTHER_COMPRESSIONS):
            raise _JoblibFileError
        if content.startswith(b"x"):
            content = zlib.decompress(content)
        return _Unpickler(io.BytesIO(content)).load()
    except _JoblibFileError:
        return import_package("joblib").load(filename, **joblib_options)


def dump_cloudpickle(value: Any, filename: str, **options: Any) -> None:
    """Write a pickle that contains functions and classes by value, if no module has them."""
    content = import_package("cloudpickle").dumps(value, **options)
    Path(filename).write_bytes(content)


def load_cloudpickle(filename: str, **options: Any) -> Any:
    """Return the value of a pickle."""
    with Path(filename).open("rb") as stream:
        return pickle.load(stream, **options)


def dump_torch(value: Any, filename: str, **options: Any) -> None:
    """Write a model or tensors of PyTorch."""
    import_package("torch").save(value, filename, **options)


def load_torch(filename: str, **options: Any) -> Any:
    """Return a model or tensors of PyTorch."""
    return import_package("torch").load(filename, **{"weights_only": False, **options})
