"""Unify: what is said twice is said once (PROV-CONSTRAINTS 6.1)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Document, Statement
from mlflow2prov.prov import KIND
from mlflow2prov.prov.attributes import SQL_TYPE
from mlflow2prov.prov.unify import unify
from tests.formats.strategies import documents
from tests.prov.statements import ONE, TWO, document, entity


def unified(*statements):
    made = document(*statements)
    unify(made)
    return list(made.statements())


def activity(start=None, end=None, bundle=""):
    return Statement("activity", "c", (start, end), (), bundle)


def test_an_element_that_is_said_twice_is_one_with_the_attributes_of_both():
    assert unified(entity("a", k="1"), entity("a", k="2"), entity("a", k="2"), entity("b")) == [
        entity("a", k=["1", "2"]),
        entity("b"),
    ]


def test_a_relation_is_the_same_when_all_its_arguments_are():
    used = Statement("used", None, ("c", "a", ONE))
    later = Statement("used", None, ("c", "a", TWO))
    without = Statement("used", None, ("c", "a", None))
    assert unified(used, used, later, without) == [used, later, without]


def test_a_relation_with_an_identifier_is_another_than_one_without():
    named = Statement("used", "u", ("c", "a", None))
    other = Statement("used", "v", ("c", "a", None))
    nameless = Statement("used", None, ("c", "a", None))
    assert unified(named, named, other, nameless) == [named, other, nameless]


@pytest.mark.parametrize(
    ("said", "once"),
    [
        ([activity(ONE), activity(None, TWO)], [activity(ONE, TWO)]),
        ([activity(), activity(ONE, TWO)], [activity(ONE, TWO)]),
        ([activity(ONE, TWO), activity(ONE), activity()], [activity(ONE, TWO)]),
        ([activity(ONE), activity(TWO)], [activity(ONE), activity(TWO)]),
        ([activity(ONE), activity(ONE, None, "b")], [activity(ONE), activity(ONE, None, "b")]),
    ],
    ids=["each a part", "one none", "one all", "contradiction stays", "another bundle"],
)
def test_times_of_an_activity_come_together_where_they_can(said, once):
    assert unified(*said) == once
    assert unified(*reversed(said)) == once


def test_pairs_of_times_that_contradict_each_other_stay_as_they_were_said():
    both = [activity(ONE, TWO), activity(TWO, ONE)]
    assert unified(*both) == both


def test_an_end_is_settled_though_starts_contradict_each_other():
    assert unified(activity(ONE), activity(TWO), activity(None, TWO)) == unified(
        activity(None, TWO), activity(TWO), activity(ONE)
    )


def test_the_same_in_two_bundles_is_said_in_both():
    both = [entity("a", k="1"), entity("a", bundle="b", k="2")]
    assert unified(*both) == both


@given(documents())
def test_to_unify_again_changes_nothing(made):
    before = list(made.statements())
    made.tables.is_unified = False
    unify(made)
    assert list(made.statements()) == before


@given(documents(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_count(made, order: random.Random):
    statements = list(made.statements())
    shuffled = [*statements, *statements]
    order.shuffle(shuffled)
    again = document(*shuffled, prefixes=made.namespaces.declared)
    unify(again)
    assert list(again.statements()) == statements


def test_what_is_filled_in_order_is_unified_where_it_repeats():
    filled = Document({"": "urn:x:"})
    empty = f"[]::{SQL_TYPE}"
    names = f"SELECT '', unnest(['b', 'a', 'b']), {empty}"
    filled.tables.fill(KIND["entity"], names)
    filled.tables.fill(KIND["hadMember"], f"SELECT '', NULL, unnest(['b', 'a']), 'c', {empty}")
    assert all(filled.tables.is_in_order(KIND[kind]) for kind in ("entity", "hadMember"))
    unify(filled)
    assert filled.tables.is_unified
    assert [(s.kind, s.id, s.arguments) for s in filled.statements()] == [
        ("entity", "a", ()),
        ("entity", "b", ()),
        ("hadMember", None, ("a", "c")),
        ("hadMember", None, ("b", "c")),
    ]


def test_what_is_inserted_after_is_put_in_order_too():
    filled = Document({"": "urn:x:"})
    filled.tables.fill(KIND["entity"], f"SELECT '', 'b', []::{SQL_TYPE}")
    filled.tables.insert(KIND["entity"], f"SELECT '', 'a', []::{SQL_TYPE}")
    unify(filled)
    assert [s.id for s in filled.statements()] == ["a", "b"]
