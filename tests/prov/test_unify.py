"""Unify: equal statements become one (PROV-CONSTRAINTS section 6.1)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Document, Statement, engine, lineage
from mlflow2prov.prov import KIND
from mlflow2prov.prov.attributes import SQL_TYPE
from mlflow2prov.prov.unify import unify
from tests.formats.strategies import documents
from tests.property_tests import examples
from tests.prov.statements import ONE, TWO, document, entity


def unified(*statements):
    generated = document(*statements)
    unify(generated)
    return list(generated.statements())


def activity(start=None, end=None, bundle=""):
    return Statement("activity", "c", (start, end), (), bundle)


def test_statements_about_one_element_are_merged_with_all_attributes():
    assert unified(entity("a", k="1"), entity("a", k="2"), entity("a", k="2"), entity("b")) == [
        entity("a", k=["1", "2"]),
        entity("b"),
    ]


def test_relations_with_equal_arguments_are_one_relation():
    used = Statement("used", None, ("c", "a", ONE))
    later = Statement("used", None, ("c", "a", TWO))
    without = Statement("used", None, ("c", "a", None))
    assert unified(used, used, later, without) == [used, later, without]


def test_an_identifier_distinguishes_relations():
    named = Statement("used", "u", ("c", "a", None))
    other = Statement("used", "v", ("c", "a", None))
    nameless = Statement("used", None, ("c", "a", None))
    assert unified(named, named, other, nameless) == [named, other, nameless]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([activity(ONE), activity(None, TWO)], [activity(ONE, TWO)]),
        ([activity(), activity(ONE, TWO)], [activity(ONE, TWO)]),
        ([activity(ONE, TWO), activity(ONE), activity()], [activity(ONE, TWO)]),
        ([activity(ONE), activity(TWO)], [activity(ONE), activity(TWO)]),
        ([activity(ONE), activity(ONE, None, "b")], [activity(ONE), activity(ONE, None, "b")]),
    ],
    ids=["start and end", "no times", "both times", "contradiction", "another bundle"],
)
def test_compatible_times_of_an_activity_are_merged(statements, expected):
    assert unified(*statements) == expected
    assert unified(*reversed(statements)) == expected


def test_contradictory_pairs_of_times_are_kept():
    both = [activity(ONE, TWO), activity(TWO, ONE)]
    assert unified(*both) == both


def test_contradictory_starts_do_not_depend_on_the_order_of_statements():
    assert unified(activity(ONE), activity(TWO), activity(None, TWO)) == unified(
        activity(None, TWO), activity(TWO), activity(ONE)
    )


def test_statements_in_two_bundles_are_kept_apart():
    both = [entity("a", k="1"), entity("a", bundle="b", k="2")]
    assert unified(*both) == both


@examples(0.5)
@given(documents())
def test_unify_is_idempotent(generated):
    before = list(generated.statements())
    generated.tables.is_unified = False
    unify(generated)
    assert list(generated.statements()) == before


@examples(0.5)
@given(documents(), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(generated, order: random.Random):
    statements = list(generated.statements())
    shuffled = [*statements, *statements]
    order.shuffle(shuffled)
    again = document(*shuffled, prefixes=generated.namespaces.declared)
    unify(again)
    assert list(again.statements()) == statements


def test_tables_filled_in_order_are_unified():
    filled = Document({"": "urn:x:"})
    empty = f"[]::{SQL_TYPE}"
    names = f"SELECT '', unnest(['b', 'a', 'b']), {empty}"
    filled.tables.fill(KIND["entity"], [names])
    filled.tables.fill(KIND["hadMember"], [f"SELECT '', NULL, unnest(['b', 'a']), 'c', {empty}"])
    assert all(filled.tables.is_in_order(KIND[kind]) for kind in ("entity", "hadMember"))
    unify(filled)
    assert filled.tables.is_unified
    assert [(s.kind, s.id, s.arguments) for s in filled.statements()] == [
        ("entity", "a", ()),
        ("entity", "b", ()),
        ("hadMember", None, ("a", "c")),
        ("hadMember", None, ("b", "c")),
    ]


def test_rows_inserted_after_filling_are_ordered():
    filled = Document({"": "urn:x:"})
    filled.tables.fill(KIND["entity"], [f"SELECT '', 'b', []::{SQL_TYPE}"])
    filled.tables.insert(KIND["entity"], f"SELECT '', 'a', []::{SQL_TYPE}")
    unify(filled)
    assert [s.id for s in filled.statements()] == ["a", "b"]


def refuse_to_sort(*_):
    raise AssertionError("the rows are sorted")


def test_statements_in_canonical_order_are_not_sorted_again(monkeypatch):
    document = Document()
    document.tables.insert(
        KIND["used"],
        "FROM (VALUES ('', NULL, 'a', 'e', NULL, []), ('', NULL, 'a', NULL, NULL, []), "
        "('ex:b', 'ex:u', 'a', 'e', NULL, []))",
    )
    monkeypatch.setattr(engine, "create_in_order", refuse_to_sort)
    unify(document)
    assert [statement.arguments[:2] for statement in document.statements()] == [
        ("a", "e"), ("a", None), ("a", "e"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        "('', NULL, 'b', 'e', NULL, []), ('', NULL, 'a', 'e', NULL, [])",
        "('', NULL, 'a', NULL, NULL, []), ('', NULL, 'a', 'e', NULL, [])",
        "('', NULL, 'a', 'e', NULL, []), ('', NULL, 'a', 'e', NULL, [])",
    ],
)
def test_statements_in_another_order_or_repeated_are_sorted(rows, monkeypatch):
    document = Document()
    document.tables.insert(KIND["used"], f"FROM (VALUES {rows})")
    monkeypatch.setattr(engine, "create_in_order", refuse_to_sort)
    with pytest.raises(AssertionError):
        unify(document)


def test_a_part_of_a_unified_document_is_not_sorted_again(monkeypatch):
    numbers = "SELECT '', 'e' || lpad(i::VARCHAR, 6, '0'), [] FROM range(300000) AS numbers(i)"
    document = Document()
    document.tables.insert(KIND["entity"], numbers)
    document.tables.insert(
        KIND["hadMember"], "SELECT '', NULL, 'e000000', 'e' || lpad(i::VARCHAR, 6, '0'), [] "
        "FROM range(300000) AS numbers(i)",
    )  # fmt: skip
    unify(document)
    monkeypatch.setattr(engine, "create_in_order", refuse_to_sort)
    assert len(lineage(document, "e000000")) == 600000
