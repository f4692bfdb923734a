"""The repositories that captured calls are recorded in, and the settings of capture.

Without configuration, calls are recorded in ``.mlflow2prov/`` at the root of the Git repository around the current
folder, or in the current folder if there is none: a SQLite database and a folder of blobs, which Git ignores.

The configuration is that of the process. ``using_repo`` and ``capture_set`` hold for the current thread or task.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov import boundary
from mlflow2prov.capture.errors import CaptureError, InvalidOptionError
from mlflow2prov.errors import unknown_choice
from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import mlflow2prov.capture.blobstores as stores
    import mlflow2prov.capture.repos as repositories
else:
    stores = LazyModule("mlflow2prov.capture.blobstores")
    repositories = LazyModule("mlflow2prov.capture.repos")

FOLDER = ".mlflow2prov"
"""The folder in which calls are recorded without configuration."""

DATABASE = "calls.db"
"""The database in that folder."""

SETTINGS = {
    "use_cache": True,
    "read_only": False,
    "check_mutations": False,
    "silence_warnings": False,
    "proxies": True,
    "record_hits": True,
    "log_to_mlflow": False,
}
"""The settings of a configuration, and their defaults."""


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
            that only looked up a result. ``log_to_mlflow``: log the record of each call in a run of MLflow as an
            artifact of the run, and name the call in a tag of the run.
    """

    def __init__(
        self,
        blobstores: Mapping[str, stores.BlobStore] | None = None,
        repos: Mapping[str, repositories.Repository] | None = None,
        default_repo: repositories.Repository | str | None = None,
        **settings: bool,
    ) -> None:
        self.blobstores = dict(blobstores or {})
        self.repos = dict(repos or {})
        for name in settings:
            if name not in SETTINGS:
                raise InvalidOptionError(unknown_choice("setting", name, SETTINGS))
        self.settings = {**SETTINGS, **settings}
        self.default_repo: repositories.Repository | None = None
        self.set_default_repo(default_repo)

    def set_default_repo(self, repo: Any) -> None:
        """Set the default repository, by its name or itself."""
        self.default_repo = self.repo(repo) if isinstance(repo, str) else repo

    def repo(self, name: str) -> repositories.Repository:
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
_folders: dict[str, _OpenFolder] = {}
_guard = threading.RLock()


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


def get_default_repo() -> repositories.Repository:
    """Return the repository that is used where none is named."""
    local = _local_repo.get()
    if local is not None:
        return local  # type: ignore[no-any-return]
    if _current.default_repo is not None:
        return _current.default_repo
    return folder_repo()


def set_default_repo(repo_or_name: repositories.Repository | str | None) -> None:
    """Set the repository that is used where none is named; None: that of the folder ``.mlflow2prov``.

    Raises:
        InvalidOptionError: the configuration has no repository of this name.
    """
    _current.set_default_repo(repo_or_name)


def get_repo_by_name(repo_name: str) -> repositories.Repository:
    """Return a repository of the current configuration by its name.

    Raises:
        InvalidOptionError: there is none; the message lists the names.
    """
    return _current.repo(repo_name)


def find_repo(repo_or_name: Any) -> repositories.Repository:
    """Return a repository: itself, by its name, or the default one for None."""
    if repo_or_name is None:
        return get_default_repo()
    return _current.repo(repo_or_name) if isinstance(repo_or_name, str) else repo_or_name


@contextmanager
def using_repo(repo_or_name: repositories.Repository | str) -> Iterator[repositories.Repository]:
    """Use another default repository in this thread or task, within a ``with`` block.

    Args:
        repo_or_name: the repository, or its name in the configuration.

    Raises:
        InvalidOptionError: the configuration has no repository of this name.
    """
    repo = find_repo(repo_or_name)
    token = _local_repo.set(repo)
    try:
        yield repo
    finally:
        _local_repo.reset(token)


# --- without configuration


def folder_repo() -> repositories.Repository:
    """Return the repository in the folder ``.mlflow2prov``, which is created; in memory if it cannot be."""
    from mlflow2prov.capture.environment import find_root

    try:
        here = os.getcwd()  # noqa: PTH109 - this is asked at each call
        name = find_root(here) or here
    except OSError:  # the current folder has been deleted
        name = os.curdir
    opened = _folders.get(name)
    if opened is None or not opened.exists():
        with _guard:
            opened = _folders.get(name)
            if opened is None or not opened.exists():
                opened = _folders[name] = _open_folder(Path(name) / FOLDER)
    return opened.repo


@dataclass(frozen=True, slots=True)
class _OpenFolder:
    """A folder ``.mlflow2prov`` and its repository."""

    repo: repositories.Repository
    database: str | None
    """The file of the database; None: the repository is in memory."""

    def exists(self) -> bool:
        """Return whether the database has not been deleted since it was opened."""
        return self.database is None or os.path.exists(self.database)  # noqa: PTH110


def _open_folder(folder: Path) -> _OpenFolder:
    from mlflow2prov.capture.blobstores import DiskStore
    from mlflow2prov.capture.repos import DbRepo, MemoryRepo

    try:
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder}: not writable")
        repo = DbRepo(f"sqlite:///{folder / DATABASE}", DiskStore(folder / "blobs", delete=True))
        repo.create_tables()
        return _OpenFolder(repo, str(folder / DATABASE))
    except (OSError, CaptureError, InvalidOptionError) as error:
        warn(f"{folder}: cannot be written ({error}); calls are recorded in memory only")
        return _OpenFolder(MemoryRepo(), None)


def warn(message: str) -> None:
    """Warn that something is not recorded, unless the configuration silences this."""
    from mlflow2prov.capture.redaction import redact_text

    if not _current.settings["silence_warnings"]:
        boundary.warn(redact_text(message), CaptureWarning)


class CaptureWarning(UserWarning):
    """A call is not recorded, or its result is not stored, and the program goes on."""
