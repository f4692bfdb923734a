"""PROV-XML: reading statements by columns gives the same document as reading them element by element."""

import warnings
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given

from mlflow2prov import formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provxml_columns, provxml_reader, statement_columns
from tests.formats import differences, write
from tests.formats.strategies import ODD_LOCALS, documents
from tests.property_tests import examples

HEAD = (
    '<prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="urn:x:" xmlns="urn:default:" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
)


class Reading:
    """A document that was read by columns where possible, and what remained to be read element by element.

    The remainder is None if the whole file did.
    """

    def __init__(self, content, min_bytes=0, chunk_rows=2):
        self.remainder = None
        add_statements = provxml_columns.add_statements

        def watched(*arguments):
            remainder = add_statements(*arguments)
            self.remainder = remainder.read().decode()
            remainder.seek(0)
            return remainder

        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            patch.setattr(provxml_reader, "MIN_BYTES_BY_COLUMNS", min_bytes)
            patch.setattr(statement_columns, "CHUNK_ROWS", chunk_rows)
            patch.setattr(provxml_columns, "add_statements", watched)
            self.document = formats.read(content, format="xml")


def assert_same(content):
    """Return a reading by columns, after it has been compared with a reading element by element."""
    reading = Reading(content)
    expected = Reading(content, min_bytes=len(content) + 1).document
    result = reading.document
    assert list(result.statements()) == list(expected.statements()), differences(expected, result)
    assert result.namespaces == expected.namespaces
    return reading


@examples(0.5)
@given(document=documents())
def test_documents_are_the_same_by_columns_and_by_elements(document):
    assert assert_same(write(document, "xml")).document == document


@examples(0.5)
@given(document=documents(ODD_LOCALS))
def test_names_of_any_characters_are_the_same_by_columns_and_by_elements(document):
    assert assert_same(write(document, "xml")).document == document


def body(*elements, head=HEAD):
    return f"{head}\n{''.join(elements)}</prov:document>\n".encode()


def entities(*values):
    return "".join(
        f'<prov:entity prov:id="ex:e{number}">{value}</prov:entity>'
        for number, value in enumerate(values)
    )


USUAL = {
    "texts": entities("<ex:k>a</ex:k>", "<ex:k> b\n</ex:k>", "<ex:k></ex:k>"),
    "keys of a default namespace": entities("<k>a</k>", "<k>b</k>"),
    "references": entities("<ex:k>&lt;&amp;lt;&#65;&#x1F388;&#128;</ex:k>", "<ex:k>&quot;&apos;&gt;</ex:k>"),
    "escapes": entities("<ex:k>_x0041_</ex:k>", '<ex:k xsi:type="xsd:int">_x0020_7</ex:k>'),
    "quotes": entities("<ex:k>a\"b'c></ex:k>"),
    "numbers": entities('<ex:k xsi:type="xsd:int">1</ex:k>', '<ex:k xsi:type="xsd:int"> 007 </ex:k>'),
    "two types": entities('<ex:k xsi:type="xsd:int">1</ex:k>', '<ex:k xsi:type="xsd:long">1</ex:k>'),
    "strings": entities('<ex:k xsi:type="xsd:string"> a </ex:k>'),
    "names": entities('<ex:k xsi:type="xsd:QName">ex:a</ex:k>', '<ex:k xsi:type="xsd:QName"> b </ex:k>'),
    "languages": entities('<ex:k xml:lang="en">a</ex:k>', '<ex:k xml:lang="">b</ex:k>'),
    "types of PROV": '<prov:person prov:id="ex:a"/><prov:plan prov:id="ex:b"><ex:k>1</ex:k></prov:plan>',
    "empty elements": '<prov:entity prov:id="ex:a"/><prov:entity prov:id="ex:b"></prov:entity>',
    "relations": (
        '<prov:used><prov:activity prov:ref="ex:a"/><prov:entity prov:ref=" e "></prov:entity>'
        "<prov:time> 2024-01-31T12:00:00.123456789Z\n</prov:time></prov:used>"
    ),
    "odd names": "".join(f'<prov:agent prov:id="{name}"/>' for name in ("ex:f:g", "ex:", "\u00fc")),
    "an empty prefix": '<prov:agent prov:id="ex:a"/><prov:entity prov:id=":a"/>',
    "only empty prefixes": '<prov:entity prov:id=":a"/>',
    "line ends": entities("<ex:k>a\r\nb\rc</ex:k>").replace("><", ">\r\n<"),
}  # fmt: skip


@pytest.mark.parametrize("content", USUAL.values(), ids=USUAL)
def test_usual_forms_are_read_by_columns(content):
    assert "<prov:" not in assert_same(body(content)).remainder.removeprefix("<prov:document")


