"""Differences as lines, in colour and in Markdown."""

import re

import pytest

from mlflow2prov import difference
from mlflow2prov.analysis.comparison import compare_subjects
from mlflow2prov.render.difference import FORMATS, colored_text, differing_parts, plain_text
from tests.analysis.graphs import project, relation, thing
from tests.prov.statements import document, entity


@pytest.fixture(scope="module")
def changes():
    old = document(entity("a", name="x"), entity("b"), entity("c", bundle="ex:bundle"))
    return difference(old, document(entity("a", name="y"), entity("d")))


@pytest.fixture(scope="module")
def comparison():
    return compare_subjects(project(), "Version.1", "Version.2")


def test_lines_begin_with_the_sign_of_the_change(changes):
    assert plain_text([changes]).splitlines() == [
        "~ entity a (y)",
        "    - name = x",
        "    + name = y",
        "- entity b",
        "+ entity d",
        "- entity c in bundle ex:bundle",
        "1 added, 2 removed, 1 changed",
    ]


def test_a_comparison_has_a_heading_for_each_question(comparison):
    lines = plain_text([comparison]).splitlines()
    assert lines[:2] == [
        "- fraud (models:/fraud/1)",
        "+ fraud (models:/fraud/2)",
    ]
    position = lines.index("Metrics")
    assert lines[position + 1] == "    ~ auc: 0.1 -> 0.2"


def test_colors_are_added_to_the_same_lines(changes, comparison):
    for result in (changes, comparison):
        text = colored_text([result])
        assert re.sub("\x1b\\[\\d+m", "", text) == plain_text([result])
        assert all(
            line.startswith("\x1b[") and line.endswith("\x1b[0m") for line in text.splitlines()
        )


def test_nothing_is_printed_where_nothing_differs():
    result = difference(document(entity("a")), document(entity("a")))
    assert plain_text([result]) == colored_text([result]) == ""
    assert FORMATS["markdown"]([result]) == "No difference.\n"


def test_long_lines_are_cut(changes, monkeypatch):
    monkeypatch.setattr("mlflow2prov.render.difference.MAX_LINE_LENGTH", 8)
    assert plain_text([changes]).splitlines()[:2] == ["~ entity …", "    - name = x"]


def test_markdown_has_a_row_for_each_attribute(changes):
    rows = FORMATS["markdown"]([changes]).splitlines()
    assert rows[0] == "| change | statement | attribute | before | after |"
    assert "| changed | entity a (y) | name | x | y |" in rows
    assert "| removed | entity b |  |  |  |" in rows


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("short", "other", ("short", "other")),
        ("a" * 50, "b" * 50, ("a" * 19 + "…", "b" * 19 + "…")),
        ("a" * 50 + "x", "a" * 50 + "y", ("…aaaax", "…aaaay")),
        ("a" * 50, "a" * 50 + "b", ("…aaaa", "…aaaab")),
        ("a" * 50, "", ("a" * 19 + "…", "")),
    ],
)
def test_long_values_are_cut_around_their_first_difference(before, after, expected):
    assert differing_parts(before, after, 20) == expected


def test_a_line_shows_the_name_and_both_values_of_a_long_change():
    def run(value):
        return project(
            thing("entity", "Param.long", "Param", name="estimator", value="same " * 1000 + value),
            relation("hadMember", "Run.r1", "Param.long"),
        )

    text = plain_text([compare_subjects(run("old"), "Run.r1", "Run.r1", run("new"))])
    (line,) = (line for line in text.splitlines() if "estimator" in line)
    assert line.startswith("    ~ estimator: …") and line.endswith("new")
    assert "old -> " in line and len(line) < 200
