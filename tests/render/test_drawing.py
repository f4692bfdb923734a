"""Drawings of lineage graphs: causes left of effects, and nothing on top of anything else."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.analysis.neighborhood import Neighborhood, Node, Relation
from mlflow2prov.render.report.drawing import BOX_HEIGHT, BOX_WIDTH, draw


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
def test_causes_are_left_of_their_effects_in_graphs_without_cycles(graph):
    count, pairs = graph
    acyclic_pairs = [(effect, cause) for effect, cause in pairs if effect > cause]
    drawing = draw(neighborhood(count, acyclic_pairs))
    x = {box.node.identifier: box.x for box in drawing.boxes}
    assert all(x[f"n{cause}"] < x[f"n{effect}"] for effect, cause in acyclic_pairs)


@given(GRAPHS)
def test_every_edge_between_two_nodes_is_an_arrow(graph):
    count, pairs = graph
    drawing = draw(neighborhood(count, pairs))
    assert len(drawing.arrows) == len([1 for effect, cause in pairs if effect != cause])


def test_the_same_graph_gives_the_same_drawing():
    graph = neighborhood(6, [(5, 4), (5, 1), (4, 0), (3, 0), (2, 1)])
    assert draw(graph) == draw(graph)


def test_an_empty_graph_gives_a_drawing_without_boxes():
    assert draw(Neighborhood((), (), 0)).boxes == ()