UNUSUAL = {
    "an element in a value": entities("<ex:k>a <ex:b/></ex:k>"),
    "two values of a key": entities("<ex:k>a</ex:k><ex:k>b</ex:k>"),
    "foreign attributes": entities('<ex:k ex:a="1">a</ex:k>') + '<prov:entity prov:id="ex:z" ex:a="1"/>',
    "two annotations": entities('<ex:k xsi:type="xsd:string" xml:lang="en">a</ex:k>'),
    "nil": entities('<ex:k xsi:nil="true"/>'),
    "empty values": entities("<ex:k/>", '<ex:k xsi:type="xsd:int"/>'),
    "too many values": entities("".join(f"<ex:k{n}>1</ex:k{n}>" for n in range(101))),
    "no values": "<prov:used/><prov:used></prov:used>",
    "members": '<prov:hadMember><prov:collection prov:ref="ex:c"/><prov:entity prov:ref="ex:a"/>'
    '<prov:entity prov:ref="ex:b"/></prov:hadMember>',
    "bundles": f'<prov:bundleContent prov:id="ex:b">{entities("<ex:k>a</ex:k>")}</prov:bundleContent>',
    "references in names": '<prov:entity prov:id="ex:&#97;"/>',
    "left out": "<prov:other><ex:a>1</ex:a></prov:other>",
    "text between elements": '<prov:entity prov:id="ex:a">stray<ex:k>1</ex:k></prov:entity>',
}  # fmt: skip


@pytest.mark.parametrize("content", UNUSUAL.values(), ids=UNUSUAL)
def test_statements_of_unusual_forms_are_read_by_elements_and_others_by_columns(content):
    usual = '<prov:agent prov:id="ex:usual"/>'
    reading = assert_same(body(usual, content, usual.replace("usual", "u2")))
    assert "<prov:" in reading.remainder.removeprefix("<prov:document")
    assert "usual" not in reading.remainder


ENTITY = entities("<ex:k>a</ex:k>")
IRREGULAR = {
    "a quote in apostrophes": body(ENTITY, """<prov:entity prov:id="ex:a" ex:k='">'><ex:k>"</ex:k></prov:entity>"""),
    "tags with spaces": body(ENTITY, '<prov:entity  prov:id="ex:a" ><ex:k >1</ex:k ></prov:entity >'),
    "apostrophes": body(ENTITY, "<prov:entity prov:id='ex:a'><ex:k xsi:type='xsd:int'>1</ex:k></prov:entity>"),
    "a comment": body(ENTITY, '<!-- <prov:entity prov:id="ex:z"/> -->'),
    "a processing instruction": body(ENTITY, '<?pi <prov:entity prov:id="ex:z"/> ?>'),
    "a CDATA section": body(ENTITY, '<prov:entity prov:id="ex:z"><ex:k><![CDATA[</ex:k>]]></ex:k></prov:entity>'),
    "a nested declaration": body(ENTITY, '<prov:entity xmlns:ex="urn:y:" prov:id="ex:z"/>'),
    "two prefixes": body(ENTITY, head=HEAD.replace(" xmlns:ex", ' xmlns:b="urn:x:" xmlns:ex')),
    "another prefix of PROV": body(ENTITY).replace(b"prov:", b"p:").replace(b":prov=", b":p="),
    "a language": body(ENTITY, head=HEAD.replace(">", ' xml:lang="en">')),
    "UTF-16": f'<?xml version="1.0" encoding="utf-16"?>{body(ENTITY).decode()}'.encode("utf-16"),
    "Latin-1": f'<?xml version="1.0" encoding="iso-8859-1"?>{body(ENTITY).decode()}'.encode(),
}  # fmt: skip


def test_the_root_may_name_a_schema():
    head = HEAD.replace(">", ' xsi:schemaLocation="urn:x prov.xsd">')
    assert "<prov:entity" not in assert_same(body(ENTITY, head=head)).remainder


@pytest.mark.parametrize("content", IRREGULAR.values(), ids=IRREGULAR)
def test_files_that_regular_expressions_cannot_read_are_read_by_elements(content):
    assert assert_same(content).remainder is None


def test_statements_of_too_many_shapes_are_read_by_elements(monkeypatch):
    monkeypatch.setattr(provxml_columns, "MAX_SHAPES", 2)
    reading = assert_same(body(entities(*(f"<ex:k{n}>1</ex:k{n}>" for n in range(4)))))
    assert reading.remainder.count("<prov:entity") == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('\n<prov:entity prov:id="no:e"/>', "line 3: the name 'no:e' has a prefix"),
        ("<prov:used><prov:time>now</prov:time></prov:used>", "line 2: .*'now' is not a time"),
        ('<prov:entity prov:id="ex:e">', "mismatched tag"),
    ],
)
def test_an_error_names_the_line(content, message):
    with pytest.raises(FormatError, match=message):
        Reading(body(content))


