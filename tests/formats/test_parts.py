"""Large files are read a part at a time, with the same result as a whole."""

import codecs
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given

from mlflow2prov import Document, FormatError, Statement, formats, load, save
from mlflow2prov.formats import parquet
from mlflow2prov.formats._support import (
    json_outline,
    provjson_columns,
    provjson_reader,
    provjsonld_reader,
    provn_parser,
    provxml_columns,
    provxml_reader,
    rdf_table,
    utf8_blocks,
    xml_input,
)
from mlflow2prov.formats._support.parquet_columns import tables_of_kinds
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.tables import arrow_schema
from tests.formats import differences, write
from tests.formats.strategies import ODD_LOCALS, documents
from tests.property_tests import examples

IN_PARTS = [name for name in formats.READABLE if formats.get(name).read_file is not None]
ONE_GRAPH = ("rdf", "turtle")
PREFIXES = {"ex": "http://example.org/"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(formats, "MIN_BYTES_OF_PARTS", 0)
    monkeypatch.setattr(json_outline, "BLOCK_BYTES", 50)
    monkeypatch.setattr(json_outline, "PART_BYTES", 50)
    monkeypatch.setattr(provjson_columns, "MIN_BATCH", 1)
    monkeypatch.setattr(utf8_blocks, "BLOCK_BYTES", 7)
    monkeypatch.setattr(provn_parser, "MAX_RECORDS", 2)
    monkeypatch.setattr(rdf_table, "BATCH_QUADS", 3)
    monkeypatch.setattr(rdf_table, "PART_QUADS", 4)
    monkeypatch.setattr(xml_input, "BLOCK_BYTES", 500)
    monkeypatch.setattr(provxml_reader, "MIN_BYTES_BY_COLUMNS", 0)
    monkeypatch.setattr(provxml_columns, "WINDOW_CHARACTERS", 400)
    monkeypatch.setattr(provxml_columns, "PENDING_CHARACTERS", 1000)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("parts")


def test_the_formats_that_are_read_in_parts():
    assert IN_PARTS == [
        "json",
        "jsonld",
        "provn",
        "rdf",
        "xml",
        "nquads",
        "turtle",
        "trig",
        "parquet",
    ]


@pytest.mark.parametrize("name", IN_PARTS)
@examples(0.5)
@given(document=documents(ODD_LOCALS))
def test_the_parts_of_a_file_are_the_whole(folder, name, document):
    assume(name not in ONE_GRAPH or not document.bundles())
    path = folder / f"file.{name}"
    path.write_bytes(write(document, name))
    result = formats.read_in_parts(path)
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", IN_PARTS)
def test_a_large_file_is_never_held_whole(tmp_path, monkeypatch, name):
    statements = [Statement("entity", f"ex:e{number}") for number in range(100)]
    if name not in ONE_GRAPH:
        statements += [Statement("entity", f"ex:e{number}", bundle="ex:b") for number in range(100)]
    document = Document.from_statements(statements, PREFIXES)
    (path,) = save(document, tmp_path / "file", name)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: pytest.fail("read whole"))
    monkeypatch.setattr(formats, "read", lambda *_: pytest.fail("read whole"))
    for module in (provjson_reader, provjsonld_reader):
        monkeypatch.setattr(module, "read", lambda *_: pytest.fail("read whole"))
    assert load(path) == document


def test_a_small_file_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MIN_BYTES_OF_PARTS", 1000)
    path = tmp_path / "file.json"
    path.write_text('{"entity": {"a": {}, "a": {"prov:label": "last"}}}')
    assert formats.read_in_parts(path) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"entity": {"ex:e": {}}, "prefix": {}}', "the prefix 'ex', which is not declared"),
        ('{"entity": []}', "entity is not an object"),
        ('{"entity": {}, "thing": {}}', "'thing' is not a kind of statement"),
        ('{"entity": {"a": {} "b": {}}}', "not JSON"),
        ('{"bundle": {"": {}}, "entity": {}}', "a bundle without a name"),
    ],
)
def test_errors_are_those_of_the_whole(tmp_path, content, reason):
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(FormatError, match=reason):
        load(path, format="json")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("entity(ex:e0)\n entity(ex:e1, [ex:k=]) entity(", "line 3, column 22"),
        ("entity(ex:e0)\r\n\r\n entity(no:e)", "line 4, column 9"),
        ('entity(ex:e, [ex:k="""\n\n""" %% no:t])', "line 4, column 8"),
        ("entity(ex:e) /* no end", "line 2, column 14"),
    ],
)
def test_an_error_in_a_part_of_prov_n_names_line_and_column(tmp_path, body, place):
    path = tmp_path / "file.provn"
    path.write_bytes(f"document prefix ex <urn:x:>\n{body} endDocument".encode())
    with pytest.raises(FormatError, match=f"not PROV-N: {place}"):
        load(path)


