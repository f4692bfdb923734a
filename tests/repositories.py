"""Small Git repositories for tests, made in a few lines each."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ADA = ("Ada", "ada@example.org")
BOB = ("Bob", "bob@example.org")


class Repository:
    """A repository whose commits are an hour apart, independent of the user's configuration."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        self._clock = 1_600_000_000
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *(["--bare"] if bare else []))

    def git(self, *arguments: str | bytes, who: tuple[str, str] = ADA, stdin: bytes = b"") -> str:
        """Run a git command as ``who`` and return its output."""
        self._clock += 3600
        date = f"{self._clock} +0200"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": who[0],
            "GIT_AUTHOR_EMAIL": who[1],
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": who[0],
            "GIT_COMMITTER_EMAIL": who[1],
            "GIT_COMMITTER_DATE": date,
            "GIT_ALLOW_PROTOCOL": "file",
        }
        settings = ["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"]
        settings += ["-c", "protocol.file.allow=always"]
        process = subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.path,
            env=environment,
            input=stdin,
            check=True,
            capture_output=True,
        )
        return process.stdout.decode("utf-8", "replace").strip()

    def write(self, name: str | bytes, content: str = "content\n") -> None:
        """Write a file, in folders that are made as needed."""
        path = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)

    def commit(self, message: str = "change", who: tuple[str, str] = ADA, **files: str) -> str:
        """Write ``files``, commit the whole working tree, and return the hash.

        Two underscores in the name of a file are a dot: ``train__py`` is ``train.py``.
        """
        for name, content in files.items():
            self.write(name.replace("__", "."), content)
        self.git("add", "--all", who=who)
        self.git("commit", "--quiet", "--allow-empty", "--message", message, who=who)
        return self.head()

    def head(self) -> str:
        """Return the hash of the current commit."""
        return self.git("rev-parse", "HEAD")
