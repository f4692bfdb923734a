"""PROV-O in four syntaxes: its terms, its readers, and the documents that it cannot express."""

import io
import logging
import re

import pytest
import rdflib
from hypothesis import given
from prov.model import ProvDocument
from rdflib.compare import isomorphic

from mlflow2prov import Attribute, Document, Statement, formats
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.convert import from_prov
from mlflow2prov.prov.kinds import KINDS
from mlflow2prov.prov.namespaces import PROV
from tests.formats import differences, write
from tests.formats.strategies import MICROSECONDS, ODD_LOCALS, documents
from tests.property_tests import examples

SYNTAXES = {"nquads": "nquads", "trig": "trig", "turtle": "turtle", "rdf": "xml"}
EX = {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"}
T = "2024-01-01T00:00:00+00:00"

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True, scope="module")
def quiet_rdflib():
    """Keep rdflib's own parsers quiet, which log every literal that its datatype does not allow."""
    logging.getLogger("rdflib").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("rdflib").setLevel(logging.NOTSET)


def document(*statements, namespaces=None):
    return Document.from_statements(statements, EX if namespaces is None else namespaces)


def turtle(*statements, namespaces=None):
    """Return the statements of a Turtle file, without its prefixes, in one line."""
    content = write(document(*statements, namespaces=namespaces), "turtle").decode()
    body = content.split("\n\n", 1)[1]
    return " ".join(body.split())


def read(content, name):
    return formats.read(content, format=name)


# Terms


def test_a_relation_of_two_arguments_is_one_triple():
    assert turtle(Statement("used", None, ("ex:a", "ex:e", None))) == "ex:a prov:used ex:e ."


def test_a_relation_with_more_than_two_arguments_has_a_node():
    assert turtle(Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "r"),))) == (
        f'ex:a prov:qualifiedUsage [ a prov:Usage ; prov:entity ex:e ; prov:atTime "{T}"^^xsd:dateTime ; '
        'prov:hadRole "r" ] .'
    )


def test_a_relation_with_an_identifier_has_a_named_node():
    assert turtle(Statement("used", "ex:u", ("ex:a", "ex:e", None))) == (
        "ex:a prov:qualifiedUsage ex:u . ex:u a prov:Usage ; prov:entity ex:e ."
    )


def test_a_revision_has_its_own_class_and_property():
    revision = Attribute("prov:type", "prov:Revision", QUALIFIED_NAME)
    assert turtle(
        Statement("wasDerivedFrom", None, ("ex:b", "ex:a", "ex:c", None, None), (revision,))
    ) == (
        "ex:b prov:qualifiedRevision [ a prov:Revision ; prov:entity ex:a ; prov:hadActivity ex:c ] ."
    )


def test_attributes_of_prov_dm_have_the_properties_of_prov_o():
    attributes = (
        Attribute("prov:label", "l", None, "en"),
        Attribute("prov:location", "here"),
        Attribute("prov:type", "Run", QUALIFIED_NAME),
        Attribute("prov:value", "1", "xsd:int"),
    )
    assert turtle(Statement("entity", "ex:e", (), attributes)) == (
        'ex:e a prov:Entity ; rdfs:label "l"@en ; prov:atLocation "here" ; a :Run ; '
        'prov:value "1"^^xsd:int .'
    )


def test_every_kind_has_terms_for_all_its_arguments():
    for kind in KINDS:
        if kind.element:
            assert kind.name in provo.ELEMENTS
            assert all(argument.name in provo.ELEMENT_TIMES for argument in kind.arguments)
        else:
            relation = provo.RELATIONS[kind.name]
            assert set(relation.others) == {argument.name for argument in kind.arguments[2:]}
            assert bool(relation.influence) == bool(relation.qualifies) == kind.identified


@pytest.mark.parametrize("name", SYNTAXES)
def test_the_same_document_gives_the_same_bytes(name):
    statements = [
        Statement("used", None, ("ex:a", "ex:e", T)),
        Statement("entity", "ex:e", (), (Attribute("b", "1"), Attribute("a", "2"))),
        Statement("used", None, ("ex:a", "ex:e", None), (Attribute("x", "y"),)),
    ]
    assert write(document(*statements), name) == write(document(*statements[::-1]), name)


