"""The part of a history that an earlier reading knows, so that git describes only new commits.

A commit never changes, nor does what it changed. Its facts depend on it, on its ancestors, and on a few circumstances
besides: the mailmap, the boundary of a shallow clone, the version of git. If they are the same, the facts of known
commits are those of the earlier reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts import Facts
from mlflow2prov.facts.ordinals import number_commits
from mlflow2prov.git.repository import Repository
from mlflow2prov.sources.git.mailmap import mailmap_contents

_NEW_TABLES = ("commits", "parents", "coauthors", "changes")
_TABLES = ("commits", "parents", "coauthors", "revisions")


def digest_circumstances(
    repository: Repository, options: Iterable[str], boundary: Iterable[str], *, mailmap: bool
) -> str:
    """Return a digest of all that the facts of a history depend on besides its commits.

    Args:
        repository: the repository.
        options: the options that decide which facts of a commit are read.
        boundary: the oldest commits of a shallow clone.
        mailmap: whether the mailmap is applied.
    """
    mailmaps = mailmap_contents(repository) if mailmap else []
    parts = [repository.lines("version"), options, sorted(boundary), mailmaps]
    text = "\0\0".join("\0".join(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def heads(facts: Facts) -> list[str]:
    """Return the commits that no other commit has as a parent."""
    rows = facts.rows(
        "SELECT sha FROM commits ANTI JOIN parents ON parents.parent = commits.sha ORDER BY sha"
    )
    return [sha for (sha,) in rows]


def add_known_commits(facts: Facts, previous: Facts, tips: Collection[str]) -> None:
    """Add the commits of ``previous`` that ``tips`` reach, and their revisions, to the new commits in ``facts``."""
    reached = {*tips, *(sha for (sha,) in facts.rows("SELECT parent FROM parents"))}
    has_lost_heads = not reached.issuperset(heads(previous))
    lost = _unreachable_commits(facts, previous, tips) if has_lost_heads else set()
    has_new_commits = not facts.is_empty("commits")
    if has_new_commits:
        ((count,),) = previous.rows("SELECT count(*) FROM commits")
        for table in _NEW_TABLES:
            facts.execute(f"UPDATE {table} SET ordinal = ordinal + {count}")
    for table in _TABLES:
        facts.inherit(previous, table, "sha", lost)
    if has_new_commits or lost:
        number_commits(facts)


def _unreachable_commits(facts: Facts, previous: Facts, tips: Collection[str]) -> set[str]:
    """Return the commits of ``previous`` that ``tips`` do not reach.

    No other commit depends on them, because a revision refers to ancestors only.
    """
    parents: dict[str, list[str]] = {}
    for tables in (facts, previous):
        for sha, parent in tables.rows("SELECT sha, parent FROM parents"):
            parents.setdefault(sha, []).append(parent)
    commits = {sha for (sha,) in previous.rows("SELECT sha FROM commits")}
    known = commits.union(sha for (sha,) in facts.rows("SELECT sha FROM commits"))
    reachable: set[str] = set()
    pending = [sha for sha in tips if sha in known]
    while pending:
        sha = pending.pop()
        if sha not in reachable:
            reachable.add(sha)
            pending += (parent for parent in parents.get(sha, ()) if parent in known)
    return commits - reachable


def select_known_commits(facts: Facts) -> None:
    """Select all commits, those too that an earlier reading did not select; they can be deselected then."""
    facts.copy_inherited(("commits", "revisions"))
    facts.execute("UPDATE commits SET is_selected = true WHERE NOT is_selected")


def unknown_commits(previous: Facts, commits: Iterable[str]) -> list[str]:
    """Return those of some commits that ``previous`` lacks, in order."""
    with engine.registered(pa.table({"sha": pa.array(commits, pa.string())})) as table:
        rows = engine.rows(
            f"SELECT sha FROM {table} ANTI JOIN {previous.table('commits')} USING (sha) ORDER BY sha"
        )
    return [sha for (sha,) in rows]


def update_selection(facts: Facts) -> None:
    """Select the revisions of selected commits."""
    facts.execute(
        """
        UPDATE revisions
        SET is_selected = commits.is_selected
        FROM commits
        WHERE commits.sha = revisions.sha AND commits.is_selected <> revisions.is_selected
        """
    )
