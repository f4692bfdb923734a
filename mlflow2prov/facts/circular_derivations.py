"""Circular derivations: results that ended at the same time and were made from each other, which cannot be true.

An artifact is named after the values of its inputs, so that a function and its inverse make artifacts from each
other: ``decode(encode(text))`` makes the text again, and ``encode`` of it the same code. Each computation has results
of its own, but an argument names only the artifact. If the calls that made it first are not recorded, the only result
of that name may be a later one. Times show this, except where a clock is coarse, or stands still as in tests.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.facts.facts import Facts

Edge = tuple[str, str]
"""A call, and a call whose result it used."""


def find_circular_derivations(facts: Facts) -> None:
    """Fill ``circular_derivations`` from the calls and the artifacts that they used."""
    for call_id, maker_id in sorted(circular_edges(simultaneous_derivations(facts))):
        facts.add("circular_derivations", call_id=call_id, maker_id=maker_id)
    facts.flush()


def simultaneous_derivations(facts: Facts) -> list[Edge]:
    """Return the calls and the makers in ``possible_derivations`` whose results have the same time.

    Few calls end at the same time. The joins of that view are for all calls, for which memory may not suffice.
    """
    facts.execute(f"CREATE TEMP TABLE simultaneous_calls AS {_SIMULTANEOUS_CALLS}")
    try:
        if not facts.rows("SELECT 1 FROM simultaneous_calls LIMIT 1"):
            return []
        return facts.rows(_SIMULTANEOUS_DERIVATIONS)
    finally:
        facts.execute("DROP TABLE simultaneous_calls")


_SIMULTANEOUS_CALLS = """
    WITH computed AS (
        SELECT call_id, started_at, coalesce(ended_at, started_at) AS generated_at
        FROM calls
        WHERE NOT cached
    ),
    shared_times AS (
        SELECT generated_at FROM computed GROUP BY generated_at HAVING count(*) > 1
    )
    SELECT computed.* FROM computed SEMI JOIN shared_times USING (generated_at)
"""

_SIMULTANEOUS_DERIVATIONS = """
    WITH used AS (
        SELECT calls.*, artifacts.artifact_id
        FROM call_argument_artifacts AS artifacts
        JOIN simultaneous_calls AS calls ON calls.call_id = artifacts.call_id
        SEMI JOIN call_results ON call_results.call_id = artifacts.call_id
        WHERE NOT artifacts.is_ignored
    ),
    makers AS (
        SELECT
            artifact_id,
            arg_min(call_id, (generated_at, call_id)) AS call_id,
            arg_min(started_at, (generated_at, call_id)) AS started_at,
            min(generated_at) AS generated_at
        FROM results_of_calls
        SEMI JOIN used USING (artifact_id)
        GROUP BY artifact_id
    )
    SELECT DISTINCT used.call_id, makers.call_id AS maker_id
    FROM used
    JOIN makers USING (artifact_id, generated_at)
    WHERE
        makers.call_id <> used.call_id
        AND coalesce(makers.started_at <= used.started_at, true)
    ORDER BY ALL
"""


def circular_edges(edges: Iterable[Edge]) -> set[Edge]:
    """Return the edges that are in a circle, or lead from one to another."""
    remaining = set(edges)
    for end in (0, 1):
        remaining = _without_ends(remaining, end)
    return remaining


def _without_ends(edges: set[Edge], end: int) -> set[Edge]:
    """Return the edges without those that lead to a node where all ways end, or come from one where all begin."""
    start = 1 - end
    counts: dict[str, int] = {}
    edges_at: dict[str, list[Edge]] = {}
    for edge in edges:
        counts.setdefault(edge[end], 0)
        counts[edge[start]] = counts.get(edge[start], 0) + 1
        edges_at.setdefault(edge[end], []).append(edge)
    remaining = set(edges)
    pending = [node for node, count in counts.items() if not count]
    while pending:
        for edge in edges_at.get(pending.pop(), ()):
            remaining.discard(edge)
            counts[edge[start]] -= 1
            if not counts[edge[start]]:
                pending.append(edge[start])
    return remaining
