"""Tables as text: aligned, CSV, JSON and Markdown."""

import json

import pytest

from mlflow2prov.render.tables import concatenate, rows_to_json, to_csv
from mlflow2prov.table import Table

TABLE = Table(("kind", "count"), [("entity", 1234), ("used", 5)])


def test_columns_are_aligned_and_numbers_have_separators():
    assert TABLE.to_text() == (
        "kind    count\n"
        "------  -----\n"
        "entity  1,234\n"
        "used        5\n"
    )  # fmt: skip


def test_wide_and_combining_characters_are_aligned_by_their_width():
    table = Table(("name", "id"), [("葡萄酒", "a"), ("cafe\u0301", "b")])
    assert table.to_text().splitlines()[2:] == ["葡萄酒  a", "cafe\u0301    b"]


def test_control_characters_do_not_reach_the_terminal():
    text = Table(("name",), [("a\n\x1b[31mb\u202e",)]).to_text()
    assert text.splitlines()[2] == "a \ufffd[31mb\ufffd"


def test_csv_has_the_line_ends_and_quotes_of_rfc_4180():
    assert to_csv(Table(("a", "b"), [('x "y"', 1)])) == 'a,b\r\n"x ""y""",1\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "  =1", "\uff1d1"])
def test_csv_cells_that_look_like_a_formula_begin_with_an_apostrophe(text):
    assert f"'{text}" in to_csv(Table(("a",), [(text,)]))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("a\nb\r\nc\td", "a b c d"),
        ("a\x0bb\x85c\u2028d", "a b c d"),
        ("\x1b[31mred\x00\x7f\x9b", "\ufffd[31mred\ufffd\ufffd\ufffd"),
        ("\u202egpj.exe\u2066", "\ufffdgpj.exe\ufffd"),
        ("\ud800", "\ufffd"),
        ("\t=1+1", "' =1+1"),
        ("\x00=1+1", "\ufffd=1+1"),
        ("  two  spaces ", "  two  spaces "),
        ("\U0001f469\u200d\U0001f52c na\u00efve", "\U0001f469\u200d\U0001f52c na\u00efve"),
    ],
)
def test_csv_cells_carry_no_control_characters(cell, text):
    assert to_csv(Table(("a",), [(cell,)])) == f"a\r\n{text}\r\n"


@pytest.mark.parametrize("cell", ["-", "a=1", -1])
def test_other_csv_cells_stay_unchanged(cell):
    assert to_csv(Table(("a",), [(cell,)])) == f"a\r\n{cell}\r\n"


def test_json_has_an_object_for_each_row():
    assert json.loads(rows_to_json(TABLE)) == [
        {"kind": "entity", "count": 1234},
        {"kind": "used", "count": 5},
    ]


def test_markdown_cells_are_escaped():
    table = Table(("a|b", "n"), [("<b> *x*", 1)])
    assert table.to_markdown() == "| a\\|b | n |\n| --- | --- |\n| &lt;b> \\*x\\* | 1 |\n"


def test_several_tables_become_one_with_numbered_rows():
    assert concatenate([TABLE], "document") == TABLE
    assert concatenate([TABLE, TABLE], "document") == Table(
        ("document", "kind", "count"),
        [(1, "entity", 1234), (1, "used", 5), (2, "entity", 1234), (2, "used", 5)],
    )


def test_a_table_becomes_a_data_frame():
    frame = TABLE.to_pandas()
    assert list(frame.columns) == ["kind", "count"]
    assert frame["count"].tolist() == [1234, 5]
