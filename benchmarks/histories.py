"""Histories to measure on: synthetic ones, by ``git fast-import``, in seconds."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

FILES = 1_500
PEOPLE = 50


def synthetic(folder: Path, commits: int) -> Path:
    """Make a bare repository with ``commits`` commits, one to three files changed in each; returns it."""
    repository = folder / f"history-{commits}.git"
    if repository.exists():
        return repository
    subprocess.run(["git", "init", "--quiet", "--bare", repository], check=True)
    importer = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE
    )
    assert importer.stdin is not None
    chance = random.Random(1)
    paths = [f"src/part{n % 40}/file{n}.py" for n in range(FILES)]
    with importer.stdin as stream:
        for number in range(commits):
            stream.write(commit(number, chance, paths).encode())
    if importer.wait():
        raise RuntimeError("git fast-import failed")
    return repository


def commit(number: int, chance: random.Random, paths: list[str]) -> str:
    """Return a commit as git-fast-import(1) takes it."""
    person, other = number % PEOPLE, (number + 1) % PEOPLE
    at = 1_500_000_000 + 60 * number
    message = f"Change number {number}\n\nWhat it changes, and why, in a line or so."
    lines = [
        "commit refs/heads/main",
        f"mark :{number + 1}",
        f"author Author {person} <author{person}@example.org> {at} +0100",
        f"committer Author {other} <author{other}@example.org> {at} +0100",
        f"data {len(message)}",
        message,
        *([f"from :{number}"] if number else []),
    ]
    for path in chance.sample(paths, chance.choice([1, 1, 2, 3])):
        content = f"{chance.random()} {number}\n" * 3
        lines += [f"M 100644 inline {path}", f"data {len(content)}", content]
    return "\n".join(lines) + "\n"
