"""The repositories that captured calls are recorded in, and the settings of capture.

Without configuration, calls are recorded in ``.mlflow2prov/`` at the root of the Git repository around the current
folder, or in the current folder if there is none: a SQLite database and a folder of blobs, which Git ignores.

The configuration is that of the process. ``using_repo`` and ``capture_set`` hold for the current thread or task.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov import boundary
from mlflow2prov.capture.errors import CaptureError, InvalidOptionError
from mlflow2prov.errors import unknown_choice

if TYPE_CHECKING:
    from mlflow2prov.capture.blobstores import BlobStore
    from mlflow2prov.capture.repos import Repository

FOLDER = ".mlflow2prov"
"""The folder in which calls are recorded without configuration."""

_SETTINGS = {
    "use_cache": True,
    "read_only": False,
    "check_mutations": False,
    "silence_warnings": False,
    "proxies": True,
    "record_hits": True,
}
"""The settings of a configuration, and their defaults."""

_KEYS = ("blobstores", "artifact_repos", "default_repo", "run_info_fn", *_SETTINGS)


class Config:
    """Stores, repositories and settings.

    Args:
        blobstores: the stores, by name.
        repos: the repositories, by name.
        default_repo: the repository that is used where none is named, or its name; None: that of the folder
            ``.mlflow2prov``.
        **settings: ``use_cache``: look up results. ``read_only``: look up results, and store none.
            ``check_mutations``: check that the values of artifacts have not changed. ``silence_warnings``: do not warn
            if a call cannot be recorded. ``proxies``: return results as proxies. ``record_hits``: record calls
            that only looked up a result.
    """

    def __init__(
        self,
        blobstores: Mapping[str, BlobStore] | None = None,
        repos: Mapping[str, Repository] | None = None,
        default_repo: Repository | str | None = None,
        **settings: bool,
    ) -> None:
        self.blobstores = dict(blobstores or {})
        self.repos = dict(repos or {})
        for name in settings:
            if name not in _SETTINGS:
                raise InvalidOptionError(unknown_choice("setting", name, _SETTINGS))
        self.settings = {**_SETTINGS, **settings}
        self.default_repo: Repository | None = None
        self.set_default_repo(default_repo)

    def set_default_repo(self, repo: Any) -> None:
        """Set the default repository, by its name or itself."""
        self.default_repo = self.repo(repo) if isinstance(repo, str) else repo

    def repo(self, name: str) -> Repository:
        """Return a repository by its name."""
        if name not in self.repos:
            raise InvalidOptionError(unknown_choice("repository", name, self.repos))
        return self.repos[name]

    @staticmethod
    def set_current(config: Config) -> None:
        """Make a configuration the one of the process."""
        global _current
        _current = config

    @staticmethod
    def current() -> Config:
        """Return the configuration of the process."""
        return _current


_current = Config()
_local_repo: ContextVar[Any] = ContextVar("repo", default=None)
_folders: dict[str, Repository] = {}


def current_config() -> Config:
    """Return the configuration of the process."""
    return _current


def setting(name: str) -> bool:
    """Return a setting."""
    return _current.settings[name]


def get_use_cache() -> bool:
    """Return whether results are looked up."""
    return setting("use_cache")


def set_use_cache(value: bool) -> None:
    """Set whether results are looked up. If not, all calls are computed, and recorded all the same."""
    _current.settings["use_cache"] = value


def get_read_only() -> bool:
    """Return whether results are looked up only."""
    return setting("read_only")


def set_read_only(value: bool) -> None:
    """Set whether results are looked up only: calls whose results are not there are computed and not stored."""
    _current.settings["read_only"] = value


def get_check_mutations() -> bool:
    """Return whether the values of artifacts are checked for changes before each use."""
    return setting("check_mutations")


def set_check_mutations(value: bool) -> None:
    """Set whether the values of artifacts are checked for changes before each use."""
    _current.settings["check_mutations"] = value


def get_default_repo() -> Repository:
    """Return the repository that is used where none is named."""
    local = _local_repo.get()
    if local is not None:
        return local  # type: ignore[no-any-return]
    if _current.default_repo is not None:
        return _current.default_repo
    return folder_repo()


def set_default_repo(repo_or_name: Repository | str | None) -> None:
    """Set the repository that is used where none is named; None: that of the folder ``.mlflow2prov``."""
    _current.set_default_repo(repo_or_name)


def get_repo_by_name(repo_name: str) -> Repository:
    """Return a repository of the current configuration by its name."""
    return _current.repo(repo_name)


def find_repo(repo_or_name: Any) -> Repository:
    """Return a repository: itself, by its name, or the default one for None."""
    if repo_or_name is None:
        return get_default_repo()
    return _current.repo(repo_or_name) if isinstance(repo_or_name, str) else repo_or_name


@contextmanager
def using_repo(repo_or_name: Repository | str) -> Iterator[Repository]:
    """Use another default repository in this thread or task."""
    repo = find_repo(repo_or_name)
    token = _local_repo.set(repo)
    try:
        yield repo
    finally:
        _local_repo.reset(token)


# --- without configuration


def folder_repo() -> Repository:
    """Return the repository in the folder ``.mlflow2prov``, which is created; in memory if it cannot be."""
    from mlflow2prov.capture.environment import find_root

    here = os.getcwd()  # noqa: PTH109 - this is asked at each call
    name = find_root(here) or here
    if name not in _folders:
        _folders[name] = _open_folder(Path(name) / FOLDER)
    return _folders[name]


def _open_folder(folder: Path) -> Repository:
    from mlflow2prov.capture.blobstores import DiskStore
    from mlflow2prov.capture.repos import DbRepo, MemoryRepo

    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder}: not writable")
        store = DiskStore(folder / "blobs", delete=True)
        return DbRepo(f"sqlite:///{folder / 'calls.db'}", store)
    except (OSError, CaptureError) as error:
        warn(f"{folder}: cannot be written ({error}); calls are recorded in memory only")
        return MemoryRepo()


def warn(message: str) -> None:
    """Warn that something is not recorded, unless the configuration silences this."""
    if not _current.settings["silence_warnings"]:
        boundary.warn(message, CaptureWarning)


class CaptureWarning(UserWarning):
    """A call is not recorded, or its result is not stored, and the program goes on."""


# --- configurations


def load_config(config: Mapping[str, Any]) -> Config:
    """Make a configuration the one of the process.

    Args:
        config: stores, repositories and settings, as a dictionary with the keys ``blobstores``,
            ``artifact_repos``, ``default_repo``, ``run_info_fn`` and the settings of :class:`Config`.

    Raises:
        InvalidOptionError: a key or a type is unknown, or ``default_repo`` is not there.
    """
    for key in config:
        if key not in _KEYS:
            raise InvalidOptionError(unknown_choice("key of the configuration", key, _KEYS))
    built = from_config(config)
    settings = {name: bool(config[name]) for name in _SETTINGS if name in config}
    default = config.get("default_repo")
    if default is not None and default not in built["repos"]:
        raise InvalidOptionError(
            f"default_repo: {default!r} could not be made; "
            + unknown_choice("repository", default, built["repos"])
        )
    loaded = Config(built["blobstores"], built["repos"], default, **settings)
    from mlflow2prov.capture.environment import set_run_info_fn

    set_run_info_fn(config.get("run_info_fn"))
    Config.set_current(loaded)
    return loaded


def load_yaml_config(filename: str | os.PathLike[str]) -> Config:
    """Make the configuration in a YAML file the one of the process; see :func:`load_config`."""
    from mlflow2prov.yaml_file import read_yaml

    data = read_yaml(os.fspath(filename)).data
    if not isinstance(data, dict):
        raise InvalidOptionError(f"{os.fspath(filename)}: not a mapping; write blobstores: first")
    return load_config(_with_underscores(data))


def _with_underscores(data: Any) -> Any:
    """Return a mapping of a YAML file with the keys that functions use; names stay as they are spelled."""
    named = ("blobstores", "artifact-repos")
    result = {}
    for key, value in data.items():
        if key in named:
            value = {
                name: {option.replace("-", "_"): setting for option, setting in options.items()}
                for name, options in value.items()
            }
        result[key.replace("-", "_")] = value
    return result


def from_config(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the stores and the repositories of a configuration, as ``{"blobstores": ..., "repos": ...}``.

    A store or a repository that cannot be made is left out with a warning, and so are those that need it.
    """
    blobstores = blobstores_from_config(config.get("blobstores", {}))
    repos = repos_from_config(config.get("artifact_repos", {}), blobstores)
    return {"blobstores": blobstores, "repos": repos}


