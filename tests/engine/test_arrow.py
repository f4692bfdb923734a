"""Arrow columns of Python values: equal to those of pyarrow, and without pandas."""

import subprocess
import sys

import pandas
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.engine import arrow
from tests.golden import HERE as GOLDEN

is_small = arrow._is_small


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


def test_long_columns_are_left_to_pyarrow_and_all_once_pandas_is_imported(monkeypatch):
    monkeypatch.setattr(arrow, "MAX_SMALL_ROWS", 1)
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    assert is_small(["a"]) and not is_small(["a", "b"])
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    assert not is_small(["a"])


def test_a_small_document_is_explained_without_numpy_arrow_and_pandas():
    """Their imports take longer than all work on it."""
    program = f"""
import sys
sys.argv = ["mlflow2prov", "load", {str(GOLDEN / "result.json")!r}, "explain", "wine@champion"]
from mlflow2prov.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
print(sorted({{"numpy", "pyarrow", "pandas", "networkx"}} & {{*sys.modules}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=120, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
