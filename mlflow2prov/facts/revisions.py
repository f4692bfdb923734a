"""Revisions: what each change made of a file, what it replaced, and which file that is.

The revision that a change replaced is the latest one that gave the path the blob that the change took
away, and that is an ancestor. It is found by (path, blob) on the whole history at once; ancestry is
looked at only where several revisions qualify (the same change made on two branches, a change undone).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.facts import Facts

# What each commit made of a path, and those of one path with one blob side by side.
_STATES = """
    CREATE TABLE {states} AS
    SELECT row_number() OVER (ORDER BY ordinal, path) - 1 AS state, ordinal, sha, path, blob
    FROM (SELECT ordinal, sha, path, any_value(blob) AS blob FROM {changes}
          WHERE status <> 'D' GROUP BY ordinal, sha, path)
"""
_GROUPS = """
    CREATE TABLE {groups} AS
    SELECT row_number() OVER () - 1 AS group_number, path, blob, count(*) AS alike,
        list(ordinal ORDER BY ordinal) AS ordinals, list(state ORDER BY ordinal) AS states
    FROM {states} GROUP BY path, blob
"""

# Of every change, the state that it replaced, where there is but one like it ...
_PREVIOUS = """
    CREATE TABLE {previous} AS
    SELECT c.rowid AS change, g.states[1] AS state
    FROM {changes} c JOIN {groups} g ON g.path = c.previous_path AND g.blob = c.previous_blob
    WHERE g.alike = 1 AND g.ordinals[1] < c.ordinal
"""

# ... and, where there are several, which commit was changed and which states may be meant.
_DOUBTFUL = """
    SELECT c.rowid, k.ordinal, g.group_number
    FROM {changes} c
    JOIN {groups} g ON g.path = c.previous_path AND g.blob = c.previous_blob
    JOIN {parents} p ON p.ordinal = c.ordinal AND p.position = c.position
    JOIN {commits} k ON k.sha = p.parent
    WHERE g.alike > 1 ORDER BY ALL
"""

# A merge's revision is new only where no parent has its path.
_REVISIONS = """
    INSERT INTO {revisions}
    SELECT c.ordinal, c.sha, c.position,
        CASE WHEN c.status = 'D' THEN 'D' ELSE
            arg_min(c.status, instr('MTRCA', c.status)) OVER one_path END,
        c.path, c.mode, c.blob,
        CASE WHEN c.status IN ('R', 'C') THEN c.previous_path END,
        p.sha, p.path, f.sha, f.path,
        c.status NOT IN ('D', 'R', 'C')
            AND c.position > min(c.position) FILTER (c.status <> 'D') OVER one_path,
        c.is_boundary, k.is_selected, k.committed_at, k.author_name, k.author_email
    FROM (SELECT rowid, * FROM {changes}) c
    JOIN {commits} k USING (ordinal)
    LEFT JOIN {previous} v ON v.change = c.rowid
    LEFT JOIN {states} p ON p.state = v.state
    LEFT JOIN {states} o ON o.ordinal = c.ordinal AND o.path = c.path AND c.status <> 'D'
    LEFT JOIN starts b ON b.state = coalesce(o.state, v.state)
    LEFT JOIN {states} f ON f.state = b.start
    WINDOW one_path AS (PARTITION BY c.ordinal, c.path)
    ORDER BY c.ordinal, c.path, c.position
"""


def known_edges(facts: Facts) -> list[tuple[Any, ...]]:
    """Return (child, parent) of the history, as ordinals, without parents that are not there."""
    return facts.query(
        "SELECT p.ordinal, k.ordinal FROM {parents} p JOIN {commits} k ON k.sha = p.parent ORDER BY ALL"
    )


def derive_revisions(facts: Facts) -> None:
    """Fill ``revisions`` from ``changes``, ``commits`` and ``parents``; ``changes`` are not needed any more."""
    tables = {name: facts.table(name) for name in ("changes", "commits", "parents", "revisions")}
    made = ("states", "groups", "previous")
    tables |= {name: facts.table(f"history_{name}") for name in made}
    connection = engine.connection()
    connection.execute(_STATES.format(**tables))
    connection.execute(_GROUPS.format(**tables))
    connection.execute(_PREVIOUS.format(**tables))
    _settle(facts, tables)
    starts = _starts(tables)
    connection.register("starts", starts)
    try:
        connection.execute(_REVISIONS.format(**tables))
    finally:
        connection.unregister("starts")
    for name in made:
        connection.execute(f"DROP TABLE {tables[name]}")
    facts.discard(("changes",))


def _settle(facts: Facts, tables: dict[str, str]) -> None:
    """Where several states qualify, take the latest that is an ancestor of the changed parent."""
    connection = engine.connection()
    doubtful = connection.execute(_DOUBTFUL.format(**tables)).fetchall()
    if not doubtful:
        return
    groups = connection.execute(
        "SELECT group_number, ordinals, states FROM {groups} WHERE alike > 1 ORDER BY ALL".format(
            **tables
        )
    ).fetchall()
    place = {number: n for n, (number, _, _) in enumerate(groups)}
    found = latest_ancestors(
        known_edges(facts),
        [ordinals for _, ordinals, _ in groups],
        [(parent, place[number]) for _, parent, number in doubtful],
    )
    states = [
        None if at is None else groups[place[number]][2][at]
        for (_, _, number), at in zip(doubtful, found, strict=True)
    ]
    settled = pa.table({"change": [change for change, _, _ in doubtful], "state": states})
    connection.register("settled", settled)
    try:
        connection.execute("INSERT INTO {previous} SELECT * FROM settled".format(**tables))
    finally:
        connection.unregister("settled")


def _starts(tables: dict[str, str]) -> pa.Table:
    """Return for each state the one that began its file: an addition or a copy, followed back."""
    connection = engine.connection()
    followed = connection.execute(
        """
        SELECT o.state, min_by(v.state, c.position) AS previous
        FROM (SELECT rowid, * FROM {changes} WHERE status NOT IN ('A', 'C', 'D')) c
        JOIN {states} o ON o.ordinal = c.ordinal AND o.path = c.path
        JOIN {previous} v ON v.change = c.rowid
        WHERE v.state IS NOT NULL
        GROUP BY o.state
        """.format(**tables)
    ).fetchnumpy()
    start = np.arange(
        engine.scalar("SELECT count(*) FROM {states}".format(**tables)), dtype=np.int64
    )
    start[np.asarray(followed["state"], dtype=np.int64)] = np.asarray(
        followed["previous"], np.int64
    )
    while not np.array_equal(further := start[start], start):
        start = further
    return pa.table({"state": np.arange(len(start), dtype=np.int64), "start": start})
