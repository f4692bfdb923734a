"""Shallow clones: the commits where the history is cut off, and the parents that they hide."""

from __future__ import annotations

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository


def shallow_boundary(repository: Repository) -> set[str]:
    """Return the oldest commits of a shallow clone; the set is empty for other repositories.

    Raises:
        RepositoryError: the repository's list of these commits cannot be read.
    """
    if not repository.is_shallow:
        return set()
    path = repository.common_folder / "shallow"
    try:
        return set(path.read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(
            f"{path}: cannot be read; run `git fetch --unshallow` there"
        ) from error


def add_hidden_parents(repository: Repository, facts: Facts, boundary: set[str]) -> None:
    """Fill ``parents`` with the parents that a shallow clone hides, which the commit objects still name."""
    ordinals = dict(facts.rows("SELECT sha, ordinal FROM commits"))
    for sha in sorted(boundary & ordinals.keys()):
        position = 0
        for line in repository.lines("cat-file", "commit", sha):
            if not line:
                break
            if line.startswith("parent "):
                facts.add(
                    "parents",
                    ordinal=ordinals[sha],
                    sha=sha,
                    parent=line.split()[1],
                    position=position,
                )
                position += 1
    facts.flush()
