"""MLflow's values as facts, a whole column at once: the same readings as in ``values``, in one go.

What a column of its type holds is converted by Arrow; a column with anything else in it (SQLite takes
any value anywhere) is read value by value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mlflow2prov.sources.mlflow import values

Column = Sequence[Any]
Reading = Callable[[Column], Any]
"""Turns a database's column into one that :meth:`Facts.add_columns` takes."""

_UNFIT = (pa.ArrowException, OverflowError, UnicodeError)
# The milliseconds of the years 1 to 9999, which is what a calendar holds.
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999


def texts(column: Column) -> Any:
    """Return texts; what is empty is unknown (:func:`values.text`)."""
    try:
        found = pa.array(column, pa.string())
    except _UNFIT:
        return [values.text(value) for value in column]
    return pc.if_else(pc.equal(found, ""), None, found)


def sayings(column: Column) -> Any:
    """Return the values of tags or parameters, which may be empty (:func:`values.said`)."""
    try:
        return pc.fill_null(pa.array(column, pa.string()), "")
    except _UNFIT:
        return [values.said(value) for value in column]


def times(column: Column) -> Any:
    """Return milliseconds as ``xsd:dateTime`` (:func:`values.time`)."""
    try:
        found = pa.array(column, pa.int64())
    except _UNFIT:
        return [values.time(value) for value in column]
    possible = pc.and_(pc.greater_equal(found, _FIRST), pc.less_equal(found, _LAST))
    moments = pc.if_else(possible, found, None).cast(pa.timestamp("ms")).cast(pa.timestamp("us"))
    written = pc.replace_substring(moments.cast(pa.string()), " ", "T")
    written = pc.replace_substring_regex(written, r"\.000000$", "")
    return pc.binary_join_element_wise(written, "+00:00", "")


def integers(column: Column) -> Any:
    """Return 64-bit integers (:func:`values.integer`)."""
    try:
        return pa.array(column, pa.int64())
    except _UNFIT:
        return [values.integer(value) for value in column]


def numbers(column: Column, is_nan: Column | None = None) -> Any:
    """Return the values of metrics (:func:`values.number`); ``is_nan`` says which are no numbers."""
    flags = [bool(flag) for flag in is_nan] if is_nan is not None else [False] * len(column)
    try:
        found = pa.array(column, pa.float64())
    except _UNFIT:
        return [values.number(*pair) for pair in zip(column, flags, strict=True)]
    is_infinite = pc.greater_equal(pc.abs(found), values.LARGEST)
    found = pc.if_else(is_infinite, pc.multiply(pc.sign(found), math.inf), found)
    return pc.if_else(pa.array(flags), math.nan, found)


def each(reading: Callable[[Any], Any]) -> Reading:
    """Return the column form of ``reading``, for columns that repeat few values."""

    def read(column: Column) -> Any:
        known = {value: reading(value) for value in set(column)}
        return [known[value] for value in column]

    return read
