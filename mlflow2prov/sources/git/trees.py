"""Trees of commits: the blob that a path has as of a commit."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository
from mlflow2prov.git.text import decode_path


def excluded_base_names(
    repository: Repository, commits: Iterable[str], paths: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield (commit, base name) for the files in the trees of ``commits`` that are not among ``paths``."""
    for commit in commits:
        with repository.stream(
            "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit
        ) as output:
            for name in output.read().split(b"\0"):
                path = decode_path(name)
                if path and path not in paths:
                    yield commit, path.rpartition("/")[2]


def read_tree_files(
    repository: Repository, facts: Facts, candidates: Iterable[tuple[str, str]]
) -> None:
    """Fill ``tree_files`` with the (commit, path) pairs of ``candidates`` that exist.

    One ``git cat-file --batch-check`` answers for all pairs (git-cat-file(1)). It cannot look up a path with a
    newline, or one that is not UTF-8.
    """
    pairs = [
        (sha, path) for sha, path in candidates if "\n" not in path and not path.startswith('"')
    ]
    if not pairs:
        return
    stdin = "".join(f"{sha}:{path}\n" for sha, path in pairs).encode()
    answers = repository.lines("cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=stdin)
    for (sha, path), answer in zip(pairs, answers, strict=False):
        if answer.startswith("blob "):
            facts.add("tree_files", sha=sha, path=path, blob=answer.split()[1])
    facts.flush()
