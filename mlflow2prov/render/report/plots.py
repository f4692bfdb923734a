"""Small plots of numbers in sequence: as points of an SVG polyline, and as a line of block characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 160, 36
"""The size of an SVG plot in pixels."""

MAX_POINTS = 80
"""An SVG plot has at most this many points."""

MAX_BLOCKS = 24
"""A line of blocks has at most this many characters."""

_MARGIN = 4
_BLOCKS = "▁▂▃▄▅▆▇█"


def finite_number(text: str | None) -> float | None:
    """Return ``text`` as a number, or None if it is missing, not a number, or not finite."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the coordinates of a plot of ``values``, in pixels from the top left corner of the SVG."""
    samples = _downsample(list(enumerate(values)), MAX_POINTS)
    lowest, highest = min(values), max(values)
    last_index = max(len(values) - 1, 1)
    return [
        (
            round(_MARGIN + index / last_index * (WIDTH - 2 * _MARGIN), 1),
            round(HEIGHT - _MARGIN - _scale(value, lowest, highest) * (HEIGHT - 2 * _MARGIN), 1),
        )
        for index, value in samples
    ]


def blocks(values: Sequence[float]) -> str:
    """Return a plot of ``values`` as block characters of eight heights."""
    samples = _downsample(list(enumerate(values)), MAX_BLOCKS)
    lowest, highest = min(values), max(values)
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(_scale(value, lowest, highest) * top)] for _, value in samples)


def relative_position(value: float, lowest: float, highest: float) -> float | None:
    """Return where ``value`` lies between two numbers, from 0 to 1, or None if they are equal."""
    if highest <= lowest:
        return None
    # Halved, since the difference of the largest floats overflows.
    return (value / 2 - lowest / 2) / (highest / 2 - lowest / 2)


def _scale(value: float, lowest: float, highest: float) -> float:
    position = relative_position(value, lowest, highest)
    return 0.5 if position is None else position


def _downsample(samples: list[tuple[int, float]], max_samples: int) -> list[tuple[int, float]]:
    """Return at most ``max_samples``: the first, the last, and the extremes of each of many equal stretches."""
    if len(samples) <= max_samples:
        return samples
    subset: set[tuple[int, float]] = {samples[0], samples[-1]}
    count = max_samples // 2 - 1
    for n in range(count):
        stretch = samples[n * len(samples) // count : (n + 1) * len(samples) // count]
        subset |= {min(stretch, key=_value), max(stretch, key=_value)}
    return sorted(subset)


def _value(sample: tuple[int, float]) -> float:
    return sample[1]
