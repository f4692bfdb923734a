"""Small Git repositories made for a test: every history that a test is about, in a few lines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ADA = ("Ada", "ada@example.org")
BOB = ("Bob", "bob@example.org")


class Repository:
    """A repository in which each commit is an hour after the last."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        self._clock = 1_600_000_000
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", *(["--bare"] if bare else []))

    def git(self, *arguments: str | bytes, who: tuple[str, str] = ADA, stdin: bytes = b"") -> str:
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
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.path,
            env=environment,
            input=stdin,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, name: str | bytes, content: str = "content\n") -> None:
        path = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)

    def commit(self, message: str = "change", who: tuple[str, str] = ADA, **files: str) -> str:
        """Commit all there is, and return the hash."""
        for name, content in files.items():
            self.write(name.replace("__", "."), content)
        self.git("add", "--all", who=who)
        self.git("commit", "--quiet", "--allow-empty", "--message", message, who=who)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")
