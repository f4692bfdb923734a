"""Revisions: what each change made of a file, what it replaced, and which file that is.

The revision that a change replaced is the latest one that gave the path the blob that the change took
away, and that is an ancestor. It is found by (path, blob) on the whole history at once; ancestry is
looked at only where several revisions qualify (the same change made on two branches, a change undone).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mlflow2prov import database
from mlflow2prov.facts.ancestry import Ancestry
from mlflow2prov.facts.facts import Facts

_STATES = """
    CREATE TABLE {states} AS
    SELECT row_number() OVER (ORDER BY ordinal, path) - 1 AS state, ordinal, sha, path, blob
    FROM (SELECT ordinal, sha, path, any_value(blob) AS blob FROM {changes}
          WHERE status <> 'D' GROUP BY ordinal, sha, path)
"""

# Of every change, the latest earlier state of what it replaced, and how many states are like it.
_PREVIOUS = """
    CREATE TABLE {previous} AS
    WITH likely AS (SELECT path, blob, count(*) AS alike FROM {states} GROUP BY path, blob)
    SELECT c.rowid AS change, c.ordinal, c.position, c.previous_path AS path, c.previous_blob AS blob,
        s.state, s.ordinal AS made_at, l.alike
    FROM (SELECT rowid, * FROM {changes} WHERE previous_path IS NOT NULL) c
    ASOF JOIN {states} s
        ON s.path = c.previous_path AND s.blob = c.previous_blob AND c.ordinal > s.ordinal
    JOIN likely l ON l.path = c.previous_path AND l.blob = c.previous_blob
"""

_REVISIONS = """
    INSERT INTO {revisions}
    SELECT c.ordinal, c.sha, c.position, c.status, c.path, c.mode, c.blob,
        CASE WHEN c.status IN ('R', 'C') THEN c.previous_path END,
        p.sha, p.path, f.sha, f.path,
        c.is_boundary, k.is_selected, k.committed_at, k.author_name, k.author_email
    FROM (SELECT rowid, * FROM {changes}) c
    JOIN {commits} k USING (ordinal)
    LEFT JOIN {previous} v ON v.change = c.rowid
    LEFT JOIN {states} p ON p.state = v.state
    LEFT JOIN {states} o ON o.ordinal = c.ordinal AND o.path = c.path AND c.status <> 'D'
    LEFT JOIN starts b ON b.state = coalesce(o.state, v.state)
    LEFT JOIN {states} f ON f.state = b.start
    ORDER BY c.ordinal, c.path, c.position
"""


def derive_revisions(facts: Facts) -> None:
    """Fill ``revisions`` from ``changes``, ``commits`` and ``parents``."""
    tables = {name: facts.table(name) for name in ("changes", "commits", "parents", "revisions")}
    tables |= {name: facts.table(f"history_{name}") for name in ("states", "previous")}
    connection = database.connection()
    connection.execute(_STATES.format(**tables))
    connection.execute(_PREVIOUS.format(**tables))
    _settle(tables)
    starts = _starts(tables)
    connection.register("starts", starts)
    try:
        connection.execute(_REVISIONS.format(**tables))
    finally:
        connection.unregister("starts")
    for name in ("states", "previous"):
        connection.execute(f"DROP TABLE {tables[name]}")


def _settle(tables: dict[str, str]) -> None:
    """Where several states qualify, keep the latest that is an ancestor of the changed parent."""
    connection = database.connection()
    doubtful = connection.execute(
        """
        SELECT v.change, v.path, v.blob, v.made_at, k.ordinal
        FROM {previous} v
        JOIN {parents} p ON p.ordinal = v.ordinal AND p.position = v.position
        JOIN {commits} k ON k.sha = p.parent
        WHERE v.alike > 1
        """.format(**tables)
    ).fetchall()
    if not doubtful:
        return
    ancestry = Ancestry(
        connection.execute(
            "SELECT p.ordinal, k.ordinal, p.position FROM {parents} p JOIN {commits} k "
            "ON k.sha = p.parent".format(**tables)
        ).fetchall()
    )
    wrong = [row for row in doubtful if not ancestry.is_ancestor(row[3], row[4])]
    for change, path, blob, made_at, parent in wrong:
        alike = connection.execute(
            "SELECT state, ordinal FROM {states} WHERE path = ? AND blob = ? AND ordinal < ? "
            "ORDER BY ordinal DESC".format(**tables),
            [path, blob, made_at],
        ).fetchall()
        state = next((s for s, ordinal in alike if ancestry.is_ancestor(ordinal, parent)), None)
        connection.execute(
            "UPDATE {previous} SET state = ? WHERE change = ?".format(**tables), [state, change]
        )


def _starts(tables: dict[str, str]) -> pa.Table:
    """Return for each state the one that began its file: an addition or a copy, followed back."""
    connection = database.connection()
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
        database.scalar("SELECT count(*) FROM {states}".format(**tables)), dtype=np.int64
    )
    start[np.asarray(followed["state"], dtype=np.int64)] = np.asarray(
        followed["previous"], np.int64
    )
    while not np.array_equal(further := start[start], start):
        start = further
    return pa.table({"state": np.arange(len(start), dtype=np.int64), "start": start})
