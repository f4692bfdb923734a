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
    edges = facts.rows(
        """
        SELECT DISTINCT call_id, maker_id
        FROM possible_derivations
        WHERE used_at = made_at
        ORDER BY call_id, maker_id
        """
    )
    for call_id, maker_id in sorted(circular_edges(edges)):
        facts.add("circular_derivations", call_id=call_id, maker_id=maker_id)
    facts.flush()


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
