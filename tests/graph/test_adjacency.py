"""The graph as integers walks as NetworkX does."""

import networkx
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.engine import literal
from mlflow2prov.graph.adjacency import Adjacency

NAMES = st.sampled_from("abcdefg")


@given(
    st.lists(st.tuples(NAMES, NAMES), min_size=1),
    NAMES,
    st.none() | st.integers(0, 3),
    st.booleans(),
)
def test_it_reaches_what_is_reached(edges, start, depth, reverse):
    rows = ", ".join(f"({literal(a)}, {literal(b)})" for a, b in edges)
    graph = Adjacency.from_edges(
        f"SELECT * FROM (VALUES {rows}) AS e(effect, cause)", [start], reverse=reverse
    )
    away = graph.distances(graph.numbers([start]), depth)
    found = {
        name: int(away[graph.numbers([name])[0]]) for name in {n for edge in edges for n in edge}
    }
    oracle = networkx.DiGraph((b, a) if reverse else (a, b) for a, b in edges)
    oracle.add_node(start)
    expected = networkx.single_source_shortest_path_length(oracle, start, depth)
    assert {name: d for name, d in found.items() if d >= 0} == {
        name: d for name, d in expected.items() if name in found
    }
