"""Layered layouts of graphs: from causes at the left to effects at the right, or from causes down to effects.

The layout follows Sugiyama, Tagawa and Toda (1981): assign nodes to layers, reserve a place in each layer that an edge
crosses, order each layer by the barycenters of its neighbours, then compute coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

BOX_WIDTH, BOX_HEIGHT = 128, 40
_MARGIN = 8

Direction = Literal["right", "down"]
"""Where effects are, seen from their causes."""

_SPACINGS: Mapping[Direction, tuple[int, int]] = {"right": (212, 56), "down": (96, 146)}
"""The distances between the centers of layers, and within a layer."""

_ORDERING_SWEEPS = 6

Point = tuple[float, float]
"""The coordinates x and y."""

Edge = tuple[str, str]
"""An effect and its cause, by the names of their nodes."""


@dataclass(frozen=True)
class Curve:
    """An edge as an SVG path; ``x`` and ``y`` are the position of its label."""

    path: str
    x: float
    y: float
    stops: tuple[Point, ...] = ()
    """Its start, the places in layers that it crosses, and its end; cubic curves connect them."""


@dataclass(frozen=True)
class Layout:
    """The places of nodes and edges; all coordinates are in pixels."""

    width: float
    height: float
    centers: Mapping[str, tuple[float, float]]
    """The center of the box of each node."""
    curves: tuple[Curve, ...]
    """The edges, in their order."""


Waypoint = str | tuple[int, int]
"""A node by its identifier, or the place of an edge in a layer that it crosses: (number of the edge, layer)."""

Route = list[Waypoint]
"""The waypoints of an edge, from effect to cause."""


def arrange(names: Sequence[str], edges: Sequence[Edge], direction: Direction = "right") -> Layout:
    """Return the layout of a graph. The same graph always has the same layout.

    Args:
        names: the nodes.
        edges: the edges between them, without edges from a node to itself. Cycles do no harm.
        direction: where effects are, seen from their causes.
    """
    layer_of = _assign_layers(names, edges)
    routes = [_route(number, edge, layer_of) for number, edge in enumerate(edges)]
    layers = _fill_layers(names, routes, layer_of)
    _order_layers(layers, routes)
    width, height = _size(layers, direction)
    position = _positions(layers, (width / 2, height / 2), direction)
    return Layout(
        width,
        height,
        {name: position[name] for name in names},
        tuple(_curve([position[waypoint] for waypoint in route], direction) for route in routes),
    )


def _assign_layers(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the layer of each node: the first to the right of its causes.

    Nodes without causes move as far right as their effects allow, which keeps their edges short.
    """
    causes: dict[str, list[str]] = {name: [] for name in names}
    effects: dict[str, list[str]] = {name: [] for name in names}
    for effect, cause in edges:
        causes[effect].append(cause)
        effects[cause].append(effect)
    layer_of: dict[str, int] = {}
    visiting: set[str] = set()

    def assign(name: str) -> int:
        if name in layer_of or name in visiting:
            return layer_of.get(name, 0)  # A node that is being visited is part of a cycle.
        visiting.add(name)
        layer_of[name] = max((assign(cause) + 1 for cause in causes[name]), default=0)
        return layer_of[name]

    for name in names:
        assign(name)
    for name in names:
        if not causes[name] and effects[name]:
            layer_of[name] = max(0, min(layer_of[effect] for effect in effects[name]) - 1)
    return layer_of


def _route(number: int, edge: Edge, layer_of: Mapping[str, int]) -> Route:
    """Return the waypoints of an edge: its effect, a place in each layer between, its cause."""
    effect, cause = edge
    between = range(layer_of[effect] - 1, layer_of[cause], -1)
    return [effect, *((number, layer) for layer in between), cause]


