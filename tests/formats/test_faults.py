"""What went wrong with files before, and files that are not what they seem."""

import io
import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from mlflow2prov import Attribute, Document, Statement, formats, load, save
from mlflow2prov.errors import FormatError
from mlflow2prov.formats.files import stage

X = {"": "http://x/", "ex": "http://ex/"}
BESIDE = Path(__file__).parents[3] / "shared" / "schemas"
SCHEMAS = os.environ.get("MLFLOW2PROV_TEST_SCHEMAS", str(BESIDE))
needs_schemas = pytest.mark.skipif(
    not os.path.isdir(SCHEMAS), reason=f"W3C's schemas are not in {SCHEMAS}"
)


def written(document, name):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


@pytest.fixture
def document():
    attributes = (
        Attribute("name", "x"),
        Attribute("ex:key", "y"),
        Attribute("prov:type", "Run", "prov:QUALIFIED_NAME"),
        Attribute("prov:label", "z", None, "en"),
        Attribute("n", "3", "xsd:int"),
    )
    return Document.from_statements(
        [
            Statement("entity", "a", (), attributes),
            Statement("activity", "c", ("2024-01-01T00:00:00+00:00", None)),
            Statement("agent", "g"),
            Statement("wasGeneratedBy", None, ("a", "c", "2024-01-01T00:00:00+00:00")),
            Statement(
                "wasAssociatedWith", "ex:1", ("c", "g", None), (Attribute("prov:role", "r"),)
            ),
            Statement("hadMember", None, ("a", "b")),
        ],
        X,
    )


def one(*literals):
    return Document.from_statements([Statement("entity", "a", (), literals)], X)


