"""PROV-O: the terms it uses, what others read in it, what it refuses."""

import io
import logging
import re

import pytest
import rdflib
from hypothesis import given
from prov.model import ProvDocument
from rdflib.compare import isomorphic

from mlflow2prov import Attribute, Document, Statement, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.convert import from_prov
from mlflow2prov.prov.kinds import KINDS
from mlflow2prov.prov.namespaces import PROV
from tests.formats.strategies import ODD_LOCALS, documents

SYNTAXES = {"nquads": "nquads", "trig": "trig", "turtle": "turtle", "rdf": "xml"}
EX = {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"}
T = "2024-01-01T00:00:00+00:00"

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True, scope="module")
def quiet_rdflib():
    """Rdflib logs each literal whose text is none of its datatype: the strategies make many."""
    logging.getLogger("rdflib").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("rdflib").setLevel(logging.NOTSET)


def written(document, name):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


def document(*statements, namespaces=None):
    return Document.from_statements(statements, EX if namespaces is None else namespaces)


def difference(one, other):
    ours, theirs = set(one.statements()), set(other.statements())
    return f"lost: {ours - theirs}\nmade up: {theirs - ours}"


def turtle(*statements, namespaces=None):
    """The body of what is written, in one line."""
    content = written(document(*statements, namespaces=namespaces), "turtle").decode()
    body = content.split("\n\n", 1)[1]
    return " ".join(body.split())


def come_back(content, name):
    return formats.read(content, format=name)


# What is written


def test_a_relation_of_two_arguments_is_one_triple():
    assert turtle(Statement("used", None, ("ex:a", "ex:e", None))) == "ex:a prov:used ex:e ."


def test_what_more_a_relation_says_is_at_a_node():
    assert turtle(Statement("used", None, ("ex:a", "ex:e", T), (Attribute("prov:role", "r"),))) == (
        f'ex:a prov:qualifiedUsage [ a prov:Usage ; prov:entity ex:e ; prov:atTime "{T}"^^xsd:dateTime ; '
        'prov:hadRole "r" ] .'
    )


def test_a_relation_with_an_identifier_is_a_named_node():
    assert turtle(Statement("used", "ex:u", ("ex:a", "ex:e", None))) == (
        "ex:a prov:qualifiedUsage ex:u . ex:u a prov:Usage ; prov:entity ex:e ."
    )


def test_a_revision_is_qualified_as_one():
    revision = Attribute("prov:type", "prov:Revision", QUALIFIED_NAME)
    assert turtle(
        Statement("wasDerivedFrom", None, ("ex:b", "ex:a", "ex:c", None, None), (revision,))
    ) == (
        "ex:b prov:qualifiedRevision [ a prov:Revision ; prov:entity ex:a ; prov:hadActivity ex:c ] ."
    )


def test_prov_attributes_have_their_own_properties():
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
    assert written(document(*statements), name) == written(document(*statements[::-1]), name)


def test_blank_nodes_of_different_bundles_have_different_labels():
    used = [
        Statement("used", None, ("ex:a", "ex:e", T), (), bundle) for bundle in ("", "ex:b", "ex:c")
    ]
    labels = re.findall(r"qualifiedUsage> (\S+)", written(document(*used), "nquads").decode())
    assert len(set(labels)) == 3


# What others read in it


@given(document=documents(bundles=False))
def test_rdflib_reads_one_graph_from_all_four_syntaxes(document):
    graphs = []
    for name, syntax in SYNTAXES.items():
        dataset = rdflib.Dataset()
        dataset.parse(io.BytesIO(written(document, name)), format=syntax)
        graphs.append(dataset.default_graph)
    # What XML cannot carry is escaped there, and only there.
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])
    assert len(graphs[0]) == len(graphs[3])


# N-Quads have no prefixes, and prov cuts IRIs at other places than where the document did.
PREFIXED = [name for name in SYNTAXES if name != "nquads"]


@pytest.mark.parametrize("name", PREFIXED)
@given(document=documents(bundles=False))
def test_prov_reads_what_we_write(name, document):
    again = read_by_prov(document, name)
    assert again == document, difference(document, again)


@pytest.mark.parametrize("name", PREFIXED)
@given(document=documents(ODD_LOCALS, bundles=False))
def test_prov_reads_names_of_any_characters(name, document):
    again = read_by_prov(document, name)
    assert again == document, difference(document, again)


@given(document=documents())
def test_prov_reads_our_bundles(document):
    again = read_by_prov(document, "trig")
    assert again == document, difference(document, again)


_BLANK = re.compile(r"n[0-9a-f]{32}b\d+|N[0-9a-f]{32}")


def read_by_prov(document, name):
    """Read our file by the prov library.

    Left aside: where there is a default namespace, it makes a blank node's label an identifier in that.
    """
    theirs = ProvDocument.deserialize(
        content=written(document, name).decode(), format="rdf", rdf_format=SYNTAXES[name]
    )
    again = from_prov(theirs, unescape, unescape_values=name == "rdf")
    elements = ("entity", "activity", "agent")
    named = [
        s._replace(id=None) if s.kind not in elements and s.id and _BLANK.fullmatch(s.id) else s
        for s in again.statements()
    ]
    return Document.from_statements(named, again.namespaces)


