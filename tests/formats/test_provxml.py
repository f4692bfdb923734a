"""PROV-XML as other programs write it: nothing of it is lost."""

import pytest

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
    (literal,) = entity.attributes
    return literal


def test_a_collection_has_all_its_members():
    members = "".join(f'<prov:entity prov:ref="ex:e{n}"/>' for n in range(3))
    found = statements(
        f'<prov:hadMember><prov:collection prov:ref="ex:c"/>{members}</prov:hadMember>'
    )
    assert [(s.kind, s.arguments) for s in found] == [
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
    literal = attribute(f"<ex:place {annotations}>un lieu \u00e0 part</ex:place>")
    assert literal == Attribute("ex:place", "un lieu \u00e0 part", None, "fr")


def test_xml_in_a_value_is_kept_as_text():
    literal = attribute('<ex:v xsi:type="rdf:XMLLiteral"><ex:b><ex:c>text</ex:c></ex:b></ex:v>')
    assert literal.type == "rdf:XMLLiteral"
    assert literal.value.startswith("<ex:b") and "<ex:c>text</ex:c></ex:b>" in literal.value


def test_a_text_that_only_mentions_these_types_is_as_it_was():
    assert attribute("<ex:v>InternationalizedString, XMLLiteral</ex:v>").value == (
        "InternationalizedString, XMLLiteral"
    )
