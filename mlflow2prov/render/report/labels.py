"""The places of labels on the curves of a drawing whose effects are below their causes.

A label is on its curve, where it hides no box and no other label, and as few other curves as possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from mlflow2prov.layout import BOX_HEIGHT, BOX_WIDTH, Point

CHARACTER_WIDTH, LABEL_HEIGHT, PADDING = 6.7, 13, 8
"""The size of labels in pixels, in a wide font, and the space between two of them."""

_ORDERS = (
    (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8),
    (0.1, 0.9, 0.5, 0.3, 0.7),
    (0.9, 0.1, 0.5, 0.7, 0.3),
)
"""The places on a part of a curve, the best first, in the orders that are tried until no label hides anything."""

_SAMPLES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The places on a part of a curve where another label should not be."""

_HIDDEN_TEXT = 100
"""How many hidden curves a hidden box or label counts for."""

_Rectangle = tuple[float, float, float, float]


def place_labels(
    texts: Sequence[str], curves: Sequence[Sequence[Point]], boxes: Iterable[Point]
) -> list[Point]:
    """Return the center of the label of each curve.

    Args:
        texts: the labels.
        curves: the stops of the curves (:attr:`mlflow2prov.layout.Curve.stops`).
        boxes: the centers of the boxes.
    """
    rectangles = [_rectangle(center, BOX_WIDTH, BOX_HEIGHT) for center in boxes]
    best: list[Point] = []
    least = float("inf")
    for fractions in _ORDERS:
        centers, hidden = _place_in_order(texts, curves, rectangles, fractions)
        if hidden < least:
            best, least = centers, hidden
        if not hidden:
            break
    return best


def _place_in_order(
    texts: Sequence[str],
    curves: Sequence[Sequence[Point]],
    boxes: Sequence[_Rectangle],
    fractions: Sequence[float],
) -> tuple[list[Point], float]:
    """Return the centers of the labels, placed one after the other, and how much they hide."""
    samples = [
        [_point(part, fraction) for part in pairwise(stops) for fraction in _SAMPLES]
        for stops in curves
    ]
    occupied = list(boxes)
    centers: dict[int, Point] = {}
    total = 0.0
    # Short curves have the fewest places.
    for number in sorted(range(len(curves)), key=lambda number: len(curves[number])):
        width = len(texts[number]) * CHARACTER_WIDTH + PADDING
        others = [point for n, points in enumerate(samples) if n != number for point in points]
        center, hidden = _best_place(_places(curves[number], fractions), width, occupied, others)
        centers[number] = center
        total += hidden
        occupied.append(_rectangle(center, width, LABEL_HEIGHT))
    return [centers[number] for number in range(len(curves))], total


def _places(stops: Sequence[Point], fractions: Sequence[float]) -> Iterator[Point]:
    """Yield the places for a label on a curve: first where it crosses a layer, which has no box there."""
    yield from stops[1:-1]
    for fraction in fractions:
        for part in pairwise(stops):
            yield _point(part, fraction)


def _point(part: tuple[Point, Point], fraction: float) -> Point:
    """Return a point of a part of a curve, whose control points are at half of its height."""
    (x, y), (next_x, next_y) = part
    across = fraction**2 * (3 - 2 * fraction)
    along = fraction * (1.5 - 1.5 * fraction + fraction**2)
    return x + across * (next_x - x), y + along * (next_y - y)


def _best_place(
    places: Iterable[Point], width: float, occupied: Sequence[_Rectangle], points: Sequence[Point]
) -> tuple[Point, float]:
    """Return the first of the places where a label hides least, and how much it hides."""
    best, least = (0.0, 0.0), float("inf")
    for place in places:
        label = _rectangle(place, width, LABEL_HEIGHT)
        hidden = _HIDDEN_TEXT * sum(_overlap(label, other) for other in occupied)
        if hidden < least:
            hidden += sum(label[0] < x < label[2] and label[1] < y < label[3] for x, y in points)
        if hidden < least:
            best, least = place, hidden
        if not hidden:
            break
    return best, least


def _rectangle(center: Point, width: float, height: float) -> _Rectangle:
    x, y = center
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
