"""The state of Git for modules of Python, read when a call happens."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from mlflow2prov.capture.environment import GitState, read_git_state, repository_root
from mlflow2prov.capture.errors import UntrackedCodeError
from mlflow2prov.errors import RepositoryError
from mlflow2prov.secrets import without_credentials

DETACHED = "detached"
"""The name in place of a branch if HEAD is detached."""


@dataclass(frozen=True)
class ModuleState:
    """A module and the state of the repository around its file."""

    name: str
    path: Path | None
    git: GitState = field(default_factory=GitState)
    working_folder: Path | None = None
    remotes: dict[str, str] = field(default_factory=dict)
    """The URLs of the remotes by name, without credentials."""

    def to_json(self) -> dict[str, Any]:
        """Return the module as a record has it."""
        state = self.git
        branch = state.git_branch or (DETACHED if state.git_commit else None)
        return {
            "name": self.name,
            "module_path": None if self.path is None else str(self.path),
            "git_active_branch": branch,
            "git_commit_hash": state.git_commit,
            "git_is_dirty": state.git_dirty,
            "git_remotes": self.remotes,
            "git_working_dir": None if self.working_folder is None else str(self.working_folder),
            "git_path": state.source_path if state.source_tracked is not None else None,
            "git_blob": state.source_blob,
            "git_is_tracked": state.source_tracked,
        }

    def require_clean(self) -> None:
        """Check that Git tracks the module and that no tracked file has uncommitted changes.

        Raises:
            UntrackedCodeError: it does not, or some file has.
        """
        self.require_tracked()
        if self.git.git_dirty:
            raise UntrackedCodeError(
                f"{self.working_folder}: tracked files have uncommitted changes; commit them"
            )

    def require_tracked(self) -> None:
        """Check that Git tracks the module.

        Raises:
            UntrackedCodeError: it does not.
        """
        if self.path is None:
            raise UntrackedCodeError(f"{self.name}: the module has no file; write it to one")
        if not self.git.source_tracked:
            raise UntrackedCodeError(
                f"{self.path}: Git does not track this file; add it to a repository, or install "
                "the package with pip install --editable"
            )


def get_git_info(module_or_name: ModuleType | str, allow_dirty: bool = False) -> dict[str, Any]:
    """Return the state of Git for a module: commit, branch, remotes and whether tracked files have changes.

    Args:
        module_or_name: the module, or its name.
        allow_dirty: whether tracked files may have uncommitted changes.

    Raises:
        UntrackedCodeError: the module has no file, Git does not track it, or there are uncommitted changes.
    """
    name = module_or_name if isinstance(module_or_name, str) else module_or_name.__name__
    state = module_state(name, module_file(module_or_name))
    if allow_dirty:
        state.require_tracked()
    else:
        state.require_clean()
    return state.to_json()


def module_file(module_or_name: ModuleType | str) -> str | None:
    """Return the path of a module's source file; a module that is not imported yet is imported.

    Raises:
        UntrackedCodeError: there is no such module.
    """
    if isinstance(module_or_name, ModuleType):
        return getattr(module_or_name, "__file__", None)
    module = sys.modules.get(module_or_name)
    if module is None:
        try:
            module = import_module(module_or_name)
        except ImportError as error:
            raise UntrackedCodeError(f"{module_or_name}: cannot be imported: {error}") from error
    return getattr(module, "__file__", None)


def module_state(name: str, filename: str | None) -> ModuleState:
    """Return the present state of Git for a source file."""
    if filename is None or not (path := Path(filename)).is_file():
        return ModuleState(name, None)
    path = path.resolve()
    root = repository_root(path.parent)
    if root is None:
        return ModuleState(name, path)
    return ModuleState(name, path, read_git_state(root, str(path)), root, _remotes(root))


def _remotes(root: Path) -> dict[str, str]:
    from mlflow2prov.git.repository import Repository

    try:
        lines = Repository(root).lines("config", "--get-regexp", r"^remote\..*\.url$")
    except RepositoryError:
        return {}
    remotes = {}
    for line in lines:
        key, _, url = line.partition(" ")
        remotes[key.removeprefix("remote.").removesuffix(".url")] = without_credentials(url)
    return remotes
