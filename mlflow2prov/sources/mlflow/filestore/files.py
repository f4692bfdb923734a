"""The files of a file store in MLflow's formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlflow2prov.sources import git_lfs
from mlflow2prov.sources.folder import Folder, UnreadableError
from mlflow2prov.yaml_file import YamlError, load_yaml

MAX_YAML_BYTES = 1 << 22
"""Maximum size of a YAML file; those that MLflow writes have some hundred bytes."""

MAX_VALUE_BYTES = 1 << 26
"""Maximum size of the file of a tag, a param or a metric. A million points of a metric have some 40 MB."""

META = "meta.yaml"


def read_yaml(folder: Folder, name: str = META) -> dict[str, Any] | None:
    """Read a YAML file of a folder, which MLflow writes as a mapping.

    MLflow empties a file before it writes it, so that a full disk leaves an empty file.

    Returns:
        The mapping; None if there is no such file. A file that is not a mapping is reported to the folder, and empty.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        content = folder.read(name, MAX_YAML_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnreadableError as error:
        folder.report(name, error.reason)
        return {}
    except OSError as error:
        folder.report(name, error.strerror or str(error))
        return {}
    mapping, reason = _parse_mapping(content)
    if reason:
        folder.report(name, reason)
    return mapping


def _parse_mapping(content: bytes) -> tuple[dict[str, Any], str | None]:
    """Return the mapping that a YAML file contains, and the reason if it contains something else."""
    if not content.strip():
        return {}, "empty"
    if git_lfs.is_pointer(content):
        return {}, git_lfs.REASON
    try:
        mapping = load_yaml(content.decode("utf-8-sig"))
    except YamlError as error:
        return {}, f"{error.problem} (line {error.line})" if error.line else error.problem
    except UnicodeDecodeError:
        return {}, "not UTF-8"
    return (mapping, None) if isinstance(mapping, dict) else ({}, "not a YAML mapping")


def read_yamls(folder: Folder) -> Iterator[dict[str, Any]]:
    """Read all YAML files of a folder, as :func:`read_yaml` does, in the order of their names."""
    try:
        names = [entry.name for entry in folder.entries() if entry.name.endswith(".yaml")]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if mapping := read_yaml(folder, name):
            yield mapping


def read_keys(folder: Folder) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a folder that has one file for each key.

    A key with a slash is a file in a folder of its own. Pointers of Git LFS are reported to the folder.

    Raises:
        OSError: a folder or file cannot be read.
    """
    for key, content in folder.files(MAX_VALUE_BYTES):
        if git_lfs.is_pointer(content):
            folder.report(key, git_lfs.REASON)
        else:
            yield key, content.decode("utf-8", "replace")
