"""Refs that were rewritten or deleted between two observations of a repository.

A ref that moves to a descendant of its commit is not a change: the new commits carry their own times.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.facts import Facts


def ref_changes(facts: Facts, previous: Facts) -> Iterator[dict[str, str | None]]:
    """Yield a row of ``observed_changes`` for each ref that was deleted, or no longer reaches its old commit."""
    moves = facts.rows(
        f"""
        SELECT old.name, old.sha, new.sha
        FROM {previous.table("refs")} AS old
        LEFT JOIN refs AS new ON new.name = old.name
        WHERE new.sha IS DISTINCT FROM old.sha
        ORDER BY old.name
        """
    )
    for name, old, new in moves:
        if new is None or not _is_ancestor(facts, old, new):
            yield {"uri": name, "name": name, "old_value": old, "new_value": new}


def _is_ancestor(facts: Facts, old: str, new: str) -> bool:
    """Return whether the history of the commit ``new`` contains ``old``. Ancestors have lower ordinals."""
    return bool(
        facts.rows(
            """
            WITH RECURSIVE ends AS (
                SELECT
                    max(ordinal) FILTER (sha = $1) AS old,
                    max(ordinal) FILTER (sha = $2) AS new
                FROM commits
                WHERE sha IN ($1, $2)
            ),
            edges AS (
                SELECT parents.ordinal AS child, parent_commits.ordinal AS parent
                FROM parents
                JOIN commits AS parent_commits ON parent_commits.sha = parents.parent
                WHERE parents.ordinal > (SELECT old FROM ends)
                    AND parent_commits.ordinal >= (SELECT old FROM ends)
            ),
            history AS (
                SELECT new AS ordinal FROM ends
                UNION
                SELECT edges.parent FROM history JOIN edges ON edges.child = history.ordinal
            )
            SELECT 1 FROM history WHERE ordinal = (SELECT old FROM ends)
            """,
            [old, new],
        )
    )
