"""Merge: several documents become one that says all they say."""

from hypothesis import given

from mlflow2prov import Attribute, Statement, merge
from tests.formats.strategies import documents
from tests.prov.statements import ONE, QUALIFIED, TWO, document, entity, values


@given(documents(), documents(), documents())
def test_A2_merge_does_not_depend_on_order_grouping_or_repetition(one, two, three):
    assert merge([one, two]) == merge([two, one])
    assert merge([merge([one, two]), three]) == merge([one, merge([two, three])])
    assert merge([one, one]) == one
    assert merge([one]) == one


@given(documents(), documents())
def test_all_that_was_said_is_still_said(one, two):
    merged = merge([one, two])
    assert merge([merged, one]) == merged == merge([two, merged])
    assert max(len(one), len(two)) <= len(merged) <= len(one) + len(two)


def test_a_generator_of_documents_will_do():
    assert len(merge(document(entity(name)) for name in "abc")) == 3


def test_a_prefix_that_means_something_else_is_renamed():
    one = document(entity("ex:a"), prefixes={"ex": "http://one/"})
    two = document(entity("ex:a"), prefixes={"ex": "http://two/"})
    merged = merge([one, two])
    assert {merged.namespaces.uri(s.id) for s in merged.statements()} == {
        "http://one/a",
        "http://two/a",
    }


def test_prefixes_that_are_exchanged_are_not_confused():
    one = document(entity("p:a"), entity("q:b"), prefixes={"p": "http://p/", "q": "http://q/"})
    two = document(entity("q:a"), entity("p:b"), prefixes={"q": "http://p/", "p": "http://q/"})
    merged = merge([one, two])
    assert {merged.namespaces.uri(s.id) for s in merged.statements()} == {
        "http://p/a",
        "http://q/b",
    }


def test_another_default_namespace_is_another_name_everywhere_it_stands():
    def said(uri):
        named = (Attribute("k", "a", QUALIFIED), Attribute("t", "1", "unit"))
        return document(
            Statement("entity", "a", (), named, "b"),
            Statement("hadMember", None, ("a", "c"), (), "b"),
            prefixes={"": uri},
        )

    merged = merge([said("http://one/"), said("http://two/")])
    uri = merged.namespaces.uri
    assert {uri(s.bundle) for s in merged.statements()} == {"http://one/b", "http://two/b"}
    assert {uri(n) for s in merged.statements() for n in s.arguments} == {
        f"http://{place}/{name}" for place in ("one", "two") for name in "ac"
    }
    literals = [a for s in merged.statements() for a in s.attributes]
    assert {uri(a.key) for a in literals} >= {"http://two/k", "http://one/t"}
    assert {uri(a.value) for a in literals if a.type == QUALIFIED} == {
        "http://one/a",
        "http://two/a",
    }
    assert {uri(a.type) for a in literals if a.value == "1"} == {
        "http://one/unit",
        "http://two/unit",
    }


def test_names_meet_by_what_they_mean():
    one = document(entity("a", k="1"), prefixes={"": "http://x/"})
    two = document(entity("p:a", **{"p:k": "2"}), prefixes={"p": "http://x/"})
    (statement,) = merge([one, two]).statements()
    assert {literal.value for literal in statement.attributes} == {"1", "2"}


def test_bundles_of_one_name_are_one_and_others_stay_apart():
    merged = merge(
        [
            document(entity("a", bundle="b", k="1")),
            document(entity("a", bundle="b", k="2"), entity("a", bundle="d", k="3"), entity("a")),
        ]
    )
    assert list(merged.statements()) == [
        entity("a"),
        entity("a", bundle="b", k=["1", "2"]),
        entity("a", bundle="d", k="3"),
    ]


def test_partial_times_are_united_and_contradictory_ones_both_stay():
    def activity(*times):
        return document(Statement("activity", "c", times))

    assert list(merge([activity(ONE, None), activity(None, TWO)]).statements()) == [
        Statement("activity", "c", (ONE, TWO))
    ]
    assert len(merge([activity(ONE, None), activity(TWO, None)])) == 2


def test_a_time_is_no_name_though_it_has_a_colon():
    one = document(Statement("activity", "c", (ONE, None)), prefixes={"": "http://one/"})
    two = document(Statement("activity", "c", (TWO, None)), prefixes={"": "http://two/"})
    assert {s.arguments[0] for s in merge([one, two]).statements()} == {ONE, TWO}


def test_merging_leaves_what_was_merged_as_it_was():
    one = document(entity("a", k="1"))
    merge([one, document(entity("a", k="2"))])
    assert list(one.statements()) == [entity("a", k="1")]
    assert values(one) == ["1"]


def test_of_nothing_the_merge_is_empty():
    assert len(merge([])) == 0