NAMED = '<prov:entity prov:id="a"><ex:k xsi:type="xsd:QName">b</ex:k></prov:entity>'


@pytest.mark.parametrize(
    "content",
    [
        '<prov:entity prov:id=""/>',
        '<prov:entity prov:id=" "/>',
        '<prov:entity prov:id=":"/>',
        '<prov:used><prov:activity prov:ref="a"/><prov:entity prov:ref=":"/></prov:used>',
        '<prov:entity prov:id="c"><prov:value xsi:type="xsd:QName"></prov:value></prov:entity>',
        '<prov:entity prov:id="c"><prov:value xsi:type=" ">d</prov:value></prov:entity>',
        '<prov:entity prov:id="c" xsi:type=""/>',
        f'<prov:bundleContent prov:id="">{NAMED}</prov:bundleContent>',
    ],
)
@pytest.mark.parametrize("before", ["", NAMED, NAMED * 3])
@pytest.mark.parametrize("min_bytes", [0, 10_000], ids=["by columns", "by elements"])
def test_an_empty_name_is_refused_whatever_came_before(content, before, min_bytes):
    with pytest.raises(FormatError, match="line 2: a name is empty"):
        Reading(body(before, content), min_bytes=min_bytes)


MANY = {
    "apostrophes": "<prov:entity prov:id='ex:{n}'/>",
    "apostrophes in values": "<prov:entity prov:id=\"ex:{n}\"><ex:k xsi:type='xsd:int'>1</ex:k></prov:entity>",
    "an apostrophe around >": "<prov:agent prov:id='ex:>{n}'></prov:agent>",
    "spaces in end tags": '<prov:entity prov:id="ex:{n}"><ex:k>1</ex:k></prov:entity >',
    "text between statements": 'stray<prov:entity prov:id="ex:{n}"/>',
    "references between statements": '&#32;<prov:entity prov:id="ex:{n}"/>',
    "nested statements": '<prov:entity prov:id="ex:{n}"><ex:k><prov:entity></prov:entity></ex:k></prov:entity>',
    "other elements": '<prov:other><ex:a ex:b=">">1</ex:a></prov:other>',
    "usual statements": '<prov:entity prov:id="ex:{n}>"><ex:k>1</ex:k></prov:entity>',
    "bundles": '<prov:bundleContent prov:id="ex:{n}"><prov:agent prov:id="ex:a"/></prov:bundleContent>',
}  # fmt: skip


@pytest.fixture
def windows(monkeypatch):
    """The sizes of the windows of a reading."""
    sizes = []
    extend = provxml_columns._Window.extend

    def watched_extend(window):
        extend(window)
        sizes.append(len(window.text))

    monkeypatch.setattr(provxml_columns, "WINDOW_CHARACTERS", 500)
    monkeypatch.setattr(provxml_columns._Window, "extend", watched_extend)
    return sizes


@pytest.mark.parametrize("before", [0, 1, 30])
@pytest.mark.parametrize("statement", MANY.values(), ids=MANY)
def test_the_window_is_small_whatever_the_form_of_the_statements(windows, statement, before):
    usual = (f'<prov:agent prov:id="ex:u{n}"/>' for n in range(before))
    with suppress(FormatError):
        assert_same(body(*usual, *(statement.format(n=n) for n in range(500))))
    assert max(windows) <= 1000


@pytest.mark.parametrize("size", [1200, 20_000])
def test_a_statement_that_is_longer_than_the_window_is_read_by_elements(windows, size):
    usual = entities("<ex:k>a</ex:k>", "<ex:k>b</ex:k>")
    long = f'<prov:agent prov:id="ex:a"><ex:k>{"x" * size}</ex:k></prov:agent>'
    reading = assert_same(body(usual, long, usual.replace("ex:e", "ex:f")))
    assert "ex:a" in reading.remainder
    assert "ex:e" not in reading.remainder and "ex:f" not in reading.remainder
    assert max(windows) <= 1000


@pytest.mark.parametrize("seed", range(4))
def test_changed_files_are_the_same_by_columns_and_by_elements(seed):
    """Pieces of a file that are moved or removed leave it well-formed now and then."""
    random = Random(seed)
    content = body(*USUAL.values(), *UNUSUAL.values()).decode()
    pieces = content.replace("<", "\0<").replace(">", ">\0").replace('"', '\0"').split("\0")
    for _ in range(60):
        changed = list(pieces)
        for _ in range(random.randint(1, 2)):
            start = random.randrange(len(changed))
            moved = changed[start : start + random.randint(1, 6)]
            if random.random() < 0.5:
                del changed[start : start + len(moved)]
            place = random.randrange(len(changed))
            changed[place:place] = moved
        with suppress(FormatError):
            assert_same("".join(changed).encode())
