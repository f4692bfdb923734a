"""Derivations in a circle: they are found among results of one time, and nothing else is left out."""

import itertools
import random

import pytest

from mlflow2prov.facts.circular_derivations import circular_edges


@pytest.mark.parametrize(
    ("edges", "circular"),
    [
        ("", ""),
        ("ab bc", ""),
        ("ab ba", "ab ba"),
        ("ab bc ca", "ab bc ca"),
        ("xa ab ba by", "ab ba"),
        ("ab ba cd dc", "ab ba cd dc"),
        ("ab ac bd cd", ""),
    ],
)
def test_edges_of_circles(edges, circular):
    assert circular_edges(map(tuple, edges.split())) == set(map(tuple, circular.split()))


def reaches(edges, start, goal):
    pending, seen = [start], set()
    while pending:
        node = pending.pop()
        for one, other in edges:
            if one == node and other not in seen:
                seen.add(other)
                pending.append(other)
    return goal in seen


@pytest.mark.parametrize("seed", range(20))
def test_what_remains_has_no_circle_and_no_more_is_left_out_than_what_lies_between_circles(seed):
    source = random.Random(seed)
    edges = {(source.choice("abcdefgh"), source.choice("abcdefgh")) for _ in range(10)}
    edges = {(one, other) for one, other in edges if one != other}
    circular = circular_edges(edges)
    on_circle = {node for node in "abcdefgh" if reaches(edges, node, node)}
    assert not any(reaches(edges - circular, node, node) for node in "abcdefgh")
    for one, other in circular:
        comes_from = one in on_circle or any(reaches(edges, node, one) for node in on_circle)
        leads_to = other in on_circle or any(reaches(edges, other, node) for node in on_circle)
        assert comes_from and leads_to


def test_a_long_chain_takes_linear_time():
    nodes = list(map(str, range(100_000)))
    assert circular_edges(itertools.pairwise(nodes)) == set()
