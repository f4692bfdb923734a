"""Small plots: the course of a number, and where it lies among others; as SVG and as a line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 160, 36
_EDGE = 4
_MOST = 80
"""So many points are drawn; of more, the lowest and the highest of each stretch."""
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_BLOCKS = 24


def number(text: str | None) -> float | None:
    """Return a value as a finite number, if it is one."""
    try:
        found = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return values in turn as points of a plot of :data:`WIDTH` by :data:`HEIGHT`."""
    kept = _thinned(list(enumerate(values)), _MOST)
    low, high = min(values), max(values)
    last = max(len(values) - 1, 1)
    return [
        (
            round(_EDGE + place / last * (WIDTH - 2 * _EDGE), 1),
            round(HEIGHT - _EDGE - _part(value, low, high) * (HEIGHT - 2 * _EDGE), 1),
        )
        for place, value in kept
    ]


def blocks(values: Sequence[float]) -> str:
    """Return values in turn as a line of blocks of eight heights."""
    low, high = min(values), max(values)
    kept = [value for _, value in _thinned(list(enumerate(values)), _MOST_BLOCKS)]
    return "".join(_BLOCKS[round(_part(value, low, high) * (len(_BLOCKS) - 1))] for value in kept)


def _part(value: float, low: float, high: float) -> float:
    """Return where a value lies between two, from 0 to 1; in the middle if they are one."""
    # Halved, as the difference of the greatest numbers is none.
    return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5


def _thinned(values: list[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    if len(values) <= most:
        return values
    kept: set[tuple[int, float]] = {values[0], values[-1]}
    stretches = most // 2 - 1
    for n in range(stretches):
        stretch = values[n * len(values) // stretches : (n + 1) * len(values) // stretches]
        kept |= {min(stretch, key=lambda v: v[1]), max(stretch, key=lambda v: v[1])}
    return sorted(kept)
