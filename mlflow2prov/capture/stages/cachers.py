"""Cachers: how the artifacts of stages become files, and come back from them."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlflow2prov.capture.errors import InvalidOptionError, UntrustedBlobError
from mlflow2prov.capture.stages.cacheable import Cacheable, Lazy, replacing
from mlflow2prov.capture.stages.errors import WrongPathError
from mlflow2prov.errors import unknown_choice

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.records import Record

__all__ = [
    "Cacheable",
    "FileReferenceCacher",
    "JsonCacher",
    "Lazy",
    "PandasCacher",
    "PandasCsvCacher",
    "PandasFormat",
    "PandasJsonCacher",
    "PathRef",
    "PickleCacher",
    "RawJupyterNotebookCacher",
]

PandasFormat = Literal["csv", "json", "parquet", "pickle", "orc", "hdf5", "excel", "xml"]
"""The formats of :class:`PandasCacher`."""


class JsonCacher(Cacheable):
    """Values that JSON can represent."""

    default_extension = ".json"

    def save(self, obj: Any) -> str:
        """Write a value to the file, and return its path."""
        import json

        path = self.get_path()
        with replacing(path) as temporary, Path(temporary).open("w", encoding="utf-8") as stream:
            json.dump(obj, stream, indent=4, default=str)
        return path

    def load(self) -> Any:
        """Return the value in the file."""
        import json

        with Path(self.get_path()).open(encoding="utf-8") as stream:
            return json.load(stream)


class PickleCacher(Cacheable):
    """Any value that pickles. Only files that this user has saved are loaded, since pickles run code."""

    default_extension = ".pkl"

    def save(self, obj: Any) -> str:
        """Write a value to the file, and return its path."""
        path = self.get_path()
        with replacing(path) as temporary, Path(temporary).open("wb") as stream:
            pickle.dump(obj, stream)
        return path

    def check(self) -> bool:
        """Return whether the file is there and was saved by this user."""
        return Path(self.get_path()).exists() and self.is_intact() and self.is_own()

    def load(self) -> Any:
        """Return the value in the file.

        Raises:
            UntrustedBlobError: the file is not one that this user has saved.
        """
        content = Path(self.get_path()).read_bytes()
        require_own(self, content)
        return pickle.loads(content)


def require_own(cacher: Cacheable, content: bytes | None = None) -> None:
    """Check that a file is one that this user has saved.

    Args:
        cacher: the cacher of the file.
        content: the content of the file, if it was read.

    Raises:
        UntrustedBlobError: it is not.
    """
    if not cacher.is_own(content):
        raise UntrustedBlobError(
            f"{cacher.get_path()}: not the file that this user's programs saved; compute it again"
        )


_PANDAS: dict[str, tuple[str, str]] = {
    "csv": ("to_csv", "read_csv"),
    "json": ("to_json", "read_json"),
    "parquet": ("to_parquet", "read_parquet"),
    "pickle": ("to_pickle", "read_pickle"),
    "orc": ("to_orc", "read_orc"),
    "hdf5": ("to_hdf", "read_hdf"),
    "excel": ("to_excel", "read_excel"),
    "xml": ("to_xml", "read_xml"),
}
"""For each format of pandas, which is the extension too: the names of the writer and of the reader."""

_DEFAULT_ARGUMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "csv": ({}, {"index_col": 0}),
    "hdf5": ({"key": "df"}, {}),
    "excel": ({}, {"index_col": 0}),
    "xml": ({"index": False}, {}),
}

_ENGINES: dict[str, dict[str, Any]] = {"excel": {"engine": "openpyxl"}}
"""Arguments that pandas does not derive from the extension."""


class PandasCacher(Cacheable):
    """Data frames, in a format of pandas.

    Args:
        path_override: see :class:`Cacheable`, as the other arguments.
        format: the format.
        to_args: arguments for the writer of pandas.
        read_args: arguments for its reader.
    """

    def __init__(
        self,
        path_override: str | None = None,
        name: str | None = None,
        subdir: str | None = None,
        prefix: str | None = None,
        extension: str | None = None,
        format: PandasFormat = "csv",  # noqa: A002
        to_args: Mapping[str, Any] | None = None,
        read_args: Mapping[str, Any] | None = None,
        record: Record | None = None,
        track: bool = True,
    ) -> None:
        if format not in _PANDAS:
            raise InvalidOptionError(unknown_choice("format", format, _PANDAS))
        own_extension = f".{format}" if extension is None else extension
        super().__init__(path_override, name, subdir, prefix, own_extension, record, track)
        to_defaults, read_defaults = _DEFAULT_ARGUMENTS.get(format, ({}, {}))
        self.format = format
        self.to_args = dict(to_defaults if to_args is None else to_args)
        self.read_args = dict(read_defaults if read_args is None else read_args)

    def save(self, obj: Any) -> str:
        """Write a data frame to the file, and return its path."""
        import pandas

        path = self.get_path()
        self.extra_metadata |= {
            "pandas_version": pandas.__version__,
            "to_args": self.to_args,
            "read_args": self.read_args,
            "format": self.format,
        }
        with replacing(path) as temporary:
            write = getattr(obj, _PANDAS[self.format][0])
            arguments = {**self._engine, **self.to_args}
            if self.format == "excel":  # pandas knows no such extension
                with Path(temporary).open("wb") as stream:
                    write(stream, **arguments)
            else:
                write(temporary, **arguments)
        return path

    def check(self) -> bool:
        """Return whether the file is there; a pickle has to be saved by this user."""
        return super().check() and (self.format != "pickle" or self.is_own())

    def load(self) -> Any:
        """Return the data frame in the file; a pickle only if this user has saved it."""
        import pandas

        path = self.get_path()
        if self.format == "pickle":
            require_own(self)
        read = getattr(pandas, _PANDAS[self.format][1])
        return read(path, **{**self._engine, **self.read_args})

    @property
    def _engine(self) -> dict[str, Any]:
        return _ENGINES.get(self.format, {})


class PandasCsvCacher(PandasCacher):
    """Data frames as CSV."""

    def __init__(self, path_override: str | None = None, **options: Any) -> None:
        super().__init__(path_override, **{"format": "csv", **options})


class PandasJsonCacher(PandasCacher):
    """Data frames as JSON."""

    def __init__(self, path_override: str | None = None, **options: Any) -> None:
        super().__init__(path_override, **{"format": "json", **options})


class FileReferenceCacher(JsonCacher):
    """The paths of files that lie elsewhere, all of which have to exist: one path or a list of them."""

    def check(self) -> bool:
        """Return whether the list is there, and all files that it names."""
        if not super().check():
            return False
        try:
            paths = self.load()
        except (OSError, ValueError, RecursionError):
            return False
        paths = [paths] if isinstance(paths, str) else paths
        return isinstance(paths, list) and all(
            isinstance(path, str) and Path(path).exists() for path in paths
        )


class PathRef(Cacheable):
    """A file that the stage writes itself, to the path that this cacher gives it and that the stage returns."""

    def save(self, obj: Any) -> str:
        """Check that the stage returned the path of this cacher.

        Raises:
            WrongPathError: it returned another one.
        """
        path = self.get_path()
        if str(obj) != path:
            raise WrongPathError(
                f"{self.stage}: returned {obj!r} for {self.name}; write the file to {path}, and return that"
            )
        return path

    def load(self) -> str:
        """Return the path."""
        return self.get_path()


class RawJupyterNotebookCacher(Cacheable):
    """The cells of a notebook, each as a text or as a list of its lines."""

    default_extension = ".ipynb"

    def save(self, obj: Any) -> str:
        """Write the cells, as they are and as a notebook; return the path of the notebook."""
        import json

        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": _source(cell),
            }
            for cell in obj
        ]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        for path, content in ((self._cells_path, obj), (self.get_path(), notebook)):
            with (
                replacing(path) as temporary,
                Path(temporary).open("w", encoding="utf-8") as stream,
            ):
                json.dump(content, stream, indent=1)
        return self.get_path()

    @property
    def _cells_path(self) -> str:
        return self.get_path("_cells.json")

    def load(self) -> Any:
        """Return the cells, as they were saved."""
        import json

        with Path(self._cells_path).open(encoding="utf-8") as stream:
            return json.load(stream)


def _source(cell: Any) -> list[str]:
    lines = cell.splitlines() if isinstance(cell, str) else list(cell)
    return [f"{line}\n" for line in lines[:-1]] + lines[-1:]