def test_we_read_what_prov_writes():
    theirs = ProvDocument.deserialize(content=written(EVERYTHING, "json").decode(), format="json")
    for name, syntax in SYNTAXES.items():
        content = theirs.serialize(format="rdf", rdf_format=syntax)
        if name != "nquads":
            assert come_back(content.encode(), name) == EVERYTHING, name


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


# Names and values that RDF does not take as they are


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    "value",
    ["", " ", "_x_", "_x0000_", "_x0041_", "\x01", "\r\n\t", "\ufffe", "]]>", '"\\', "\x85\u2028"],
)
def test_D4_a_value_comes_back(name, value):
    said = document(Statement("entity", "ex:e", (), (Attribute("ex:k", value),)))
    assert come_back(written(said, name), name) == said


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
def test_a_name_comes_back(name, local):
    entity = Statement("entity", f"ex:{local}", (), (Attribute(f"ex:{local}", "v"),))
    assert come_back(written(document(entity), name), name) == document(entity)


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
def test_an_attribute_that_is_called_like_a_term_of_prov_o_stays_one(name, key, type_):
    said = document(
        Statement("entity", "ex:e", (), (Attribute(key, "ex:f", type_),)),
        Statement("used", None, ("ex:a", "ex:e", T), (Attribute(key, "ex:f", type_),)),
    )
    assert come_back(written(said, name), name) == said


@pytest.mark.parametrize("name", SYNTAXES)
def test_attributes_called_as_in_rdf_stay_so(name):
    said = document(
        Statement("entity", "ex:e", (), (Attribute("rdf:type", "a"), Attribute("rdfs:label", "b"))),
        namespaces={"ex": "http://example.org/ns#", "rdf": provo.RDF, "rdfs": provo.RDFS},
    )
    assert come_back(written(said, name), name) == said


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("term", ["Entity", "Usage", "Revision", "Person", "Plan"])
def test_a_class_of_prov_o_as_type_makes_no_statement(name, term):
    of_class = (Attribute("prov:type", f"prov:{term}", QUALIFIED_NAME),)
    said = document(
        Statement("entity", "ex:e", (), of_class),
        Statement("wasGeneratedBy", None, ("ex:e", "ex:a", T), of_class),
    )
    assert come_back(written(said, name), name) == said


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("prefix", ["rdf", "rdfs"])
def test_a_prefix_that_means_something_else_in_rdf_is_replaced(name, prefix):
    said = document(
        Statement("entity", f"{prefix}:e", (), (Attribute(f"{prefix}:k", "v"),)),
        namespaces={prefix: "http://example.org/a#"},
    )
    assert come_back(written(said, name), name) == said


def test_subject_of_a_plain_triple_beside_a_node_gets_one_too():
    """The prov library would take the plain triple for that of the other statement's node."""
    said = document(
        Statement("wasAttributedTo", None, ("ex:e", "ex:g")),
        Statement("wasAttributedTo", None, ("ex:e", "ex:h"), (Attribute("x", "y"),)),
        Statement("used", None, ("ex:a", "ex:e", None)),
        Statement("used", None, ("ex:a", "ex:e", T)),
    )
    for name in PREFIXED:
        assert read_by_prov(said, name) == said
        assert come_back(written(said, name), name) == said


# What PROV-O cannot say


@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize(
    ("statements", "word"),
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
def test_what_has_no_words_is_refused_in_one_line(name, statements, word):
    with pytest.raises(FormatError, match=word) as error:
        written(document(*statements), name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", SYNTAXES)
def test_a_namespace_that_is_no_absolute_iri_is_refused(name):
    said = document(Statement("entity", "ex:e"), namespaces={"ex": "not-absolute/"})
    with pytest.raises(FormatError, match="not an absolute IRI"):
        written(said, name)


# What others write


def read_turtle(body):
    prefixes = f"@prefix prov: <{PROV}> . @prefix ex: <http://example.org/ns#> .\n"
    return {
        (s.kind, s.arguments) for s in come_back((prefixes + body).encode(), "turtle").statements()
    }


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
def test_other_words_of_prov_o_are_read(body, statement):
    assert read_turtle(body) == {statement}


# What is hostile

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
    [(name, content) for name, listed in BOMBS.items() for content in listed],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_broken_file_is_one_short_line(name, content):
    with pytest.raises(FormatError) as error:
        come_back(content, name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_rdf_xml_opens_nothing_from_outside(tmp_path):
    (tmp_path / "secret").write_text("secret")
    content = (
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
        f'<rdf:RDF xmlns:rdf="{provo.RDF}" xmlns:prov="{PROV}">'
        '<prov:Entity rdf:about="u:e"><prov:value>&x;</prov:value></prov:Entity></rdf:RDF>'
    )
    with pytest.raises(FormatError, match="document type declaration"):
        come_back(content.encode(), "rdf")


@pytest.mark.parametrize("name", ["turtle", "trig", "rdf"])
def test_prefixes_are_those_of_the_file_and_not_the_parser_s(name):
    """rdflib declares some thirty of its own; one of them is declared here, too."""
    declared = {"ex": "http://example.org/ns#", "foaf": "http://xmlns.com/foaf/0.1/"}
    content = written(document(Statement("entity", "ex:e"), namespaces=declared), name)
    assert formats.read(content).namespaces.declared == declared
