"""Refs that were rewritten or deleted between two observations of a repository.

A ref that moves to a descendant of its commit is not a change: the new commits carry their own times. Nor is a move
from a commit that a shallow clone no longer contains, because the new one may be a descendant.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.facts import Facts
from mlflow2prov.facts.ancestry import latest_ancestors


def ref_changes(facts: Facts, previous: Facts) -> Iterator[dict[str, str | None]]:
    """Yield a row of ``observed_changes`` for each ref that was deleted, or no longer reaches its old commit."""
    moves = facts.rows(
        f"""
        SELECT old.name, old.sha, new.sha, old_commits.ordinal, new_commits.ordinal
        FROM {previous.table("refs")} AS old
        LEFT JOIN refs AS new ON new.name = old.name
        LEFT JOIN commits AS old_commits ON old_commits.sha = old.sha
        LEFT JOIN commits AS new_commits ON new_commits.sha = new.sha
        WHERE new.sha IS DISTINCT FROM old.sha
        ORDER BY old.name
        """
    )
    if not moves:
        return
    is_shallow = bool(facts.rows("SELECT 1 FROM histories WHERE is_shallow"))
    identity = _repository_identity(previous)
    is_advance = _advances(facts, [(old, new) for *_, old, new in moves])
    for (name, old_sha, new_sha, old, new), is_descendant in zip(moves, is_advance, strict=True):
        is_unknown = is_shallow and old is None
        if new is None or not (is_unknown or (is_descendant and old is not None)):
            yield {
                "uri": name,
                "name": name,
                "identity": identity,
                "old_value": old_sha,
                "new_value": new_sha,
            }


def _advances(facts: Facts, moves: list[tuple[int | None, int | None]]) -> list[bool]:
    """Return for each move from one commit to another, by ordinals, whether the second has the first as an ancestor."""
    olds = [old for old, new in moves if old is not None and new is not None]
    if not olds:
        return [False] * len(moves)
    # Ancestors have lower ordinals, so that older commits lie on no path.
    edges = facts.rows(
        """
        SELECT parents.ordinal AS child, parent_commits.ordinal AS parent
        FROM parents
        JOIN commits AS parent_commits ON parent_commits.sha = parents.parent
        WHERE parent_commits.ordinal >= ?
        ORDER BY ALL
        """,
        [min(olds)],
    )
    latest = latest_ancestors(
        edges,
        [[old] if old is not None else [] for old, _ in moves],
        [(new if new is not None else 0, number) for number, (_, new) in enumerate(moves)],
    )
    return [position is not None for position in latest]


def _repository_identity(previous: Facts) -> str | None:
    """Return the commit that identifies a repository: its first one, when a branch changed for the first time."""
    ((identity,),) = previous.rows(
        """
        SELECT coalesce(
            (SELECT min(identity) FROM observed_changes WHERE subject = 'branch'),
            (
                SELECT arg_min(sha, ordinal)
                FROM commits
                ANTI JOIN parents USING (sha)
            ),
            (SELECT arg_min(sha, ordinal) FROM commits)
        )
        """
    )
    return None if identity is None else str(identity)
