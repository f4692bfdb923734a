"""Tables for a terminal: their width, short hashes and times, and colours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.render.terminal_table import MIN_COLUMN_WIDTH, column_widths, to_terminal
from mlflow2prov.table import Table, display_width

SHA = "4428be644135e31c3d4e478ccb62b706fa51e1b2"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (SHA, SHA[:12]),
        (f"of commit {SHA}, by Ada", f"of commit {SHA[:12]}, by Ada"),
        (f"sha256:{SHA}{SHA[:24]}", f"sha256:{SHA[:12]}"),
        (f"{SHA}0", f"{SHA}0"),
        ("runs:/ee4b95521e9941f1887a4ed010130d04", "runs:/ee4b95521e9941f1887a4ed010130d04"),
        ("2026-11-21T06:42:49.684000+00:00", "2026-11-21 06:42Z"),
        ("2026-11-21T06:42:49Z", "2026-11-21 06:42Z"),
        ("2023-11-15T04:13:20+01:00", "2023-11-15 04:13+01:00"),
        ("2023-11-15", "2023-11-15"),
    ],
)
def test_hashes_and_times_are_short(cell, text):
    assert to_terminal(Table(("a",), [(cell,)]), 100, color=False).splitlines()[2] == text


def test_tables_that_fit_are_not_changed():
    table = Table(("kind", "count"), [("entity", 1234)])
    assert to_terminal(table, 80, color=False) == table.to_text()


@given(
    st.lists(
        st.tuples(
            st.text("ab 葡é\u0301", max_size=80), st.integers(0, 10**6), st.text("xyz", max_size=90)
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(3 * MIN_COLUMN_WIDTH + 4, 120),
)
def test_lines_are_no_wider_than_the_terminal(rows, width):
    text = to_terminal(Table(("a", "n", "c"), rows), width, color=False)
    assert max(map(display_width, text.splitlines())) <= width


@given(st.lists(st.integers(0, 200), min_size=1, max_size=6), st.integers(0, 300))
def test_only_the_widest_columns_are_narrowed(widths, total):
    limits = column_widths(widths, total)
    assert sum(limits) <= total or max(limits) <= MIN_COLUMN_WIDTH
    columns = list(zip(limits, widths, strict=True))
    assert all(limit <= width for limit, width in columns)
    cut = [limit for limit, width in columns if limit < width]
    if cut:
        assert max(limits) - min(cut) <= 1
        assert sum(limits) >= total or max(limits) <= MIN_COLUMN_WIDTH


def test_a_cut_cell_ends_in_an_ellipsis():
    table = Table(("a", "b"), [("x" * 50, "葡" * 50)])
    assert to_terminal(table, 32, color=False).splitlines()[2] == f"{'x' * 14}…  {'葡' * 7}…"


def test_headings_are_bold_and_some_words_have_a_colour():
    table = Table(("severity", "message"), [("error", "an error occurred"), ("fine", "error-free")])
    heading, _, error, fine = to_terminal(table, 80, color=True).splitlines()
    assert heading == "\033[1mseverity  message\033[0m"
    assert error == "\033[31merror\033[0m     an error occurred"
    assert fine == "fine      error-free"


def test_colour_without_a_terminal_keeps_full_values():
    text = to_terminal(Table(("a",), [(SHA,), ("x" * 300,)]), None, color=True)
    assert SHA in text
    assert "x" * 300 in text


def test_control_characters_of_the_graph_do_not_reach_the_terminal():
    text = to_terminal(Table(("a",), [("\033[31mred\r\n\u202e",)]), 80, color=True)
    assert re.findall(r"\033\[\d*m", text) == ["\033[1m", "\033[0m"]
