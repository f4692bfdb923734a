"""Drawings of close-ups: causes at the left, effects at the right, in layers (Sugiyama, Tagawa and Toda 1981)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from mlflow2prov.analysis.neighborhood import Edge, Neighborhood, Node

BOX_WIDTH, BOX_HEIGHT = 128, 40
_ACROSS, _DOWN, _EDGE = 212, 56, 8
_SWEEPS = 6


@dataclass(frozen=True)
class Box:
    """A node in its place; ``x`` and ``y`` are its centre."""

    node: Node
    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """An edge as a curve; ``x`` and ``y`` are where its name stands."""

    edge: Edge
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """A close-up as it is drawn, in pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    left_out: int

    @property
    def number(self) -> dict[str, int]:
        """The place of each node among the boxes, from 1."""
        return {box.node.identifier: n for n, box in enumerate(self.boxes, start=1)}


Key = str | tuple[int, int]
"""A node, or where an edge (by number) passes a layer."""


def draw(closeup: Neighborhood) -> Drawing:
    """Lay out a close-up."""
    names = [node.identifier for node in closeup.nodes]
    edges = [e for e in closeup.edges if e.effect != e.cause]
    layer_of = _layers(names, edges)
    ways = {n: _way(n, edge, layer_of) for n, edge in enumerate(edges)}
    layers: list[list[Key]] = [[] for _ in range(max(layer_of.values(), default=0) + 1)]
    for name in names:
        layers[layer_of[name]].append(name)
    for way in ways.values():
        for key in way[1:-1]:
            layers[_layer(key, layer_of)].append(key)
    _order(layers, ways.values())
    tallest = max((len(layer) for layer in layers), default=0)
    height = tallest * _DOWN + 2 * _EDGE
    place = {
        key: (
            _EDGE + BOX_WIDTH / 2 + x * _ACROSS,
            height / 2 + (y - (len(layer) - 1) / 2) * _DOWN,
        )
        for x, layer in enumerate(layers)
        for y, key in enumerate(layer)
    }
    width = (len(layers) - 1) * _ACROSS + BOX_WIDTH + 2 * _EDGE
    boxes = tuple(Box(node, *place[node.identifier]) for node in closeup.nodes)
    arrows = tuple(_arrow(edges[n], [place[key] for key in way]) for n, way in ways.items())
    return Drawing(width, height, boxes, arrows, closeup.left_out)


def _layers(names: list[str], edges: list[Edge]) -> dict[str, int]:
    """Return the layer of each node: right of all its causes, and those without any as far right as may be."""
    causes: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        causes[edge.effect].append(edge.cause)
    layer: dict[str, int] = {}
    open_: set[str] = set()

    def place(name: str) -> int:
        if name in layer or name in open_:
            return layer.get(name, 0)  # A hostile document may go round in circles.
        open_.add(name)
        layer[name] = max((place(cause) + 1 for cause in causes[name]), default=0)
        return layer[name]

    for name in names:
        place(name)
    effects: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        effects[edge.cause].append(edge.effect)
    for name in names:
        if not causes[name] and effects[name]:
            layer[name] = max(0, min(layer[effect] for effect in effects[name]) - 1)
    return layer


def _way(number: int, edge: Edge, layer_of: Mapping[str, int]) -> list[Key]:
    """Return an edge's way from effect to cause, with a place in each layer between."""
    begin, end = layer_of[edge.effect], layer_of[edge.cause]
    between: list[Key] = [(number, layer) for layer in range(begin - 1, end, -1)]
    return [edge.effect, *between, edge.cause]


def _layer(key: Key, layer_of: Mapping[str, int]) -> int:
    return layer_of[key] if isinstance(key, str) else key[1]


def _order(layers: list[list[Key]], ways: Iterable[list[Key]]) -> None:
    """Order each layer by the middle of its neighbours, to and fro."""
    neighbours: dict[Key, list[Key]] = {}
    for way in ways:
        for one, other in pairwise(way):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS):
        height = {key: y - len(layer) / 2 for layer in layers for y, key in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            middle = {
                key: sum(height[n] for n in neighbours[key]) / len(neighbours[key])
                if key in neighbours
                else height[key]
                for key in layer
            }
            layer.sort(key=lambda key: middle[key])
            height |= {key: y - len(layer) / 2 for y, key in enumerate(layer)}


def _arrow(edge: Edge, way: list[tuple[float, float]]) -> Arrow:
    """Draw an edge from the side of its effect to that of its cause."""
    side = BOX_WIDTH / 2 if way[0][0] > way[-1][0] else -BOX_WIDTH / 2
    (x, y), (last_x, last_y) = way[0], way[-1]
    stops = [(x - side, y), *way[1:-1], (last_x + side, last_y)]
    path = f"M{stops[0][0]:g} {stops[0][1]:g}"
    for (x, y), (to_x, to_y) in pairwise(stops):
        middle = (x + to_x) / 2
        path += f" C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
    first, second = stops[0], stops[1]
    return Arrow(edge, path, (first[0] + second[0]) / 2, (first[1] + second[1]) / 2)
