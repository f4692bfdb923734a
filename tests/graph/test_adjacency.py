"""The graph of integers: its distances are those of NetworkX."""

import networkx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.graph.adjacency import MIN_WIDE_FRONTIER, UNREACHABLE, Adjacency, cause_columns
from mlflow2prov.prov import KIND
from mlflow2prov.prov.sql import names_table

NAMES = st.sampled_from("abcdefg")


@given(
    st.lists(st.tuples(NAMES, NAMES), min_size=1),
    NAMES,
    st.none() | st.integers(0, 3),
    st.booleans(),
    st.sampled_from([1, 2, 3, MIN_WIDE_FRONTIER]),
)
@example([("a", "b"), ("a", "b"), ("b", "a"), ("a", "a")], "a", None, False, 1)
@example([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")], "a", 3, False, 2)
def test_distances_are_those_of_networkx(edges, start, max_distance, reverse, min_wide_frontier):
    adjacency = Adjacency.from_edges(query_of(edges), names_table([start]), reverse=reverse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlflow2prov.graph.adjacency.MIN_WIDE_FRONTIER", min_wide_frontier)
        distances = adjacency.distances(adjacency.numbers([start]), max_distance)
    names = {name for edge in edges for name in edge} | {start}
    distance_of = {name: int(distances[adjacency.numbers([name])[0]]) for name in names}

    oracle = networkx.DiGraph(
        (cause, effect) if reverse else (effect, cause) for effect, cause in edges
    )
    oracle.add_node(start)
    expected = networkx.single_source_shortest_path_length(oracle, start, max_distance)
    assert distance_of == {name: expected.get(name, UNREACHABLE) for name in names}


def test_each_group_reaches_what_it_reaches_alone():
    adjacency = Adjacency.from_edges(query_of([("a", "b"), ("b", "c"), ("d", "b")]))
    groups = [adjacency.numbers(names) for names in (["a"], [], ["d", "c"], ["a"])]
    reached = [
        dict(zip(nodes.tolist(), distances.tolist(), strict=True))
        for nodes, distances in adjacency.reached(groups, 1)
    ]
    a, b, c, d = (int(adjacency.numbers([name])[0]) for name in "abcd")
    assert reached == [{a: 0, b: 1}, {}, {d: 0, c: 0, b: 1}, {a: 0, b: 1}]


def test_a_name_table_holds_the_names_under_a_mask():
    adjacency = Adjacency.from_edges(query_of([("a", "b"), ("b", "c")]))
    schema = engine.Schema("test")
    distances = adjacency.distances(adjacency.numbers(["b"]))
    table = adjacency.create_name_table(schema, "names", distances != UNREACHABLE)
    assert engine.rows(f"SELECT name FROM {table} ORDER BY name") == [("b",), ("c",)]


def test_names_without_a_node_have_no_number():
    adjacency = Adjacency.from_edges(query_of([("a", "b")]))
    assert adjacency.numbers(["x", "y"]).tolist() == []
    assert adjacency.numbers([]).tolist() == []


def test_the_activity_of_a_delegation_and_the_bundle_of_a_mention_are_not_causes():
    assert list(cause_columns(KIND["actedOnBehalfOf"])) == ["responsible"]
    assert list(cause_columns(KIND["mentionOf"])) == ["generalEntity"]
    assert list(cause_columns(KIND["wasAssociatedWith"])) == ["agent", "plan"]
    assert list(cause_columns(KIND["wasDerivedFrom"])) == ["usedEntity", "activity"]


def query_of(edges):
    rows = ", ".join(f"({literal(effect)}, {literal(cause)})" for effect, cause in edges)
    return f"SELECT * FROM (VALUES {rows}) AS edges(effect, cause)"
