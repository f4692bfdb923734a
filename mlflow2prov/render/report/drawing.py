"""Drawings of lineage graphs: the nodes and edges of a neighborhood, at their places."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.analysis.neighborhood import Neighborhood, Node, Relation
from mlflow2prov.layout import BOX_HEIGHT, BOX_WIDTH, arrange
from mlflow2prov.render.report.labels import place_labels

__all__ = ["BOX_HEIGHT", "BOX_WIDTH", "Arrow", "Box", "Drawing", "draw"]


@dataclass(frozen=True)
class Box:
    """A node at its place; ``x`` and ``y`` are the center."""

    node: Node
    x: float
    y: float


@dataclass(frozen=True)
class Arrow:
    """An edge as an SVG path; ``x`` and ``y`` are the center of its label."""

    edge: Relation
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """The drawing of a neighborhood; all coordinates are in pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    left_out: int
    """The number of nodes that the neighborhood omits."""

    @property
    def number(self) -> dict[str, int]:
        """The numbers of the boxes, from 1, by the identifier of their node."""
        return {box.node.identifier: n for n, box in enumerate(self.boxes, start=1)}


def draw(neighborhood: Neighborhood) -> Drawing:
    """Return a drawing of ``neighborhood``, with causes above their effects.

    The same neighborhood always gives the same drawing. Edges from a node to itself are not
    drawn. Cycles, which only a hostile document has, do no harm.
    """
    edges = [edge for edge in neighborhood.relations if edge.effect != edge.cause]
    layout = arrange(
        [node.identifier for node in neighborhood.nodes],
        [(edge.effect, edge.cause) for edge in edges],
        "down",
    )
    labels = place_labels(
        [edge.kind for edge in edges],
        [curve.stops for curve in layout.curves],
        layout.centers.values(),
    )
    return Drawing(
        layout.width,
        layout.height,
        tuple(Box(node, *layout.centers[node.identifier]) for node in neighborhood.nodes),
        tuple(
            Arrow(edge, curve.path, *label)
            for edge, curve, label in zip(edges, layout.curves, labels, strict=True)
        ),
        neighborhood.left_out,
    )
