"""Revisions: the state that each change gives to a file, the state that it replaces, and the file itself.

A change replaces the latest revision that gave the path its previous blob and that belongs to an ancestor. One
join on (path, blob) finds it for the whole history. Ancestry matters only where several revisions gave the path
the same blob, as when two branches make the same change or a commit undoes another.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.facts import Facts

# A state is the blob that a commit gives to a path; a group holds the states of one path with one blob. Of the
# revisions that are known already, only those count that a change may have replaced, and their files are known.
_STATES = """
    CREATE TABLE history_states AS
    WITH states AS (
        SELECT
            ordinal,
            sha,
            path,
            any_value(blob) AS blob,
            NULL::VARCHAR AS file_sha,
            NULL::VARCHAR AS file_path
        FROM changes
        WHERE status <> 'D'
        GROUP BY ordinal, sha, path
        UNION ALL
        SELECT
            ordinal,
            sha,
            path,
            any_value(blob) AS blob,
            any_value(file_sha) AS file_sha,
            any_value(file_path) AS file_path
        FROM revisions
        SEMI JOIN changes
            ON changes.previous_path = revisions.path AND changes.previous_blob = revisions.blob
        WHERE status <> 'D'
        GROUP BY ordinal, sha, path
    )
    SELECT row_number() OVER (ORDER BY ordinal, path) - 1 AS state, *
    FROM states
"""
_GROUPS = """
    CREATE TABLE history_groups AS
    SELECT
        row_number() OVER () - 1 AS group_number,
        path,
        blob,
        count(*) AS size,
        list(ordinal ORDER BY ordinal) AS ordinals,
        list(state ORDER BY ordinal) AS states
    FROM history_states
    GROUP BY path, blob
"""

# The state that a change replaced, if only one state had the path and the blob.
_PREVIOUS = """
    CREATE TABLE history_previous AS
    SELECT changes.rowid AS change, same_blob.states[1] AS state
    FROM changes
    JOIN history_groups AS same_blob
        ON same_blob.path = changes.previous_path
        AND same_blob.blob = changes.previous_blob
    WHERE same_blob.size = 1 AND same_blob.ordinals[1] < changes.ordinal
"""

# Every change that may have replaced one of several states, and the parent that it changed.
_AMBIGUOUS = """
    SELECT changes.rowid, parent_commits.ordinal, same_blob.group_number
    FROM changes
    JOIN history_groups AS same_blob
        ON same_blob.path = changes.previous_path
        AND same_blob.blob = changes.previous_blob
    JOIN parents ON parents.ordinal = changes.ordinal AND parents.position = changes.position
    JOIN commits AS parent_commits ON parent_commits.sha = parents.parent
    WHERE same_blob.size > 1
    ORDER BY ALL
"""

# The state before each modification or rename, for following a file back to its beginning.
_PREDECESSORS = """
    WITH followed AS (
        SELECT rowid AS change, ordinal, path, position
        FROM changes
        WHERE status NOT IN ('A', 'C', 'D')
    )
    SELECT states.state, min_by(previous.state, followed.position) AS previous
    FROM followed
    JOIN history_states AS states USING (ordinal, path)
    JOIN history_previous AS previous USING (change)
    WHERE previous.state IS NOT NULL
    GROUP BY states.state
