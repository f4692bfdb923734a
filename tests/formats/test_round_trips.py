"""Whatever a document says, a format that is written and read says the same."""

import io

import pytest
from hypothesis import given

from mlflow2prov import formats
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.prov import Document
from mlflow2prov.prov.convert import from_prov
from tests.formats.strategies import ODD_LOCALS, documents

ONE_GRAPH = {"rdf", "turtle"}
PROV, RDF = "http://www.w3.org/ns/prov#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def written(document: Document, name: str) -> bytes:
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


def difference(one: Document, other: Document) -> str:
    ours, theirs = set(one.statements()), set(other.statements())
    return f"lost: {ours - theirs}\nmade up: {theirs - ours}"


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents())
def test_what_is_written_is_read_the_same(name, document):
    if name in ONE_GRAPH and document.bundles():
        return
    again = formats.read(written(document, name))
    assert again == document, difference(document, again)


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents(ODD_LOCALS, bundles=False))
def test_names_of_any_characters_come_back(name, document):
    again = formats.read(written(document, name), format=name)
    assert again == document, difference(document, again)


@pytest.mark.parametrize("name", formats.READABLE)
@given(document=documents(bundles=False))
def test_a_file_is_recognised_by_its_content(name, document):
    # TriG without a named graph is Turtle.
    expected = {"trig": "turtle"}.get(name, name)
    assert formats.recognise(written(document, name)).name == expected


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
def test_the_root_tells_what_is_xml(content, name):
    assert formats.recognise(content.encode()).name == name


@given(document=documents())
def test_to_prov_and_back(document):
    again = Document.from_prov(document.to_prov())
    assert again == document, difference(document, again)


@pytest.mark.parametrize("name", ["json", "xml", "provn"])
@given(document=documents(bundles=False))
def test_prov_reads_what_we_write(name, document):
    from prov.model import ProvDocument

    content = written(document, name)
    theirs = ProvDocument.deserialize(content=content.decode(), format=name)
    # What XML and PROV-N cannot carry is escaped there, which prov knows nothing of.
    again = from_prov(
        theirs,
        None if name == "json" else unescape,
        unescape_keys=name != "xml",
        unescape_values=name == "xml",
    )
    assert again == document, difference(document, again)
