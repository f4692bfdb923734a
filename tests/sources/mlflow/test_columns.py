"""Whole columns are converted to the same values as single ones."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.sources.mlflow import columns, values

texts = st.none() | st.text() | st.sampled_from(["", "a"])
integers = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2_000_000_000_000)
numbers = st.none() | st.floats() | st.sampled_from([values.MAX_DOUBLE, -values.MAX_DOUBLE])
# What SQLite may return from any column.
mixed = texts | st.integers() | st.floats() | st.binary() | st.booleans()


def as_list(column):
    return column.to_pylist() if isinstance(column, pa.Array | pa.ChunkedArray) else column


def same(left, right):
    """Return whether two columns have the same values and types, where NaN is the same as NaN."""
    return repr(as_list(left)) == repr(right)


PARSERS = [
    (columns.parse_texts, values.parse_text, texts),
    (columns.tag_values, values.tag_value, texts),
    (columns.parse_times, values.parse_time, integers),
    (columns.parse_integers, values.parse_integer, integers),
    (columns.parse_numbers, values.parse_number, numbers),
]
every_parser = pytest.mark.parametrize(
    ("parse_column", "parse_value", "cells"),
    PARSERS,
    ids=lambda value: getattr(value, "__name__", ""),
)


@every_parser
@given(data=st.data())
def test_a_column_of_its_own_type_has_the_values_of_its_cells(
    parse_column, parse_value, cells, data
):
    column = data.draw(st.lists(cells))
    assert same(parse_column(column), [parse_value(cell) for cell in column])


@every_parser
@given(data=st.data())
def test_a_column_of_mixed_types_has_the_values_of_its_cells(
    parse_column, parse_value, cells, data
):
    column = [b"\xff", *data.draw(st.lists(cells | st.binary()))]
    assert same(parse_column(column), [parse_value(cell) for cell in column])


@every_parser
def test_an_empty_column_is_empty(parse_column, parse_value, cells):
    assert as_list(parse_column([])) == []


def test_only_a_column_of_its_own_type_takes_the_fast_path():
    assert isinstance(columns.parse_times([1, 2]), pa.Array)
    assert isinstance(columns.parse_times([1, "2"]), list)


@given(st.lists(st.tuples(numbers, st.booleans())))
def test_flags_mark_the_values_that_are_not_numbers(pairs):
    column, flags = [value for value, _ in pairs], [flag for _, flag in pairs]
    expected = [values.parse_number(value, flag) for value, flag in pairs]
    assert same(columns.parse_numbers(column, flags), expected)


def test_each_distinct_value_is_parsed_once():
    calls = []

    def parse(value):
        calls.append(value)
        return value.upper()

    assert columns.each_distinct(parse)(["a", "b", "a"]) == ["A", "B", "A"]
    assert sorted(calls) == ["a", "b"]


@given(mixed)
def test_no_value_raises_an_error(value):
    for parse in (
        values.parse_text,
        values.tag_value,
        values.json_text,
        values.parse_time,
        values.parse_iso,
        values.parse_integer,
        values.parse_number,
        values.parse_run_status,
        values.parse_model_status,
        values.parse_workspace,
        values.is_true,
    ):
        parse(value)


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (values.parse_text, "\ud800", "\ufffd\ufffd\ufffd"),
        (values.parse_text, {"a": 1}, None),
        (values.json_text, {"a": 1}, '{"a": 1}'),
        (values.json_text, "text", "text"),
        (values.parse_time, 1_700_000_000_500, "2023-11-14T22:13:20.500000+00:00"),
        (values.parse_time, 10**18, None),
        (values.parse_iso, "2024-01-31T13:00:00.5+01:00", "2024-01-31T12:00:00.500000+00:00"),
        (values.parse_iso, "2024-01-31T13:00:00", None),
        (values.parse_integer, True, None),
        (values.parse_integer, 2**63, None),
        (values.parse_number, 1e309, math.inf),
        (values.parse_number, -values.MAX_DOUBLE, -math.inf),
        (values.parse_run_status, 3, "finished"),
        (values.parse_run_status, "RUNNING", "running"),
        (values.parse_model_status, "LOGGED_MODEL_READY", "ready"),
        (values.parse_model_status, 9, "9"),
        (values.parse_workspace, "default", None),
        (values.parse_workspace, "team", "team"),
        (values.is_true, "True", True),
        (values.is_true, None, False),
    ],
)
def test_a_value_of_mlflow_as_a_fact(parse, value, expected):
    assert parse(value) == expected
