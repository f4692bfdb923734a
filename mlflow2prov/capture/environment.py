"""The process that captures: machine, program, Python, and the state of Git for a file."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.secrets import MASK, is_secret_name, without_credentials

_run_info: tuple[int, dict[str, Any]] | None = None
_run_info_function: Callable[[dict[str, Any]], dict[str, Any]] | None = None
_guard = threading.Lock()


def set_run_info_fn(function: Callable[[dict[str, Any]], dict[str, Any]] | None) -> None:
    """Set the function that adds facts to the description of the process, such as the job of a build server.

    Args:
        function: gets the description of the process and returns it, with further keys; it is called once a
            process. If it fails, that is a warning. None removes the function.
    """
    global _run_info_function, _run_info
    _run_info_function, _run_info = function, None


def _reset_after_fork() -> None:
    global _guard
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


def run_info() -> dict[str, Any]:
    """Return the description of this process, with its digest as ``id``; a forked process has its own."""
    global _run_info
    known = _run_info
    if known is not None and known[0] == os.getpid():
        return known[1]
    with _guard:
        if _run_info is None or _run_info[0] != os.getpid():
            _run_info = os.getpid(), _describe_process()
        return _run_info[1]


def _describe_process() -> dict[str, Any]:
    import platform

    from mlflow2prov.capture.hashing import hash as digest

    info: dict[str, Any] = {
        "host": {
            "machine": platform.machine(),
            "nodename": platform.node(),
            "platform": platform.platform(),
            "processor": platform.machine(),
            "cpu_count": os.cpu_count(),
            "release": platform.release(),
            "system": platform.system(),
            "version": platform.version(),
        },
        "process": {
            "cmdline": without_secret_arguments(getattr(sys, "orig_argv", sys.argv)),
            "cwd": current_folder(),
            "exe": sys.executable,
            "name": Path(sys.executable or "python").name,
            "num_fds": _count_descriptors(),
            "num_threads": threading.active_count(),
            "pid": os.getpid(),
        },
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
        },
        "user": user(),
        "created_at": datetime.now(UTC),
    }
    if _run_info_function is not None:
        try:
            extended = _run_info_function(dict(info))
            return {**extended, "id": digest(extended)}
        except Exception as error:  # noqa: BLE001 - a function of the user
            from mlflow2prov.capture.configuration import warn

            warn(f"run_info_fn: adds nothing to the description of the process ({error!r})")
    return {**info, "id": digest(info)}


def without_secret_arguments(command_line: Iterable[str]) -> list[str]:
    """Return the arguments of a command with the secrets among them masked."""
    arguments, hides_next = [], False
    for argument in command_line:
        name, separator, _ = argument.partition("=")
        if hides_next:
            argument = MASK
        elif separator and is_secret_name(name):
            argument = f"{name}={MASK}"
        else:
            argument = without_secrets(argument)
        hides_next = argument.startswith("-") and not separator and is_secret_name(name)
        arguments.append(argument)
    return arguments


def current_folder() -> str | None:
    """Return the current folder, if it still exists."""
    with suppress(OSError):
        return str(Path.cwd())
    return None


def _count_descriptors() -> int | None:
    with suppress(OSError):
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only their number
    return None


def user() -> str | None:
    """Return the name of the user, if the system knows it."""
    with suppress(OSError, KeyError, ImportError):
        import getpass

        return getpass.getuser()
    return None


@dataclass(frozen=True, slots=True)
class GitState:
    """The state of the repository around a file, at the time of a call."""

    source_path: str | None = None
    """The file, relative to the working tree; with its whole path if it is outside of a repository."""
    source_blob: str | None = None
    source_tracked: bool | None = None
    repository_url: str | None = None
    git_commit: str | None = None
    git_branch: str | None = None
    git_dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class _ReadState:
    """The state of a repository when it was last read, and the files that change with it."""

    root: str | None
    files: tuple[str, ...]
    times: tuple[int, ...]
    state: GitState


_states: dict[str, _ReadState] = {}


def git_state(filename: str | None) -> GitState:
    """Return the state of the repository around a file.

    Git is asked again when the file, HEAD or the index has changed since it was last asked.
    """
    if not filename or filename.startswith("<"):
        return GitState()
    path = os.path.abspath(filename)  # noqa: PTH100 - a third of the time of a Path, at each call
    root = find_root(os.path.dirname(path))  # noqa: PTH120
    known = _states.get(path)
    if known is None or known.root != root or known.times != _modification_times(known.files):
        known = _states[path] = _read_state(path, root)
    return known.state


def _read_state(path: str, root: str | None) -> _ReadState:
    files = (path,) if root is None else (path, *_changing_files(Path(root)))
    times = _modification_times(files)
    if not Path(path).is_file():
        state = GitState()
    elif root is None:
        state = GitState(source_path=str(Path(path).resolve()))
    else:
        state = read_git_state(Path(root), path)
    return _ReadState(root, files, times, state)


def repository_root(folder: Path) -> Path | None:
    """Return the root of the working tree that contains a folder, or None."""
    root = find_root(str(folder.absolute()))
    return None if root is None else Path(root)


def find_root(folder: str) -> str | None:
    """Return the root of the working tree that contains a folder, without creating a path, which takes longer."""
    for candidate, git_folder in _candidates(folder):
        if os.path.exists(git_folder):  # noqa: PTH110
            return candidate
    return None


@lru_cache(maxsize=4096)
def _candidates(folder: str) -> list[tuple[str, str]]:
    """Return a folder and those above it, each with the place of its repository."""
    resolved = Path(os.path.realpath(folder))
    return [(str(one), str(one / ".git")) for one in (resolved, *resolved.parents)]


def _changing_files(root: Path) -> list[str]:
    """Return the files of a repository that change with each commit, checkout and change of the index."""
    folder = root / ".git"
    files = []
    if folder.is_file():  # a linked worktree or a submodule
        files.append(str(folder))
        with suppress(OSError, UnicodeDecodeError):
            pointer = folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            folder = (root / pointer).resolve()
    return files + [str(folder / name) for name in ("HEAD", "index", "logs/HEAD")]


def _modification_times(files: tuple[str, ...]) -> tuple[int, ...]:
    """Return the times in nanoseconds; 0 for a file that does not exist."""
    times = []
    for path in files:
        try:
            times.append(os.stat(path).st_mtime_ns)  # noqa: PTH116
        except OSError:
            times.append(0)
    return tuple(times)


def read_git_state(root: Path, filename: str) -> GitState:
    """Return the present state of the repository in a folder, around one of its files."""
    from mlflow2prov.errors import RepositoryError
    from mlflow2prov.git.repository import Repository

    # A file that is a link belongs to the repository of the link.
    folder, name = os.path.split(filename)
    path = Path(os.path.realpath(folder), name)
    root = Path(os.path.realpath(root))
    if not path.is_relative_to(root) or not _INSTALLED.isdisjoint(path.relative_to(root).parts):
        return GitState(source_path=str(path))
    relative = path.relative_to(root).as_posix()
    try:
        repository = Repository(root)
        head = repository.lines("rev-parse", "--verify", "--quiet", "HEAD")
        branch = repository.lines("symbolic-ref", "--quiet", "--short", "HEAD")
        # Untracked files do not count, and neither do submodules with changes of their own.
        options = ("--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
        changes = repository.lines("status", *options)
        entry = repository.lines("ls-files", "--stage", "--", f":(literal){relative}")
        blob = repository.lines("hash-object", "--no-filters", "--", relative)
        url = repository.lines("config", "--get", "remote.origin.url")
    except RepositoryError:
        return GitState(source_path=str(path))
    if entry and not changes and entry[0].startswith("100"):
        # Filters and line ends may let the content differ from that of the commit.
        blob = [entry[0].split()[1]]
    return GitState(
        source_path=relative,
        source_blob=blob[0] if blob else None,
        source_tracked=bool(entry),
        repository_url=without_credentials(url[0]) if url else None,
        git_commit=head[0] if head else None,
        git_branch=branch[0] if branch else None,
        git_dirty=bool(changes),
    )


_INSTALLED = frozenset(("site-packages", "dist-packages"))
"""Folders of installed packages, whose code is not that of the repository around them."""


def last_mlflow_run() -> str | None:
    """Return the identifier of the run that this thread started last, if MLflow keeps it in memory."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    if fluent is None:
        return None
    with suppress(Exception):
        identifier = fluent._last_active_run_id.get()
        return identifier if isinstance(identifier, str) else None
    return None


def mlflow_run() -> dict[str, str | None]:
    """Return the active run of MLflow in this thread, if the program uses MLflow: its identifiers, as a call has them.

    MLflow is neither imported nor asked to start a run.
    """
    mlflow = sys.modules.get("mlflow")
    identifier = os.environ.get("MLFLOW_RUN_ID")
    experiment = uri = None
    if mlflow is None and not identifier:
        return {}
    # Any version of MLflow, which may be half imported.
    with suppress(Exception):
        active = mlflow.active_run() if mlflow is not None else None
        if active is not None:
            identifier, experiment = active.info.run_id, active.info.experiment_id
        if mlflow is not None and identifier:
            uri = mlflow.get_tracking_uri()
    if not identifier:
        return {}
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI")
    return {
        "mlflow_run_id": identifier,
        "mlflow_experiment_id": experiment,
        "mlflow_tracking_uri": without_credentials(uri) if uri else None,
    }
