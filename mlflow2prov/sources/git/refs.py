"""The commits at which a history begins, and those that were not pushed."""

from __future__ import annotations

from collections.abc import Container, Iterable
from fnmatch import fnmatchcase

from mlflow2prov.errors import RepositoryError, unknown_choice
from mlflow2prov.git.repository import Repository
from mlflow2prov.git.text import line_path
from mlflow2prov.sources.git.log import list_commits

# Git's own bookkeeping, which is not part of the project's history.
_NOT_HISTORY = ("refs/notes/*", "refs/replace/*", "refs/stash", "refs/prefetch/*", "refs/bisect/*")

# Where the name of a branch is looked up, in order. The last place is for full names.
_PLACES_OF_BRANCHES = ("refs/heads/", "refs/remotes/", "refs/", "refs/tags/", "")

# The refs of tags, and those by which hosts of repositories, and git itself, present what others pushed.
_REFS_OF_REMOTES = (
    "refs/tags",
    "refs/pull",
    "refs/pull-requests",
    "refs/merge-requests",
    "refs/changes",
    "refs/prefetch",
)


def resolve_branches(repository: Repository, branches: Iterable[str]) -> list[str]:
    """Return the commits that ``branches`` point to.

    Names become hashes here, so that no name can act as an option of git.

    Raises:
        RepositoryError: a branch does not exist.
    """
    return [commit for branch in branches for commit in _resolve(repository, branch)]


def _resolve(repository: Repository, branch: str) -> list[str]:
    """Return the commit of a branch, whose name may contain commas, or those of a list of branches."""
    commit = _find_commit(repository, branch)
    if commit is not None:
        return [commit]
    names = [name.strip() for name in branch.split(",") if name.strip()]
    if len(names) > 1:
        return [_require_commit(repository, name) for name in names]
    return [_require_commit(repository, branch)]


def _find_commit(repository: Repository, branch: str) -> str | None:
    # A branch wins over a tag of the same name. No ref begins with a dash (git-check-ref-format(1)).
    if branch[:1] not in "-^":
        for folder in ("refs/heads/", "refs/remotes/", "refs/", ""):
            name = f"{folder}{branch}^{{commit}}"
            if lines := repository.lines(
                "rev-parse", "--verify", "--quiet", "--end-of-options", name
            ):
                return lines[-1]
    return None


def _require_commit(repository: Repository, branch: str) -> str:
    commit = _find_commit(repository, branch)
    if commit is not None:
        return commit
    lines = repository.lines("for-each-ref", "--format=%(refname:short)", "refs/heads")
    names = list(map(line_path, lines))
    if not names:
        raise RepositoryError(f"{repository.path}: the repository has no branches")
    raise RepositoryError(f"{repository.path}: {unknown_choice('branch', branch, names)}")


def all_refs(broken: Iterable[str]) -> list[str]:
    """Return the arguments by which ``git rev-list`` starts from all refs except ``broken`` ones."""
    return [*(f"--exclude={pattern}" for pattern in (*_NOT_HISTORY, *broken)), "--all"]


def read_refs(repository: Repository, branches: Iterable[str]) -> dict[str, str]:
    """Return the commit that each ref leads to, by its full name: the refs of ``branches``, or those of the history.

    A name that is not UTF-8 has the form of such a path. ``HEAD`` is no ref of its own, and a branch that is given as a
    hash or an expression has none.
    """
    commits = {
        name: sha
        for name, sha in _peeled_refs(repository, ["refs"]).items()
        if sha is not None and not any(fnmatchcase(name, pattern) for pattern in _NOT_HISTORY)
    }
    selected = {
        name
        for branch in branches
        for part in ([branch] if _ref_of(branch, commits) else branch.split(","))
        if (name := _ref_of(part.strip(), commits))
    }
    return {
        line_path(name): sha for name, sha in commits.items() if name in selected or not branches
    }


def _ref_of(branch: str, names: Container[str]) -> str | None:
    candidates = (place + branch for place in _PLACES_OF_BRANCHES)
    return next((name for name in candidates if name in names), None)


def tip_commits(repository: Repository, tips: Iterable[str]) -> set[str]:
    """Return the commits at which ``git rev-list`` starts if its arguments are ``tips``.

    Besides refs, these are ``HEAD`` and those of linked worktrees.

    Raises:
        RepositoryError: git failed.
    """
    with repository.stream("rev-list", "--no-walk=unsorted", *tips) as output:
        return set(output.read().decode("ascii").split())


def broken_refs(repository: Repository) -> list[str]:
    """Return the refs whose objects are missing, which make ``git rev-list`` fail."""
    refs = [
        line.split(" ", 1)
        for line in repository.lines("for-each-ref", "--format=%(objectname) %(refname)")
    ]
    types = _describe_objects(repository, [sha for sha, _ in refs], "%(objecttype)")
    return [
        name
        for (_, name), object_type in zip(refs, types, strict=False)
        if object_type.endswith(" missing")
    ]


def list_unpushed_commits(repository: Repository, tips: list[str]) -> list[str]:
    """Return the commits that ``tips`` reach, but no ref that may have come from a remote.

    These refs are remote-tracking branches, tags, the refs of pull requests, and all others that a remote's
    configuration fetches (git-fetch(1)). The result is empty if there are no remote-tracking branches, or if one of
    them does not lead to a commit: then nothing is known about the other commits.
    """
    tracked = _peeled_refs(repository, ["refs/remotes"]).values()
    if not tracked or None in tracked:
        return []
    others = _peeled_refs(repository, [*_REFS_OF_REMOTES, *_fetched_refs(repository)]).values()
    excluded = dict.fromkeys(sha for sha in (*tracked, *others) if sha)
    return list_commits(repository, tips, excluded=excluded)


def _fetched_refs(repository: Repository) -> list[str]:
    """Return the folders of the refs that remotes are fetched into."""
    lines = repository.lines("config", "--get-regexp", r"^remote\..*\.fetch$")
    targets = [line.rpartition(":")[2].partition("*")[0] for line in lines if ":" in line]
    return [target.rstrip("/") for target in targets if target.startswith("refs/")]


def _peeled_refs(repository: Repository, patterns: Iterable[str]) -> dict[str, str | None]:
    """Return the commit that each matching ref leads to, by its full name; None if it leads to no commit."""
    lines = repository.lines(
        "for-each-ref", "--format=%(objectname)^{commit} %(refname)", *patterns
    )
    refs = [line.split(" ", 1) for line in lines]
    answers = _describe_objects(
        repository, [commit for commit, _ in refs], "%(objectname) %(objecttype)"
    )
    return {
        name: sha if object_type == "commit" else None
        for (_, name), (sha, _, object_type) in zip(
            refs, (answer.partition(" ") for answer in answers), strict=False
        )
    }


def _describe_objects(repository: Repository, names: list[str], form: str) -> list[str]:
    """Return ``form`` (git-cat-file(1), ``--batch-check``) for each object, or ``<name> missing``."""
    if not names:
        return []
    stdin = "".join(f"{name}\n" for name in names).encode()
    return repository.lines("cat-file", f"--batch-check={form}", stdin=stdin)