def test_blank_nodes_of_different_bundles_have_different_labels():
    used = [
        Statement("used", None, ("ex:a", "ex:e", T), (), bundle) for bundle in ("", "ex:b", "ex:c")
    ]
    labels = re.findall(r"qualifiedUsage> (\S+)", write(document(*used), "nquads").decode())
    assert len(set(labels)) == 3


# Other readers and writers


@examples(0.5)
@given(document=documents(bundles=False))
def test_rdflib_reads_one_graph_from_all_four_syntaxes(document):
    graphs = []
    for name, syntax in SYNTAXES.items():
        dataset = rdflib.Dataset()
        dataset.parse(io.BytesIO(write(document, name)), format=syntax)
        graphs.append(dataset.default_graph)
    # XML escapes the characters that it cannot carry, and the other syntaxes do not.
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])
    assert len(graphs[0]) == len(graphs[3])


# N-Quads have no prefixes, and the prov library splits IRIs at other places than the document does.
PREFIXED = [name for name in SYNTAXES if name != "nquads"]


@pytest.mark.parametrize("name", PREFIXED)
@examples(0.5)
@given(document=documents(bundles=False, times_=MICROSECONDS))
def test_the_prov_library_reads_the_same_document(name, document):
    result = read_by_prov(document, name)
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", PREFIXED)
@examples(0.5)
@given(document=documents(ODD_LOCALS, bundles=False, times_=MICROSECONDS))
def test_the_prov_library_reads_names_of_any_characters(name, document):
    result = read_by_prov(document, name)
    assert result == document, differences(document, result)


@examples(0.5)
@given(document=documents(times_=MICROSECONDS))
def test_the_prov_library_reads_bundles(document):
    result = read_by_prov(document, "trig")
    assert result == document, differences(document, result)


_BLANK = re.compile(r"n[0-9a-f]{32}b\d+|N[0-9a-f]{32}")


def read_by_prov(document, name):
    """Read a file with the prov library, without the identifiers that it makes of blank nodes' labels."""
    prov_document = ProvDocument.deserialize(
        content=write(document, name).decode(), format="rdf", rdf_format=SYNTAXES[name]
    )
    result = from_prov(prov_document, unescape, unescape_values=name == "rdf")
    elements = ("entity", "activity", "agent")
    statements = [
        s._replace(id=None) if s.kind not in elements and s.id and _BLANK.fullmatch(s.id) else s
        for s in result.statements()
    ]
    return Document.from_statements(statements, result.namespaces)


def test_files_of_the_prov_library_are_read():
    prov_document = ProvDocument.deserialize(
        content=write(EVERYTHING, "json").decode(), format="json"
    )
    for name, syntax in SYNTAXES.items():
        content = prov_document.serialize(format="rdf", rdf_format=syntax)
        if name != "nquads":
            assert read(content.encode(), name) == EVERYTHING, name


EVERYTHING = document(
    Statement("entity", "ex:e", (), (Attribute("prov:type", "prov:Plan", QUALIFIED_NAME),)),
    Statement("entity", "ex:f", (), (Attribute("x", "0.1", "xsd:double"),)),
    Statement("activity", "ex:a", (T, None), (Attribute("prov:label", "l", None, "en"),)),
    Statement("agent", "ex:g", (), (Attribute("prov:type", "prov:Person", QUALIFIED_NAME),)),
    Statement("used", None, ("ex:a", "ex:e", T)),
    Statement("wasGeneratedBy", "ex:gen", ("ex:f", "ex:a", None)),
    Statement("wasDerivedFrom", None, ("ex:f", "ex:e", "ex:a", "ex:gen", None)),
    Statement("wasAttributedTo", None, ("ex:e", "ex:g")),
    Statement("wasAssociatedWith", None, ("ex:a", "ex:g", "ex:e"), (Attribute("prov:role", "r"),)),
    Statement("wasStartedBy", None, ("ex:a", "ex:e", "ex:a", T)),
    Statement("hadMember", None, ("ex:e", "ex:f")),
    Statement("specializationOf", None, ("ex:e", "ex:f")),
    Statement("mentionOf", None, ("ex:e", "ex:f", "ex:b")),
)


