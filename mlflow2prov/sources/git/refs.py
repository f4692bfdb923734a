"""The commits at which a history begins, and those that no remote-tracking branch reaches."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.errors import RepositoryError, unknown_choice
from mlflow2prov.sources.git.log import list_commits
from mlflow2prov.sources.git.repository import Repository

# Git's own bookkeeping, which is not part of the project's history.
_NOT_HISTORY = ("refs/notes/*", "refs/replace/*", "refs/stash", "refs/prefetch/*", "refs/bisect/*")


def resolve_branches(repository: Repository, branches: Iterable[str]) -> list[str]:
    """Return the commits that ``branches`` point to.

    Names become hashes here, so that no name can act as an option of git.

    Raises:
        RepositoryError: a branch does not exist.
    """
    return [_resolve_branch(repository, branch) for branch in branches]


def _resolve_branch(repository: Repository, branch: str) -> str:
    # A branch wins over a tag of the same name. No ref begins with a dash (git-check-ref-format(1)).
    if branch[:1] not in "-^":
        for folder in ("refs/heads/", "refs/remotes/", "refs/", ""):
            name = f"{folder}{branch}^{{commit}}"
            if lines := repository.lines(
                "rev-parse", "--verify", "--quiet", "--end-of-options", name
            ):
                return lines[-1]
    names = repository.lines("for-each-ref", "--format=%(refname:short)", "refs/heads")
    if not names:
        raise RepositoryError(f"{repository.path}: the repository has no branches")
    raise RepositoryError(f"{repository.path}: {unknown_choice('branch', branch, names)}")


def all_refs(broken: Iterable[str]) -> list[str]:
    """Return the arguments by which ``git rev-list`` starts from all refs except ``broken`` ones."""
    return [*(f"--exclude={pattern}" for pattern in (*_NOT_HISTORY, *broken)), "--all"]


def broken_refs(repository: Repository) -> list[str]:
    """Return the refs whose objects are missing, which make ``git rev-list`` fail."""
    refs = [
        line.split(" ", 1)
        for line in repository.lines("for-each-ref", "--format=%(objectname) %(refname)")
    ]
    types = _object_types(repository, [sha for sha, _ in refs])
    return [
        name
        for (_, name), object_type in zip(refs, types, strict=False)
        if object_type.endswith(" missing")
    ]


def list_unpushed_commits(repository: Repository, tips: list[str]) -> list[str]:
    """Return the commits that ``tips`` reach but no remote-tracking branch does.

    The result is empty if there are no remote-tracking branches, or if one of them points to a missing object: then
    nothing is known about the other commits.
    """
    tracked = repository.lines("for-each-ref", "--format=%(objectname)", "refs/remotes")
    if not tracked or any(
        object_type != "commit" for object_type in _object_types(repository, tracked)
    ):
        return []
    return list_commits(repository, tips, excluded=dict.fromkeys(tracked))


def _object_types(repository: Repository, names: list[str]) -> list[str]:
    """Return the type of each object, or ``<name> missing``."""
    if not names:
        return []
    stdin = "".join(f"{name}\n" for name in names).encode()
    return repository.lines("cat-file", "--batch-check=%(objecttype)", stdin=stdin)
