"""Values and names that formats find hard: none is changed, and the schemas of the W3C accept the files."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import rdflib
from lxml import etree
from rdflib.compare import isomorphic

from mlflow2prov import Attribute, Document, Statement, formats
from mlflow2prov.errors import FormatError
from tests.formats import write

NAMESPACES = {"": "http://x/", "ex": "http://ex/"}
SCHEMAS = Path(
    os.environ.get("MLFLOW2PROV_TEST_SCHEMAS") or Path(__file__).parents[3] / "shared" / "schemas"
)
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason=f"the schemas of the W3C are not in {SCHEMAS}"
)


@pytest.fixture
def document():
    attributes = (
        Attribute("name", "x"),
        Attribute("ex:key", "y"),
        Attribute("prov:type", "Run", "prov:QUALIFIED_NAME"),
        Attribute("prov:label", "z", None, "en"),
        Attribute("n", "3", "xsd:int"),
    )
    return Document.from_statements(
        [
            Statement("entity", "a", (), attributes),
            Statement("activity", "c", ("2024-01-01T00:00:00+00:00", None)),
            Statement("agent", "g"),
            Statement("wasGeneratedBy", None, ("a", "c", "2024-01-01T00:00:00+00:00")),
            Statement(
                "wasAssociatedWith", "ex:1", ("c", "g", None), (Attribute("prov:role", "r"),)
            ),
            Statement("hadMember", None, ("a", "b")),
        ],
        NAMESPACES,
    )


def entity_with(*attributes):
    return Document.from_statements([Statement("entity", "a", (), attributes)], NAMESPACES)


@pytest.mark.slow
def test_every_format_can_be_converted_to_every_other(document):
    for source in formats.READABLE:
        copy = formats.read(write(document, source))
        for target in formats.READABLE:
            assert formats.read(write(copy, target)) == document


def test_json_is_the_same_after_several_rounds():
    odd = entity_with(Attribute("name", "User?name\\=x\\"), Attribute("ex:k=\\", "v"))
    first = write(odd, "json")
    assert write(formats.read(write(formats.read(first), "json")), "json") == first


@pytest.mark.parametrize("name", formats.READABLE)
def test_characters_that_xml_cannot_carry_are_kept(name):
    odd = entity_with(
        Attribute("message", "a\x01b\x0c\x1f\ufffe\r\n]]>&<\"'_x0041_"), Attribute("n\x02", "v")
    )
    assert formats.read(write(odd, name)) == odd


@pytest.mark.parametrize("name", formats.READABLE)
@pytest.mark.parametrize("number", ["0.1234567890123456", "NaN", "INF", "-INF", "1e-300", "-0.0"])
def test_numbers_keep_all_digits(name, number):
    odd = entity_with(Attribute("value", number, "xsd:double"))
    assert formats.read(write(odd, name)) == odd


@pytest.mark.parametrize("name", formats.READABLE)
def test_names_that_look_like_escapes_are_kept(name):
    keys = ("ex:a_x0020_b", "ex:a b", "ex:_x005F_", "ex:_x0041_")
    document = entity_with(*(Attribute(key, key) for key in keys))
    assert formats.read(write(document, name), format=name) == document


def test_json_has_no_bare_nan():
    content = write(entity_with(Attribute("v", "NaN", "xsd:double")), "json")
    assert json.loads(content, parse_constant=pytest.fail)


def test_prov_n_escapes_a_backslash_at_the_end():
    odd = entity_with(Attribute("name", "=\\"), Attribute("other", '"\\"'))
    assert formats.read(write(odd, "provn")) == odd


def test_times_are_formal_arguments(document):
    data = json.loads(write(document, "json"))
    (generation,) = data["wasGeneratedBy"].values()
    assert generation["prov:time"] == "2024-01-01T00:00:00+00:00"
    assert b"prov:atTime" in write(document, "turtle")


@needs_schemas
def test_prov_xml_is_valid_by_its_schema(document):
    schema = etree.XMLSchema(etree.parse(f"{SCHEMAS}/prov.xsd"))
    schema.assertValid(etree.fromstring(write(document, "xml")))


@needs_schemas
@pytest.mark.parametrize(("name", "file"), [("json", "prov-json"), ("jsonld", "prov-jsonld")])
def test_json_is_valid_by_its_schema(document, name, file):
    schema = json.loads((SCHEMAS / f"{file}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    validator.validate(json.loads(write(document, name)))


def test_rdflib_reads_the_same_graph_from_every_syntax(document):
    graphs = []
    for name, syntax in (
        ("rdf", "xml"),
        ("turtle", "turtle"),
        ("nquads", "nquads"),
        ("trig", "trig"),
    ):
        dataset = rdflib.Dataset(default_union=True)
        dataset.parse(data=write(document, name), format=syntax)
        graph = rdflib.Graph()
        for triple in dataset.triples((None, None, None)):
            graph.add(triple)
        graphs.append(graph)
    assert all(isomorphic(graphs[0], graph) for graph in graphs[1:])
    assert len(graphs[0]) > 10


def test_formats_of_one_graph_refuse_bundles(document):
    document.extend([Statement("entity", "z", (), (), "ex:bundle")])
    for name in ("rdf", "turtle"):
        with pytest.raises(FormatError, match="save as trig"):
            write(document, name)
    for name in ("trig", "nquads", "jsonld", "json", "xml", "provn"):
        assert formats.read(write(document, name)) == document