"""


def _revisions_query(target: engine.Sql, starts: engine.Sql) -> str:
    """Return the statement that inserts the revisions of all changes.

    Args:
        target: the table that receives them.
        starts: the table (state, start) from :func:`_start_states`.
    """
    # The revision of a merge is an addition only if no parent has its path.
    return f"""
    INSERT INTO {target} BY NAME
    WITH numbered_changes AS (
        SELECT rowid AS change, * FROM changes
    )
    SELECT
        changes.ordinal,
        changes.sha,
        changes.position,
        CASE
            WHEN changes.status = 'D' THEN 'D'
            ELSE arg_min(changes.status, instr('MTRCA', changes.status)) OVER same_path
        END AS status,
        changes.path,
        changes.mode,
        changes.blob,
        CASE WHEN changes.status IN ('R', 'C') THEN changes.previous_path END AS renamed_from,
        previous_states.sha AS previous_sha,
        previous_states.path AS previous_path,
        coalesce(start_states.file_sha, start_states.sha) AS file_sha,
        coalesce(start_states.file_path, start_states.path) AS file_path,
        changes.status NOT IN ('D', 'R', 'C')
            AND changes.position > min(changes.position) FILTER (changes.status <> 'D') OVER same_path
            AS is_repeat,
        changes.is_boundary,
        commits.is_selected,
        commits.committed_at,
        commits.author_name,
        commits.author_email
    FROM numbered_changes AS changes
    JOIN commits USING (ordinal)
    LEFT JOIN history_previous AS previous ON previous.change = changes.change
    LEFT JOIN history_states AS previous_states ON previous_states.state = previous.state
    LEFT JOIN history_states AS states
        ON states.ordinal = changes.ordinal
        AND states.path = changes.path
        AND changes.status <> 'D'
    LEFT JOIN {starts} AS starts ON starts.state = coalesce(states.state, previous.state)
    LEFT JOIN history_states AS start_states ON start_states.state = starts.start
    WINDOW same_path AS (PARTITION BY changes.ordinal, changes.path)
    ORDER BY changes.ordinal, changes.path, changes.position
    """


def history_edges(facts: Facts) -> list[tuple[Any, ...]]:
    """Return (child, parent) for every parent that was read, as ordinals."""
    return facts.rows(
        """
        SELECT parents.ordinal AS child, parent_commits.ordinal AS parent
        FROM parents
        JOIN commits AS parent_commits ON parent_commits.sha = parents.parent
        ORDER BY ALL
        """
    )


def derive_revisions(facts: Facts) -> None:
    """Add to ``revisions`` those of ``changes``, and discard ``changes``.

    Revisions of other commits may be there already: no change of these commits is among ``changes``.
    """
    if facts.is_empty("changes"):
        return
    facts.execute(_STATES)
    facts.execute(_GROUPS)
    facts.execute(_PREVIOUS)
    _resolve_ambiguous_changes(facts)
    with engine.registered(_start_states(facts)) as starts:
        facts.execute(_revisions_query(facts.own_table("revisions"), starts))
    for table in ("history_states", "history_groups", "history_previous"):
        facts.execute(f"DROP TABLE {table}")
    facts.discard(("changes",))


def _resolve_ambiguous_changes(facts: Facts) -> None:
    """Add to ``history_previous`` the latest of several states that is an ancestor of the changed parent."""
    changes = facts.rows(_AMBIGUOUS)
    if not changes:
        return
    groups = facts.rows(
        "SELECT group_number, ordinals, states FROM history_groups WHERE size > 1 ORDER BY ALL"
    )
    index = {number: n for n, (number, _, _) in enumerate(groups)}
    latest = latest_ancestors(
        history_edges(facts),
        [ordinals for _, ordinals, _ in groups],
        [(parent, index[number]) for _, parent, number in changes],
    )
    states = [
        None if position is None else groups[index[number]][2][position]
        for (_, _, number), position in zip(changes, latest, strict=True)
    ]
    resolved = pa.table({"change": [change for change, _, _ in changes], "state": states})
    with engine.registered(resolved) as table:
        facts.execute(f"INSERT INTO history_previous BY NAME SELECT change, state FROM {table}")


def _start_states(facts: Facts) -> pa.Table:
    """Return (state, start): the addition or copy that began the file of each state."""
    predecessors = facts.arrays(_PREDECESSORS)
    ((count,),) = facts.rows("SELECT count(*) FROM history_states")
    start = np.arange(count, dtype=np.int64)
    states = np.asarray(predecessors["state"], dtype=np.int64)
    start[states] = np.asarray(predecessors["previous"], dtype=np.int64)
    # Each pass doubles the number of predecessors that are followed.
    while not np.array_equal(further := start[start], start):
        start = further
    return pa.table({"state": np.arange(count, dtype=np.int64), "start": start})
