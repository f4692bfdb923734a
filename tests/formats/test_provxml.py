"""PROV-XML of other programs: no part of a value is lost, and no warning is emitted."""

import warnings
from contextlib import suppress
from pathlib import Path
from random import Random

import prov.tests
import pytest
from lxml import etree
from prov.model import ProvDocument

from mlflow2prov import Document, Statement, formats, load
from mlflow2prov.errors import FormatError
from mlflow2prov.prov.attributes import Attribute
from tests.formats import write

HEAD = (
    '<prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="urn:x:" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
)


LITERAL = "rdf:XMLLiteral"


def read(body):
    return formats.read(f"{HEAD}{body}</prov:document>".encode())


def statements(body):
    return list(read(body).statements())


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


CONTENT = '<ex:b xmlns:ex="urn:x:"><ex:c>text</ex:c></ex:b>'


@pytest.mark.parametrize(
    ("element", "value", "datatype"),
    [
        ('<ex:v xsi:type="rdf:XMLLiteral"><ex:b><ex:c>text</ex:c></ex:b></ex:v>', CONTENT, LITERAL),
        ("<ex:v><ex:b><ex:c>text</ex:c></ex:b></ex:v>", CONTENT, LITERAL),
        ("<ex:v>\n  <ex:b><ex:c>text</ex:c></ex:b>\n</ex:v>", CONTENT, LITERAL),
        ("<ex:v>one <b>two</b> &lt;three&gt;</ex:v>", "one <b>two</b> &lt;three&gt;", LITERAL),
        (
            '<ex:v xsi:type="ex:Address"><ex:b><ex:c>text</ex:c></ex:b></ex:v>',
            CONTENT,
            "ex:Address",
        ),
        (
            '<ex:v xml:lang="en">a <ex:b/></ex:v>',
            '<ex:v xmlns:ex="urn:x:" xml:lang="en">a <ex:b></ex:b></ex:v>',
            LITERAL,
        ),
        (
            '<ex:v><ex:b xmlns:t="urn:t:" xsi:type="t:T"/></ex:v>',
            '<ex:b xmlns:ex="urn:x:" xmlns:t="urn:t:" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="t:T"></ex:b>',
            LITERAL,
        ),
    ],
)
def test_a_value_that_contains_elements_is_an_xml_literal(element, value, datatype):
    assert attribute(element) == Attribute("ex:v", value, datatype)


@pytest.mark.parametrize(
    ("element", "attributes"),
    [
        (
            '<ex:v ex:of="length">metre</ex:v>',
            {
                Attribute("ex:v", "metre"),
                Attribute("ex:v", '<ex:v xmlns:ex="urn:x:" ex:of="length">metre</ex:v>', LITERAL),
            },
        ),
        (
            '<ex:v of="a&lt;b" xsi:type="xsd:int">1</ex:v>',
            {
                Attribute("ex:v", "1", "xsd:int"),
                Attribute(
                    "ex:v",
                    '<ex:v xmlns:ex="urn:x:" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
                    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" of="a&lt;b" '
                    'xsi:type="xsd:int">1</ex:v>',
                    LITERAL,
                ),
            },
        ),
        (
            '<ex:v xsi:nil="true"/>',
            {
                Attribute(
                    "ex:v",
                    '<ex:v xmlns:ex="urn:x:" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                    'xsi:nil="true"></ex:v>',
                    LITERAL,
                )
            },
        ),
        ('<ex:v xsi:nil="false">x</ex:v>', {Attribute("ex:v", "x")}),
        ('<ex:v xml:space="preserve"> x </ex:v>', {Attribute("ex:v", " x ")}),
    ],
)
def test_attributes_of_a_value_that_prov_lacks_are_kept_in_an_xml_literal(element, attributes):
    (entity,) = statements(f'<prov:entity prov:id="ex:e">{element}</prov:entity>')
    assert set(entity.attributes) == attributes


