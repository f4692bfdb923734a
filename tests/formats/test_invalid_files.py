"""Invalid files: each is reported in one line with the reason."""

import pytest

from mlflow2prov import Document, Statement, formats, load
from mlflow2prov.errors import FormatError
from tests.formats import write

PROV, RDF = b"http://www.w3.org/ns/prov#", b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x00\xff\xfe", "not recognised"),
        (b"hello", "not recognised"),
        (b'{"entity": {"a": {', "JSON"),
        (b'{"entity": []}', "entity is not an object"),
        (b'{"entity": {"ex:a": {}}}', "prefix 'ex'"),
        (b'{"prefix": {"default": "http://x/"}, "used": {"_:1": {"prov:entity": 3}}}', "not text"),
        (b'{"entity": {}, "bogus": {}}', "'bogus' is not a kind"),
        (b'{"@context": "https://evil.example/c", "@graph": []}', "not fetched"),
        (b"document\n entity(", "line"),
        (b"<?xml version='1.0'?><prov:document", "XML"),
        (b"@prefix a: <b> .\n a:", "Turtle"),
        (b'@prefix a: <u:b> .\n a:b a:c "\\uD800" .', "Turtle"),
        (b"[" * 100_000, "not recognised"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else value,
)
def test_an_invalid_file_is_reported_with_the_reason(content, message):
    with pytest.raises(FormatError) as error:
        formats.read(content, "f")
    text = str(error.value)
    assert text.startswith("f: ") and message in text
    assert "\n" not in text and len(text) < 500


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
        (
            "t.nq",
            b"<urn:e> <"
            + RDF
            + b"type> <"
            + PROV
            + b"Entity> .\n"
            + b'<urn:e> <urn:k> "\\uD800" .\n',
        ),
    ],
)
def test_a_file_that_is_nearly_valid_is_reported_in_one_line(name, content):
    with pytest.raises(FormatError) as error:
        formats.read(content, name)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_code_point_that_is_not_unicode_text_is_reported():
    content = b"<urn:e> <" + RDF + b"type> <" + PROV + b'Entity> .\n<urn:e> <urn:k> "\\uD800" .\n'
    with pytest.raises(FormatError, match=r"U\+D800 is not Unicode text"):
        formats.read(content)


def test_a_long_message_is_shortened(monkeypatch):
    monkeypatch.setattr(formats, "MAX_MESSAGE_LENGTH", 20)
    with pytest.raises(FormatError) as error:
        formats.read(b'{"bogus": {}, "entity": {}}', "f")
    assert str(error.value) == "f: not PROV-JSON: 'bogu..."


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM
"file:///etc/passwd">]><prov:document xmlns:prov="http://www.w3.org/ns/prov#">&b;&c;</prov:document>"""


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        BOMB.replace(b"prov:document", b"rdf:RDF")
        .replace(PROV, RDF)
        .replace(b"xmlns:prov", b"xmlns:rdf"),
    ],
    ids=["PROV-XML", "RDF/XML"],
)
def test_entities_are_refused(content):
    with pytest.raises(FormatError, match=r"document type declaration|not recognised"):
        formats.read(content, "f")


def test_the_content_decides_against_the_extension(tmp_path):
    document = Document.from_statements([Statement("entity", "ex:a")], {"ex": "http://ex/"})
    (tmp_path / "old.rdf").write_bytes(write(document, "trig"))
    assert load(tmp_path / "old.rdf") == document


def test_dot_is_only_written():
    with pytest.raises(FormatError, match="cannot be read; save as json"):
        formats.read(b"digraph { a -> b }", "x.dot")
