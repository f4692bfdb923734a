"""Exact renames and copies: additions whose content was in the parent commit under another path.

The rules are those of git for a similarity of 100 % (gitdiffcore(7), "diffcore-rename"). They apply to commits
with at most one parent and need nothing but the changes; git itself would also search every merge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.facts import Facts

MAX_SOURCES = 100
"""How many sources with the same content git considers for an added path."""

_REGULAR_FILE = "100"

# The changes that may be part of a rename: additions of a blob that the same commit took from another path.
_CANDIDATES = """
    WITH merges AS (
        SELECT ordinal FROM parents WHERE position > 0
    ),
    plain_changes AS (
        SELECT rowid AS change, * FROM changes ANTI JOIN merges USING (ordinal)
    ),
    additions AS (
        SELECT ordinal, blob FROM plain_changes WHERE status = 'A'
    ),
    sources AS (
        SELECT ordinal, previous_blob AS blob FROM plain_changes WHERE previous_blob IS NOT NULL
    ),
    moved_blobs AS (
        SELECT DISTINCT ordinal, blob FROM additions SEMI JOIN sources USING (ordinal, blob)
    )
    SELECT
        plain_changes.ordinal,
        change,
        status,
        path,
        mode,
        plain_changes.blob,
        previous_mode,
        previous_blob
    FROM plain_changes
    JOIN moved_blobs ON moved_blobs.ordinal = plain_changes.ordinal
        AND (
            (status = 'A' AND plain_changes.blob = moved_blobs.blob)
            OR previous_blob = moved_blobs.blob
        )
    ORDER BY plain_changes.ordinal, change
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


class _Rename(NamedTuple):
    """An added path, ``R`` or ``C``, and the change that its content came from."""

    change: int
    status: str
    source: int


def find_exact_renames(facts: Facts) -> None:
    """Mark the additions in ``changes`` that are renames (R) or copies (C), and remove the deletions they replace."""
    candidates = map(_Change._make, facts.rows(_CANDIDATES))
    renames = [
        rename
        for _, changes in groupby(candidates, attrgetter("ordinal"))
        for rename in _match_renames(list(changes))
    ]
    if not renames:
        return
    change, status, source = zip(*renames, strict=True)
    table = pa.table({"change": change, "status": status, "source": source})
    with engine.registered(table) as renames_table:
        facts.execute(
            f"""
            UPDATE changes SET
                status = renames.status,
                previous_path = renames.previous_path,
                previous_mode = renames.previous_mode,
                previous_blob = renames.previous_blob
            FROM (
                SELECT
                    renames.change,
                    renames.status,
                    sources.previous_path,
                    sources.previous_mode,
                    sources.previous_blob
                FROM {renames_table} AS renames
                JOIN changes AS sources ON sources.rowid = renames.source
            ) AS renames
            WHERE changes.rowid = renames.change
            """
        )
        facts.execute(
            f"DELETE FROM changes WHERE status = 'D' AND rowid IN (SELECT source FROM {renames_table})"
        )


def _match_renames(changes: list[_Change]) -> Iterator[_Rename]:
    """Yield the renames and copies of one commit, in the order of the added paths."""
    sources: dict[str | None, list[_Change]] = defaultdict(list)
    for change in changes:
        if change.previous_blob is not None:
            sources[change.previous_blob].append(change)
    # A path that is still there uses its own content: it can be copied, but not renamed.
    uses = {
        source.change: int(source.status != "D") for group in sources.values() for source in group
    }
    pairs = []
    for change in changes:
        if change.status == "A" and (source := _best_source(change, sources[change.blob], uses)):
            uses[source.change] += 1
            pairs.append((change, source))
    # The last use of a deleted path is its rename; the uses before it are copies.
    for change, source in pairs:
        uses[source.change] -= 1
        yield _Rename(change.change, "C" if uses[source.change] else "R", source.change)


def _best_source(
    addition: _Change, sources: Iterable[_Change], uses: dict[int, int]
) -> _Change | None:
    """Return the source that git prefers: an unused one, then one of the same base name, then the first."""
    best, best_score = None, -1
    compatible = (source for source in sources if _have_compatible_modes(source, addition))
    for source in islice(compatible, MAX_SOURCES):
        score = (not uses[source.change]) + (_base_name(source.path) == _base_name(addition.path))
        if score > best_score:
            best, best_score = source, score
    return best


def _have_compatible_modes(source: _Change, addition: _Change) -> bool:
    """Return whether both modes are the same, or both paths are regular files."""
    modes = (source.previous_mode, addition.mode)
    return modes[0] == modes[1] or all(str(mode).startswith(_REGULAR_FILE) for mode in modes)


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]
