"""Configurations as dictionaries and YAML files: stores, repositories and settings by name.

A store or a repository that cannot be made is left out with a warning, and so are those that need it. A key, a type or
a prototype that does not exist is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.configuration import SETTINGS, Config, warn
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.errors import unknown_choice
from mlflow2prov.secrets import mask_secrets

if TYPE_CHECKING:
    from mlflow2prov.capture.blobstores import BlobStore
    from mlflow2prov.capture.repos import Repository

_KEYS = ("blobstores", "artifact_repos", "default_repo", "run_info_fn", *SETTINGS)


def load_config(config: Mapping[str, Any]) -> Config:
    """Make a configuration the one of the process.

    Args:
        config: stores, repositories and settings, as a dictionary with the keys ``blobstores``,
            ``artifact_repos``, ``default_repo``, ``run_info_fn`` and the settings of
            :class:`~mlflow2prov.capture.configuration.Config`.

    Raises:
        InvalidOptionError: a key or a type is unknown, or ``default_repo`` is not there.
    """
    from mlflow2prov.capture.environment import set_run_info_fn

    if not isinstance(config, Mapping):
        raise InvalidOptionError("configuration: not a mapping; write blobstores: first")
    for key in config:
        if key not in _KEYS:
            raise InvalidOptionError(unknown_choice("key of the configuration", key, _KEYS))
    built = from_config(config)
    settings = {name: bool(config[name]) for name in SETTINGS if name in config}
    default = config.get("default_repo")
    if default is not None and not (isinstance(default, str) and default in built["repos"]):
        raise InvalidOptionError(
            f"default_repo: {default!r} could not be made; "
            + unknown_choice("repository", default, built["repos"])
        )
    loaded = Config(built["blobstores"], built["repos"], default, **settings)
    set_run_info_fn(config.get("run_info_fn"))
    Config.set_current(loaded)
    return loaded


def load_yaml_config(filename: str | os.PathLike[str]) -> Config:
    """Make the configuration in a YAML file the one of the process; see :func:`load_config`.

    Raises:
        InvalidOptionError: the file cannot be read, is not YAML, or is not a valid configuration.
    """
    from mlflow2prov.yaml_file import YamlError, load_yaml

    name = os.fspath(filename)
    try:
        data = load_yaml(Path(name).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidOptionError(f"{name}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, YamlError) as error:
        raise InvalidOptionError(f"{name}: not YAML in UTF-8 ({error})") from error
    if not isinstance(data, dict):
        raise InvalidOptionError(f"{name}: not a mapping; write blobstores: first")
    return load_config(_with_underscores(data))


def _with_underscores(data: dict[Any, Any]) -> dict[str, Any]:
    """Return a mapping of a YAML file, in which hyphens in keys and options count as underscores.

    Names of stores and repositories, and keys within options, stay as they are spelled.
    """
    result = _renamed(data)
    for section in ("blobstores", "artifact_repos"):
        if isinstance(result.get(section), dict):
            result[section] = {
                name: _renamed(options) if isinstance(options, dict) else options
                for name, options in result[section].items()
            }
    return result


def _renamed(options: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).replace("-", "_"): value for key, value in options.items()}


def from_config(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the stores and the repositories of a configuration, as ``{"blobstores": ..., "repos": ...}``.

    A store or a repository that cannot be made is left out with a warning, and so are those that need it.
    """
    blobstores = _blobstores(_section(config, "blobstores"))
    repos = _repos(_section(config, "artifact_repos"), blobstores)
    return {"blobstores": blobstores, "repos": repos}


_Options = Mapping[str, Any]
_Section = dict[str, _Options]


def _section(config: Mapping[str, Any], name: str) -> _Section:
    """Return a section with the options of its prototypes filled in."""
    section = config.get(name)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        raise InvalidOptionError(f"{name}: not a mapping; write a name and its options")
    for member, options in section.items():
        if not isinstance(options, Mapping):
            raise InvalidOptionError(f"{name}: {member} is not a mapping; write its type: first")
    return {member: _with_prototypes(member, section) for member in section}


def _with_prototypes(name: str, section: Mapping[str, _Options]) -> _Options:
    options = dict(section[name])
    visited = {name}
    while (prototype := options.pop("prototype", None)) is not None:
        others = [other for other in section if other not in visited]
        if prototype not in others:
            raise InvalidOptionError(f"{name}: {unknown_choice('prototype', prototype, others)}")
        visited.add(prototype)
        options = {**section[prototype], **options}
    return options


def _blobstores(section: _Section) -> dict[str, BlobStore]:
    from mlflow2prov.capture.blobstores import TYPES

    def make(kind: str, options: dict[str, Any], objects: Mapping[str, Any]) -> Any:
        if kind == "chained":
            options["stores"] = _members(options["stores"], objects)
        return TYPES[kind](**options)

    return _make_all("blobstores", section, TYPES, "stores", make)


def _repos(section: _Section, blobstores: Mapping[str, Any]) -> dict[str, Repository]:
    from mlflow2prov.capture.repos import TYPES

    def make(kind: str, options: dict[str, Any], objects: Mapping[str, Any]) -> Any:
        if kind == "chained":
            options["repos"] = _members(options["repos"], objects)
        if isinstance(options.get("store"), str):
            options["store"] = _members([options["store"]], blobstores)[0]
        return TYPES[kind](**options)

    return _make_all("artifact_repos", section, TYPES, "repos", make)


def _members(names: list[Any], objects: Mapping[str, Any]) -> list[Any]:
    missing = [name for name in names if isinstance(name, str) and name not in objects]
    if missing:
        raise InvalidOptionError(f"needs {', '.join(missing)}, which could not be made")
    return [objects[name] if isinstance(name, str) else name for name in names]


def _make_all(
    name: str,
    section: _Section,
    types: Mapping[str, Any],
    members: str,
    make: Callable[[str, dict[str, Any], Mapping[str, Any]], Any],
) -> dict[str, Any]:
    """Make all members of a section, those first that others need."""
    objects: dict[str, Any] = {}
    pending = dict(section)
    while pending:
        ready = [
            member
            for member, options in pending.items()
            if pending.keys().isdisjoint(map(str, options.get(members) or ()))
        ]
        for member in ready or list(pending):
            options = dict(pending.pop(member))
            kind = options.pop("type", None)
            if kind not in types:
                choices = unknown_choice("type", kind, types)
                raise InvalidOptionError(f"{name}: {member} has an {choices}")
            try:
                objects[member] = make(kind, options, objects)
            except Exception as error:  # noqa: BLE001 - options of other libraries may be wrong in any way
                reason = mask_secrets(str(error)) or type(error).__name__
                warn(f"{name}: {member} cannot be made ({reason}); it is left out")
    return objects
