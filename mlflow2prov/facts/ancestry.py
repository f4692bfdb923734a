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
        edges: (child, parent) for every parent that is known. Commits are named by their ordinals, and
            parents have lower ones.
        candidates: commits, in ascending order, a sequence for each group.
        questions: (commit, group), the group by its place among ``candidates``.

    Returns:
        For each question the latest of the group's commits, None where none is an ancestor.
    """
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in edges:
        parents[child].append(parent)
    answers: list[int | None] = [None] * len(questions)
    asked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, (commit, group) in enumerate(questions):
        asked[group].append((number, commit))
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
    parents: dict[int, list[int]],
    candidates: Sequence[Sequence[int]],
    groups: list[int],
    asked: dict[int, list[tuple[int, int]]],
    answers: list[int | None],
) -> None:
    own: dict[int, int] = defaultdict(int)
    questions: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    place = 0
    for group in groups:
        for number, commit in asked[group]:
            questions[commit].append((number, group, place))
        for commit in candidates[group]:
            own[commit] |= 1 << place
            place += 1
    if not own:
        return
    first, last = min(own), max(questions)
    children: dict[int, int] = defaultdict(int)
    for child in range(first, last + 1):
        for parent in parents.get(child, ()):
            children[parent] += 1
    rows: dict[int, int] = {}
    for commit in range(first, last + 1):
        row = own.get(commit, 0)
        for parent in parents.get(commit, ()):
            row |= rows.get(parent, 0)
            children[parent] -= 1
            if not children[parent]:
                rows.pop(parent, None)
        if row and children.get(commit):
            rows[commit] = row
        for number, group, begin in questions.get(commit, ()):
            of_group = candidates[group]
            found = ((row >> begin) & ((1 << len(of_group)) - 1)).bit_length()
            if found:
                answers[number] = of_group[found - 1]
