"""A document that is written and read is the same document, in every format."""

import pytest
from hypothesis import given

from mlflow2prov import Document, formats
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.prov.convert import from_prov
from tests.formats import differences, write
from tests.formats.strategies import MICROSECONDS, ODD_LOCALS, documents

ONE_GRAPH = {"rdf", "turtle"}
PROV, RDF = "http://www.w3.org/ns/prov#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents())
def test_a_document_is_the_same_after_writing_and_reading(name, document):
    if name in ONE_GRAPH and document.bundles():
        return
    result = formats.read(write(document, name))
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents(ODD_LOCALS, bundles=False))
def test_names_of_any_characters_are_the_same_after_writing_and_reading(name, document):
    result = formats.read(write(document, name), format=name)
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents(bundles=False))
def test_a_file_is_recognised_by_its_content(name, document):
    # TriG without a named graph is Turtle.
    expected = {"trig": "turtle"}.get(name, name)
    assert formats.recognise(write(document, name)).name == expected


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (
            f'<?xml version="1.0"?><!-- <a b> --><p:document xmlns:p="{PROV}" xmlns:rdf="{RDF}"/>',
            "xml",
        ),
        (f'<?pi <document ?><rdf:RDF xmlns:rdf="{RDF}"/>', "rdf"),
        (f'<!DOCTYPE rdf:RDF [<!ENTITY p "{PROV}">]>\n<rdf:RDF xmlns:rdf="{RDF}"/>', "rdf"),
        (f'<prov:Entity xmlns:prov="{PROV}" xmlns:rdf="{RDF}" rdf:about="urn:x"/>', "rdf"),
        (f"<urn:x> <{RDF}type> <{PROV}Entity> .", "nquads"),
    ],
)
def test_the_root_element_decides_the_format_of_xml(content, name):
    assert formats.recognise(content.encode()).name == name


@given(document=documents(times_=MICROSECONDS))
def test_a_document_is_the_same_after_conversion_to_prov_and_back(document):
    result = Document.from_prov(document.to_prov())
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", ["json", "xml", "provn"])
@given(document=documents(bundles=False, times_=MICROSECONDS))
def test_the_prov_library_reads_the_same_document(name, document):
    from prov.model import ProvDocument

    content = write(document, name)
    prov_document = ProvDocument.deserialize(content=content.decode(), format=name)
    # Our escapes in XML and PROV-N are unknown to the library.
    result = from_prov(
        prov_document,
        None if name == "json" else unescape,
        unescape_keys=name != "xml",
        unescape_values=name == "xml",
    )
    assert result == document, differences(document, result)