# Names and values that RDF cannot carry unchanged


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    "value",
    ["", " ", "_x_", "_x0000_", "_x0041_", "\x01", "\r\n\t", "\ufffe", "]]>", '"\\', "\x85\u2028"],
)
def test_a_value_is_the_same_after_writing_and_reading(name, value):
    expected = document(Statement("entity", "ex:e", (), (Attribute("ex:k", value),)))
    assert read(write(expected, name), name) == expected


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    "local",
    [
        "a b",
        "<x>",
        "a%b",
        "a%20b",
        "50%",
        "_x0020_",
        "_x_",
        "",
        "a/b",
        "a#b",
        "ü",
        "x:y",
        "'",
        '"',
        "\\",
        "\n",
        ".",
        "-",
    ],
)
def test_a_name_is_the_same_after_writing_and_reading(name, local):
    entity = Statement("entity", f"ex:{local}", (), (Attribute(f"ex:{local}", "v"),))
    assert read(write(document(entity), name), name) == document(entity)


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    "key",
    [
        "prov:used",
        "prov:type",
        "prov:entity",
        "prov:qualifiedUsage",
        "prov:atTime",
        "prov:asInBundle",
    ],
)
@pytest.mark.parametrize("type_", [None, QUALIFIED_NAME])
def test_an_attribute_with_the_name_of_a_term_stays_an_attribute(name, key, type_):
    expected = document(
        Statement("entity", "ex:e", (), (Attribute(key, "ex:f", type_),)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute(key, "ex:f", type_),)),
    )
    assert read(write(expected, name), name) == expected


@pytest.mark.parametrize("name", SYNTAXES)
def test_attributes_with_the_names_of_rdf_properties_stay_attributes(name):
    expected = document(
        Statement("entity", "ex:e", (), (Attribute("rdf:type", "a"), Attribute("rdfs:label", "b"))),
        namespaces={"ex": "http://example.org/ns#", "rdf": provo.RDF, "rdfs": provo.RDFS},
    )
    assert read(write(expected, name), name) == expected


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("term", ["Entity", "Usage", "Revision", "Person", "Plan"])
def test_a_class_of_prov_o_as_a_type_makes_no_statement(name, term):
    of_class = (Attribute("prov:type", f"prov:{term}", QUALIFIED_NAME),)
    expected = document(
        Statement("entity", "ex:e", (), of_class),
        Statement("wasGeneratedBy", None, ("ex:e", "ex:a", T), of_class),
    )
    assert read(write(expected, name), name) == expected


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("prefix", ["rdf", "rdfs"])
def test_a_prefix_with_another_meaning_in_rdf_is_replaced(name, prefix):
    expected = document(
        Statement("entity", f"{prefix}:e", (), (Attribute(f"{prefix}:k", "v"),)),
        namespaces={prefix: "http://example.org/a#"},
    )
    assert read(write(expected, name), name) == expected


def test_a_statement_beside_a_node_of_the_same_subject_gets_a_node_too():
    """The prov library would take its triple for that of the other statement's node."""
    expected = document(
        Statement("wasAttributedTo", None, ("ex:e", "ex:g")),
        Statement("wasAttributedTo", None, ("ex:e", "ex:h"), (Attribute("x", "y"),)),
        Statement("used", None, ("ex:a", "ex:e", None)),
        Statement("used", None, ("ex:a", "ex:e", T)),
    )
    for name in PREFIXED:
        assert read_by_prov(expected, name) == expected
        assert read(write(expected, name), name) == expected


