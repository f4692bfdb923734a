"""Ancestry: the latest of several candidate commits that is an ancestor of a given commit.

One walk over the history, oldest commit first, answers many questions. Every commit carries a row of bits, one for
each candidate, in which a bit is set if that candidate is the commit or one of its ancestors: the row is the union
of its parents' rows and its own bit. Candidates of one group occupy adjacent bits, later commits the higher ones,
so the highest bit set is the answer. A row is released once the last child has read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

MAX_WALK_BITS = 1 << 15
"""How many bits a row may have; more candidates take several walks."""


def latest_ancestors(
    edges: Iterable[tuple[int, int]],
    candidates: Sequence[Sequence[int]],
    questions: Sequence[tuple[int, int]],
) -> list[int | None]:
    """Find for each question the latest candidate that is the commit itself or one of its ancestors.

    Args:
        edges: (child, parent) of the history. Commits are ordinals from 0, and parents have lower ones.
        candidates: groups of commits, each in ascending order.
        questions: (commit, index of a group in ``candidates``).

    Returns:
        For each question the index within its group, or None if no candidate is an ancestor.
    """
    answers: list[int | None] = [None] * len(questions)
    questions_by_group: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, (commit, group) in enumerate(questions):
        questions_by_group[group].append((number, commit))
    last = max((commit for commit, _ in questions), default=-1)
    parents: list[list[int]] = [[] for _ in range(last + 1)]
    for child, parent in edges:
        if child <= last:
            parents[child].append(parent)
    for groups in _split_into_walks(candidates, questions_by_group):
        _walk(parents, candidates, groups, questions_by_group, answers)
    return answers


def _split_into_walks(
    candidates: Sequence[Sequence[int]], groups: Iterable[int]
) -> Iterator[list[int]]:
    """Yield lists of groups whose bits fit into one walk each."""
    walk: list[int] = []
    bits = 0
    for group in sorted(groups):
        walk.append(group)
        bits += len(candidates[group])
        if bits >= MAX_WALK_BITS:
            yield walk
            walk, bits = [], 0
    if walk:
        yield walk


def _walk(
    parents: list[list[int]],
    candidates: Sequence[Sequence[int]],
    groups: list[int],
    questions_by_group: dict[int, list[tuple[int, int]]],
    answers: list[int | None],
) -> None:
    """Walk over the history once and write the answers to the questions about ``groups``."""
    own_bits: dict[int, int] = defaultdict(int)
    questions: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    offset = 0
    for group in groups:
        mask = (1 << len(candidates[group])) - 1
        for number, commit in questions_by_group[group]:
            questions[commit].append((number, offset, mask))
        for commit in candidates[group]:
            own_bits[commit] |= 1 << offset
            offset += 1
    first, last = min(own_bits, default=0), max(questions)
    unread_children = [0] * (last + 1)
    for commit in range(first, last + 1):
        for parent in parents[commit]:
            unread_children[parent] += 1
    rows = [0] * (last + 1)
    for commit in range(first, last + 1):
        row = own_bits.get(commit, 0)
        for parent in parents[commit]:
            row |= rows[parent]
            unread_children[parent] -= 1
            if not unread_children[parent]:
                rows[parent] = 0
        if unread_children[commit]:
            rows[commit] = row
        for number, offset, mask in questions.get(commit, ()):
            if highest := ((row >> offset) & mask).bit_length():
                answers[number] = highest - 1
