"""A bundle's name is resolved by the bundle's own prefixes first, then by those of the document."""

import json

import pytest

from mlflow2prov import Document, Statement, formats
from mlflow2prov.formats.provjsonld import CONTEXT
from tests.formats import write

OUTER = {"ex": "http://outer.example/", "o": "http://o.example/"}
INNER = {"ex": "http://inner.example/"}
PROV = "http://www.w3.org/ns/prov#"


def provn(name, inner):
    prefixes = "".join(f" prefix {prefix} <{uri}>" for prefix, uri in OUTER.items())
    own = "".join(
        f" prefix {prefix} <{uri}>" if prefix else f" default <{uri}>"
        for prefix, uri in inner.items()
    )
    return f"document{prefixes} bundle {name}{own} entity({name}) endBundle endDocument"


def provjson(name, inner):
    own = {prefix or "default": uri for prefix, uri in inner.items()}
    return json.dumps({"prefix": OUTER, "bundle": {name: {"prefix": own, "entity": {name: {}}}}})


def provjsonld(name, inner):
    bundle = {
        "@type": "Bundle",
        "@id": name,
        "@context": [{prefix or "@vocab": uri for prefix, uri in inner.items()}],
        "@graph": [{"@type": "Entity", "@id": name}],
    }
    return json.dumps({"@context": [OUTER, CONTEXT], "@graph": [bundle]})


def provxml(name, inner):
    def declared(prefixes):
        return "".join(
            f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"'
            for prefix, uri in prefixes.items()
        )

    return (
        f'<prov:document xmlns:prov="{PROV}"{declared(OUTER)}>'
        f'<prov:bundleContent prov:id="{name}"{declared(inner)}>'
        f'<prov:entity prov:id="{name}"/></prov:bundleContent></prov:document>'
    )


SPELLINGS = {"provn": provn, "json": provjson, "jsonld": provjsonld, "xml": provxml}


@pytest.mark.parametrize(
    ("name", "inner", "uri"),
    [
        ("ex:b", INNER, "http://inner.example/b"),
        ("ex:b", {}, "http://outer.example/b"),
        ("o:b", INNER, "http://o.example/b"),
        ("own:b", {"own": "http://own.example/"}, "http://own.example/b"),
        ("b", {"": "http://default.example/"}, "http://default.example/b"),
    ],
    ids=["redeclared", "inherited", "inherited beside others", "own", "default"],
)
@pytest.mark.parametrize("file_format", SPELLINGS)
def test_a_bundle_has_the_name_that_its_own_prefixes_give_it(file_format, name, inner, uri):
    content = SPELLINGS[file_format](name, inner)
    document = formats.read(content.encode(), format=file_format)
    (bundle,) = document.bundles()
    (entity,) = document.statements()
    assert (document.namespaces.uri(bundle), document.namespaces.uri(entity.id)) == (uri, uri)


@pytest.mark.parametrize("name", sorted(set(formats.READABLE) - {"rdf", "turtle"}))
def test_bundles_have_the_same_names_after_writing_and_reading(name):
    document = Document.from_statements(
        [Statement("entity", "ex:e", (), (), bundle) for bundle in ("ex:b", "in:b", "b")],
        {"ex": "http://outer.example/", "in": "http://inner.example/", "": "http://x.example/"},
    )
    assert formats.read(write(document, name), format=name) == document
