"""Looking into commits' trees: which blob a path had as of a commit."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.facts import Facts
from mlflow2prov.sources.git.command import Repository


def read_trees(repository: Repository, facts: Facts, wanted: Iterable[tuple[str, str]]) -> None:
    """Fill ``tree_files`` with those of the ``wanted`` (commit, path) pairs that exist.

    One ``git cat-file --batch-check`` answers all (git-cat-file(1)). A path with a newline cannot be
    asked for, nor one that is not UTF-8.
    """
    pairs = [(sha, path) for sha, path in wanted if "\n" not in path and not path.startswith('"')]
    if not pairs:
        return
    stdin = "".join(f"{sha}:{path}\n" for sha, path in pairs).encode()
    answers = repository.lines("cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=stdin)
    for (sha, path), answer in zip(pairs, answers, strict=False):
        if answer.startswith("blob "):
            facts.add("tree_files", sha, path, answer.split()[1])
    facts.flush()
