"""Drawings of lineage graphs: causes above effects, labels that can be read, nothing on top of anything else."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.analysis.neighborhood import Neighborhood, Node, Relation
from mlflow2prov.render.report.drawing import BOX_HEIGHT, BOX_WIDTH, draw
from mlflow2prov.render.report.labels import CHARACTER_WIDTH, LABEL_HEIGHT, place_labels


def neighborhood(count, pairs):
    """Return ``count`` nodes with an edge for each pair of numbers (effect, cause)."""
    nodes = tuple(Node(f"n{n}", "entity", "", f"n{n}") for n in range(count))
    edges = tuple(Relation("used", f"n{effect}", f"n{cause}") for effect, cause in pairs)
    return Neighborhood(nodes, edges, 0)


GRAPHS = st.integers(1, 9).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), max_size=20, unique=True),
    )
)


@given(GRAPHS)
def test_boxes_do_not_overlap_and_are_inside_the_drawing(graph):
    count, pairs = graph
    drawing = draw(neighborhood(count, pairs))
    assert len(drawing.boxes) == count
    for first, second in combinations(drawing.boxes, 2):
        assert abs(first.x - second.x) > BOX_WIDTH or abs(first.y - second.y) > BOX_HEIGHT
    for box in drawing.boxes:
        assert BOX_WIDTH / 2 < box.x < drawing.width - BOX_WIDTH / 2
        assert BOX_HEIGHT / 2 < box.y < drawing.height - BOX_HEIGHT / 2


@given(GRAPHS)
def test_causes_are_above_their_effects_in_graphs_without_cycles(graph):
    count, pairs = graph
    acyclic_pairs = [(effect, cause) for effect, cause in pairs if effect > cause]
    drawing = draw(neighborhood(count, acyclic_pairs))
    y = {box.node.identifier: box.y for box in drawing.boxes}
    assert all(y[f"n{cause}"] < y[f"n{effect}"] for effect, cause in acyclic_pairs)


@given(GRAPHS)
def test_every_edge_between_two_nodes_is_an_arrow(graph):
    count, pairs = graph
    drawing = draw(neighborhood(count, pairs))
    assert len(drawing.arrows) == len([1 for effect, cause in pairs if effect != cause])


def rectangles(drawing):
    """Return the boxes and the labels of a drawing as (left, top, right, bottom)."""
    sizes = [(box.x, box.y, BOX_WIDTH, BOX_HEIGHT) for box in drawing.boxes]
    sizes += [
        (arrow.x, arrow.y, len(arrow.edge.kind) * CHARACTER_WIDTH, LABEL_HEIGHT)
        for arrow in drawing.arrows
    ]
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in sizes]


def overlaps(drawing):
    return [
        (one, other)
        for one, other in combinations(rectangles(drawing), 2)
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


@pytest.mark.parametrize(
    "pairs",
    [
        [(2, 0), (2, 1), (3, 0), (3, 1)],  # two edges cross in the middle of both
        [(1, 0), (2, 1), (2, 0), (3, 2), (3, 0), (3, 1)],  # long edges cross layers
        [(5, n) for n in range(5)],  # a fan
        [(n, 0) for n in range(1, 6)],
    ],
)
@pytest.mark.parametrize("kind", ["used", "wasAssociatedWith"])
def test_labels_hide_neither_boxes_nor_each_other(pairs, kind):
    nodes = neighborhood(6, []).nodes
    edges = tuple(Relation(kind, f"n{effect}", f"n{cause}") for effect, cause in pairs)
    assert overlaps(draw(Neighborhood(nodes, edges, 0))) == []


def test_a_label_hides_no_other_curve_if_it_can():
    # The second curve crosses the first one in its middle, where the label would be.
    curves = [[(0, 0), (0, 100)], [(-40, 45), (40, 55)]]
    (first, _) = place_labels(["used", "used"], curves, [])
    assert first[0] == 0 and abs(first[1] - 50) > LABEL_HEIGHT / 2


def test_labels_are_on_their_curves_even_without_room():
    boxes = [(0, y) for y in range(0, 100, 10)]
    ((x, y),) = place_labels(["used"], [[(0, 0), (0, 100)]], boxes)
    assert x == 0 and 0 < y < 100


def test_the_same_graph_gives_the_same_drawing():
    graph = neighborhood(6, [(5, 4), (5, 1), (4, 0), (3, 0), (2, 1)])
    assert draw(graph) == draw(graph)


def test_an_empty_graph_gives_a_drawing_without_boxes():
    assert draw(Neighborhood((), (), 0)).boxes == ()