def test_a_byte_of_prov_n_that_is_not_utf_8_is_counted_from_the_beginning(tmp_path):
    path = tmp_path / "file.provn"
    path.write_bytes(b"document\n// \xc3\xa9\n// \xff\nendDocument")
    with pytest.raises(FormatError, match="byte 18 is not UTF-8"):
        load(path)


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 4, 7, 100])
def test_a_byte_order_mark_counts_as_three_bytes_and_is_no_text(monkeypatch, block_bytes):
    monkeypatch.setattr(utf8_blocks, "BLOCK_BYTES", block_bytes)
    marked = codecs.BOM_UTF8 + "\u00e9\ufeffdocument".encode()
    assert "".join(utf8_blocks.utf8_blocks(io.BytesIO(marked))) == "\u00e9\ufeffdocument"
    with pytest.raises(FormatError, match=f"byte {len(marked)} is not UTF-8"):
        list(utf8_blocks.utf8_blocks(io.BytesIO(marked + b"\xff")))


def test_an_error_in_a_part_of_prov_xml_names_its_line(tmp_path):
    path = tmp_path / "file.xml"
    statements = "".join(f'\n<prov:entity prov:id="ex:{number}"/>' for number in range(50))
    head = '<prov:document xmlns:prov="http://www.w3.org/ns/prov#" xmlns:ex="urn:x:">'
    path.write_text(f'{head}{statements}\n<prov:entity prov:id="no:e"/></prov:document>')
    with pytest.raises(FormatError, match="line 52: the name 'no:e' has a prefix"):
        load(path)


def test_integers_of_more_than_64_bits_keep_their_digits(tmp_path):
    path = tmp_path / "file.json"
    statements = {f"ex:{number}": {"ex:n": 2**70 + number} for number in range(5)}
    path.write_text(json.dumps({"entity": statements, "prefix": PREFIXES}))
    values = [statement.attributes[0].value for statement in load(path).statements()]
    assert values == [str(2**70 + number) for number in range(5)]


def batch_of(*statements):
    stream = io.BytesIO()
    parquet.write(Document.from_statements(statements, PREFIXES), stream)
    return pq.read_table(stream).cast(arrow_schema()).combine_chunks().to_batches()[0]


NAMES = r"\A(prov|xsd|ex):.*\z"
GENERATION = Statement("wasGeneratedBy", None, ("ex:e", "ex:a", "2024-01-31T00:00:00Z"))


def test_rows_in_the_form_of_documents_are_not_read_one_by_one():
    label = Attribute("prov:label", "text")
    number = Attribute("ex:n", "1", "xsd:int")
    name = Attribute("prov:type", "ex:T", "prov:QUALIFIED_NAME")
    batch = batch_of(Statement("entity", "ex:e", (), (label, number, name)))
    assert tables_of_kinds(batch, NAMES)


@pytest.mark.parametrize(
    "attribute",
    [
        Attribute("prov:label", "text", None, "en"),
        Attribute("other:key", "text"),
        Attribute("ex:n", " 1", "xsd:int"),
        Attribute("prov:type", "other:T", "prov:QUALIFIED_NAME"),
        Attribute("ex:n", "1", "other:int"),
        Attribute("ex:n", "ex:e", "xsd:QName"),
    ],
)
def test_rows_of_any_other_form_are_read_one_by_one(attribute):
    rows = batch_of(Statement("entity", "ex:e")).to_pylist()
    rows[0]["attributes"] = [attribute._asdict()]
    batch = pa.RecordBatch.from_pylist(rows, arrow_schema())
    assert tables_of_kinds(batch, NAMES) is None


@pytest.mark.parametrize("day", ["01-31", "02-28", "02-29", "04-30", "12-31"])
def test_the_last_days_of_a_month_are_not_read_one_by_one(day):
    generation = GENERATION._replace(arguments=("ex:e", "ex:a", f"2024-{day}T00:00:00Z"))
    assert tables_of_kinds(batch_of(generation), NAMES)


@pytest.mark.parametrize("date", ["2023-02-29", "1900-02-29", "2024-04-31", "2024-01-32"])
def test_days_that_no_month_has_are_read_one_by_one(date):
    row = batch_of(GENERATION).to_pylist()[0] | {"time": f"{date}T00:00:00Z"}
    batch = pa.RecordBatch.from_pylist([row], arrow_schema())
    assert tables_of_kinds(batch, NAMES) is None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "thing"},
        {"entity": "other:e"},
        {"bundle": "other:b"},
        {"usage": "ex:u"},
        {"time": "2024-02-30T00:00:00Z"},
        {"time": "0000-01-01T00:00:00Z"},
        {"time": "yesterday"},
        {"attributes": None},
        {"attributes": [{"key": None, "value": "text"}]},
        {"attributes": [{"key": "ex:k", "value": None}]},
        {"kind": "entity", "entity": None, "activity": None, "time": None},
    ],
)
def test_rows_that_may_not_be_valid_are_read_one_by_one(change):
    row = batch_of(GENERATION).to_pylist()[0] | change
    batch = pa.RecordBatch.from_pylist([row], arrow_schema())
    assert tables_of_kinds(batch, NAMES) is None
