"""PROV-XML of other programs: no part of a value is lost, and no warning is emitted."""

import warnings

import pytest
from prov import _warnings as prov_warnings
from prov.model import ProvDocument

from mlflow2prov import formats
from mlflow2prov.prov.attributes import Attribute

HEAD = (
    '<prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="urn:x:" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)


def statements(body):
    return list(formats.read(f"{HEAD}{body}</prov:document>".encode()).statements())


def attribute(element):
    (entity,) = statements(f'<prov:entity prov:id="ex:e">{element}</prov:entity>')
    (result,) = entity.attributes
    return result


def test_a_membership_of_several_entities_becomes_several_statements():
    members = "".join(f'<prov:entity prov:ref="ex:e{n}"/>' for n in range(3))
    memberships = statements(
        f'<prov:hadMember><prov:collection prov:ref="ex:c"/>{members}</prov:hadMember>'
    )
    assert [(s.kind, s.arguments) for s in memberships] == [
        ("hadMember", ("ex:c", f"ex:e{n}")) for n in range(3)
    ]


@pytest.mark.parametrize(
    "annotations",
    [
        'xml:lang="fr"',
        'xml:lang="fr" xsi:type="prov:InternationalizedString"',
        'xsi:type="prov:InternationalizedString" xml:lang="fr"',
    ],
)
def test_a_text_keeps_its_language(annotations):
    place = attribute(f"<ex:place {annotations}>un lieu \u00e0 part</ex:place>")
    assert place == Attribute("ex:place", "un lieu \u00e0 part", None, "fr")


def test_xml_in_a_value_is_kept_as_text():
    value = attribute('<ex:v xsi:type="rdf:XMLLiteral"><ex:b><ex:c>text</ex:c></ex:b></ex:v>')
    assert value.type == "rdf:XMLLiteral"
    assert value.value.startswith("<ex:b") and "<ex:c>text</ex:c></ex:b>" in value.value


def test_a_text_that_contains_the_names_of_these_types_is_unchanged():
    assert attribute("<ex:v>InternationalizedString, XMLLiteral</ex:v>").value == (
        "InternationalizedString, XMLLiteral"
    )


def test_warnings_of_the_prov_library_are_neither_emitted_nor_filtered_for_the_process(monkeypatch):
    """Other threads may rely on the filters."""
    formats_read = []
    parse = ProvDocument.deserialize

    def watched_parse(**options):
        assert warnings.filters is filters
        prov_warnings.warn("a warning of the library", prov_warnings.ProvWarning)
        formats_read.append(options["format"])
        return parse(**options)

    monkeypatch.setattr(ProvDocument, "deserialize", watched_parse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filters = warnings.filters
        assert len(statements('<prov:entity prov:id="ex:e"/>')) == 1
    assert formats_read == ["xml"]