def test_further_attributes_of_a_statement_and_of_its_references_are_attributes():
    (usage,) = statements(
        '<prov:used ex:a="1"><prov:activity prov:ref="ex:a" ex:b="2"/></prov:used>'
    )
    assert usage.arguments == ("ex:a", None, None)
    assert usage.attributes == (Attribute("ex:a", "1"), Attribute("ex:b", "2"))


@pytest.mark.parametrize(
    "element",
    [
        "<ex:v><!-- a -->hello</ex:v>",
        "<ex:v>hel<!-- a -->lo</ex:v>",
        "<ex:v>hel<?pi data?>lo</ex:v>",
        "<ex:v><![CDATA[hel]]>lo</ex:v>",
        "<ex:v>h&#101;llo</ex:v><!-- a --><?pi?>",
    ],
)
def test_comments_and_processing_instructions_are_no_part_of_a_value(element):
    assert attribute(element) == Attribute("ex:v", "hello")


@pytest.mark.parametrize(
    "content",
    [
        f'<?xml version="1.0"?><!-- a --><?pi?>{HEAD}<prov:entity prov:id="ex:e"/></prov:document><!-- b -->',
        f'{HEAD}<!-- a --><prov:entity prov:id="ex:e"><!-- b --></prov:entity><?pi?></prov:document>',
        f'<?xml version="1.0" encoding="utf-16"?>{HEAD}<prov:entity prov:id="ex:e"/></prov:document>'.encode(
            "utf-16"
        ),
        f'<?xml version="1.0" encoding="gbk"?>{HEAD}<prov:entity prov:id="ex:e"/></prov:document>',
    ],
)
def test_comments_may_be_anywhere_and_the_encoding_is_the_declared_one(content):
    content = content if isinstance(content, bytes) else content.encode()
    (entity,) = formats.read(content, format="xml").statements()
    assert entity.id == "ex:e"


def test_names_without_a_prefix_or_default_namespace_are_names_of_one_namespace():
    document = read(
        '<prov:activity prov:id="a"><prov:type xsi:type="xsd:QName">Editing</prov:type></prov:activity>'
    )
    (activity,) = document.statements()
    assert document.namespaces.uri(activity.id) == "about:blank#a"
    assert activity.attributes == (Attribute("prov:type", "Editing", "prov:QUALIFIED_NAME"),)
    for name in formats.READABLE:
        assert formats.read(write(document, name), format=name) == document


def test_a_prefix_has_the_meaning_of_the_closest_declaration():
    document = read(
        '<prov:entity prov:id="ex:e"/><prov:entity xmlns:ex="urn:y:" prov:id="ex:e">'
        '<ex:v xmlns:ex="urn:z:" xsi:type="xsd:QName">ex:w</ex:v></prov:entity>'
        '<prov:bundleContent xmlns:ex="urn:b:" prov:id="ex:b"><prov:entity prov:id="ex:e"/></prov:bundleContent>'
    )
    uri = document.namespaces.uri
    assert sorted(uri(s.id) for s in document.statements()) == ["urn:b:e", "urn:x:e", "urn:y:e"]
    assert [uri(bundle) for bundle in document.bundles()] == ["urn:b:b"]
    (value,) = (a for s in document.statements() for a in s.attributes)
    assert (uri(value.key), uri(value.value)) == ("urn:z:v", "urn:z:w")


def test_a_language_applies_to_the_texts_within_its_element():
    (entity,) = statements(
        '<prov:entity prov:id="ex:e" xml:lang="fr"><ex:a>un</ex:a><ex:b xml:lang="">2</ex:b>'
        '<ex:c xsi:type="xsd:int">3</ex:c></prov:entity>'
    )
    assert entity.attributes == (
        Attribute("ex:a", "un", None, "fr"),
        Attribute("ex:b", "2"),
        Attribute("ex:c", "3", "xsd:int"),
    )


