"""Reading a repository's history into the fact tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.renames import find_exact_renames
from mlflow2prov.sources.git.command import Repository
from mlflow2prov.sources.git.log import LogParser, arguments

Progress = Callable[[str, int, int | None], None]

_FILLED = ("commits", "parents", "coauthors", "changes")

# Git's own book-keeping, which is not the project's history.
_NOT_HISTORY = ("refs/notes/*", "refs/replace/*", "refs/stash", "refs/prefetch/*", "refs/bisect/*")


@dataclass
class History:
    """What is to be said of a history that was read."""

    repository: Repository
    is_shallow: bool
    is_partial: bool
    commits: int = 0
    notices: list[str] = field(default_factory=list)


def read_history(
    path: str | Path,
    facts: Facts,
    *,
    since: str | None = None,
    until: str | None = None,
    branches: Iterable[str] = (),
    mailmap: bool = True,
    renames: str = "similar",
    progress: Progress | None = None,
) -> History:
    """Read the history of the repository at (or around) ``path`` in one pass of ``git log``.

    Args:
        path: a repository, bare or not, a linked worktree, or a folder within one.
        facts: filled are ``commits``, ``parents``, ``coauthors`` and ``changes``.
        since: a date as git takes it (git-log(1)); commits committed before are not selected.
        until: likewise, for commits committed after.
        branches: read only what these refs reach; all refs where there are none.
        mailmap: map names and addresses by ``.mailmap`` (gitmailmap(5)).
        renames: ``similar``, ``exact`` or ``none``, as :func:`mlflow2prov.extract` takes it.
        progress: called with ``("commits", done, None)`` now and then.

    Raises:
        RepositoryError: not a repository, an unknown branch or date, or git failed on the way.
    """
    repository = Repository(path)
    history = History(repository, repository.is_shallow, repository.is_partial)
    if history.is_partial and renames == "similar":
        renames = "exact"
        history.notices.append(
            f"{path}: a partial clone lacks file contents; only exact renames are found "
            "(run `git fetch --refetch` there, with no filter, for the others)"
        )
    boundary = _boundary(repository) if history.is_shallow else set()
    tips = _tips(repository, branches)

    def read(renames: str) -> int:
        parser = LogParser(facts, boundary, has_all_paths=renames == "similar")
        with repository.stream(*arguments(mailmap=mailmap, renames=renames), *tips) as log:
            return parser.parse(
                log, lambda done: progress("commits", done, None) if progress else None
            )

    try:
        history.commits = read(renames)
    except RepositoryError as error:
        if renames != "similar":
            raise
        # To compare contents git has to have them; what it needs besides may well be there.
        for table in _FILLED:
            facts.execute(f"DELETE FROM {{{table}}}", [])
        renames = "exact"
        history.commits = read(renames)
        history.notices.append(f"{error}; only exact renames are found without what is missing")
    _count_from_the_oldest(facts, history.commits)
    if renames == "exact":
        find_exact_renames(facts)
    if boundary:
        _hidden_parents(repository, facts, boundary)
        history.notices.append(
            f"{path}: a shallow clone; what came before its {len(boundary)} oldest commits is unknown "
            "(run `git fetch --unshallow` there to have it)"
        )
    if mailmap:
        _map_coauthors(repository, facts)
    _select(repository, facts, since, until)
    if history.commits == 0:
        history.notices.append(f"{path}: the repository has no commits")
    if progress:
        progress("commits", history.commits, history.commits)
    return history


def _tips(repository: Repository, branches: Iterable[str]) -> list[str]:
    """Return where the log begins; a name becomes a hash, so that it can be nothing else."""
    tips = []
    for branch in branches:
        # A name that begins with a dash is no ref's (git-check-ref-format(1)).
        found = (
            repository.lines(
                "rev-parse", "--verify", "--quiet", "--end-of-options", branch + "^{commit}"
            )
            if not branch.startswith("-")
            else []
        )
        if not found:
            known = repository.lines("for-each-ref", "--format=%(refname:short)", "refs/heads")
            raise RepositoryError(
                f"there is no branch {branch!r}; there are: {', '.join(known) or 'none'}"
            )
        tips.append(found[-1])
    if tips:
        return tips
    return [*(f"--exclude={pattern}" for pattern in _NOT_HISTORY), "--all"]


def _count_from_the_oldest(facts: Facts, commits: int) -> None:
    for table in _FILLED:
        facts.query(f"UPDATE {{{table}}} SET ordinal = ordinal + {max(commits - 1, 0)}")


def _boundary(repository: Repository) -> set[str]:
    shallow = Path(repository.repo.common_dir) / "shallow"
    return set(shallow.read_text(encoding="ascii").split())


def _hidden_parents(repository: Repository, facts: Facts, boundary: set[str]) -> None:
    """Add the parents that a shallow clone hides: the commit objects still name them."""
    ordinals = dict(facts.query("SELECT sha, ordinal FROM {commits}"))
    for sha in sorted(boundary & ordinals.keys()):
        position = 0
        for line in repository.lines("cat-file", "commit", sha):
            if not line:
                break
            if line.startswith("parent "):
                facts.add("parents", ordinals[sha], sha, line.split()[1], position)
                position += 1
    facts.flush()


def _map_coauthors(repository: Repository, facts: Facts) -> None:
    """Let the mailmap hold for co-authors, whom git does not map."""
    known = facts.query("SELECT DISTINCT name, email FROM {coauthors} ORDER BY ALL")
    if not known:
        return
    contacts = [f"{name or ''} <{email or ''}>" for name, email in known]
    stdin = "".join(f"{contact}\n" for contact in contacts).encode()
    mapped = repository.lines("check-mailmap", "--stdin", stdin=stdin)
    if len(mapped) != len(contacts):
        return
    for (name, email), before, after in zip(known, contacts, mapped, strict=True):
        if before == after:
            continue
        new_name, _, new_email = after.rpartition("<")
        facts.execute(
            "UPDATE {coauthors} SET name = ?, email = ? "
            "WHERE name IS NOT DISTINCT FROM ? AND email IS NOT DISTINCT FROM ?",
            [new_name.strip() or None, new_email.rstrip(">").strip().lower() or None, name, email],
        )


def _select(repository: Repository, facts: Facts, since: str | None, until: str | None) -> None:
    """Mark the commits that lie outside the dates; they stay known, so that identities do."""
    bounds = (("since", since, "--max-age=", "<"), ("until", until, "--min-age=", ">"))
    for option, date, answer, beyond in bounds:
        if date is None:
            continue
        epoch = _epoch(repository, option, date, answer)
        facts.execute(
            f"UPDATE {{commits}} SET is_selected = false WHERE committed_epoch {beyond} ?", [epoch]
        )


def _epoch(repository: Repository, option: str, date: str, answer: str) -> int:
    """Let git read a date. What it does not understand it takes as now, without a word."""
    found = repository.lines("rev-parse", f"--{option}={date}")
    epoch = int(found[0].removeprefix(answer)) if found and found[0].startswith(answer) else None
    is_now = epoch is not None and abs(epoch - time.time()) < 2
    if epoch is None or (
        is_now and not any(word in date.lower() for word in ("now", "sec", "today"))
    ):
        raise RepositoryError(f"--{option} {date!r} is not a date; try 2024-01-31 or '3 weeks ago'")
    return epoch
