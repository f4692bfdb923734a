"""The text of RDF files: literals and prefixes are those of the file, and rdflib stays as it is."""

import logging

import pytest
import rdflib

from mlflow2prov import formats
from mlflow2prov.formats._support import provo
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.namespaces import PROV

SYNTAXES = ("nquads", "trig", "turtle", "rdf")
XSD = "http://www.w3.org/2001/XMLSchema#"


def literal_in(name, text, datatype):
    """Return the attribute that an entity has in a file of the syntax ``name``."""
    if name == "rdf":
        content = (
            f'<rdf:RDF xmlns:rdf="{provo.RDF}" xmlns:prov="{PROV}" xmlns:ex="urn:x:">'
            f'<prov:Entity rdf:about="urn:x:e"><ex:k rdf:datatype="{XSD}{datatype}">{text}</ex:k>'
            "</prov:Entity></rdf:RDF>"
        )
    else:
        content = (
            f"<urn:x:e> <{provo.TYPE}> <{PROV}Entity> .\n"
            f'<urn:x:e> <urn:x:k> "{text}"^^<{XSD}{datatype}> .\n'
        )
    (entity,) = formats.read(content.encode(), format=name).statements()
    (attribute,) = entity.attributes
    return attribute.value, attribute.type


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("1.50", "decimal"),
        ("0.0000001", "decimal"),
        ("  a  b ", "token"),
        ("2001-01-01", "date"),
        ("PT90S", "duration"),
        ("not a number", "int"),
        ("0101", "hexBinary"),
    ],
)
def test_the_text_of_a_literal_is_that_of_the_file(name, text, datatype):
    assert literal_in(name, text, datatype) == (text, f"xsd:{datatype}")


@pytest.mark.parametrize(
    ("text", "value", "datatype"),
    [
        ("7", "7", "xsd:integer"),
        ("-0.0", "-0.0", "xsd:decimal"),
        ("0.0000001", "0.0000001", "xsd:decimal"),
        ("1e3", "1e3", "xsd:double"),
        ("true", "true", "xsd:boolean"),
    ],
)
@pytest.mark.parametrize("name", ["turtle", "trig"])
def test_numbers_and_booleans_without_quotes_are_read(name, text, value, datatype):
    content = f"@prefix prov: <{PROV}> . @prefix ex: <urn:x:> .\nex:e a prov:Entity ; ex:k {text} ."
    (entity,) = formats.read(content.encode(), format=name).statements()
    assert entity.attributes == (Attribute("ex:k", value, datatype),)


def test_xml_within_a_property_is_a_value():
    content = (
        f'<rdf:RDF xmlns:rdf="{provo.RDF}" xmlns:prov="{PROV}" xmlns:ex="urn:x:">'
        '<prov:Entity rdf:about="urn:x:e"><ex:k rdf:parseType="Literal">a<ex:b>c</ex:b>d</ex:k>'
        "</prov:Entity></rdf:RDF>"
    )
    (entity,) = formats.read(content.encode(), format="rdf").statements()
    (attribute,) = entity.attributes
    assert attribute.value == 'a<ex:b xmlns:ex="urn:x:">c</ex:b>d'
    assert attribute.type.endswith(":XMLLiteral")


@pytest.mark.parametrize("name", SYNTAXES)
def test_reading_changes_no_setting_of_rdflib(name, monkeypatch):
    """Another thread may use rdflib at the same time."""
    logger = logging.getLogger("rdflib")
    monkeypatch.setattr(logger, "setLevel", pytest.fail)
    add = rdflib.Graph.add
    states = []

    def state():
        return logger.level, logger.handlers[:], logger.filters[:], rdflib.NORMALIZE_LITERALS

    def watched_add(graph, triple):
        states.append(state())
        return add(graph, triple)

    monkeypatch.setattr(rdflib.Graph, "add", watched_add)
    before = state()
    assert literal_in(name, "007", "int") == ("007", "xsd:int")
    assert states and all(state == before for state in states)


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_value_that_its_datatype_does_not_allow_is_not_logged(name, caplog):
    assert literal_in(name, "not a number", "int") == ("not a number", "xsd:int")
    assert caplog.records == []


@pytest.mark.parametrize("name", ["turtle", "trig", "nquads"])
def test_an_iri_with_forbidden_characters_is_not_logged(name, caplog):
    content = f"<http://x/{{e}}> <{provo.TYPE}> <{PROV}Entity> ."
    (entity,) = formats.read(content.encode(), format=name).statements()
    assert entity.id.endswith(":{e}")
    assert caplog.records == []
