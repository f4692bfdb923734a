"""The names of IRIs: the file's own prefixes, relative IRIs, and few prefixes for many IRIs."""

import time

import pytest

from mlflow2prov import formats, load
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.iri_references import resolve
from mlflow2prov.prov.namespaces import PROV, Namespaces
from tests.formats import write


def entities(*iris):
    """Return the document of an N-Triples file with entities."""
    lines = [f"<{iri}> <{provo.TYPE}> <{PROV}Entity> ." for iri in iris]
    return formats.read("\n".join(lines).encode(), format="nquads")


@pytest.mark.parametrize(
    ("iri", "namespace"),
    [
        ("http://example.org/a/b", "http://example.org/a/"),
        ("http://example.org/a#b", "http://example.org/a#"),
        ("urn:uuid:0b7b", "urn:uuid:"),
        ("urn:hash::sha1:00ff", "urn:hash::sha1:"),
        ("tag:ada@example.org,2024:model", "tag:ada@example.org,2024:"),
        ("mailto:ada@example.org", "mailto:"),
        ("doi:10.5281/zenodo.1", "doi:10.5281/"),
        ("urn:x:", "urn:"),
    ],
)
def test_an_iri_without_a_prefix_is_cut_after_its_last_delimiter(iri, namespace):
    document = entities(iri)
    (entity,) = document.statements()
    assert document.namespaces.declared == {"ns": namespace}
    assert document.namespaces.uri(entity.id) == iri


def test_many_names_of_one_scheme_have_one_prefix():
    document = entities(*(f"urn:uuid:{number}" for number in range(100)))
    assert document.namespaces.declared == {"ns": "urn:uuid:"}
    for name in ("turtle", "nquads", "json", "rdf", "jsonld", "xml", "provn"):
        assert formats.read(write(document, name), format=name) == document


def test_many_prefixes_take_time_in_proportion():
    namespaces = Namespaces()
    start = time.process_time()
    for number in range(20_000):
        assert namespaces.name(f"http://example.org/{number}/", "x").endswith(":x")
    assert namespaces.prefix_of("http://example.org/19999/") == "ns19999"
    assert time.process_time() - start < 5


def test_a_uri_has_the_first_of_its_prefixes():
    namespaces = Namespaces({"b": "http://example.org/", "a": "http://example.org/"})
    assert namespaces.prefix_of("http://example.org/") == "a"
    namespaces = Namespaces({"": "http://example.org/", "a": "http://example.org/"})
    assert namespaces.prefix_of("http://example.org/") == ""
    assert namespaces.alias("http://example.org/") == "a"


@pytest.mark.parametrize("name", ["turtle", "trig"])
def test_prefixes_are_those_of_the_file_also_where_rdflib_has_others(name):
    content = (
        f"@prefix prov: <{PROV}> . @prefix schema: <http://schema.org/> . @prefix rdfs: <{provo.RDFS}> .\n"
        '@prefix dc: <http://purl.org/dc/terms/> .\n<urn:x:e> a prov:Entity ; schema:name "x" ; rdfs:comment "c" .'
    )
    document = formats.read(content.encode(), format=name)
    assert document.namespaces.declared == {
        "dc": "http://purl.org/dc/terms/",
        "ns": "urn:x:",
        "rdfs": provo.RDFS,
        "schema": "http://schema.org/",
    }
    (entity,) = document.statements()
    assert [attribute.key for attribute in entity.attributes] == ["rdfs:comment", "schema:name"]


# Relative IRIs


@pytest.mark.parametrize(
    ("reference", "iri"),
    [
        ("", "x://host/a/b/file"),
        ("#f", "x://host/a/b/file#f"),
        ("#", "x://host/a/b/file#"),
        ("o.txt", "x://host/a/b/o.txt"),
        ("../o", "x://host/a/o"),
        ("/o", "x://host/o"),
        ("?q", "x://host/a/b/file?q"),
        ("urn:o", "urn:o"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "file", "arcp", "app"])
def test_a_reference_is_resolved_in_any_scheme(scheme, reference, iri):
    base = f"{scheme}://host/a/b/file"
    expected = iri.replace("x:", f"{scheme}:", 1) if iri.startswith("x:") else iri
    assert resolve(reference, base) == expected


RELATIVE = {
    "turtle": "<o/e> a prov:Entity ; prov:wasAttributedTo <#g> .",
    "trig": "{ <o/e> a prov:Entity ; prov:wasAttributedTo <#g> . }",
    "rdf": f"""<rdf:RDF xmlns:rdf="{provo.RDF}" xmlns:prov="{PROV}">
<prov:Entity rdf:about="o/e"><prov:wasAttributedTo rdf:resource="#g"/></prov:Entity></rdf:RDF>""",
    "jsonld": f"""[{{"@id": "o/e", "@type": "{PROV}Entity", "{PROV}wasAttributedTo": {{"@id": "#g"}}}}]""",
}


def with_prefix(name, base=""):
    prefix = f"@prefix prov: <{PROV}> .\n" if name in ("turtle", "trig") else ""
    return (base + prefix + RELATIVE[name]).encode()


def iris(document):
    return {
        document.namespaces.uri(name)
        for statement in document.statements()
        for name in (statement.id, *statement.arguments)
        if name
    }


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_iris_are_resolved_against_the_file(name, tmp_path, monkeypatch):
    file = tmp_path / "my train.x"
    file.write_bytes(with_prefix(name))
    folder = tmp_path.as_uri()
    expected = {f"{folder}/o/e", f"{folder}/my%20train.x#g"}
    assert iris(load(file, format=name)) == expected
    monkeypatch.chdir(tmp_path)
    assert iris(load("my train.x", format=name)) == expected
    assert iris(formats.read(with_prefix(name), format=name)) == {f"{folder}/o/e", f"{folder}/#g"}


@pytest.mark.parametrize(
    "base", ["@base <http://base.example/x/> .\n", "BASE <http://base.example/x/>\n"]
)
@pytest.mark.parametrize("name", ["turtle", "trig"])
def test_the_base_of_the_file_comes_first(name, base):
    expected = {"http://base.example/x/o/e", "http://base.example/x/#g"}
    assert iris(formats.read(with_prefix(name, base), "train.ttl", format=name)) == expected


def test_the_base_of_rdf_xml_comes_first():
    content = RELATIVE["rdf"].replace("<rdf:RDF ", '<rdf:RDF xml:base="arcp://uuid,1/x/" ')
    expected = {"arcp://uuid,1/x/o/e", "arcp://uuid,1/x/#g"}
    assert iris(formats.read(content.encode(), format="rdf")) == expected
