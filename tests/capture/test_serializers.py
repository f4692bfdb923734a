"""Serializers: which one a value gets, that it comes back as it was, and what other programs read."""

import json
import pickle
from collections import OrderedDict, namedtuple
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies
from hypothesis.extra import pandas as pandas_strategies

import mlflow2prov.capture as p
from mlflow2prov.capture.blobstores import DiskStore
from mlflow2prov.capture.errors import CaptureError, InvalidOptionError
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.serializers import (
    MAX_JSON_DEPTH,
    candidates,
    get_serializer,
    is_json,
    register_serializer,
)
from mlflow2prov.capture.serializers import registry as registered

Pair = namedtuple("Pair", "a b")


class Text(str):
    __slots__ = ()


class Wine:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return self.name == other.name

    __hash__ = None


class Port(Wine):
    pass


def written(value, name=None, **options):
    """Return the serializer that a value was written with, and the value as it is read."""
    store = DiskStore("blobs", trusted=True)
    failure = None
    for serializer in [get_serializer(name)] if name else candidates(value):
        try:
            blob = store.put("k", value, serializer, replace=True, **options)
        except Exception as error:  # noqa: BLE001 - as capture does
            failure = failure or error
            continue
        return serializer.name, store.get("k", serializer, blob.digest)
    raise failure


def frame(**columns):
    return pd.DataFrame(columns)


CHOICES = {
    "json": [
        None,
        True,
        1,
        1.5,
        -0.0,
        "text",
        "\udc80",
        "\0",
        [],
        {},
        [1, [2, {"a": None}]],
        {"b": 1, "a": 2},
        2**900,
    ],
    "joblib": [
        (1, 2),
        {1, 2},
        {1: 2},
        {None: 1},
        b"bytes",
        1j,
        2**2000,
        float("nan"),
        [float("inf")],
        Text("text"),
        Pair(1, 2),
        OrderedDict(a=1),
        Wine("Port"),
        np.float64(1.5),
        np.array(["a", 1], dtype=object),
        np.ma.array([1, 2], mask=[True, False]),
        print,
        pd.Timestamp("2026-01-01"),
        pd.Index([1, 2]),
    ],
    "npy": [
        np.arange(6).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10)[::3],
        np.array(5),
        np.array([], dtype="f4"),
        np.array(["a", "bc"]),
        np.array(["2026-01-01"], dtype="M8[s]"),
        np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([1], dtype=">i2"),
        np.array([True, False]),
    ],
    "pd_df_parquet": [
        frame(),
        frame(a=[1, 2], b=["x", None], c=[True, False], d=[1.5, float("nan")]),
        frame(a=pd.array([1, None], dtype="Int8"), b=pd.Categorical(["x", "y"], ordered=True)),
        frame(a=pd.to_datetime(["2026-01-01", None]).tz_localize("Europe/Berlin")),
        frame(a=pd.to_timedelta(["1s", None])),
        frame(a=[1, 2]).set_index(pd.Index(["x", "y"], name="key")),
        frame(a=[1, 2], b=[3, 4], c=[5, 6]).set_index(["a", "b"]),
        frame(a=range(5)).iloc[::2],
        frame(a=pd.array(["x", None], dtype="string")),
        pd.DataFrame(index=pd.Index([0, 3])),
        pd.DataFrame(columns=pd.Index([], dtype="str")),
        frame(a=[1, 2]).set_index(pd.Index(["x", "y"], name="key"))[[]],
    ],
    "pd_series_parquet": [
        pd.Series([1, 2], name="s"),
        pd.Series([1.5, float("nan")]),
        pd.Series(["x", None], name="s", index=["a", "b"]),
        pd.Series([], dtype="f4"),
    ],
    "cloudpickle": [lambda x: x + 1],
    "arrow_parquet": [pa.table({"a": [1, None], "b": ["x", "y"]})],
}
EXAMPLES = [(name, value) for name, values in CHOICES.items() for value in values]


@pytest.mark.parametrize(
    ("name", "value"), EXAMPLES, ids=lambda x: str(x).partition(" at 0x")[0][:30].replace("\n", " ")
)
def test_a_value_gets_the_serializer_for_its_type_and_comes_back_as_it_was(name, value):
    used, read = written(value)
    assert used == name
    assert type(read) is type(value)
    assert digest(read) == digest(value)


