"""The statements that two documents do not share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, difference, load
from mlflow2prov.prov.difference import AttributeChange
from tests.analysis.graphs import relation, thing
from tests.golden import HERE as GOLDEN
from tests.prov.statements import document

OLD = (
    thing("entity", "same", name="x"),
    thing("entity", "gone", "Run", name="fit"),
    thing("entity", "e", "Run", name="a", tags=["1", "2"]),
    thing("activity", "act", arguments=("2024-01-01T00:00:00+00:00", None)),
    relation("used", "act", "e", None, role="Source"),
    relation("used", "act", "gone", None),
)
NEW = (
    thing("entity", "same", name="x"),
    thing("entity", "e", "Run", name="b", tags=["2", "3"], more="y"),
    thing("activity", "act", arguments=("2024-01-02T00:00:00+00:00", None)),
    relation("used", "act", "e", None, role="Script"),
    relation("wasGeneratedBy", "e", "act", None),
)


@pytest.fixture(scope="module")
def result():
    return difference(document(*OLD), document(*NEW))


def test_each_statement_is_added_removed_or_changed(result):
    assert [(c.type, c.statement) for c in result.changes] == [
        ("changed", "e"),
        ("removed", "gone"),
        ("changed", "act"),
        ("added", "wasGeneratedBy(e, act, -)"),
        ("changed", "used(act, e, -)"),
        ("removed", "used(act, gone, -)"),
    ]
    assert result.counts() == {"added": 1, "removed": 2, "changed": 3}


def test_a_change_lists_only_the_attributes_that_differ(result):
    by_statement = {c.statement: c.attributes for c in result.changes}
    assert by_statement["e"] == (
        AttributeChange("more", (), ("y",)),
        AttributeChange("name", ("a",), ("b",)),
        AttributeChange("tags", ("1", "2"), ("2", "3")),
    )
    start = ("2024-01-01T00:00:00+00:00",), ("2024-01-02T00:00:00+00:00",)
    assert by_statement["act"] == (AttributeChange("startTime", *start),)
    (role,) = by_statement["used(act, e, -)"]
    assert role.before[0].startswith("Source") and role.after[0].startswith("Script")


def test_a_change_describes_its_statement(result):
    assert result.changes[1].description == "Run fit"


def test_prefixes_order_and_repetition_make_no_difference():
    one = document(*OLD)
    other = Document.from_statements(
        [thing("entity", "p:same", **{"p:name": "x"})] * 2, {"p": "http://x/"}
    )
    assert difference(document(OLD[0]), other).is_same
    assert difference(one, document(*OLD[::-1], *OLD)).is_same


def test_datatypes_and_languages_make_a_difference():
    def of(*literal):
        return document(Statement("entity", "e", (), (Attribute("k", *literal),)))

    assert not difference(of("1"), of("1", "xsd:int")).is_same
    (change,) = difference(of("1", None, "en"), of("1", None, "de")).changes
    assert change.attributes == (AttributeChange("k", ("1@en",), ("1@de",)),)


def test_a_statement_in_another_bundle_is_another_statement():
    (removed, added) = difference(
        document(thing("entity", "e", bundle="b")), document(thing("entity", "e", bundle="c"))
    ).changes
    assert (removed.type, removed.bundle, added.type, added.bundle) == (
        "removed",
        "b",
        "added",
        "c",
    )


def test_comparing_does_not_modify_the_documents():
    old, new = document(*OLD), document(*NEW)
    before = list(old.statements()), list(new.statements())
    difference(old, new)
    assert (list(old.statements()), list(new.statements())) == before
    assert len(old) == len(OLD) and len(new) == len(NEW)


STATEMENTS = st.lists(
    st.one_of(
        st.builds(lambda n, v: thing("entity", n, k=v), st.sampled_from("abc"), st.sampled_from("12")),
        st.builds(lambda a, b: relation("hadMember", a, b), st.sampled_from("abc"), st.sampled_from("abc")),
    )
)  # fmt: skip


@given(STATEMENTS, STATEMENTS)
def test_the_difference_is_empty_for_equal_documents_and_symmetric(first, second):
    forth = difference(document(*first), document(*second))
    back = difference(document(*second), document(*first))
    assert forth.is_same == (document(*first) == document(*second))
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(turned[c.type], c.statement) for c in back.changes] == [
        (c.type, c.statement) for c in forth.changes
    ]


def test_the_example_is_the_same_in_two_formats():
    golden = load(GOLDEN / "result.json")
    assert difference(golden, load(GOLDEN / "result.ttl")).is_same
