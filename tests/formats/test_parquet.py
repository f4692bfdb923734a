"""Parquet: a table that others read, and that is read with care."""

import io

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow2prov import Document, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import parquet
from mlflow2prov.prov import Statement
from mlflow2prov.prov.attributes import Attribute

GENERATION = Statement(
    "wasGeneratedBy",
    None,
    ("ex:model", "ex:training", "2024-01-01T00:00:00+00:00"),
    (Attribute("prov:role", "ex:Result", "prov:QUALIFIED_NAME"),),
)


@pytest.fixture
def content():
    document = Document.from_statements(
        [Statement("entity", "ex:model"), GENERATION], {"ex": "urn:x:"}
    )
    stream = io.BytesIO()
    parquet.write(document, stream)
    return stream.getvalue()


def changed(content, change):
    """Return the file with its table as ``change`` makes it."""
    stream = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(content))), stream)
    return stream.getvalue()


def with_column(name, values, kind=None):
    def change(table):
        return table.set_column(table.schema.get_field_index(name), name, pa.array(values, kind))

    return change


def test_pandas_and_duckdb_read_what_is_said(content, tmp_path):
    frame = pd.read_parquet(io.BytesIO(content))
    assert frame["kind"].tolist() == ["entity", "wasGeneratedBy"]
    assert frame["arg2"].isna().tolist() == [True, False]
    assert frame["arg2"][1] == "ex:training"
    (tmp_path / "result.parquet").write_bytes(content)
    found = duckdb.connect().execute(
        "SELECT arg1, attributes[1].value FROM read_parquet(?) WHERE kind = 'wasGeneratedBy'",
        [str(tmp_path / "result.parquet")],
    )
    assert found.fetchall() == [("ex:model", "ex:Result")]


def test_the_same_document_gives_the_same_bytes(content):
    stream = io.BytesIO()
    parquet.write(formats.read(content), stream)
    assert stream.getvalue() == content


def test_values_come_into_the_form_that_documents_keep(content):
    attributes = [[], [{"key": "ex:n", "value": " 007 ", "type": "xsd:integer", "lang": None}]]
    read = parquet.read(changed(content, with_column("attributes", attributes)))
    assert list(read.statements())[1].attributes == (Attribute("ex:n", "7", "xsd:int"),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop_columns(["arg3", "id"]), "no column id, arg3"),
        (lambda table: table.replace_schema_metadata(None), "metadata has no prov:prefixes"),
        (lambda table: table.replace_schema_metadata({"prov:prefixes": "["}), "no prov:prefixes"),
        (lambda table: table.replace_schema_metadata({"prov:prefixes": '{"a": 1}'}), "no map"),
        (with_column("kind", ["entity", "wasEaten"]), "'wasEaten' is no kind"),
        (with_column("kind", ["entity", None]), "None is no kind"),
        (with_column("id", [None, None], pa.string()), "entity without an identifier"),
        (with_column("id", ["other:e", None]), "needs the prefix 'other'"),
        (with_column("arg1", ["ex:e", "ex:e"]), "more than its 0 arguments"),
        (with_column("arg3", [None, "yesterday"]), "is no time"),
        (with_column("arg1", [None, b"ex:\xff"], pa.binary()), "cannot be read|can be read"),
        (with_column("attributes", [1, 2]), "can be read"),
        (
            with_column(
                "attributes", [[{"key": None, "value": "x", "type": None, "lang": None}], []]
            ),
            "without a key",
        ),
        (
            with_column(
                "attributes", [[{"key": "ex:k", "value": "x", "type": None, "lang": "?"}], []]
            ),
            "no language tag",
        ),
    ],
)
def test_what_no_document_says_is_one_line(content, change, words):
    with pytest.raises(FormatError, match=words) as error:
        formats.read(changed(content, change), "x.parquet")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [4, 8, 200, -8, -1])
def test_a_file_that_is_cut_is_one_line(content, length):
    with pytest.raises(FormatError) as error:
        formats.read(content[:length])
    assert "\n" not in str(error.value)
