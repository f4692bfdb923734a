"""Columns of an MLflow database as columns of facts.

Each function returns the same values as its counterpart in :mod:`mlflow2prov.sources.mlflow.values`. Arrow
converts a column that holds only values of its type; any other column (SQLite accepts any value in any
column) is converted value by value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mlflow2prov.sources.database.connection import Column
from mlflow2prov.sources.mlflow import values

ColumnParser = Callable[[Column], Any]
"""A function from a column of a database to one that :meth:`Facts.add_columns` takes."""

_CONVERSION_ERRORS = (pa.ArrowException, OverflowError, UnicodeError)
# The years 1 to 9999, the range of Python's datetime.
_MIN_MILLISECONDS, _MAX_MILLISECONDS = -62_135_596_800_000, 253_402_300_799_999


def parse_texts(column: Column) -> Any:
    """Return texts, as :func:`values.parse_text` does."""
    try:
        texts = pa.array(column, pa.string())
    except _CONVERSION_ERRORS:
        return [values.parse_text(value) for value in column]
    return pc.if_else(pc.equal(texts, ""), None, texts)


def tag_values(column: Column) -> Any:
    """Return the values of tags or parameters, as :func:`values.tag_value` does."""
    try:
        return pc.fill_null(pa.array(column, pa.string()), "")
    except _CONVERSION_ERRORS:
        return [values.tag_value(value) for value in column]


def parse_times(column: Column) -> Any:
    """Return milliseconds as ``xsd:dateTime``, as :func:`values.parse_time` does."""
    try:
        milliseconds = pa.array(column, pa.int64())
    except _CONVERSION_ERRORS:
        return [values.parse_time(value) for value in column]
    is_valid = pc.and_(
        pc.greater_equal(milliseconds, _MIN_MILLISECONDS),
        pc.less_equal(milliseconds, _MAX_MILLISECONDS),
    )
    times = pc.if_else(is_valid, milliseconds, None).cast(pa.timestamp("ms"))
    texts = pc.replace_substring(times.cast(pa.timestamp("us")).cast(pa.string()), " ", "T")
    texts = pc.replace_substring_regex(texts, r"\.000000$", "")
    return pc.binary_join_element_wise(texts, "+00:00", "")


def parse_integers(column: Column) -> Any:
    """Return 64-bit integers, as :func:`values.parse_integer` does."""
    try:
        return pa.array(column, pa.int64())
    except _CONVERSION_ERRORS:
        return [values.parse_integer(value) for value in column]


def parse_numbers(column: Column, is_nan: Column | None = None) -> Any:
    """Return the values of metrics, as :func:`values.parse_number` does.

    Args:
        column: the values.
        is_nan: for each value, whether it is not a number.
    """
    flags = [bool(flag) for flag in is_nan] if is_nan is not None else [False] * len(column)
    try:
        numbers = pa.array(column, pa.float64())
    except _CONVERSION_ERRORS:
        return [values.parse_number(*pair) for pair in zip(column, flags, strict=True)]
    is_infinite = pc.greater_equal(pc.abs(numbers), values.MAX_DOUBLE)
    numbers = pc.if_else(is_infinite, pc.multiply(pc.sign(numbers), math.inf), numbers)
    return pc.if_else(pa.array(flags), math.nan, numbers)


def each_distinct(parse: Callable[[Any], Any]) -> ColumnParser:
    """Return a parser of columns that calls ``parse`` once for each distinct value."""

    def parse_column(column: Column) -> Any:
        parsed = {value: parse(value) for value in set(column)}
        return [parsed[value] for value in column]

    return parse_column