REFUSED_BY_PARQUET = {
    "numbers as columns": pd.DataFrame({1: [1], 2: [2]}),
    "columns of one name": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "columns in levels": pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
    "mixed objects": pd.DataFrame({"a": [1, "x"]}, dtype=object),
    "lists": pd.DataFrame({"a": [[1], [2]]}),
    "missing values that differ": pd.DataFrame({"a": ["x", None, float("nan")]}, dtype=object),
    "sparse": pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
    "periods": pd.DataFrame({"a": pd.period_range("2026", periods=2, freq="M")}),
    "intervals": pd.DataFrame({"a": pd.interval_range(0, 2)}),
    "seconds": pd.DataFrame({"a": np.array(["2026-01-01"], dtype="M8[s]")}),
    "an index of seconds": pd.DataFrame(
        {"a": [1]}, index=pd.DatetimeIndex(np.array(["2026-01-01"], dtype="M8[s]"))
    ),
    "an index with a number as its name": pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name=5)),
    "a named axis of columns": pd.DataFrame({"a": [1]}).rename_axis(columns="axis"),
    "complex": pd.DataFrame({"a": [1j]}),
    "half precision": pd.DataFrame({"a": np.array([1], dtype="f2")}),
    "categories of numbers": pd.DataFrame({"a": pd.Categorical([1, 2])}),
    "categories without rows": pd.DataFrame(
        {"a": pd.Categorical(["x", None], categories=["z", "y", "x"], ordered=True)}
    ),
    "an index of categories": pd.DataFrame(
        {"a": [1]}, index=pd.CategoricalIndex(["x"], categories=["y", "x"], name="c")
    ),
    "no rows": pd.DataFrame(
        {"a": pd.Categorical([], categories=["y"]), "b": pd.Series([], dtype=object)}
    ),
    "intervals as categories": pd.DataFrame({"a": pd.cut([1, 5], [0, 2, 6])}),
    "bytes": pd.DataFrame({"a": [b"x"]}),
    "nested index": pd.DataFrame(
        {"a": [1, 2]},
        index=pd.MultiIndex.from_tuples([("x", pd.Timestamp(0)), ("y", pd.NaT)], names=["k", None]),
    ),
    "text in an index of objects": pd.DataFrame({"a": [1]}, index=pd.Index(["x"], dtype=object)),
    "no columns": pd.DataFrame(index=["a", "b"]),
    "attributes": pd.DataFrame({"a": [1]}),
}
REFUSED_BY_PARQUET["attributes"].attrs["source"] = "cellar"


@pytest.mark.parametrize("name", REFUSED_BY_PARQUET)
def test_a_frame_that_parquet_would_change_comes_back_as_it_was(name):
    value = REFUSED_BY_PARQUET[name]
    _, read = written(value)
    pd.testing.assert_frame_equal(read, value, check_freq=False)
    assert digest(read) == digest(value)
    assert read.attrs == value.attrs


@pytest.mark.parametrize(
    "value",
    [
        pd.Series([1], name=5),
        pd.Series([1], name="_series"),
        pd.Series([1], name=("a", "b")),
        pd.Series([[1], "x"], name="s"),
        pd.Series(pd.period_range("2026", periods=2, freq="M"), name="s"),
        pd.Series([1], index=pd.Index([1.5], name=3)),
    ],
    ids=str,
)
def test_a_series_that_parquet_would_change_comes_back_as_it_was(value):
    _, read = written(value)
    pd.testing.assert_series_equal(read, value, check_freq=False)
    assert digest(read) == digest(value)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers())
    ),
    max_leaves=15,
)


@given(JSON_LIKE)
def test_any_nested_value_comes_back_as_it_was(value):
    assert digest(written(value)[1]) == digest(value)


@given(numpy_strategies.arrays(numpy_strategies.scalar_dtypes(), numpy_strategies.array_shapes()))
def test_any_array_comes_back_as_it_was(value):
    used, read = written(value)
    assert used == "npy"
    assert digest(read) == digest(value)


