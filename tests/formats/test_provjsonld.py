"""PROV-JSONLD: valid by the schema of the submission, and read without a network."""

import json
import os
import socket
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, Statement, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats.provjsonld import CONTEXT
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from tests.formats import write
from tests.formats.strategies import ODD_LOCALS, documents
from tests.property_tests import examples

SCHEMAS = Path(os.environ.get("MLFLOW2PROV_TEST_SCHEMAS", "../shared/schemas"))
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason=f"the schemas of the W3C are not in {SCHEMAS}"
)
EX = {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"}
T = "2024-01-01T00:00:00+00:00"


def node(*statement):
    """Return the object of a document's only statement."""
    document = Document.from_statements([Statement(*statement)], EX)
    (result,) = json.loads(write(document, "jsonld"))["@graph"]
    return result


def read(graph, context=CONTEXT):
    prefixes = {"ex": "http://example.org/ns#"}
    content = {"@context": [prefixes, context], "@graph": graph}
    return formats.read(json.dumps(content).encode(), format="jsonld")


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((SCHEMAS / "prov-jsonld.schema.json").read_text())
    return jsonschema.Draft7Validator(schema)


def test_names_have_a_prefix_and_attributes_of_prov_dm_have_short_keys():
    attributes = (
        Attribute("name", "x"),
        Attribute("prov:label", "l", None, "en"),
        Attribute("prov:type", "Run", QUALIFIED_NAME),
        Attribute("step", "3", "xsd:int"),
    )
    assert node("entity", "e", (), attributes) == {
        "@type": "Entity",
        "@id": "mlflow2prov:e",
        "mlflow2prov:name": [{"@value": "x"}],
        "label": [{"@value": "l", "@language": "en"}],
        "type": ["mlflow2prov:Run"],
        "mlflow2prov:step": [{"@value": "3", "@type": "xsd:int"}],
    }


def test_several_values_of_a_key_are_one_list():
    attributes = (Attribute("ex:k", "1"), Attribute("ex:k", "2"), Attribute("ex:l", "3"))
    result = node("entity", "ex:e", (), attributes)
    assert result["ex:k"] == [{"@value": "1"}, {"@value": "2"}]
    assert result["ex:l"] == [{"@value": "3"}]


def test_a_relation_has_its_formal_arguments_by_name():
    assert node("used", None, ("ex:a", "ex:e", T)) == {
        "@type": "Usage",
        "activity": "ex:a",
        "entity": "ex:e",
        "time": T,
    }


@pytest.mark.parametrize("prefix", ["b-2", "b.2"])
def test_a_prefix_that_the_schema_does_not_allow_is_replaced(prefix):
    document = Document.from_statements(
        [
            Statement("entity", f"{prefix}:e", (), (Attribute(f"{prefix}:k", "v"),)),
            Statement("entity", "e", (), (), f"{prefix}:b"),
        ],
        {"": "https://w3id.org/mlflow2prov/", prefix: "http://example.org/"},
    )
    content = write(document, "jsonld")
    assert sorted(json.loads(content)["@context"][0]) == ["mlflow2prov", "ns", "prov", "xsd"]
    assert formats.read(content) == document


@needs_schemas
@examples(0.5)
@given(document=documents())
def test_documents_are_valid_by_the_schema(validator, document):
    content = json.loads(write(document, "jsonld"))
    # The schema has no type for mentions, which PROV-Links added.
    content["@graph"] = list(without_mentions(content["@graph"]))
    validator.validate(content)


def without_mentions(graph):
    for statement in graph:
        if statement["@type"] == "Bundle":
            yield {**statement, "@graph": list(without_mentions(statement["@graph"]))}
        elif statement["@type"] != "Mention":
            yield statement


@examples(0.5)
@given(document=documents(ODD_LOCALS))
def test_names_of_any_characters_are_the_same_after_writing_and_reading(document):
    assert formats.read(write(document, "jsonld")) == document


def test_a_membership_of_several_entities_becomes_several_statements():
    document = read([{"@type": "Membership", "collection": "ex:c", "entity": ["ex:a", "ex:b"]}])
    assert {s.arguments for s in document.statements()} == {("ex:c", "ex:a"), ("ex:c", "ex:b")}


def test_no_context_is_fetched(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(read([{"@type": "Entity", "@id": "ex:e"}])) == 1
    with pytest.raises(FormatError, match="is not fetched"):
        read([], context="http://127.0.0.1:9/context.jsonld")


@pytest.mark.parametrize(
    "graph",
    [
        ["text"],
        [{"@type": "Nothing"}],
        [{"@type": "Entity", "@id": "undeclared:e"}],
        [{"@type": "Usage", "activity": 3}],
        [{"@type": "Entity", "@id": "ex:e", "ex:k": [{"@value": {}}]}],
        [{"@type": "Bundle", "@graph": []}],
        [
            {
                "@type": "Bundle",
                "@id": "ex:b",
                "@graph": [{"@type": "Bundle", "@id": "ex:c", "@graph": []}],
            }
        ],
    ],
    ids=json.dumps,
)
def test_invalid_prov_jsonld_is_reported_in_one_line(graph):
    with pytest.raises(FormatError) as error:
        read(graph)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b'{"@graph": [', b'{"@context": []}', b'{"@graph": 3}', b'{"@graph": ' + b"[" * 100_000],
)
def test_a_broken_file_is_reported_in_one_line(content):
    with pytest.raises(FormatError) as error:
        formats.read(content, format="jsonld")
    assert "\n" not in str(error.value)
