"""Push then pull gives the same document, of every store, whatever the document says."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, load, merge, pull, push
from mlflow2prov.errors import DocumentStoreError
from tests.formats.strategies import ODD_LOCALS, PLAIN_LOCALS, documents
from tests.golden import HERE as GOLDEN
from tests.stores.conftest import NAMES

NS = {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"}
T = "2024-01-01T00:00:00+02:00"

# Each example fills a server, so that shrinking would take minutes.
unshrunk = settings(phases=[Phase.explicit, Phase.generate])


def document(*statements, namespaces=None):
    return Document.from_statements(statements, namespaces or NS)


def lowered(said):
    """The document with its language tags in small letters: in RDF their case means nothing."""
    return Document.from_statements(
        (
            s._replace(
                attributes=tuple(a._replace(lang=a.lang and a.lang.lower()) for a in s.attributes)
            )
            for s in said.statements()
        ),
        said.namespaces,
    )


def difference(one, other):
    ours, theirs = set(one.statements()), set(other.statements())
    return f"lost: {ours - theirs}\nmade up: {theirs - ours}"


@pytest.fixture(scope="module")
def demo():
    return load(GOLDEN / "result.json")


def test_the_demo_comes_back(store, demo):
    push(demo, store.url)
    again = pull(store.url)
    assert again == demo, difference(demo, again)
    assert again.namespaces == demo.namespaces


def contents(store):
    """How much there is, by the store's own count."""
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
        answer = store.client.get("/provenance", params={"query": query})
        return answer.json()["results"]["bindings"][0]["n"]["value"]
    base = store.client.provenance
    return {name: base[name].count_documents({}) for name in base.list_collection_names()}


def test_twice_is_the_same_as_once(store, demo):
    push(demo, store.url)
    once = contents(store)
    push(demo, store.url)
    assert contents(store) == once
    assert pull(store.url) == demo


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("locals_", [PLAIN_LOCALS, ODD_LOCALS], ids=["plain", "odd"])
def test_random_documents_come_back(name, locals_, servers):
    store = servers(name)

    @unshrunk
    @given(said=documents(locals_), twice=st.booleans())
    def comes_back(said, twice):
        store.clear()
        for _ in range(2 if twice else 1):
            push(said, store.url)
        again = pull(store.url)
        expected, found = (lowered(said), lowered(again)) if name == "fuseki" else (said, again)
        assert found == expected, difference(expected, found)

    comes_back()


def test_a_document_of_nothing_but_prefixes_comes_back(store):
    push(document(), store.url)
    assert pull(store.url) == document()
    assert pull(store.url).namespaces.declared == NS


def test_an_empty_store_holds_no_document(store):
    with pytest.raises(DocumentStoreError, match=r"(has no document|is empty)"):
        pull(store.url)


def test_two_documents_become_one_there(store):
    one = document(
        Statement(
            "entity", "ex:e", (), (Attribute("name", "one"), Attribute("size", "1", "xsd:int"))
        ),
        Statement("activity", "ex:a", (T, None)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "r"),)),
    )
    other = document(
        Statement(
            "entity", "ex:e", (), (Attribute("name", "other"), Attribute("size", "1", "xsd:int"))
        ),
        Statement("entity", "ex:f"),
        Statement("activity", "ex:a", (None, T)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "s"),)),
        Statement("wasDerivedFrom", None, ("ex:f", "ex:e", None, None, None)),
    )
    push(one, store.url)
    push(other, store.url)
    again = pull(store.url)
    assert again == merge([one, other]), difference(merge([one, other]), again)


def test_a_prefix_that_means_something_else_there_is_renamed(store):
    here = document(
        Statement("entity", "ex:e", (), (Attribute("ex:k", "ex:v", "prov:QUALIFIED_NAME"),))
    )
    there = document(
        Statement("entity", "ex:e", (), (Attribute("ex:k", "ex:v", "prov:QUALIFIED_NAME"),)),
        namespaces={"": "http://else.example/", "ex": "http://else.example/ns#"},
    )
    push(there, store.url)
    push(here, store.url)
    again = pull(store.url)
    assert again == merge([there, here]), difference(merge([there, here]), again)


REPEATED = document(
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


def test_repeated_identified_and_bundled_statements_stay_apart(store):
    push(REPEATED, store.url)
    push(REPEATED, store.url)
    again = pull(store.url)
    assert again == REPEATED, difference(REPEATED, again)


def test_what_breaks_off_is_completed_by_the_next_push(store, demo):
    half = [s for number, s in enumerate(demo.statements()) if number % 2]
    push(Document.from_statements(half, demo.namespaces), store.url)
    push(demo, store.url)
    assert pull(store.url) == demo


@pytest.mark.parametrize("name", ["neo4j", "ferretdb", "mongo-java-server"])
def test_another_start_than_the_one_there_is_refused(name, servers):
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
def test_any_text_is_a_text_under_any_key(store, key, value):
    said = document(
        Statement("entity", "ex:e", (), (Attribute(key, value),)),
        Statement("used", None, ("ex:a", "ex:e", None), (Attribute(key, value),)),
    )
    push(said, store.url)
    again = pull(store.url)
    assert again == said, difference(said, again)


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
def test_a_typed_value_comes_back(store, value, datatype):
    said = document(Statement("entity", "ex:e", (), (Attribute("k", value, datatype),)))
    push(said, store.url)
    again = pull(store.url)
    assert again == said, difference(said, again)