COLUMNS = st.lists(
    st.builds(
        pandas_strategies.column,
        name=st.text(min_size=1, max_size=3),
        dtype=st.sampled_from(["i8", "u1", "f4", "f8", "bool", "M8[ns]", "m8[ns]"]),
    ),
    max_size=3,
    unique_by=lambda column: column.name,
)
INDEXES = pandas_strategies.range_indexes() | pandas_strategies.indexes(dtype="i8", max_size=5)


def test_parquet_refuses_rows_without_a_column_whose_number_it_would_lose():
    value = frame(a=[1, 2])[[]]
    serializer, read = written(value)
    assert serializer == "joblib"
    assert digest(read) == digest(value)


@given(st.data())
def test_any_frame_comes_back_as_it_was(data):
    value = data.draw(pandas_strategies.data_frames(data.draw(COLUMNS), index=INDEXES))
    assert digest(written(value)[1]) == digest(value)


@given(st.lists(st.text() | st.none() | st.floats(), max_size=5), st.text(max_size=3) | st.none())
def test_any_series_of_text_comes_back_as_it_was(values, name):
    value = pd.Series(values, dtype=object, name=name)
    assert digest(written(value)[1]) == digest(value)


@pytest.mark.parametrize("depth", [10, 99, 100, 101, 300])
def test_deep_values_come_back_as_they_were(depth):
    value = []
    for _ in range(depth):
        value = [value]
    used, read = written(value)
    assert used == ("json" if depth < MAX_JSON_DEPTH else "joblib")
    assert digest(read) == digest(value)


def test_a_list_that_contains_itself_is_not_json():
    value = []
    value.append(value)
    assert not is_json(value)
    used, read = written(value)
    assert used == "joblib"
    assert read[0] is read


def test_the_order_of_a_dictionary_is_kept():
    assert list(written({"b": 1, "a": 2})[1]) == ["b", "a"]


# --- other programs


def test_json_is_read_by_other_programs():
    written({"a": [1, None, "ä"]})
    assert json.loads(Path("blobs/k").read_text("ascii")) == {"a": [1, None, "ä"]}


def test_arrays_contain_no_pickle():
    written(np.arange(3))
    assert list(np.load("blobs/k", allow_pickle=False)) == [0, 1, 2]
    with pytest.raises(ValueError, match="allow_pickle=False"):
        written(np.array([{}], dtype=object), "npy")


def test_frames_are_parquet():
    written(frame(a=[1, 2]))
    pd.testing.assert_frame_equal(pd.read_parquet("blobs/k"), frame(a=[1, 2]))


@pytest.mark.parametrize("compress", [0, 1, 9, True, False, ("gzip", 3), "xz"])
def test_joblib_reads_the_pickles(compress):
    joblib = pytest.importorskip("joblib")
    value = {"a": np.arange(100), "b": {1, 2}}
    _, read = written(value, "joblib", compress=compress)
    assert digest(joblib.load("blobs/k")) == digest(read) == digest(value)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3)])
def test_pickles_of_joblib_are_read(compress):
    joblib = pytest.importorskip("joblib")
    value = {"a": np.arange(100), "b": {1, 2}}
    joblib.dump(value, "file", compress=compress)
    assert digest(get_serializer("joblib").load("file")) == digest(value)


def test_arrays_of_joblib_are_mapped_into_memory():
    joblib = pytest.importorskip("joblib")
    joblib.dump(np.arange(100), "file")
    assert isinstance(get_serializer("joblib").load("file", mmap_mode="r"), np.memmap)


def test_cloudpickle_is_used_by_name():
    assert written(Wine("Port"), "cloudpickle") == ("cloudpickle", Wine("Port"))
    assert cloudpickle.loads(Path("blobs/k").read_bytes()) == Wine("Port")


def test_options_of_a_serializer_are_passed_on():
    store = DiskStore("blobs")

    @p.provenance(
        repo=p.DbRepo("sqlite://", store),
        dump_kwargs={"compression": "gzip"},
        load_kwargs={"columns": ["a"]},
    )
    def load():
        return frame(a=["x" * 1000], b=[1])

    load()
    pd.testing.assert_frame_equal(load().__wrapped__, frame(a=["x" * 1000]))


