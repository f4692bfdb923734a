"""Ordinals: the order of commits, which depends on the commits alone.

Commits are ordered by their corrected commit dates, as in git's commit-graph (gitformat-commit-graph(5)): the date of
the commit, or one second after the latest of its parents' if that is later. A parent therefore comes before its
children. The order of two commits depends on their ancestors and on nothing else, such as the refs or the time of
reading, so that a history that was read in parts has the facts of one that was read at once.
"""

from __future__ import annotations

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.facts.facts import Facts

MAX_DATE = 1 << 62
"""Later dates, in seconds since 1970-01-01 UTC, count as this one, to leave room for corrections."""

_TABLES = ("commits", "parents", "coauthors", "changes", "revisions")

_EDGES = """
    WITH positions AS (
        SELECT sha, row_number() OVER (ORDER BY ordinal) - 1 AS position FROM commits
    )
    SELECT child.position AS child, parent.position AS parent
    FROM parents
    JOIN positions AS child USING (sha)
    JOIN positions AS parent ON parent.sha = parents.parent
    ORDER BY child.position
"""


def number_commits(facts: Facts) -> None:
    """Set ``ordinal`` in all tables of the history.

    Before, the ordinals only need to be different for each commit, and lower for parents than for children.
    """
    shas, dates = _corrected_dates(facts)
    with engine.registered(pa.table({"sha": shas, "date": dates})) as corrected:
        facts.execute(
            f"""
            CREATE TABLE commit_numbers AS
            SELECT sha, row_number() OVER (ORDER BY date, sha) - 1 AS ordinal
            FROM {corrected}
            """
        )
    facts.execute(
        """
        DELETE FROM commit_numbers
        USING commits
        WHERE commits.sha = commit_numbers.sha AND commits.ordinal = commit_numbers.ordinal
        """
    )
    numbers = facts.table("commit_numbers")
    for table in _TABLES:
        if overlay := facts.overlay(table):
            overlay.copy_owners(Sql(f"SELECT sha FROM {numbers}"))
        engine.execute(
            f"""
            UPDATE {facts.own_table(table)} AS numbered
            SET ordinal = commit_numbers.ordinal
            FROM {numbers} AS commit_numbers
            WHERE commit_numbers.sha = numbered.sha
            """
        )
    facts.execute("DROP TABLE commit_numbers")


def _corrected_dates(facts: Facts) -> tuple[pa.Array, pa.Array]:
    """Return the hashes and the corrected dates of all commits, in the order of their ordinals."""
    commits = facts.arrays(
        f"""
        SELECT sha, least(coalesce(committed_epoch, 0), {MAX_DATE}) AS date
        FROM commits
        ORDER BY ordinal
        """
    )
    dates = commits["date"].tolist()
    edges = facts.arrays(_EDGES)
    for child, parent in zip(edges["child"].tolist(), edges["parent"].tolist(), strict=True):
        if dates[child] <= dates[parent]:
            dates[child] = dates[parent] + 1
    return pa.array(commits["sha"], pa.string()), pa.array(dates, pa.int64())
