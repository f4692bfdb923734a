"""Drawings: causes at the left of their effects, nothing on top of anything, whatever is drawn."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as some

from mlflow2prov.analysis.neighborhood import Edge, Neighborhood, Node
from mlflow2prov.render.report.drawing import BOX_HEIGHT, BOX_WIDTH, draw


def closeup(count, pairs):
    nodes = tuple(Node(f"n{n}", "entity", "", f"n{n}") for n in range(count))
    return Neighborhood(nodes, tuple(Edge("used", f"n{a}", f"n{b}") for a, b in pairs), 0)


graphs = some.integers(1, 9).flatmap(
    lambda count: some.tuples(
        some.just(count),
        some.lists(some.tuples(*[some.integers(0, count - 1)] * 2), max_size=20, unique=True),
    )
)


@given(graphs)
def test_boxes_are_apart_and_within_the_drawing(graph):
    drawing = draw(closeup(*graph))
    assert len(drawing.boxes) == graph[0]
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) > BOX_WIDTH or abs(one.y - other.y) > BOX_HEIGHT
    for box in drawing.boxes:
        assert BOX_WIDTH / 2 < box.x < drawing.width - BOX_WIDTH / 2
        assert BOX_HEIGHT / 2 < box.y < drawing.height - BOX_HEIGHT / 2


@given(graphs)
def test_without_circles_causes_are_at_the_left(graph):
    count, pairs = graph
    forward = [(a, b) for a, b in pairs if a > b]
    at = {box.node.identifier: box.x for box in draw(closeup(count, forward)).boxes}
    assert all(at[f"n{b}"] < at[f"n{a}"] for a, b in forward)


@given(graphs)
def test_every_relation_is_an_arrow_but_those_of_a_thing_with_itself(graph):
    count, pairs = graph
    drawing = draw(closeup(count, pairs))
    assert len(drawing.arrows) == len([1 for a, b in pairs if a != b])


def test_the_same_is_drawn_the_same():
    graph = closeup(6, [(5, 4), (5, 1), (4, 0), (3, 0), (2, 1)])
    assert draw(graph) == draw(graph)


def test_nothing_is_a_drawing_without_boxes():
    assert draw(Neighborhood((), (), 0)).boxes == ()
