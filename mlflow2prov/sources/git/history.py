"""Reading a repository's history into the fact tables."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.renames import find_exact_renames
from mlflow2prov.progress import Progress
from mlflow2prov.sources.git.command import Repository
from mlflow2prov.sources.git.log import list_commits, read_commits

_NAMED = 5
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
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
    left_out: list[str] = field(default_factory=list)
    """What should have been read and could not; the extraction is incomplete."""


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
    """Read the history of the repository at (or around) ``path`` .

    Args:
        path: a repository, bare or not, a linked worktree, or a folder within one.
        facts: filled are ``commits``, ``unpushed_commits``, ``parents``, ``coauthors`` and ``changes``.
        since: a date as git takes it (git-log(1)); commits committed before are not selected.
        until: likewise, for commits committed after.
        branches: read only what these refs reach; all refs where there are none.
        mailmap: map names and addresses by ``.mailmap`` (gitmailmap(5)).
        renames: ``similar``, ``exact`` or ``none``, as :func:`mlflow2prov.extract` takes it.
        progress: called with ``("commits", done, total)`` now and then.

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
    tips = _tips(repository, branches, history)

    commits = list_commits(repository, tips)
    history.commits = len(commits)

    def report(done: int) -> None:
        if progress:
            progress("commits", done, len(commits))

    ways = {"similar": ("similar", "exact", "unread")}.get(renames, (renames, "unread"))
    for number, renames in enumerate(ways, start=1):
        # The mailmap of a bare repository is in a tree, too.
        maps = mailmap and renames != "unread"
        try:
            read_commits(
                repository,
                commits,
                facts,
                boundary=boundary,
                mailmap=maps,
                renames=renames,
                progress=report,
            )
            break
        except RepositoryError as error:
            # To compare files git has to have their contents, and to list them their folders (trees).
            if number == len(ways):
                raise
            facts.discard(_FILLED)
            missing = error
    facts.add_columns("unpushed_commits", [_unpushed(repository, tips)])
    facts.flush()
    if renames != ways[0] and renames == "exact":
        history.notices.append(f"{missing}; only exact renames are found without what is missing")
    elif renames == "unread":
        told = history.notices if history.is_partial else history.left_out
        told.append(f"{missing}; the files of all commits are unknown without what is missing")
    if repository.warned_of_renames:
        history.notices.append(
            f"{path}: some commits move too many files for git to compare them all; of these, only "
            "exact renames are found"
        )
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
    elif not facts.query("SELECT 1 FROM {commits} WHERE is_selected LIMIT 1"):
        history.notices.append(
            f"{path}: none of its commits lies between the dates that were given"
        )
    return history


def _tips(repository: Repository, branches: Iterable[str], history: History) -> list[str]:
    """Return where the log begins; a name becomes a hash, so that it can be nothing else."""
    tips = []
    for branch in branches:
        # A branch first, as a tag may have the same name; one that begins with a dash is no ref's
        # (git-check-ref-format(1)).
        places = ("refs/heads/", "refs/remotes/", "refs/", "") if branch[:1] not in "-^" else ()
        for place in places:
            name = f"{place}{branch}^{{commit}}"
            found = repository.lines("rev-parse", "--verify", "--quiet", "--end-of-options", name)
            if found:
                break
        else:
            known = repository.lines("for-each-ref", "--format=%(refname:short)", "refs/heads")
            raise RepositoryError(
                f"there is no branch {branch!r}; there are: {', '.join(known) or 'none'}"
            )
        tips.append(found[-1])
    if tips:
        return tips
    broken = _broken_refs(repository)
    if broken:
        listed = ", ".join(broken[:_NAMED]) + (" and more" if broken[_NAMED:] else "")
        history.left_out.append(f"{len(broken)} branches or tags lead to nothing: {listed}")
    return [*(f"--exclude={pattern}" for pattern in (*_NOT_HISTORY, *broken)), "--all"]


def _unpushed(repository: Repository, tips: list[str]) -> list[str]:
    """Return the commits that no remote-tracking branch reaches; none where there are no such branches.

    A branch that leads to nothing tells nothing, and none is said to be unpushed for its sake.
    """
    tracked = repository.lines("for-each-ref", "--format=%(objectname)", "refs/remotes")
    if not tracked:
        return []
    stdin = "".join(f"{sha}\n" for sha in tracked).encode()
    answers = repository.lines("cat-file", "--batch-check=%(objecttype)", stdin=stdin)
    if any(said != "commit" for said in answers):
        return []
    return list_commits(repository, tips, without=dict.fromkeys(tracked))


def _broken_refs(repository: Repository) -> list[str]:
    """Return the refs whose objects are not there, over which git would give up."""
    refs = [
        line.split(" ", 1)
        for line in repository.lines("for-each-ref", "--format=%(objectname) %(refname)")
    ]
    stdin = "".join(f"{sha}\n" for sha, _ in refs).encode()
    answers = (
        repository.lines("cat-file", "--batch-check=%(objecttype)", stdin=stdin) if refs else []
    )
    return [
        name for (_, name), said in zip(refs, answers, strict=False) if said.endswith(" missing")
    ]


def _boundary(repository: Repository) -> set[str]:
    shallow = Path(repository.repo.common_dir) / "shallow"
    try:
        return set(shallow.read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{shallow}: cannot be read; try `git fetch --unshallow`") from error


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
    means_now = any(word in date.lower() for word in ("now", "sec", "today", "0 "))
    if epoch is None or _is_impossible(date) or (is_now and not means_now):
        raise RepositoryError(f"--{option} {date!r} is not a date; try 2024-01-31 or '3 weeks ago'")
    return epoch


def _is_impossible(date: str) -> bool:
    """Return whether a date begins like ISO 8601's and is none (git takes month 13 for something else)."""
    written = _ISO_DATE.match(date)
    try:
        return bool(written and not datetime.date.fromisoformat(written[0]))
    except ValueError:
        return True
