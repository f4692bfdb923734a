"""The files of a file store in MLflow's formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.folder import Folder
from mlflow2prov.yaml_file import YamlError, load_yaml

MAX_YAML_BYTES = 1 << 22
"""Maximum size of a YAML file; those that MLflow writes have some hundred bytes."""

MAX_VALUE_BYTES = 1 << 26
"""Maximum size of the file of a tag, a param or a metric. A million points of a metric have some 40 MB."""

META = "meta.yaml"


def has_meta(folder: Folder) -> bool:
    """Return whether a folder has a ``meta.yaml``: whether it is an entity of MLflow."""
    return folder.has_file(META)


def read_yaml(folder: Folder, name: str = META) -> dict[str, Any]:
    """Read a YAML file of a folder, which MLflow writes as a mapping. A missing file is an empty mapping.

    Raises:
        TrackingStoreError: the file is not a YAML mapping, not a regular file, or longer than :data:`MAX_YAML_BYTES`.
        OSError: the file cannot be read.
    """
    try:
        content = folder.read(name, MAX_YAML_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    try:
        mapping = load_yaml(content.decode("utf-8-sig"))
    except YamlError as error:
        line = f":{error.line}" if error.line else ""
        raise TrackingStoreError(
            f"{folder}/{name}{line}: {error.problem}; MLflow did not write this"
        ) from error
    except UnicodeDecodeError as error:
        raise TrackingStoreError(
            f"{folder}/{name}: not UTF-8; MLflow did not write this"
        ) from error
    if not isinstance(mapping, dict):
        raise TrackingStoreError(f"{folder}/{name}: not a YAML mapping; MLflow did not write this")
    return mapping


def read_yamls(folder: Folder) -> Iterator[dict[str, Any]]:
    """Read all YAML files of a folder, as :func:`read_yaml` does, in the order of their names."""
    try:
        names = [entry.name for entry in folder.entries() if entry.name.endswith(".yaml")]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        yield read_yaml(folder, name)


def read_keys(folder: Folder) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a folder that has one file for each key.

    A key with a slash is a file in a folder of its own.

    Raises:
        OSError: a folder or file cannot be read.
    """
    for key, content in folder.files(MAX_VALUE_BYTES):
        yield key, content.decode("utf-8", "replace")
