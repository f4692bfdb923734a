"""Arrow columns of Python values: equal to those of pyarrow, and without pandas."""

import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.engine import arrow


@pytest.fixture(autouse=True, params=["small", "large"])
def size(request, monkeypatch):
    """Take the way of small columns, although other tests have imported pandas, and that of large ones."""
    monkeypatch.setattr(arrow, "_is_small", lambda _: request.param == "small")


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"))))
def test_texts_are_those_of_pyarrow(values):
    array = arrow.text_array(values)
    array.validate(full=True)
    assert array.equals(pa.array(values, pa.string()))
    assert array.null_count == values.count(None)


@pytest.mark.parametrize("type_", [pa.int32(), pa.int64()])
@given(values=st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_integers_are_those_of_pyarrow(type_, values):
    assert arrow.integer_array(values, type_).equals(pa.array(values, type_))


def test_a_small_document_is_explained_without_pandas():
    program = """
import sys
from mlflow2prov import Document, Statement
from mlflow2prov.prov import KIND
from mlflow2prov.engine import arrow
document = Document.from_statements([Statement("entity", "e"), Statement("used", "u", ("a", "e"))])
assert [statement.id for statement in document.statements()] == ["e", "u"]
assert "pandas" not in sys.modules
assert arrow._is_small(["a"])
arrow.MAX_SMALL_ROWS = 1
assert not arrow._is_small(["a", "b"])
import pandas
assert not arrow._is_small(["a"])
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
