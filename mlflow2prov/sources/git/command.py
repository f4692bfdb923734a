"""Running git, on a repository that may be hostile and under a configuration that may be anything.

Git runs without hooks, file system monitors, external diffs, text conversion, replaced objects, lazy
fetching or prompts, and what the user or the repository configured cannot change what it prints. See
git-config(1), git(1) "Environment Variables".
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlflow2prov.errors import RepositoryError

if TYPE_CHECKING:
    import git

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "false",
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
    "submodule.recurse": "false",
}
# Variables that would lead git to another repository: `git rev-parse --local-env-vars`.
_MISLEADING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_WORK_TREE",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
)

_AHEAD = 1 << 20
"""How many bytes of its output git may have written before they are read."""


class Repository:
    """A repository that GitPython found, and git commands on it.

    Raises:
        RepositoryError: there is no repository at ``path`` or around it, or git is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            import git
        except ImportError as error:
            raise RepositoryError(
                "git is not to be found; install it or put it on the PATH"
            ) from error
        self._path = Path(path)
        if not self._path.exists():
            raise RepositoryError(f"{path}: there is no such folder")
        try:
            with _undisturbed():
                self.repo: git.Repo = git.Repo(self._path, search_parent_directories=True)
            self._git = git.Git(self._place())
            self.warned_of_renames = False
            """Whether git gave up to compare all files of some commit (git-log(1), ``-l``)."""
        except git.InvalidGitRepositoryError as error:
            raise RepositoryError(
                f"{path}: not a Git repository, and in none; give the folder that holds .git"
            ) from error
        except (git.GitError, OSError, ValueError) as error:
            raise RepositoryError(
                f"{path}: cannot be opened as a Git repository: {error}"
            ) from error

    def _place(self) -> str:
        """Return the folder that git runs in: the working tree, else the repository itself."""
        tree = self.repo.working_tree_dir
        return str(tree if tree and (Path(tree) / ".git").exists() else self.repo.git_dir)

    @property
    def is_shallow(self) -> bool:
        """Whether history ends before its beginning (git-clone(1), ``--depth``)."""
        return (Path(self.repo.common_dir) / "shallow").exists()

    @property
    def is_partial(self) -> bool:
        """Whether objects may be missing that a promisor would give (git-clone(1), ``--filter``)."""
        settings = self.lines(
            "config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$"
        )
        return bool(settings)

    def lines(self, *arguments: str, stdin: bytes | None = None) -> list[str]:
        """Run a git command and return its output's lines; of a command that fails, none."""
        import git

        command = self._command(*arguments)
        try:
            with _undisturbed():
                running = self._git.execute(
                    command, as_process=True, istream=subprocess.PIPE, env=_ENVIRONMENT
                )
                process = _process(running)
                out, _ = process.communicate(stdin)
                if process.returncode and stdin is None:
                    return []
        except (git.GitError, OSError) as error:
            raise RepositoryError(f"{self._path}: git cannot be run: {error}") from error
        return (
            str(out.decode("utf-8", "surrogateescape")).removesuffix("\n").split("\n")
            if out
            else []
        )

    @contextmanager
    def stream(self, *arguments: str, stdin: bytes | None = None) -> Iterator[IO[bytes]]:
        """Run a git command and give its output as it comes, while it takes ``stdin``.

        Raises:
            RepositoryError: git failed; the error says git's last words.
        """
        with _undisturbed():
            # GitPython ends the process when this object goes, so it is held until the end.
            running = self._git.execute(
                self._command(*arguments),
                as_process=True,
                istream=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                env=_ENVIRONMENT,
            )
        process = _process(running)
        stdout, stderr = process.stdout, process.stderr
        assert stdout is not None and stderr is not None
        _widen(stdout)
        complaints: list[bytes] = []
        reader = threading.Thread(target=lambda: complaints.extend(stderr), daemon=True)
        reader.start()
        feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
        feeder.start()
        try:
            yield stdout
        except BaseException:
            process.kill()
            raise
        finally:
            stdout.close()
            status = process.wait()
            reader.join()
            feeder.join()
            stderr.close()
        if status:
            raise RepositoryError(
                f"{self._path}: git {arguments[0]} failed ({_reason(complaints)}); try `git fsck` there"
            )
        self.warned_of_renames |= any(b"rename detection" in line for line in complaints)

    def _command(self, *arguments: str) -> list[str]:
        settings = [
            part for key, value in _CONFIGURATION.items() for part in ("-c", f"{key}={value}")
        ]
        return ["git", "--no-pager", *settings, *arguments]


def _reason(complaints: list[bytes]) -> str:
    """Return why git failed: what it calls fatal, else its last words."""
    said = [line.decode("utf-8", "replace").strip() for line in complaints if line.strip()]
    fatal = [line for line in said if line.startswith("fatal:")]
    return (fatal or said or ["no reason given"])[0 if fatal else -1]


def _process(running: Any) -> subprocess.Popen[bytes]:
    """Return the process that GitPython wraps."""
    process: subprocess.Popen[bytes] = running.proc
    return process


def _feed(pipe: IO[bytes] | None, content: bytes | None) -> None:
    """Give a process all its input; one that ended has no use for it."""
    if pipe is None:
        return
    with suppress(BrokenPipeError), pipe:
        pipe.write(content or b"")


def _widen(pipe: IO[bytes]) -> None:
    """Let git write ahead while we are busy, where the system can (Linux: pipe(7), F_SETPIPE_SZ)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _AHEAD)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Take the variables that would mislead git out of the environment for a moment."""
    kept = {name: os.environ.pop(name) for name in _MISLEADING if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