@pytest.mark.parametrize(
    ("element", "kind", "types"),
    [
        ("prov:plan", "entity", ["prov:Plan"]),
        ("prov:bundle", "entity", ["prov:Bundle"]),
        ("prov:person", "agent", ["prov:Person"]),
        ('prov:entity xsi:type="prov:Plan"', "entity", ["prov:Plan"]),
    ],
)
def test_elements_of_subtypes_state_a_type(element, kind, types):
    (statement,) = statements(f'<{element} prov:id="ex:e"/>')
    assert statement.kind == kind
    assert [attribute.value for attribute in statement.attributes] == types


def test_content_without_a_place_in_a_document_is_reported():
    with pytest.warns(UserWarning, match="the content of prov:other is left out"):
        found = statements(
            '<prov:other><ex:x><ex:y>1</ex:y></ex:x></prov:other><prov:entity prov:id="ex:e"/>'
        )
    assert [s.id for s in found] == ["ex:e"]
    with pytest.warns(UserWarning, match="text between elements is left out"):
        statements('<prov:entity prov:id="ex:e">stray<ex:v>x</ex:v></prov:entity>')


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<prov:entity prov:id="ex:e">', "mismatched tag"),
        ("<prov:entity/>", "line 1: entity without prov:id"),
        ('\n<prov:nothing prov:id="ex:e"/>', "line 2: prov:nothing is not a kind of statement"),
        ('<ex:e prov:id="ex:e"/>', r"\{urn:x:\}e is not a kind of statement"),
        ('<prov:entity prov:id="no:e"/>', "'no:e' has a prefix that is not declared"),
        ("<prov:used><prov:activity/></prov:used>", "prov:activity has no prov:ref"),
        ('<prov:bundleContent prov:id="ex:b"><prov:bundleContent prov:id="ex:c"/></prov:bundleContent>', "within"),
        (f'<prov:entity prov:id="ex:e">{"<ex:a>" * 1100}{"</ex:a>" * 1100}</prov:entity>', "more than 1000 deep"),
    ],
)  # fmt: skip
def test_an_error_names_the_line(body, message):
    with pytest.raises(FormatError, match=message):
        statements(body)


ORACLES = sorted(Path(prov.tests.__file__).parent.glob("**/*.xml"))


@pytest.mark.parametrize("path", ORACLES, ids=lambda path: path.name)
def test_files_of_the_prov_library_are_read_like_the_library_reads_them(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = Document.from_prov(ProvDocument.deserialize(str(path), format="xml"))
    except (prov.Error, etree.XMLSyntaxError):
        # The library refuses names without a prefix, which examples of the W3C have.
        with suppress(FormatError):
            assert len(load(path, format="xml"))
        return
    if path.name != "empty_root.xml":
        assert load(path, format="xml") == expected


def test_malformed_files_one_after_another_do_no_harm():
    """Each prefix of a file, and the file with one byte changed, is read or refused."""
    content = f'{HEAD}<prov:entity prov:id="ex:e"><ex:v a="b">x<ex:y/></ex:v></prov:entity></prov:document>'.encode()
    random = Random(1)
    mutants = [content[:end] for end in range(1, len(content), 7)]
    for _ in range(300):
        position = random.randrange(len(content))
        mutants.append(content[:position] + random.randbytes(1) + content[position + 1 :])
    for mutant in mutants:
        with suppress(FormatError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            formats.read(mutant, format="xml")


def test_a_text_that_contains_the_names_of_these_types_is_unchanged():
    assert attribute("<ex:v>InternationalizedString, XMLLiteral</ex:v>").value == (
        "InternationalizedString, XMLLiteral"
    )


def test_keys_have_only_letters_that_the_first_editions_of_xml_allow():
    """Expat, Xerces and others refuse an element with a letter of a later Unicode version in its name."""
    document = Document({"ex": "urn:x:"})
    keys = ("ex:größe", "ex:长度", "ex:ក", "ex:😀", "ex:²")
    document.extend([Statement("entity", "ex:ក", (), [Attribute(key, "1") for key in keys])])
    content = write(document, "xml").decode()
    assert "<ex:größe>" in content and "<ex:长度>" in content and "<ex:_x1780_>" in content
    assert 'prov:id="ex:ក"' in content
    assert formats.read(content.encode()) == document
