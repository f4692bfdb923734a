"""Large files are read a part at a time, with the same result as a whole."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from mlflow2prov import Document, FormatError, Statement, formats, load, save
from mlflow2prov.formats import parquet
from mlflow2prov.formats._support import json_outline, provjson_columns
from mlflow2prov.formats._support.parquet_columns import tables_of_kinds
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.tables import arrow_schema
from tests.formats import differences, write
from tests.formats.strategies import ODD_LOCALS, documents

IN_PARTS = [name for name in formats.READABLE if formats.get(name).read_file is not None]
PREFIXES = {"ex": "http://example.org/"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(formats, "MIN_BYTES_OF_PARTS", 0)
    monkeypatch.setattr(json_outline, "BLOCK_BYTES", 50)
    monkeypatch.setattr(json_outline, "PART_BYTES", 50)
    monkeypatch.setattr(provjson_columns, "MIN_BATCH", 1)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("parts")


def test_json_and_parquet_are_read_in_parts():
    assert IN_PARTS == ["json", "parquet"]


@pytest.mark.parametrize("name", IN_PARTS)
@given(document=documents(ODD_LOCALS))
def test_the_parts_of_a_file_are_the_whole(folder, name, document):
    path = folder / f"file.{name}"
    path.write_bytes(write(document, name))
    result = formats.read_in_parts(path)
    assert result == document, differences(document, result)


@pytest.mark.parametrize("name", IN_PARTS)
def test_a_large_file_is_never_held_whole(tmp_path, monkeypatch, name):
    document = Document.from_statements([Statement("entity", "ex:e")], PREFIXES)
    (path,) = save(document, tmp_path / "file", name)
    monkeypatch.setattr(type(path), "read_bytes", lambda _: pytest.fail("read whole"))
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
