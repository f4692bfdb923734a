"""Layered layouts of graphs: causes at the left, effects at the right.

The layout follows Sugiyama, Tagawa and Toda (1981): assign nodes to layers, reserve a place in each layer that an edge
crosses, order each layer by the barycenters of its neighbours, then compute coordinates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

BOX_WIDTH, BOX_HEIGHT = 128, 40
_LAYER_SPACING, _ROW_SPACING, _MARGIN = 212, 56, 8
_ORDERING_SWEEPS = 6

Edge = tuple[str, str]
"""An effect and its cause, by the names of their nodes."""


@dataclass(frozen=True)
class Curve:
    """An edge as an SVG path; ``x`` and ``y`` are the position of its label."""

    path: str
    x: float
    y: float


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


def arrange(names: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Return the layout of a graph. The same graph always has the same layout.

    Args:
        names: the nodes.
        edges: the edges between them, without edges from a node to itself. Cycles do no harm.
    """
    layer_of = _assign_layers(names, edges)
    routes = [_route(number, edge, layer_of) for number, edge in enumerate(edges)]
    layers = _fill_layers(names, routes, layer_of)
    _order_layers(layers, routes)
    width = (len(layers) - 1) * _LAYER_SPACING + BOX_WIDTH + 2 * _MARGIN
    height = max(map(len, layers)) * _ROW_SPACING + 2 * _MARGIN
    position = _positions(layers, height)
    return Layout(
        width,
        height,
        {name: position[name] for name in names},
        tuple(_curve([position[waypoint] for waypoint in route]) for route in routes),
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


def _positions(
    layers: Sequence[Sequence[Waypoint]], height: float
) -> dict[Waypoint, tuple[float, float]]:
    """Return the centers of all waypoints, each layer centered vertically."""
    return {
        waypoint: (
            _MARGIN + BOX_WIDTH / 2 + column * _LAYER_SPACING,
            height / 2 + (row - (len(layer) - 1) / 2) * _ROW_SPACING,
        )
        for column, layer in enumerate(layers)
        for row, waypoint in enumerate(layer)
    }


def _curve(route: Sequence[tuple[float, float]]) -> Curve:
    """Return an edge as cubic curves from the side of its effect to the facing side of its cause."""
    (effect_x, effect_y), (cause_x, cause_y) = route[0], route[-1]
    side = BOX_WIDTH / 2 if effect_x > cause_x else -BOX_WIDTH / 2
    stops = [(effect_x - side, effect_y), *route[1:-1], (cause_x + side, cause_y)]
    path = f"M{stops[0][0]:g} {stops[0][1]:g}"
    for (x, y), (next_x, next_y) in pairwise(stops):
        middle = (x + next_x) / 2
        path += f" C{middle:g} {y:g} {middle:g} {next_y:g} {next_x:g} {next_y:g}"
    (first_x, first_y), (second_x, second_y) = stops[:2]
    return Curve(path, (first_x + second_x) / 2, (first_y + second_y) / 2)
