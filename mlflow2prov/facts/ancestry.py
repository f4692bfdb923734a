"""Ancestry: which of several commits is the latest that another was made on top of.

All questions are answered in one walk over the history, oldest first. On the way every commit has a row of
bits, one for each commit that is asked for, set where that one is an ancestor: those of its parents and its
own. The bits of one group stand side by side, those of later commits higher, so that the answer is the
highest bit that is set. A row is let go when the last child has taken it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

_BITS = 1 << 15
"""How many bits a walk carries; for more candidates there are more walks."""


def latest_ancestors(
    edges: Iterable[tuple[int, int]],
    candidates: Sequence[Sequence[int]],
    questions: Sequence[tuple[int, int]],
) -> list[int | None]:
    """Answer which of some candidates is the latest that is a commit itself or one of its ancestors.

    Args:
        edges: (child, parent) for every parent that is known. Commits are named by their ordinals, from 0,
            and parents have lower ones.
        candidates: commits, in ascending order, a sequence for each group.
        questions: (commit, group), the group by its place among ``candidates``.

    Returns:
        For each question the place in its group of the latest ancestor, None where none is one.
    """
    answers: list[int | None] = [None] * len(questions)
    asked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, (commit, group) in enumerate(questions):
        asked[group].append((number, commit))
    last = max((commit for commit, _ in questions), default=-1)
    parents: list[list[int]] = [[] for _ in range(last + 1)]
    for child, parent in edges:
        if child <= last:
            parents[child].append(parent)
    for groups in _portions(candidates, asked):
        _walk(parents, candidates, groups, asked, answers)
    return answers


def _portions(candidates: Sequence[Sequence[int]], asked: Iterable[int]) -> Iterator[list[int]]:
    """Divide the groups that are asked for into those whose bits one walk carries."""
    portion: list[int] = []
    bits = 0
    for group in sorted(asked):
        portion.append(group)
        bits += len(candidates[group])
        if bits >= _BITS:
            yield portion
            portion, bits = [], 0
    if portion:
        yield portion


def _walk(
    parents: list[list[int]],
    candidates: Sequence[Sequence[int]],
    groups: list[int],
    asked: dict[int, list[tuple[int, int]]],
    answers: list[int | None],
) -> None:
    own: dict[int, int] = defaultdict(int)
    questions: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    place = 0
    for group in groups:
        mask = (1 << len(candidates[group])) - 1
        for number, commit in asked[group]:
            questions[commit].append((number, place, mask))
        for commit in candidates[group]:
            own[commit] |= 1 << place
            place += 1
    first, last = min(own, default=0), max(questions)
    children = [0] * (last + 1)
    for commit in range(first, last + 1):
        for parent in parents[commit]:
            children[parent] += 1
    rows = [0] * (last + 1)
    for commit in range(first, last + 1):
        row = own.get(commit, 0)
        for parent in parents[commit]:
            row |= rows[parent]
            children[parent] -= 1
            if not children[parent]:
                rows[parent] = 0
        if children[commit]:
            rows[commit] = row
        for number, begin, mask in questions.get(commit, ()):
            if found := ((row >> begin) & mask).bit_length():
                answers[number] = found - 1