# Documents that PROV-O cannot express


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            [Statement("hadMember", "ex:m", ("ex:c", "ex:e"))],
            "identifier or attributes of hadMember",
        ),
        (
            [Statement("used", None, (None, "ex:e", None))],
            "used without one of its two main arguments",
        ),
        (
            [
                Statement("used", "ex:u", ("ex:a", "ex:e", None)),
                Statement("used", "ex:u", ("ex:a", "ex:f", None)),
            ],
            "two statements of one identifier",
        ),
        (
            [
                Statement("mentionOf", None, ("ex:a", "ex:e", "ex:b")),
                Statement("mentionOf", None, ("ex:a", "ex:f", "ex:b")),
            ],
            "two mentions",
        ),
        (
            [Statement._make(("entity", "ex:e", (), (Attribute("k", "v", None, 'en" <x>'),), ""))],
            "BCP 47",
        ),
    ],
)
def test_a_document_that_prov_o_cannot_express_is_refused_in_one_line(name, statements, message):
    with pytest.raises(FormatError, match=message) as error:
        write(document(*statements), name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_namespace_that_is_not_an_absolute_iri_is_refused(name):
    expected = document(Statement("entity", "ex:e"), namespaces={"ex": "not-absolute/"})
    with pytest.raises(FormatError, match="not an absolute IRI"):
        write(expected, name)


# Other ways to write PROV-O


def read_turtle(body):
    prefixes = f"@prefix prov: <{PROV}> . @prefix ex: <http://example.org/ns#> .\n"
    return {(s.kind, s.arguments) for s in read((prefixes + body).encode(), "turtle").statements()}


@pytest.mark.parametrize(
    ("body", "statement"),
    [
        ("ex:a prov:generated ex:e .", ("wasGeneratedBy", ("ex:e", "ex:a", None))),
        ("ex:a prov:invalidated ex:e .", ("wasInvalidatedBy", ("ex:e", "ex:a", None))),
        ("ex:b prov:wasRevisionOf ex:a .", ("wasDerivedFrom", ("ex:b", "ex:a", None, None, None))),
        ("ex:p a prov:Person .", ("agent", ())),
        ("ex:p a prov:Collection .", ("entity", ())),
        (
            "ex:a prov:used ex:e ; prov:qualifiedUsage [ prov:entity ex:e ] .",
            ("used", ("ex:a", "ex:e", None)),
        ),
    ],
)
def test_other_terms_of_prov_o_are_read(body, statement):
    assert read_turtle(body) == {statement}


# Hostile files

BOMBS = {
    "turtle": [
        b"@prefix p: <u:> . p:s p:p " + b"[ p:p " * 100_000,
        b"@prefix p: <u:> . p:s p:p " + b"( " * 100_000,
    ],
    "nquads": [b"<u:s> <u:p> ", b'<u:s> <u:p> "x"@no-\xff .'],
    "trig": [b"@prefix p: <u:> . p:g { p:s p:p p:o"],
    "rdf": [
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" + b"<a>" * 100_000
    ],
}


@pytest.mark.parametrize(
    ("name", "content"),
    [(name, content) for name, contents in BOMBS.items() for content in contents],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_broken_file_is_reported_in_one_short_line(name, content):
    with pytest.raises(FormatError) as error:
        read(content, name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_rdf_xml_opens_no_other_file(tmp_path):
    (tmp_path / "secret").write_text("secret")
    content = (
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
        f'<rdf:RDF xmlns:rdf="{provo.RDF}" xmlns:prov="{PROV}">'
        '<prov:Entity rdf:about="u:e"><prov:value>&x;</prov:value></prov:Entity></rdf:RDF>'
    )
    with pytest.raises(FormatError, match="document type declaration"):
        read(content.encode(), "rdf")


@pytest.mark.parametrize("name", ["turtle", "trig", "rdf"])
def test_prefixes_are_those_of_the_file(name):
    """Rdflib declares some thirty prefixes of its own. The file declares one of them too."""
    declared = {"ex": "http://example.org/ns#", "foaf": "http://xmlns.com/foaf/0.1/"}
    content = write(document(Statement("entity", "ex:e"), namespaces=declared), name)
    assert formats.read(content).namespaces.declared == declared


# Names without a namespace


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    "statement",
    [
        Statement("entity", "no:e"),
        Statement("entity", "without-prefix"),
        Statement("used", None, ("ex:a", "no:e", None)),
        Statement("entity", "ex:e", (), (Attribute("no:k", "v"),)),
        Statement("entity", "ex:e", (), (Attribute("ex:k", "v", "no:t"),)),
        Statement("entity", "ex:e", (), (Attribute("ex:k", "no:v", QUALIFIED_NAME),)),
    ],
    ids=str,
)
def test_an_undeclared_prefix_is_reported(name, statement):
    undeclared = document(statement, namespaces={"ex": "http://example.org/ns#"})
    with pytest.raises(NamespaceError, match="is not declared"):
        write(undeclared, name)