def test_a_package_that_is_missing_is_named():
    with pytest.raises(CaptureError, match="torch is not installed; pip install torch"):
        written({}, "pytorch_model")


# --- registration


@pytest.fixture
def registry(monkeypatch):
    """Undo registrations at the end."""
    from functools import singledispatch

    monkeypatch.setattr(registered, "_SERIALIZERS", dict(registered._SERIALIZERS))
    monkeypatch.setattr(registered, "_name_for", singledispatch(lambda _: None))


def dump_wine(wine, filename, suffix=""):
    Path(filename).write_text(f"{type(wine).__name__} {wine.name}{suffix}")


def load_wine(filename, strip=0):
    kind, _, name = Path(filename).read_text().partition(" ")
    return {"Wine": Wine, "Port": Port}[kind](name[: len(name) - strip])


def test_a_serializer_is_registered_for_a_class_and_its_subclasses(registry):
    register_serializer("wine", dump_wine, load_wine, "text/plain", classes=[Wine])
    for value in (Wine("a"), Port("b")):
        used, read = written(value)
        assert (used, type(read), read) == ("wine", type(value), value)
    assert get_serializer("wine").content_type == "text/plain"
    assert written([Wine("a")])[0] == "joblib"


def test_a_registered_serializer_is_used_by_decorators(registry):
    register_serializer("wine", dump_wine, load_wine)

    @p.provenance(
        repo=p.DbRepo("sqlite://", DiskStore("blobs")),
        serializer="wine",
        dump_kwargs={"suffix": "!!"},
        load_kwargs={"strip": 2},
    )
    def press():
        return Port("Tawny")

    assert press().artifact.serializer == "wine"
    assert press().name == "Tawny"


def test_classes_of_python_and_libraries_can_be_registered(registry):
    register_serializer("text", lambda v, f: Path(f).write_text(v), lambda f: Path(f).read_text(),
                        classes=[str], runs_code=False)  # fmt: skip
    register_serializer("csv", lambda v, f: v.to_csv(f, index=False), pd.read_csv,
                        classes=[pd.DataFrame], runs_code=False)  # fmt: skip
    assert written("a") == ("text", "a")
    assert written(frame(a=[1]))[0] == "csv"


def test_a_serializer_of_a_user_is_assumed_to_run_code(registry):
    from mlflow2prov.capture.errors import UntrustedBlobError

    register_serializer("wine", dump_wine, load_wine)
    register_serializer("safe wine", dump_wine, load_wine, runs_code=False)
    writer, reader = DiskStore("blobs", trusted=True), DiskStore("blobs", trusted=False)
    digests = {n: writer.put(n, Wine("a"), n).digest for n in ("wine", "safe wine")}
    assert reader.get("safe wine", "safe wine", digests["safe wine"]) == Wine("a")
    with pytest.raises(UntrustedBlobError):
        reader.get("wine", "wine", digests["wine"])


def test_an_unknown_name_lists_the_names():
    with pytest.raises(InvalidOptionError, match=r"unknown serializer 'jsno'.*did you mean json"):
        get_serializer("jsno")
    with pytest.raises(InvalidOptionError, match="unknown serializer"):
        p.provenance(serializer="jsno")(lambda: 1)


def test_the_names_of_such_libraries_exist():
    names = ["joblib", "cloudpickle", "pd_df_parquet", "pd_series_parquet", "pytorch_model", "file"]
    assert [get_serializer(name).name for name in names] == names
    assert get_serializer(None).name == "joblib"


@pytest.mark.parametrize("name", ["json", "npy", "pd_df_parquet", "pd_series_parquet", "file"])
def test_serializers_that_run_no_code(name):
    assert not get_serializer(name).runs_code


@pytest.mark.parametrize("name", ["joblib", "cloudpickle", "pytorch_model"])
def test_serializers_that_run_code(name):
    assert get_serializer(name).runs_code


def test_a_pickle_of_python_is_read():
    Path("file").write_bytes(pickle.dumps({1, 2}))
    for name in ("joblib", "cloudpickle"):
        assert get_serializer(name).load("file") == {1, 2}
