"""Git commands on a repository that may be hostile, under a configuration that may be anything.

Git runs without hooks, file system monitors, external diffs, text conversion, replaced objects, lazy fetching or
prompts, and neither the user's nor the repository's configuration changes its output. See git-config(1) and git(1),
"Environment Variables". The environment of this process stays as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mlflow2prov.errors import RepositoryError
from mlflow2prov.git import idleness
from mlflow2prov.git.idleness import IdleTimer
from mlflow2prov.git.messages import failure
from mlflow2prov.git.special_files import refuse_special_files
from mlflow2prov.git.text import decode_path

PIPE_BYTES = 1 << 20
"""How many bytes of its output git may write before they are read, if the system allows it."""

MAX_DATE_SECONDS = 30
"""How long git may take to read a date."""

_ENVIRONMENT = {
    "LANGUAGE": "C",
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "false",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS": "false",
}
_CONFIGURATION = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "true",
    "diff.relative": "false",
    "log.follow": "false",
    "log.showSignature": "false",
    "mailmap.file": "",
    # The user names the repository, and nothing in it is executed (git-config(1), safe.bareRepository).
    "safe.bareRepository": "all",
    "submodule.recurse": "false",
}
# Variables that lead git to another repository (`git rev-parse --local-env-vars`) or change its output.
_REMOVED_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_WORK_TREE",
)


class Repository:
    """A Git repository, and the git commands that read it.

    Args:
        path: a repository, bare or not, a linked worktree, or a folder or file within one.

    Raises:
        RepositoryError: there is no repository at ``path`` or around it, or git is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.has_skipped_renames = False
        """Whether some commit moved too many files for git to compare them all (git-log(1), ``-l``)."""
        self._executable = _find_git()
        self.path = _existing_path(path)
        folder = self.path.resolve()
        self._folder = folder if folder.is_dir() else folder.parent
        refuse_special_files(self._folder)
        git_folder = self._locate("--absolute-git-dir")
        self.common_folder = self._folder / self._locate("--git-common-dir")
        """The folder of objects and refs, which linked worktrees share."""
        self._folder = self._working_tree(git_folder) or git_folder

    @property
    def folder(self) -> Path:
        """The root of the working tree, or the folder of a bare repository."""
        return self._folder

    @property
    def is_shallow(self) -> bool:
        """Whether the history is cut off (git-clone(1), ``--depth``)."""
        return (self.common_folder / "shallow").exists()

    @property
    def is_partial(self) -> bool:
        """Whether objects may be missing that a remote has promised (git-clone(1), ``--filter``)."""
        pattern = r"^(remote\..*\.promisor|extensions\.partialclone)$"
        return bool(self.lines("config", "--get-regexp", pattern))

    def path_in_tree(self, path: Path) -> str | None:
        """Return a path relative to the root of the working tree, as git would, or None if it is not below it."""
        try:
            relative = Path(os.path.realpath(path)).relative_to(os.path.realpath(self._folder))
        except (OSError, ValueError):
            return None
        return "" if relative == Path() else decode_path(os.fsencode(relative.as_posix()))

    def lines(self, *arguments: str, stdin: bytes | None = None) -> list[str]:
        """Run a git command and return the lines of its output, in which bytes that are not UTF-8 are lone surrogates.

        :func:`~mlflow2prov.git.text.line_text` and :func:`~mlflow2prov.git.text.line_path` make text of them.

        A command without ``stdin`` that fails returns no lines. One with ``stdin`` returns its output in any case.

        Raises:
            RepositoryError: git cannot be run.
        """
        status, output, _ = self._run(arguments, stdin)
        if status and stdin is None:
            return []
        text = output.decode("utf-8", "surrogateescape")
        return text.removesuffix("\n").split("\n") if text else []

    @contextmanager
    def stream(self, *arguments: str, stdin: bytes | None = None) -> Iterator[IO[bytes]]:
        """Run a git command and yield its output as a stream, while git reads ``stdin``.

        Raises:
            RepositoryError: git failed; the message gives git's own reason.
        """
        process = self._start(arguments, subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        stdout, stderr = process.stdout, process.stderr
        assert stdout is not None and stderr is not None
        _widen(stdout)
        messages: list[bytes] = []
        reader = threading.Thread(target=lambda: messages.extend(stderr), daemon=True)
        reader.start()
        writer = threading.Thread(target=_write, args=(process.stdin, stdin), daemon=True)
        writer.start()
        watcher = _Watcher(process, stdout)
        try:
            yield stdout
        except BaseException:
            process.kill()
            raise
        finally:
            stdout.close()
            status = process.wait()
            watcher.stop()
            reader.join()
            writer.join()
            stderr.close()
        if watcher.has_killed:
            raise self._waited(arguments)
        if status:
            reason = failure(b"".join(messages), self._folder)
            raise RepositoryError(f"{self.path}: git {arguments[0]} failed: {reason}")
        self.has_skipped_renames |= any(b"rename detection" in line for line in messages)

    def _locate(self, option: str) -> Path:
        """Return the folder that ``git rev-parse`` prints for ``option``."""
        status, output, messages = self._run(("rev-parse", option))
        if status:
            is_elsewhere = b"not a git repository (or any" in messages
            if is_elsewhere and (self._folder / ".git").exists():
                raise RepositoryError(
                    f"{self.path}: git does not accept the folder .git there, because HEAD, objects or refs "
                    "are missing or damaged; restore them"
                )
            if is_elsewhere:
                raise RepositoryError(
                    f"{self.path}: not a Git repository; give the folder that contains .git"
                )
            raise RepositoryError(
                f"{self.path}: cannot be opened as a Git repository: {failure(messages, self._folder)}"
            )
        return Path(os.fsdecode(output.removesuffix(b"\n")))

    def _working_tree(self, git_folder: Path) -> Path | None:
        """Return the root of the working tree, which holds the mailmap, also for a path within ``git_folder``."""
        git_folder = git_folder.resolve()
        for candidate in (self._folder, *self._folder.parents):
            if candidate == git_folder:
                break
            if (candidate / ".git").exists():
                return candidate
        with suppress(OSError, ValueError):
            # The repository's folder for a linked worktree contains the path of the worktree's .git file.
            return Path((git_folder / "gitdir").read_text(encoding="utf-8").strip()).parent
        return git_folder.parent if git_folder.name == ".git" else None

    def _run(
        self, arguments: Iterable[str], stdin: bytes | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run a git command to its end and return its exit status, its output and its messages."""
        process = self._start(arguments, subprocess.PIPE)
        # A second call of communicate does not send the rest of the input (Python 3.11).
        pipe, process.stdin = process.stdin, None
        if stdin:
            threading.Thread(target=_write, args=(pipe, stdin), daemon=True).start()
        else:
            _write(pipe, None)
        timer = IdleTimer(process)
        with process:
            while True:
                try:
                    output, messages = process.communicate(timeout=idleness.CHECK_SECONDS)
                except subprocess.TimeoutExpired:
                    if timer.is_expired():
                        process.kill()
                        raise self._waited(arguments) from None
                except BaseException:
                    process.kill()
                    raise
                else:
                    return process.returncode, output, messages

    def _waited(self, arguments: Iterable[str]) -> RepositoryError:
        return RepositoryError(
            f"{self.path}: git {next(iter(arguments))} waited {idleness.MAX_IDLE_SECONDS:g} seconds for a file; "
            "look for FIFOs in the repository and among the files that git's configuration names"
        )

    def _start(self, arguments: Iterable[str], stdin: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [self._executable, "--no-pager", *_settings(_CONFIGURATION), *arguments],
                cwd=self._folder,
                env=_environment(),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except (OSError, ValueError) as error:
            raise RepositoryError(f"{self.path}: git cannot be run: {error}") from error


def _settings(configuration: Mapping[str, str]) -> list[str]:
    """Return the arguments that configure a git command."""
    return [part for key, value in configuration.items() for part in ("-c", f"{key}={value}")]


def _environment() -> dict[str, str]:
    """Return the environment of a git command."""
    inherited = {
        name: value for name, value in os.environ.items() if name not in _REMOVED_VARIABLES
    }
    return {**inherited, **_ENVIRONMENT}


def read_date(date: str) -> int | None:
    """Return a date as git reads it (git-config(1), ``expiry-date``), in seconds since 1970-01-01 UTC.

    None is the answer for a text that git does not read as a date. No repository is read.

    Raises:
        RepositoryError: git cannot be run.
    """
    if "\n" in date or not date.strip():
        return None
    # The root of the file system is no repository, so that no configuration of one is read.
    command = [
        *(_find_git(), *_settings({"date.value": date})),
        *("config", "--type=expiry-date", "--get", "date.value"),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=Path(os.sep).absolute(),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MAX_DATE_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise RepositoryError(f"git cannot be run: {error}") from error
    text = done.stdout.decode("ascii", "replace").strip()
    # "never" and "all" are no dates, though git config reads them.
    return (
        int(text) if done.returncode == 0 and text.isdecimal() and 0 < int(text) < 2**53 else None
    )


class _Watcher:
    """A thread that kills a process which waits for a file for too long."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        self.has_killed = False
        self._process = process
        self._timer = IdleTimer(process, output)
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_stopped.wait(idleness.CHECK_SECONDS):
            if self._timer.is_expired():
                self.has_killed = True
                self._process.kill()
                return


def _existing_path(path: str | Path) -> Path:
    try:
        existing = Path(path)
        if existing.exists():
            return existing
    except (OSError, TypeError, ValueError):
        pass  # the path is too long for the system, or not a path at all
    raise RepositoryError(f"{str(path)[:200]}: no such folder; give the path of a Git repository")


def _find_git() -> str:
    """Return the path of git, which is never in the current folder: that may be a hostile repository."""
    for folder in map(Path, os.get_exec_path()):
        if folder.is_absolute() and (executable := shutil.which(folder / "git")):
            return str(executable)
    raise RepositoryError("git is not installed; install it, or add its folder to PATH")


def _write(pipe: IO[bytes] | None, content: bytes | None) -> None:
    """Write the whole input of a process, unless the process ends before."""
    if pipe is None:
        return
    with suppress(BrokenPipeError), pipe:
        pipe.write(content or b"")


def _widen(pipe: IO[bytes]) -> None:
    """Enlarge the buffer of a pipe, so that git can write ahead (Linux: pipe(7), F_SETPIPE_SZ)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