def test_D1_prov_n_is_read_and_dot_says_that_it_is_not(document):
    assert formats.read(written(document, "provn")) == document
    with pytest.raises(FormatError, match="cannot be read"):
        formats.read(written(document, "dot"), "x.dot")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x00\xff\xfe", "the format is not one of"),
        (b"hello", "the format is not one of"),
        (b'{"entity": {"a": {', "JSON"),
        (b'{"entity": []}', "entity is no object"),
        (b'{"entity": {"ex:a": {}}}', "prefix 'ex'"),
        (b'{"prefix": {"default": "http://x/"}, "used": {"_:1": {"prov:entity": 3}}}', "no text"),
        (b'{"entity": {}, "bogus": {}}', "'bogus' is no kind"),
        (b'{"@context": "https://evil.example/c", "@graph": []}', "not fetched"),
        (b"document\n entity(", "line"),
        (b"<?xml version='1.0'?><prov:document", "XML"),
        (b"@prefix a: <b> .\n a:", "Turtle"),
        (b"[" * 100_000, "the format is not one of"),
    ],
)
def test_D1_a_file_that_is_none_is_one_line_that_says_why(content, word):
    with pytest.raises(FormatError) as error:
        formats.read(content, "f")
    message = str(error.value)
    assert (
        message.startswith("f: ") and word in message and "\n" not in message and len(message) < 500
    )


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM
"file:///etc/passwd">]><prov:document xmlns:prov="http://www.w3.org/ns/prov#">&b;&c;</prov:document>"""


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        BOMB.replace(b"prov:document", b"rdf:RDF")
        .replace(b"http://www.w3.org/ns/prov#", b"http://www.w3.org/1999/02/22-rdf-syntax-ns#")
        .replace(b"xmlns:prov", b"xmlns:rdf"),
    ],
)
def test_entities_are_refused(content):
    with pytest.raises(FormatError, match=r"document type declaration|not recognised"):
        formats.read(content, "f")


def test_D1_an_rdf_file_that_holds_trig_is_trig(document, tmp_path):
    (tmp_path / "old.rdf").write_bytes(written(document, "trig"))
    assert load(tmp_path / "old.rdf") == document


def test_D2_json_does_not_grow(document):
    odd = one(Attribute("name", "User?name\\=x\\"), Attribute("ex:k=\\", "v"))
    first = written(odd, "json")
    assert written(formats.read(written(formats.read(first), "json")), "json") == first


def test_D3_every_format_becomes_every_other(document):
    for one_format in formats.READABLE:
        again = formats.read(written(document, one_format))
        for other in formats.READABLE:
            assert formats.read(written(again, other)) == document


@pytest.mark.parametrize("name", formats.READABLE)
def test_D4_characters_that_xml_cannot_carry_come_back(name):
    odd = one(
        Attribute("message", "a\x01b\x0c\x1f\ufffe\r\n]]>&<\"'_x0041_"), Attribute("n\x02", "v")
    )
    assert formats.read(written(odd, name)) == odd


@pytest.mark.parametrize("name", formats.READABLE)
@pytest.mark.parametrize("number", ["0.1234567890123456", "NaN", "INF", "-INF", "1e-300", "-0.0"])
def test_D5_numbers_lose_no_digit(name, number):
    odd = one(Attribute("value", number, "xsd:double"))
    assert formats.read(written(odd, name)) == odd


def test_D5_json_has_no_bare_nan():
    assert json.loads(
        written(one(Attribute("v", "NaN", "xsd:double")), "json"), parse_constant=pytest.fail
    )


def test_D6_a_backslash_at_the_end_is_escaped():
    odd = one(Attribute("name", "=\\"), Attribute("other", '"\\"'))
    assert formats.read(written(odd, "provn")) == odd


def test_D7_times_are_formal_arguments(document):
    data = json.loads(written(document, "json"))
    (generation,) = data["wasGeneratedBy"].values()
    assert generation["prov:time"] == "2024-01-01T00:00:00+00:00"
    assert b"prov:atTime" in written(document, "turtle")


@needs_schemas
def test_prov_xml_is_valid_by_its_schema(document):
    schema = etree.XMLSchema(etree.parse(f"{SCHEMAS}/prov.xsd"))
    schema.assertValid(etree.fromstring(written(document, "xml")))


@needs_schemas
@pytest.mark.parametrize(("name", "file"), [("json", "prov-json"), ("jsonld", "prov-jsonld")])
def test_prov_json_is_valid_by_its_schema(document, name, file):
    with open(f"{SCHEMAS}/{file}.schema.json", encoding="utf-8") as text:
        schema = json.load(text)
    jsonschema.validators.validator_for(schema)(schema).validate(
        json.loads(written(document, name))
    )


def test_rdflib_reads_the_same_graph_from_every_syntax(document):
    import rdflib
    from rdflib.compare import isomorphic

    graphs = []
    for name, syntax in (
        ("rdf", "xml"),
        ("turtle", "turtle"),
        ("nquads", "nquads"),
        ("trig", "trig"),
    ):
        dataset = rdflib.Dataset(default_union=True)
        dataset.parse(data=written(document, name), format=syntax)
        graph = rdflib.Graph()
        for triple in dataset.triples((None, None, None)):
            graph.add(triple)
        graphs.append(graph)
    assert all(isomorphic(graphs[0], graph) for graph in graphs[1:])
    assert len(graphs[0]) > 10


def test_bundles_have_no_place_in_one_graph(document):
    document.extend([Statement("entity", "z", (), (), "ex:bundle")])
    for name in ("rdf", "turtle"):
        with pytest.raises(FormatError, match="save as trig"):
            written(document, name)
    for name in ("trig", "nquads", "jsonld", "json", "xml", "provn"):
        assert formats.read(written(document, name)) == document


# Files


def test_a_file_appears_whole_or_not_at_all(document, tmp_path):
    (tmp_path / "r.json").write_text("before")
    document.extend([Statement("entity", "z", (), (), "ex:bundle")])
    with pytest.raises(FormatError):
        save(document, tmp_path / "r", ["json", "rdf"])
    assert (tmp_path / "r.json").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_what_is_staged_and_discarded_was_never_there(document, tmp_path):
    staged = stage(document, tmp_path / "r", ["json"])
    staged.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_what_was(document, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    (tmp_path / "r.json").write_text("before")
    monkeypatch.setattr("mlflow2prov.formats.provjson.write_text", full)
    with pytest.raises(FormatError, match="No space left"):
        save(document, tmp_path / "r")
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
    assert (tmp_path / "r.json").read_text() == "before"


def test_permissions_are_those_of_the_file_that_was_there(document, tmp_path):
    (tmp_path / "r.json").write_text("x")
    (tmp_path / "r.json").chmod(0o640)
    save(document, tmp_path / "r")
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o640


def test_an_extension_that_is_given_is_not_doubled(document, tmp_path):
    assert save(document, tmp_path / "r.json") == [tmp_path / "r.json"]


def test_a_folder_is_no_file(document, tmp_path):
    (tmp_path / "r.json").mkdir()
    with pytest.raises(FormatError, match="is a folder"):
        save(document, tmp_path / "r")


def test_a_link_stays_a_link(document, tmp_path):
    (tmp_path / "real.json").write_text("x")
    (tmp_path / "r.json").symlink_to("real.json")
    save(document, tmp_path / "r")
    assert (tmp_path / "r.json").is_symlink() and load(tmp_path / "real.json") == document


def test_graphviz_that_is_missing_is_said(document, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FormatError, match="install graphviz"):
        written(document, "svg")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.xml", b'<?xml version="1.0"?><html><body/></html>'),
        (
            "u.xml",
            b'<prov:document xmlns:prov="http://www.w3.org/ns/prov#"><prov:used>'
            b'<prov:activity prov:ref="ex:a"/></prov:used></prov:document>',
        ),
        (
            "l.ttl",
            b"@prefix prov: <http://www.w3.org/ns/prov#> .\n"
            b'<http://a/> a prov:Entity ; prov:wasGeneratedBy "text" .',
        ),
    ],
)
def test_D1_what_is_nearly_prov_is_one_line(name, content):
    with pytest.raises(FormatError) as error:
        formats.read(content, name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_node_that_is_named_and_not_described_is_read():
    content = (
        b"@prefix prov: <http://www.w3.org/ns/prov#> . @prefix x: <http://x/> .\n"
        b"x:b a prov:Activity ; prov:qualifiedUsage x:use1 ."
    )
    (activity, used) = formats.read(content, "g.ttl").statements()
    assert (activity.kind, used.kind, used.id) == ("activity", "used", "x:use1")


def test_n_quads_of_others_are_recognised_and_declare_nothing_of_their_own():
    content = (
        b"<http://x/e> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        b"<http://www.w3.org/ns/prov#Entity> .\n"
    )
    document = formats.read(content, "third.nq")
    assert [s.kind for s in document.statements()] == ["entity"]
    assert list(document.namespaces.declared.values()) == ["http://x/"]


def test_names_that_look_like_escapes_come_back_from_every_format():
    keys = ("ex:a_x0020_b", "ex:a b", "ex:_x005F_", "ex:_x0041_")
    said = Document.from_statements(
        [Statement("entity", "ex:e", (), tuple(Attribute(key, key) for key in keys))],
        {"ex": "http://example.org/ns#"},
    )
    for name in formats.READABLE:
        stream = io.BytesIO()
        formats.get(name).write(said, stream)
        assert formats.read(stream.getvalue(), format=name) == said, name
