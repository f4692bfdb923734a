"""PROV-O in JSON-LD of any shape, and PROV-JSONLD as others write it, without a network."""

import json
import socket

import pytest
from prov.serializers.provjsonld import load_vendored_context

from mlflow2prov import Attribute, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats.provjsonld import CONTEXT
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.namespaces import PROV

EX = "http://example.org/"
CONTEXT_OF_TERMS = {"prov": PROV, "ex": EX, "xsd": "http://www.w3.org/2001/XMLSchema#"}
BASE = "http://example.org/folder/file.jsonld"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read(data, base=BASE):
    return formats.read(json.dumps(data).encode(), base=base)


def turtle(body):
    prefixes = f"@prefix prov: <{PROV}> . @prefix ex: <{EX}> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    return formats.read((prefixes + body).encode(), format="turtle")


EXPECTED = turtle(
    'ex:e a prov:Entity ; prov:wasGeneratedBy ex:a ; ex:n "007"^^xsd:int . ex:a a prov:Activity .'
)
GRAPH = [
    {
        "@id": "ex:e",
        "@type": "prov:Entity",
        "prov:wasGeneratedBy": {"@id": "ex:a"},
        "ex:n": {"@value": "007", "@type": "xsd:int"},
    },
    {"@id": "ex:a", "@type": "prov:Activity"},
]
EXPANDED = [
    {
        "@id": f"{EX}e",
        "@type": [f"{PROV}Entity"],
        f"{PROV}wasGeneratedBy": [{"@id": f"{EX}a"}],
        f"{EX}n": [{"@value": "007", "@type": "http://www.w3.org/2001/XMLSchema#int"}],
    },
    {"@id": f"{EX}a", "@type": [f"{PROV}Activity"]},
]
SHAPES = {
    "compact": {"@context": CONTEXT_OF_TERMS, "@graph": GRAPH},
    "an array of objects with contexts": [{"@context": CONTEXT_OF_TERMS, **node} for node in GRAPH],
    "nested objects": {
        "@context": CONTEXT_OF_TERMS,
        **GRAPH[0],
        "prov:wasGeneratedBy": {"@id": "ex:a", "@type": "prov:Activity"},
    },
    "terms with types": {
        "@context": {
            **CONTEXT_OF_TERMS,
            "id": "@id",
            "type": "@type",
            "Entity": "prov:Entity",
            "Activity": "prov:Activity",
            "generatedBy": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
            "n": {"@id": "ex:n", "@type": "xsd:int"},
        },
        "@graph": [
            {"id": "ex:e", "type": "Entity", "generatedBy": "ex:a", "n": "007"},
            {"id": "ex:a", "type": "Activity"},
        ],
    },
    "a vocabulary": {
        "@context": [CONTEXT_OF_TERMS, {"@vocab": PROV}],
        "@graph": [
            {"@id": "ex:e", "@type": "Entity", "wasGeneratedBy": {"@id": "ex:a"}, "ex:n": GRAPH[0]["ex:n"]},
            {"@id": "ex:a", "@type": "Activity"},
        ],
    },
    "a reverse property": {
        "@context": CONTEXT_OF_TERMS,
        "@id": "ex:a",
        "@type": "prov:Activity",
        "@reverse": {
            "prov:wasGeneratedBy": {"@id": "ex:e", "@type": "prov:Entity", "ex:n": GRAPH[0]["ex:n"]}
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_prov_o_is_read_in_any_shape(shape):
    assert list(read(SHAPES[shape]).statements()) == list(EXPECTED.statements())


def test_expanded_json_ld_states_the_same_with_other_prefixes():
    kinds = sorted((s.kind, len(s.attributes)) for s in read(EXPANDED).statements())
    assert kinds == [("activity", 0), ("entity", 1), ("wasGeneratedBy", 0)]


@pytest.mark.parametrize(
    ("value", "text", "datatype"),
    [
        (7, "7", "xsd:integer"),
        (1.5, "1.5", "xsd:double"),
        (2.0, "2", "xsd:integer"),
        (True, "true", "xsd:boolean"),
        ({"@value": 7, "@type": "xsd:long"}, "7", "xsd:long"),
        ({"@value": "1e400", "@type": "xsd:double"}, "1e400", "xsd:double"),
        ({"@value": "not a number", "@type": "xsd:int"}, "not a number", "xsd:int"),
        ("text", "text", None),
    ],
)
def test_values_are_those_of_the_file(value, text, datatype, caplog):
    (entity,) = read(
        {"@context": CONTEXT_OF_TERMS, "@id": "ex:e", "@type": "prov:Entity", "ex:k": value}
    ).statements()
    assert entity.attributes == (Attribute("ex:k", text, datatype),)
    assert caplog.records == []


def test_languages_lists_and_blank_nodes_are_read():
    context = {**CONTEXT_OF_TERMS, "name": {"@id": "ex:name", "@container": "@language"}}
    node = {
        "@id": "ex:e",
        "@type": "prov:Entity",
        "name": {"de": "Bild"},
        "ex:l": {"@list": [1, 2]},
    }
    agent = {"@type": "prov:Agent", "ex:k": "v"}
    document = read({"@context": context, **node, "prov:wasAttributedTo": agent})
    entity = next(s for s in document.statements() if s.kind == "entity")
    assert Attribute("ex:name", "Bild", None, "de") in entity.attributes
    assert [a.value for a in entity.attributes if a.key == "ex:l"] == ["1", "2"]
    assert {s.kind for s in document.statements()} == {"entity", "agent", "wasAttributedTo"}


def test_a_named_graph_is_a_bundle():
    bundle = {"@id": "ex:b", "@graph": [{"@id": "ex:e", "@type": "prov:Entity"}]}
    (entity,) = read({"@context": CONTEXT_OF_TERMS, **bundle}).statements()
    assert (entity.id, entity.bundle) == ("ex:e", "ex:b")


@pytest.mark.parametrize("base", ["http://base.example/x/", "arcp://uuid,1234/x/"])
def test_relative_iris_are_resolved_against_the_base(base):
    context = {
        **CONTEXT_OF_TERMS,
        "@base": base,
        "by": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
    }
    document = read({"@context": context, "@id": "e", "@type": "prov:Entity", "by": "../a"})
    (relation,) = (s for s in document.statements() if s.kind == "wasGeneratedBy")
    iris = [document.namespaces.uri(name) for name in relation.arguments[:2]]
    assert iris == [f"{base}e", f"{base.removesuffix('x/')}a"]


def test_relative_iris_are_resolved_against_the_file():
    (entity,) = (
        document := read({"@context": CONTEXT_OF_TERMS, "@id": "e", "@type": "prov:Entity"})
    ).statements()
    assert document.namespaces.uri(entity.id) == "http://example.org/folder/e"


@pytest.mark.parametrize(
    "wrap",
    [lambda c: c, lambda c: [c], lambda c: [[c]], lambda c: {"x": {"@id": "ex:x", "@context": c}}],
)
def test_a_context_that_is_not_in_the_file_is_an_error(wrap):
    data = {
        "@context": wrap("https://127.0.0.1:9/context.jsonld"),
        "@id": "urn:e",
        "@type": f"{PROV}Entity",
    }
    with pytest.raises(
        FormatError, match=r"context\.jsonld is not fetched; copy its content into the file"
    ):
        read(data)
    with pytest.raises(FormatError, match="is not fetched"):
        read([{"@id": "urn:x", "urn:p": {**data}}])


@pytest.mark.parametrize(
    "data",
    [[], {}, [1], {"@id": "urn:x"}, {"@context": 5, "@id": "urn:x"}, {"@graph": [{"@id": 3}]}],
    ids=json.dumps,
)
def test_json_ld_without_prov_is_an_error(data):
    with pytest.raises(FormatError) as error:
        formats.read(json.dumps(data).encode(), format="jsonld")
    assert "\n" not in str(error.value)


def test_deep_json_ld_is_an_error():
    content = b'[{"@id": "urn:x", "urn:p": ' + b'{"urn:p": ' * 400 + b"1" + b"}" * 401 + b"]"
    with pytest.raises(FormatError, match="nested more than"):
        formats.read(content, format="jsonld")


@pytest.mark.parametrize("base", ["http://[", "http://[x"])
def test_a_base_that_is_no_iri_is_an_error(base):
    for graph in ([{"@type": "Entity", "@id": "e"}], [{"@type": ["Entity"], "@id": "e"}]):
        with pytest.raises(FormatError):
            read({"@context": [{"@base": base}, CONTEXT], "@graph": graph})


# PROV-JSONLD as others write it

STATEMENTS = [
    {"@type": "Entity", "@id": "ex:e", "type": ["prov:Plan"], "label": [{"@value": "l"}]},
    {"@type": "Activity", "@id": "ex:a", "startTime": "2024-01-01T00:00:00Z"},
    {"@type": "Generation", "@id": "ex:g", "entity": "ex:e", "activity": "ex:a"},
    {"@type": "Derivation", "generatedEntity": "ex:f", "usedEntity": "ex:e"},
    {"@type": "Membership", "collection": "ex:c", "entity": ["ex:e"]},
]
PROV_JSONLD = formats.read(
    json.dumps({"@context": [{"ex": EX}, CONTEXT], "@graph": STATEMENTS}).encode()
)


@pytest.mark.parametrize(
    "address",
    [
        "https://openprovenance.org/prov-jsonld/context.jsonld",
        "http://openprovenance.org/prov-jsonld/context.jsonld",
        "https://openprovenance.org/prov-jsonld/context.json",
        "https://openprovenance.org/prov-jsonld/context-2024-06-19.json",
        "http://openprovenance.org/prov.jsonld",
        "https://openprovenance.org/prov.jsonld",
        "http://openprovenance.org/prov-jsonld.json",
    ],
)
def test_the_context_is_known_by_all_addresses_that_it_has_had(address):
    assert read({"@context": [{"ex": EX}, address], "@graph": STATEMENTS}) == PROV_JSONLD
    prefixed = [
        {f"prov:{key}" if key in ("type", "label") else key: value for key, value in node.items()}
        | {"@type": f"prov:{node['@type']}"}
        for node in STATEMENTS
    ]
    assert read({"@context": [{"ex": EX}, address], "@graph": prefixed}) == PROV_JSONLD
    bundle = {
        "@type": "prov:Bundle",
        "@id": "ex:b",
        "@context": [{"ex": EX}, address],
        "@graph": prefixed,
    }
    (name,) = read({"@context": [{"ex": EX}, address], "@graph": [bundle]}).bundles()
    assert name == "ex:b"


def test_a_copy_of_the_context_in_the_file_is_the_same():
    assert (
        read({"@context": [{"ex": EX}, load_vendored_context()], "@graph": STATEMENTS})
        == PROV_JSONLD
    )


@pytest.mark.parametrize(
    ("context", "namespace"),
    [
        ({"@base": "https://base.example/"}, "https://base.example/"),
        ({"@base": "https://base.example/file"}, "https://base.example/"),
        (
            {"@base": "https://base.example/ns#", "@vocab": "https://base.example/ns#"},
            "https://base.example/ns#",
        ),
        ({"@vocab": "https://vocab.example/"}, "https://vocab.example/"),
        (
            {"@base": "https://base.example/", "@vocab": "https://vocab.example/"},
            "https://base.example/",
        ),
        ({}, "http://example.org/folder/"),
    ],
)
def test_names_without_a_prefix_are_resolved_against_the_base(context, namespace):
    graph = [
        {"@type": "Entity", "@id": "e"},
        {"@type": "Generation", "entity": "e", "activity": "a"},
    ]
    document = read({"@context": [context, CONTEXT], "@graph": graph})
    entity, generation = document.statements()
    assert document.namespaces.uri(entity.id) == f"{namespace}e"
    assert generation.arguments[0] == entity.id
    assert document.namespaces.uri(generation.arguments[1]) == f"{namespace}a"


def test_a_key_without_a_prefix_is_in_the_vocabulary():
    context = [{"@vocab": EX, "ex": EX}, CONTEXT]
    (entity,) = (
        d := read({"@context": context, "@graph": [{"@type": "Entity", "@id": "ex:e", "k": "v"}]})
    ).statements()
    assert d.namespaces.uri(entity.attributes[0].key) == f"{EX}k"


@pytest.mark.parametrize(
    "iri",
    ["http://other.example/e", "urn:uuid:1-2", "tag:a@b.example,2024:e", "mailto:a@b.example"],
)
def test_full_iris_are_names(iri):
    (entity,) = (
        d := read({"@context": CONTEXT, "@graph": [{"@type": "Entity", "@id": iri}]})
    ).statements()
    assert d.namespaces.uri(entity.id) == iri


@pytest.mark.parametrize(
    "node",
    [
        {"@type": ["Entity", "ex:Model"], "@id": "ex:e"},
        {"@type": "Entity", "@id": "ex:e", "ex:k": [3, True, {"@id": "ex:o"}]},
        {
            "@type": "Entity",
            "@id": "ex:e",
            "prov:wasAttributedTo": {"@id": "ex:g", "@type": "Agent"},
        },
        {"@type": "Entity", "@id": "_:e", "label": "x"},
    ],
    ids=json.dumps,
)
def test_statements_of_another_shape_are_read_as_prov_o(node):
    document = read({"@context": [CONTEXT_OF_TERMS, CONTEXT], "@graph": [node]})
    assert "entity" in {s.kind for s in document.statements()}


def test_qualified_relations_of_another_shape_are_read_as_prov_o():
    graph = [*STATEMENTS, {"@type": ["Entity"], "@id": "ex:x"}]
    document = read({"@context": [{"ex": EX}, CONTEXT], "@graph": graph})
    relations = {
        (s.kind, *s.arguments[:2]) for s in document.statements() if s.kind not in provo.ELEMENTS
    }
    assert relations == {
        ("wasGeneratedBy", "ex:e", "ex:a"),
        ("wasDerivedFrom", "ex:f", "ex:e"),
        ("hadMember", "ex:c", "ex:e"),
    }
    entity = next(s for s in document.statements() if s.id == "ex:e")
    assert Attribute("prov:type", "prov:Plan", QUALIFIED_NAME) in entity.attributes
