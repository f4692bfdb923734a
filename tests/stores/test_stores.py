"""Stores: a document that is pushed and pulled is the same document, in every store."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, load, merge, pull, push
from mlflow2prov.errors import DocumentStoreError
from tests.call_documents import document_of_calls
from tests.formats.strategies import ODD_LOCALS, PLAIN_LOCALS, documents
from tests.golden import HERE as GOLDEN
from tests.observations import HISTORY, REGISTRY, document_of
from tests.stores.conftest import NAMES

NS = {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"}
T = "2024-01-01T00:00:00+02:00"

# Each example fills a server, so shrinking would take minutes.
without_shrinking = settings(phases=[Phase.explicit, Phase.generate])


def document(*statements, namespaces=None):
    return Document.from_statements(statements, namespaces or NS)


def with_lowercase_language_tags(original):
    """Return a copy with language tags in lower case, because RDF ignores their case."""
    return Document.from_statements(
        (
            s._replace(
                attributes=tuple(a._replace(lang=a.lang and a.lang.lower()) for a in s.attributes)
            )
            for s in original.statements()
        ),
        original.namespaces,
    )


def difference(expected, actual):
    expected_statements, actual_statements = set(expected.statements()), set(actual.statements())
    return (
        f"missing: {expected_statements - actual_statements}\n"
        f"additional: {actual_statements - expected_statements}"
    )


@pytest.fixture(scope="module")
def demo():
    return load(GOLDEN / "result.json")


def assert_same(actual, expected):
    assert actual == expected, difference(expected, actual)


def test_the_demo_is_the_same_after_push_and_pull(store, demo):
    push(demo, store.url)
    result = pull(store.url)
    assert_same(result, demo)
    assert result.namespaces == demo.namespaces


def test_captured_calls_are_the_same_after_push_and_pull(store):
    calls = document_of_calls()
    push(calls, store.url)
    assert_same(pull(store.url), calls)
    first_contents = contents(store)
    push(calls, store.url)
    assert contents(store) == first_contents


def test_observed_changes_are_the_same_after_push_and_pull(store):
    """The subject of a change is an attribute whose value is a name."""
    history = document_of(HISTORY, **REGISTRY)
    push(history, store.url)
    assert_same(pull(store.url), history)


def contents(store):
    """Return the number of nodes, triples or documents, as the store itself counts them."""
    if store.name == "neo4j":
        return (
            store.client.execute_query(
                "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
            )
            .records[0]
            .values()
        )
    if store.name == "fuseki":
        query = "SELECT (count(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
        response = store.client.get("/provenance", params={"query": query})
        return response.json()["results"]["bindings"][0]["n"]["value"]
    database = store.client.provenance
    return {name: database[name].count_documents({}) for name in database.list_collection_names()}


def test_a_second_push_adds_nothing(store, demo):
    push(demo, store.url)
    first_contents = contents(store)
    push(demo, store.url)
    assert contents(store) == first_contents
    assert pull(store.url) == demo


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locals_", [PLAIN_LOCALS, ODD_LOCALS], ids=["plain", "odd"])
def test_random_documents_are_the_same_after_push_and_pull(name, locals_, servers):
    store = servers(name)

    @without_shrinking
    @given(original=documents(locals_), pushes=st.integers(1, 2))
    def push_and_pull(original, pushes):
        store.clear()
        for _ in range(pushes):
            push(original, store.url)
        result = pull(store.url)
        if name == "fuseki":
            original, result = map(with_lowercase_language_tags, (original, result))
        assert_same(result, original)

    push_and_pull()


def test_a_document_without_statements_keeps_its_prefixes(store):
    push(document(), store.url)
    assert pull(store.url) == document()
    assert pull(store.url).namespaces.declared == NS


def test_an_empty_store_has_no_document(store):
    with pytest.raises(DocumentStoreError, match=r"(has no document|is empty)"):
        pull(store.url)


def test_a_second_document_is_merged_with_the_first(store):
    first = document(
        Statement(
            "entity", "ex:e", (), (Attribute("name", "one"), Attribute("size", "1", "xsd:int"))
        ),
        Statement("activity", "ex:a", (T, None)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "r"),)),
    )
    second = document(
        Statement(
            "entity", "ex:e", (), (Attribute("name", "other"), Attribute("size", "1", "xsd:int"))
        ),
        Statement("entity", "ex:f"),
        Statement("activity", "ex:a", (None, T)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "s"),)),
        Statement("wasDerivedFrom", None, ("ex:f", "ex:e", None, None, None)),
    )
    push(first, store.url)
    push(second, store.url)
    assert_same(pull(store.url), merge([first, second]))


def test_a_prefix_with_another_meaning_in_the_store_is_renamed(store):
    second = document(
        Statement("entity", "ex:e", (), (Attribute("ex:k", "ex:v", "prov:QUALIFIED_NAME"),))
    )
    first = document(
        Statement("entity", "ex:e", (), (Attribute("ex:k", "ex:v", "prov:QUALIFIED_NAME"),)),
        namespaces={"": "http://else.example/", "ex": "http://else.example/ns#"},
    )
    push(first, store.url)
    push(second, store.url)
    assert_same(pull(store.url), merge([first, second]))


SIMILAR_STATEMENTS = document(
    Statement("activity", "ex:a", (T, None)),
    Statement("used", None, ("ex:a", "ex:e", T)),
    Statement("used", None, ("ex:a", "ex:e", "2024-01-01T00:00:01.500000+02:00")),
    Statement("used", None, ("ex:a", "ex:e", None), (Attribute("x", "y"),)),
    Statement("used", "ex:u", ("ex:a", "ex:e", T)),
    Statement("used", "ex:u", ("ex:a", "ex:e", T), (), "ex:b"),
    Statement("entity", "ex:e", (), (Attribute("x", "1"),), "ex:b"),
    Statement("entity", "ex:e", (), (Attribute("x", "2"), Attribute("x", "3"), Attribute("x", "4", None, "en"))),
    Statement("wasAssociatedWith", None, ("ex:a", "ex:g", "ex:e")),
    Statement("mentionOf", None, ("ex:e", "ex:e", "ex:b")),
)  # fmt: skip


def test_similar_statements_stay_distinct(store):
    """They differ in times, attributes, identifiers and bundles."""
    push(SIMILAR_STATEMENTS, store.url)
    push(SIMILAR_STATEMENTS, store.url)
    assert_same(pull(store.url), SIMILAR_STATEMENTS)


def test_a_push_completes_a_partial_document(store, demo):
    half = [s for number, s in enumerate(demo.statements()) if number % 2]
    push(Document.from_statements(half, demo.namespaces), store.url)
    push(demo, store.url)
    assert pull(store.url) == demo


@pytest.mark.parametrize("name", ["neo4j", "ferretdb", "mongo-java-server"])
def test_a_start_time_that_contradicts_the_store_is_refused(name, servers):
    store = servers(name)
    store.clear()
    push(document(Statement("activity", "ex:a", (T, None))), store.url)
    with pytest.raises(DocumentStoreError, match="ex:a"):
        push(
            document(Statement("activity", "ex:a", ("2025-01-01T00:00:00+00:00", None))), store.url
        )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00+00:00",
        "0000-01-01T00:00:00",
        "1",
        "true",
        "é\n\"'\\$`",
    ],
)
@pytest.mark.parametrize(
    "key", ["name", "prov:type", "prov:label", "a.b", "$x", "_id", "source", "prov:id", "x`y"]
)
def test_text_stays_text_with_any_key(store, key, value):
    original = document(
        Statement("entity", "ex:e", (), (Attribute(key, value),)),
        Statement("used", None, ("ex:a", "ex:e", None), (Attribute(key, value),)),
    )
    push(original, store.url)
    assert_same(pull(store.url), original)


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        ("2147483647", "xsd:int"), ("2147483648", "xsd:long"), ("9223372036854775808", "xsd:integer"),
        ("-9223372036854775808", "xsd:long"), ("0.1", "xsd:double"), ("-0.0", "xsd:double"),
        ("1e-07", "xsd:double"), ("1e+16", "xsd:double"), ("123456789012345.6", "xsd:double"), ("NaN", "xsd:double"),
        ("INF", "xsd:double"), ("0.30000000000000004", "xsd:double"), ("true", "xsd:boolean"),
        ("0001-01-01T00:00:00", "xsd:dateTime"), ("9999-12-31T23:59:59.999999-14:00", "xsd:dateTime"),
        ("1.50", "xsd:decimal"), ("x", "xsd:anyURI"), ("ex:v", "prov:QUALIFIED_NAME"), ("x", "ex:type"),
    ],
)  # fmt: skip
def test_a_typed_value_is_the_same_after_push_and_pull(store, value, datatype):
    original = document(Statement("entity", "ex:e", (), (Attribute("k", value, datatype),)))
    push(original, store.url)
    assert_same(pull(store.url), original)
