"""Ancestry: whether one commit was made on top of another, answered from the parents alone.

Commits are cut into chains of first parents. Within a chain the older is the ancestor of the younger,
which settles most questions at once; between chains the merges are followed.
"""

from __future__ import annotations

from collections.abc import Iterable


class Ancestry:
    """Answers questions about commits, which are named by their ordinals (parents have lower ones)."""

    def __init__(self, parents: Iterable[tuple[int, int, int]]) -> None:
        """Take (child, parent, position) for every edge, in any order."""
        self._chain: dict[int, int] = {}
        self._joins: dict[int, list[tuple[int, int]]] = {}
        first: dict[int, int] = {}
        others: list[tuple[int, int]] = []
        for child, parent, position in parents:
            if position == 0:
                first[child] = parent
            else:
                others.append((child, parent))
        taken: set[int] = set()
        for child in sorted(first.keys() | {c for c, _ in others}, reverse=True):
            chain = self._chain.setdefault(child, child)
            if child not in first:
                continue
            older = first[child]
            if older in taken:
                others.append((child, older))
            else:
                taken.add(older)
                self._chain.setdefault(older, chain)
        for child, parent in others:
            self._joins.setdefault(self._chain[child], []).append((child, parent))

    def is_ancestor(self, older: int, younger: int) -> bool:
        """Return whether ``older`` is ``younger`` or comes before it on some way through the parents."""
        goal = self._chain.get(older, older)
        reached = {self._chain.get(younger, younger): younger}
        open_ends = list(reached.items())
        while open_ends:
            chain, top = open_ends.pop()
            if chain == goal and top >= older:
                return True
            for child, parent in self._joins.get(chain, ()):
                if child > top or parent < older:
                    continue
                into = self._chain.get(parent, parent)
                if reached.get(into, -1) < parent:
                    reached[into] = parent
                    open_ends.append((into, parent))
        return False
