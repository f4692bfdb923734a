"""Synthetic Git histories, created by ``git fast-import`` in seconds."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

FILES = 1_500
PEOPLE = 50
START = 1_500_000_000
"""The time of the first commit, in seconds since the epoch."""

SECONDS_BETWEEN_COMMITS = 60


def create_history(folder: Path, commits: int) -> Path:
    """Create a bare repository with ``commits`` commits, unless it exists, and return its path.

    Each commit changes one to three files. The same number of commits always gives the same history.
    """
    repository = folder / f"history-{commits}.git"
    if repository.exists():
        return repository
    subprocess.run(["git", "init", "--quiet", "--bare", repository], check=True)
    importer = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE
    )
    assert importer.stdin is not None
    generator = random.Random(1)
    paths = [f"src/part{n % 40}/file{n}.py" for n in range(FILES)]
    with importer.stdin as stream:
        for number in range(commits):
            stream.write(_commit(number, generator, paths).encode())
    if importer.wait():
        raise RuntimeError("git fast-import failed")
    return repository


def _commit(number: int, generator: random.Random, paths: list[str]) -> str:
    """Return a commit in the input format of git-fast-import(1)."""
    author, committer = number % PEOPLE, (number + 1) % PEOPLE
    time = START + SECONDS_BETWEEN_COMMITS * number
    message = f"Change number {number}\n\nThe change and its reason, in about one line."
    lines = [
        "commit refs/heads/main",
        f"mark :{number + 1}",
        f"author Author {author} <author{author}@example.org> {time} +0100",
        f"committer Author {committer} <author{committer}@example.org> {time} +0100",
        f"data {len(message)}",
        message,
        *([f"from :{number}"] if number else []),
    ]
    for path in generator.sample(paths, generator.choice([1, 1, 2, 3])):
        content = f"{generator.random()} {number}\n" * 3
        lines += [f"M 100644 inline {path}", f"data {len(content)}", content]
    return "\n".join(lines) + "\n"