def blobstores_from_config(config: Mapping[str, Mapping[str, Any]]) -> dict[str, BlobStore]:
    """Return the stores of a configuration by their names."""
    from mlflow2prov.capture.blobstores import TYPES

    def make(kind: str, options: dict[str, Any], made: Mapping[str, Any]) -> Any:
        if kind == "chained":
            options["stores"] = _members(options["stores"], made)
        return TYPES[kind](**options)

    return _make_all("blobstores", config, TYPES, "stores", make)


def repos_from_config(
    config: Mapping[str, Mapping[str, Any]], blobstores: Mapping[str, Any]
) -> dict[str, Repository]:
    """Return the repositories of a configuration by their names."""
    from mlflow2prov.capture.repos import TYPES

    def make(kind: str, options: dict[str, Any], made: Mapping[str, Any]) -> Any:
        if kind == "chained":
            options["repos"] = _members(options["repos"], made)
        if isinstance(options.get("store"), str):
            options["store"] = _members([options["store"]], blobstores)[0]
        return TYPES[kind](**options)

    return _make_all("artifact_repos", config, TYPES, "repos", make)


def _members(names: list[Any], made: Mapping[str, Any]) -> list[Any]:
    missing = [name for name in names if isinstance(name, str) and name not in made]
    if missing:
        raise InvalidOptionError(f"needs {', '.join(missing)}, which could not be made")
    return [made[name] if isinstance(name, str) else name for name in names]


def _make_all(
    section: str,
    config: Mapping[str, Mapping[str, Any]],
    types: Mapping[str, Any],
    members: str,
    make: Callable[[str, dict[str, Any], Mapping[str, Any]], Any],
) -> dict[str, Any]:
    """Make the things of a section, those that others need first."""
    made: dict[str, Any] = {}
    pending = dict(config)
    while pending:
        ready = [
            name
            for name in pending
            if not (set(_options(name, config).get(members, ())) & pending.keys())
        ]
        for name in ready or list(pending):
            del pending[name]
            options = _options(name, config)
            kind = options.pop("type", None)
            if kind not in types:
                raise InvalidOptionError(f"{section}: {unknown_choice('type', kind, types)}")
            try:
                made[name] = make(kind, options, made)
            except (CaptureError, InvalidOptionError, OSError, TypeError, KeyError) as error:
                warn(f"{section}: {name} cannot be made ({error}); it is left out")
    return made


def _options(name: str, config: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options of a store or repository, with those of its prototypes."""
    options = dict(config[name])
    visited = {name}
    while (prototype := options.pop("prototype", None)) is not None:
        if prototype in visited or prototype not in config:
            raise InvalidOptionError(unknown_choice("prototype", prototype, config))
        visited.add(prototype)
        options = {**config[prototype], **options}
    return options
