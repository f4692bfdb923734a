"""Exact renames and copies: an added path with the very content that another path had before.

They are found as git finds them (gitdiffcore(7), "diffcore-rename", for a similarity of 100 %), in commits of
one parent and from the changes alone, so that git need not look for them with every merge.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.facts import Facts

_REGULAR = "100"
_ALTERNATIVES = 100
"""How many sources of the same content git looks at for each added path."""

# The changes of commits that add what was there before under another path.
_CANDIDATES = """
    WITH plain AS (
        SELECT rowid AS change, * FROM {changes} ANTI JOIN
            (SELECT ordinal FROM {parents} WHERE position > 0) USING (ordinal)
    ), same AS (
        SELECT DISTINCT ordinal, a.blob
        FROM (SELECT * FROM plain WHERE status = 'A') a
        JOIN (SELECT ordinal, previous_blob FROM plain WHERE previous_blob IS NOT NULL) b USING (ordinal)
        WHERE a.blob = b.previous_blob
    )
    SELECT ordinal, change, status, path, mode, p.blob, previous_mode, previous_blob
    FROM plain p JOIN same s USING (ordinal)
    WHERE (p.status = 'A' AND p.blob = s.blob) OR p.previous_blob = s.blob
    ORDER BY ordinal, change
"""


class _Change(NamedTuple):
    ordinal: int
    change: int
    status: str
    path: str
    mode: str | None
    blob: str | None
    previous_mode: str | None
    previous_blob: str | None


def find_exact_renames(facts: Facts) -> None:
    """Make renames (R) and copies (C) of the additions in ``changes`` that are some.

    A deletion whose content went elsewhere is one no more.
    """
    renamed: list[tuple[int, str, int]] = []
    for _, listed in groupby(map(_Change._make, facts.query(_CANDIDATES)), itemgetter(0)):
        renamed += _renames(list(listed))
    if not renamed:
        return
    change, status, source = zip(*renamed, strict=True)
    connection = engine.connection()
    connection.register("renamed", pa.table({"change": change, "status": status, "source": source}))
    try:
        facts.execute(
            """
            UPDATE {changes} SET status = n.status, previous_path = n.path,
                previous_mode = n.mode, previous_blob = n.blob
            FROM (SELECT r.change, r.status, c.previous_path AS path, c.previous_mode AS mode,
                      c.previous_blob AS blob
                  FROM renamed r JOIN {changes} c ON c.rowid = r.source) n
            WHERE changes.rowid = n.change
            """,
            [],
        )
        facts.execute(
            "DELETE FROM {changes} WHERE status = 'D' AND rowid IN (SELECT source FROM renamed)", []
        )
    finally:
        connection.unregister("renamed")


def _renames(changes: list[_Change]) -> list[tuple[int, str, int]]:
    """Return of one commit (addition, ``R`` or ``C``, where it came from), in the order of the paths."""
    sources: dict[str | None, list[_Change]] = defaultdict(list)
    for change in changes:
        if change.previous_blob is not None:
            sources[change.previous_blob].append(change)
    # What is only modified is there still, and so has a user already: it can be copied, not renamed.
    users = {c.change: int(c.status != "D") for listed in sources.values() for c in listed}
    pairs = []
    for change in changes:
        if change.status == "A" and (source := _source(change, sources[change.blob], users)):
            users[source.change] += 1
            pairs.append((change, source))
    found = []
    for change, source in pairs:
        users[source.change] -= 1
        found.append((change.change, "C" if users[source.change] else "R", source.change))
    return found


def _source(added: _Change, sources: list[_Change], users: dict[int, int]) -> _Change | None:
    """Return the best source: one that has no user, then one of the same base name, then the first."""
    best, best_score = None, -1
    fitting = (s for s in sources if s.previous_mode == added.mode or _are_regular(s, added))
    for source, _ in zip(fitting, range(_ALTERNATIVES), strict=False):
        score = (not users[source.change]) + (_base(source.path) == _base(added.path))
        if score > best_score:
            best, best_score = source, score
    return best


def _are_regular(source: _Change, added: _Change) -> bool:
    return all(str(mode).startswith(_REGULAR) for mode in (source.previous_mode, added.mode))


def _base(path: str) -> str:
    return path.rpartition("/")[2]
