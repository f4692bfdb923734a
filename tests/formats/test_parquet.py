"""Parquet: a table for other programs, and a file that is checked when it is read."""

import io
import re
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow2prov import Document, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import parquet
from mlflow2prov.prov import KINDS, Statement
from mlflow2prov.prov.attributes import Attribute

PAGE = Path(__file__).parents[2] / "docs" / "interoperability.md"
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
    """Return a file with the table that ``change`` makes of the table in ``content``."""
    stream = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(content))), stream)
    return stream.getvalue()


def with_column(name, values, kind=None):
    def change(table):
        return table.set_column(table.schema.get_field_index(name), name, pa.array(values, kind))

    return change


def test_pandas_and_duckdb_read_the_statements(content, tmp_path):
    frame = pd.read_parquet(io.BytesIO(content))
    assert frame["kind"].tolist() == ["entity", "wasGeneratedBy"]
    assert frame["activity"].isna().tolist() == [True, False]
    assert frame["activity"][1] == "ex:training"
    (tmp_path / "result.parquet").write_bytes(content)
    result = duckdb.connect().execute(
        "SELECT entity, attributes[1].value FROM read_parquet(?) WHERE kind = 'wasGeneratedBy'",
        [str(tmp_path / "result.parquet")],
    )
    assert result.fetchall() == [("ex:model", "ex:Result")]


def test_the_documentation_lists_the_columns_of_files_and_frames(content):
    columns = pq.read_table(io.BytesIO(content)).column_names
    assert list(formats.read(content, format="parquet").to_pandas().columns) == columns
    _, _, section = PAGE.read_text("utf-8").partition("\n## Columns of Parquet files and frames\n")
    rows = re.findall(r"^\| (`.*?) \| ", section, re.M)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == columns


def test_files_of_version_1_0_are_read(content):
    table = pq.read_table(io.BytesIO(content))
    places = {
        "arg1": [None, "ex:model"],
        "arg2": [None, "ex:training"],
        "arg3": [None, "2024-01-01T00:00:00+00:00"],
        "arg4": [None, None],
        "arg5": [None, None],
    }
    old_table = table.select(["bundle", "kind", "id"])
    for name, values in places.items():
        old_table = old_table.append_column(name, pa.array(values, pa.string()))
    old_table = old_table.append_column("attributes", table["attributes"])
    old_table = old_table.replace_schema_metadata(table.schema.metadata)
    stream = io.BytesIO()
    pq.write_table(old_table, stream)
    assert list(parquet.read(stream.getvalue()).statements()) == [
        Statement("entity", "ex:model"),
        GENERATION,
    ]


def test_every_kind_keeps_its_arguments_in_their_own_columns():
    statements = [
        Statement(
            kind.name,
            "ex:i" if kind.identified else None,
            [
                "2024-01-01T00:00:00" if "ime" in name else f"ex:{name}"
                for name in kind.argument_columns
            ],
        )
        for kind in KINDS
    ]
    document = Document.from_statements(statements, {"ex": "urn:x:"})
    stream = io.BytesIO()
    parquet.write(document, stream)
    rows = pd.read_parquet(io.BytesIO(stream.getvalue())).set_index("kind")
    for kind in KINDS:
        for name in kind.argument_columns:
            assert rows.loc[kind.name, name].endswith(name) or "ime" in name
    assert parquet.read(stream.getvalue()) == document


def test_the_same_document_gives_the_same_bytes(content):
    stream = io.BytesIO()
    parquet.write(formats.read(content), stream)
    assert stream.getvalue() == content


def test_values_keep_their_lexical_forms_and_types(content):
    attributes = [[], [{"key": "ex:n", "value": " 007 ", "type": "xsd:integer", "lang": None}]]
    document = parquet.read(changed(content, with_column("attributes", attributes)))
    assert list(document.statements())[1].attributes == (Attribute("ex:n", "007", "xsd:integer"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["time", "id"]), "missing columns: id, time"),
        (lambda table: table.replace_schema_metadata(None), "metadata has no prov:prefixes"),
        (lambda table: table.replace_schema_metadata({"prov:prefixes": "["}), "no prov:prefixes"),
        (
            lambda table: table.replace_schema_metadata({"prov:prefixes": '{"a": 1}'}),
            "does not map prefixes",
        ),
        (with_column("kind", ["entity", "wasEaten"]), "'wasEaten' is not a kind"),
        (with_column("kind", ["entity", None]), "None is not a kind"),
        (with_column("id", [None, None], pa.string()), "entity without an identifier"),
        (with_column("id", ["other:e", None]), "needs the prefix 'other'"),
        (
            with_column("activity", ["ex:e", "ex:e"]),
            "entity has a value for activity, which is not one",
        ),
        (with_column("time", [None, "yesterday"]), "is not a time"),
        (with_column("entity", [None, b"ex:\xff"], pa.binary()), "not valid Parquet"),
        (with_column("attributes", [1, 2]), "not valid Parquet"),
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
            "not a language tag",
        ),
    ],
)
def test_an_invalid_table_is_reported_in_one_line(content, change, message):
    with pytest.raises(FormatError, match=message) as error:
        formats.read(changed(content, change), "x.parquet")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [4, 8, 200, -8, -1])
def test_a_truncated_file_is_reported_in_one_line(content, length):
    with pytest.raises(FormatError) as error:
        formats.read(content[:length])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("bundle", [None, "ex:bundle"])
def test_row_groups_have_the_statements_of_all_kinds_in_canonical_order(bundle, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)
    names = ["ex:c", "ex:a", "ex:b"]
    document = Document.from_statements(
        [
            *(Statement("wasGeneratedBy", None, (name, "ex:training", None)) for name in names),
            *(Statement("entity", name) for name in names),
            *([Statement("entity", "ex:d", bundle=bundle)] if bundle else []),
        ],
        {"ex": "urn:x:"},
    )
    stream = io.BytesIO()
    parquet.write(document, stream)
    file = pq.ParquetFile(stream)
    rows = file.read(["bundle", "kind", "id", "entity"]).to_pylist()
    assert file.num_row_groups > 1
    assert [tuple(row.values()) for row in rows] == [
        ("", "entity", "ex:a", None),
        ("", "entity", "ex:b", None),
        ("", "entity", "ex:c", None),
        ("", "wasGeneratedBy", None, "ex:a"),
        ("", "wasGeneratedBy", None, "ex:b"),
        ("", "wasGeneratedBy", None, "ex:c"),
        *([(bundle, "entity", "ex:d", None)] if bundle else []),
    ]
