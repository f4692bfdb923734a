"""Merge: one document with the statements of several."""

from hypothesis import given

from mlflow2prov import Attribute, Statement, merge
from tests.formats.strategies import documents
from tests.property_tests import examples
from tests.prov.statements import ONE, QUALIFIED, TWO, document, entity, values


@examples(0.5)
@given(documents(), documents(), documents())
def test_merge_is_commutative_associative_and_idempotent(first, second, third):
    assert merge([first, second]) == merge([second, first])
    assert merge([merge([first, second]), third]) == merge([first, merge([second, third])])
    assert merge([first, first]) == first
    assert merge([first]) == first


@examples(0.5)
@given(documents(), documents())
def test_a_merged_document_contains_every_statement(first, second):
    merged = merge([first, second])
    assert merge([merged, first]) == merged == merge([second, merged])
    assert max(len(first), len(second)) <= len(merged) <= len(first) + len(second)


def test_merge_accepts_a_generator():
    assert len(merge(document(entity(name)) for name in "abc")) == 3


def test_a_prefix_with_two_namespaces_is_renamed():
    one = document(entity("ex:a"), prefixes={"ex": "http://one/"})
    two = document(entity("ex:a"), prefixes={"ex": "http://two/"})
    merged = merge([one, two])
    assert {merged.namespaces.uri(s.id) for s in merged.statements()} == {
        "http://one/a",
        "http://two/a",
    }


def test_prefixes_that_swap_namespaces_are_kept_apart():
    one = document(entity("p:a"), entity("q:b"), prefixes={"p": "http://p/", "q": "http://q/"})
    two = document(entity("q:a"), entity("p:b"), prefixes={"q": "http://p/", "p": "http://q/"})
    merged = merge([one, two])
    assert {merged.namespaces.uri(s.id) for s in merged.statements()} == {
        "http://p/a",
        "http://q/b",
    }


def test_a_name_in_another_default_namespace_is_another_name():
    def bundle_of(uri):
        named = (Attribute("k", "a", QUALIFIED), Attribute("t", "1", "unit"))
        return document(
            Statement("entity", "a", (), named, "b"),
            Statement("hadMember", None, ("a", "c"), (), "b"),
            prefixes={"": uri},
        )

    merged = merge([bundle_of("http://one/"), bundle_of("http://two/")])
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


def test_names_with_the_same_uri_are_the_same_name():
    one = document(entity("a", k="1"), prefixes={"": "http://x/"})
    two = document(entity("p:a", **{"p:k": "2"}), prefixes={"p": "http://x/"})
    (statement,) = merge([one, two]).statements()
    assert {literal.value for literal in statement.attributes} == {"1", "2"}


def test_bundles_of_the_same_name_are_merged_and_others_are_not():
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


def test_partial_times_are_merged_and_contradictory_times_are_kept():
    def activity(*times):
        return document(Statement("activity", "c", times))

    assert list(merge([activity(ONE, None), activity(None, TWO)]).statements()) == [
        Statement("activity", "c", (ONE, TWO))
    ]
    assert len(merge([activity(ONE, None), activity(TWO, None)])) == 2


def test_a_time_with_a_colon_is_not_taken_for_a_name():
    one = document(Statement("activity", "c", (ONE, None)), prefixes={"": "http://one/"})
    two = document(Statement("activity", "c", (TWO, None)), prefixes={"": "http://two/"})
    assert {s.arguments[0] for s in merge([one, two]).statements()} == {ONE, TWO}


def test_merging_does_not_modify_the_documents():
    one = document(entity("a", k="1"))
    merge([one, document(entity("a", k="2"))])
    assert list(one.statements()) == [entity("a", k="1")]
    assert values(one) == ["1"]


def test_merging_no_documents_gives_an_empty_document():
    assert len(merge([])) == 0