def _fill_layers(
    names: Sequence[str], routes: Iterable[Route], layer_of: Mapping[str, int]
) -> list[list[Waypoint]]:
    """Return the waypoints of each layer, nodes first."""
    layers: list[list[Waypoint]] = [[] for _ in range(max(layer_of.values(), default=0) + 1)]
    for name in names:
        layers[layer_of[name]].append(name)
    for route in routes:
        for waypoint in route:
            if not isinstance(waypoint, str):
                layers[waypoint[1]].append(waypoint)
    return layers


def _order_layers(layers: list[list[Waypoint]], routes: Iterable[Route]) -> None:
    """Sort each layer by the mean height of each waypoint's neighbours, sweeping right and left in turn."""
    neighbours: dict[Waypoint, list[Waypoint]] = {}
    for route in routes:
        for effect, cause in pairwise(route):
            neighbours.setdefault(effect, []).append(cause)
            neighbours.setdefault(cause, []).append(effect)
    for sweep in range(_ORDERING_SWEEPS):
        height: dict[Waypoint, float] = {}
        for layer in layers:
            height |= _heights(layer)
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            barycenter = {
                waypoint: sum(height[n] for n in neighbours[waypoint]) / len(neighbours[waypoint])
                if waypoint in neighbours
                else height[waypoint]
                for waypoint in layer
            }
            layer.sort(key=barycenter.__getitem__)
            height |= _heights(layer)


def _heights(layer: Sequence[Waypoint]) -> dict[Waypoint, float]:
    """Return the row of each waypoint, counted from the middle of its layer."""
    return {waypoint: row - len(layer) / 2 for row, waypoint in enumerate(layer)}


def _size(layers: Sequence[Sequence[Waypoint]], direction: Direction) -> tuple[float, float]:
    """Return the width and the height of a layout."""
    layer_spacing, spacing = _SPACINGS[direction]
    along = (len(layers) - 1) * layer_spacing + 2 * _MARGIN
    across = max(map(len, layers)) * spacing + 2 * _MARGIN
    return (along + BOX_WIDTH, across) if direction == "right" else (across, along + BOX_HEIGHT)


def _positions(
    layers: Sequence[Sequence[Waypoint]], middle: Point, direction: Direction
) -> dict[Waypoint, Point]:
    """Return the centers of all waypoints, around the middle of the layout."""
    layer_spacing, spacing = _SPACINGS[direction]
    positions: dict[Waypoint, Point] = {}
    for number, layer in enumerate(layers):
        along = (number - (len(layers) - 1) / 2) * layer_spacing
        for row, waypoint in enumerate(layer):
            across = (row - (len(layer) - 1) / 2) * spacing
            x, y = (along, across) if direction == "right" else (across, along)
            positions[waypoint] = (middle[0] + x, middle[1] + y)
    return positions


def _curve(route: Sequence[Point], direction: Direction) -> Curve:
    """Return an edge as cubic curves from the side of its effect to the facing side of its cause."""
    (effect_x, effect_y), (cause_x, cause_y) = route[0], route[-1]
    if direction == "right":
        side_x, side_y = (BOX_WIDTH / 2 if effect_x > cause_x else -BOX_WIDTH / 2), 0.0
    else:
        side_x, side_y = 0.0, (BOX_HEIGHT / 2 if effect_y > cause_y else -BOX_HEIGHT / 2)
    stops = (
        (effect_x - side_x, effect_y - side_y),
        *route[1:-1],
        (cause_x + side_x, cause_y + side_y),
    )
    path = f"M{stops[0][0]:g} {stops[0][1]:g}"
    for (x, y), (next_x, next_y) in pairwise(stops):
        if direction == "right":
            middle = (x + next_x) / 2
            path += f" C{middle:g} {y:g} {middle:g} {next_y:g} {next_x:g} {next_y:g}"
        else:
            middle = (y + next_y) / 2
            path += f" C{x:g} {middle:g} {next_x:g} {middle:g} {next_x:g} {next_y:g}"
    (first_x, first_y), (second_x, second_y) = stops[:2]
    return Curve(path, (first_x + second_x) / 2, (first_y + second_y) / 2, stops)
