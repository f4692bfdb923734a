"""The files of a file store, read with distrust.

Anyone who can log a run can write files. Links that lead out of a folder, pipes and very long files are
therefore never read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.local_artifacts import is_below
from mlflow2prov.yaml_file import load_yaml

MAX_YAML_BYTES = 1 << 22
"""Maximum size of a YAML file; those that MLflow writes have some hundred bytes."""

META = "meta.yaml"


def list_folders(path: Path) -> Iterator[Path]:
    """Yield the folders in a folder, in order, except links that lead out of it.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        folders = sorted(entry.path for entry in os.scandir(path) if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for folder in map(Path, folders):
        if not folder.is_symlink() or is_below(folder, path):
            yield folder


def has_meta(folder: Path) -> bool:
    """Return whether a folder has a ``meta.yaml``: whether it is an entity of MLflow."""
    return (folder / META).is_file()


def read_yaml(folder: Path, name: str = META) -> dict[str, Any]:
    """Read a YAML file of a folder, which MLflow writes as a mapping. A missing file is an empty mapping.

    Raises:
        TrackingStoreError: the file is not a YAML mapping, or longer than :data:`MAX_YAML_BYTES`.
        OSError: the file cannot be read.
    """
    file = folder / name
    if not file.is_file() or file.is_symlink():
        return {}
    if file.stat().st_size > MAX_YAML_BYTES:
        raise TrackingStoreError(
            f"{file}: longer than {MAX_YAML_BYTES} bytes; MLflow did not write this"
        )
    try:
        mapping = load_yaml(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TrackingStoreError(f"{file}: not YAML; MLflow did not write this") from error
    if not isinstance(mapping, dict):
        raise TrackingStoreError(f"{file}: not a YAML mapping; MLflow did not write this")
    return mapping


def read_keys(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a folder that has one file for each key.

    A key with a slash is a file in a folder of its own.

    Raises:
        OSError: a folder or file cannot be read.
    """
    for current, folders, names in os.walk(folder, onerror=_raise_unless_missing):
        folders.sort()
        for name in sorted(names):
            file = Path(current, name)
            if file.is_file() and not file.is_symlink():
                key = file.relative_to(folder).as_posix()
                yield key, file.read_bytes().decode("utf-8", "replace")


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
