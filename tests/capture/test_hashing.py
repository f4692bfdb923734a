"""Digests of values: which values are equal, which differ, and which have none."""

import copy
import datetime
import functools
import itertools
import json
import math
import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlflow2prov.capture as p
from mlflow2prov.capture.hashing import (
    UnhashableError,
    file_hash,
    hash_with_artifacts,
    value_repr,
    walk,
)
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.hashing.types import ALIASES, expander_for
from tests.capture.hash_examples import EXAMPLES, Node, Point

TOP = Path(__file__).parents[2]
PROGRAM = """
import json
from mlflow2prov.capture.hashing import hash
from tests.capture.hash_examples import EXAMPLES
print(json.dumps({name: hash(value) for name, value in EXAMPLES.items()}))
"""


def digests_of_another_process(python=sys.executable, seed="0"):
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(TOP)}
    output = subprocess.run(
        [python, "-c", PROGRAM], env=environment, check=True, capture_output=True, text=True
    ).stdout
    return json.loads(output)


OTHER_PYTHONS = [
    path
    for minor in (12, 13, 14)
    for path in [
        shutil.which(f"python3.{minor}"),
        *sorted(map(str, Path("~/.pyenv/versions").expanduser().glob(f"3.{minor}.*/bin/python"))),
    ]
    if path and "shims" not in path
]


def test_a_digest_names_its_algorithm():
    assert digest([1, 2]).startswith("sha256:")
    assert len(digest(1)) == len("sha256:") + 64


def test_the_digest_is_public_under_two_names():
    import mlflow2prov.capture as p

    assert p.hash([1, 2]) == p.digest([1, 2]) == digest([1, 2])
    assert re.fullmatch("sha256:[0-9a-f]{64}", p.hash({"a": 1}))


@pytest.mark.parametrize(
    "values",
    [
        ([[1], [2]], [[1, 2]], [[1, 2], []], [1, 2]),
        (["ab", ""], ["a", "b"], ["", "ab"]),
        ({"x": {"a": 1, "b": 2}}, {"x": {"a": 2, "b": 1}}, {"a": {"x": 1, "b": 2}}),
        ({"a": None}, {"a": "None"}, {}, {"a": {}}),
        ({"a": 1}, [("a", 1)], ["a", 1], {"a", 1}),
        (Point(1, Point(2, 3)), Point(Point(1, 2), 3), Point(1, (2, 3))),
    ],
)
def test_nested_values_differ_by_their_structure(values):
    assert len(set(map(digest, values))) == len(values)


def test_a_large_array_counts_to_its_last_byte():
    array = np.zeros(5_000_000, np.uint8)
    digests = {digest(array)}
    for position in (0, 2_500_000, 4_999_999):
        other = array.copy()
        other[position] = 1
        digests.add(digest(other))
    assert len(digests) == 4


def test_all_examples_differ():
    digests = {name: digest(value) for name, value in EXAMPLES.items()}
    assert len(set(digests.values())) == len(EXAMPLES)


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_digests_do_not_depend_on_the_process(seed):
    expected = {name: digest(value) for name, value in EXAMPLES.items()}
    assert digests_of_another_process(seed=seed) == expected


@pytest.mark.parametrize("python", OTHER_PYTHONS)
def test_digests_do_not_depend_on_the_version_of_python(python):
    expected = {name: digest(value) for name, value in EXAMPLES.items()}
    assert digests_of_another_process(python) == expected


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "built-in"])
def test_copies_and_pickles_have_the_digest_of_the_original(name):
    value = EXAMPLES[name]
    assert digest(copy.deepcopy(value)) == digest(value)
    assert digest(pickle.loads(pickle.dumps(value))) == digest(value)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(JSON_LIKE)
def test_equal_values_built_anew_are_equal(value):
    assert digest(pickle.loads(pickle.dumps(value))) == digest(value)


@given(st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), st.integers()))
def test_the_order_of_insertion_does_not_count(mapping):
    reverse = dict(reversed(mapping.items()))
    assert digest(reverse) == digest(mapping)
    assert digest(set(reverse)) == digest(set(mapping))


def test_the_order_of_an_ordered_dictionary_counts():
    from collections import OrderedDict

    assert digest(OrderedDict(a=1, b=2)) != digest(OrderedDict(b=2, a=1))


def test_references_count_as_values():
    part = [1, 2, 3]
    assert digest([part, part]) == digest([[1, 2, 3], [1, 2, 3]])
    record = {"x": [1]}
    assert digest([record, record]) == digest([{"x": [1]}, {"x": [1]}])


def test_repeated_references_take_no_repeated_work():
    value = ["a long text, so that it is not encoded in place" * 10]
    for _ in range(500):
        value = [value, value]
    assert digest(value)


@pytest.mark.parametrize("depth", [50, 99, 100, 101, 102, 5_000, 200_000])
def test_depth_is_not_limited(depth):
    def nested(leaf):
        value = leaf
        for _ in range(depth):
            value = [value]
        return value

    one, same, other = nested(1), nested(1), nested(2)
    assert digest(one) == digest(same) != digest(other)
    for value in (
        one,
        same,
        other,
    ):  # Python's own deallocation of deep lists is recursive up to a limit
        while isinstance(value, list) and value:
            value = value.pop()


def test_deep_and_shallow_walks_agree():
    from mlflow2prov.capture.hashing.types import ALIASES, expander_for
    from mlflow2prov.capture.hashing.walk import Walk, _LoopWalk

    for name in ("nested", "set", "mixed keys", "dataclass", "counter", "bytes within", "list"):
        walk = Walk(expander_for, ALIASES)
        encoding = walk._encode(EXAMPLES[name], 0)
        assert _LoopWalk(Walk(expander_for, ALIASES), {}).encode(EXAMPLES[name]) == encoding


def test_cycles_differ_by_their_shape():
    def ring(size, name="x"):
        nodes = [Node(name) for _ in range(size)]
        for node, following in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            node.parent = following
        return nodes[0]

    assert digest(ring(3)) == digest(ring(3))
    assert digest(ring(3)) != digest(ring(4))
    assert digest(ring(3)) != digest(ring(3, "y"))


def test_a_cycle_is_walked_once_from_many_entries():
    nodes = [Node(str(number)) for number in range(2_000)]
    for node, following in itertools.pairwise(nodes):
        node.children, following.parent = [following], node
    assert digest(nodes) == digest(nodes)


def test_a_set_within_its_own_cycle_has_no_digest():
    node = Node("x")
    node.children = {node}
    with pytest.raises(UnhashableError, match="cycle"):
        digest(node)


def test_attributes_count_without_their_order():
    one, other = Node("x"), Node.__new__(Node)
    other.children, other.parent, other.name = [], None, "x"
    assert digest(one) == digest(other)
    other.name = "y"
    assert digest(one) != digest(other)


def test_nested_dataclasses_are_distinguished_by_field():
    def pair(a, b):
        return {"a": Point(a, 0), "b": Point(b, 0)}

    assert digest(pair(1, 2)) != digest(pair(2, 1))


def test_nan_is_one_value():
    quiet, negative = float("nan"), -float("nan")
    assert digest(quiet) == digest(negative) == digest(float("inf") - float("inf"))
    assert digest([quiet]) == digest([negative])
    assert digest({"x": quiet}) == digest({"x": negative})
    assert digest(complex(0, quiet)) == digest(complex(0, negative))


@pytest.mark.parametrize(
    "value", [(n for n in ()), threading.Lock(), sys.stdout, [[threading.Lock()]]]
)
def test_objects_without_a_value_are_refused(value):
    with pytest.raises(UnhashableError, match="value_repr"):
        digest(value)


def test_times_with_zones():
    noon = datetime.datetime(2026, 1, 1, 12)
    zones = [None, datetime.UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")]
    assert len({digest(noon.replace(tzinfo=zone)) for zone in zones}) == 4
    assert digest(noon.replace(fold=1)) != digest(noon)


def test_functions_differ_by_their_source():
    def doubled(x):
        return x * 2

    def also_doubled(x):
        """Return twice the argument."""
        # A comment.
        return x * 2

    def trebled(x):
        return x * 3

    assert digest(doubled) == digest(also_doubled) != digest(trebled)
    assert digest(lambda x: x + 1) == digest(lambda x: x + 1) != digest(lambda x: x + 2)
    pair = (lambda x: x, lambda x: -x)
    assert digest(pair[0]) != digest(pair[1])


def test_functions_differ_by_the_variables_they_enclose():
    def adder(n):
        return lambda x: x + n

    assert digest(adder(1)) == digest(adder(1)) != digest(adder(2))
    assert digest(functools.partial(max, 1)) != digest(functools.partial(max, 2))


def test_functions_without_a_source_differ_by_their_code():
    functions = [eval(f"lambda x: x + {n}") for n in (1, 1, 2)]
    assert digest(functions[0]) == digest(functions[1]) != digest(functions[2])


class Handle:
    def __init__(self, name):
        self.name, self.lock = name, threading.Lock()


class Model:
    def __init__(self, weights):
        self.weights, self.lock = weights, threading.Lock()

    def value_repr(self):
        return self.weights


def test_classes_declare_their_value():
    with pytest.raises(UnhashableError):
        digest(Handle("a"))
    value_repr.register(Handle, lambda handle: handle.name)
    assert digest(Handle("a")) == digest(Handle("a")) != digest(Handle("b"))
    assert digest([Model([1])]) == digest([Model([1])]) != digest([Model([2])])
    assert digest(Model("a")) != digest(Handle("a"))


def test_no_artifacts_are_met_in_plain_values():
    assert hash_with_artifacts([1, {"a": 2}]) == (digest([1, {"a": 2}]), [])


def test_digest_of_a_file(tmp_path):
    import hashlib

    path = tmp_path / "data"
    path.write_bytes(b"content")
    assert file_hash(path) == "sha256:" + hashlib.sha256(b"content").hexdigest()
    assert file_hash(path, "md5") == "md5:" + hashlib.md5(b"content").hexdigest()
    with pytest.raises(ValueError, match="crc"):
        file_hash(path, "crc")


# --- arrays


ARRAY = np.arange(24, dtype=np.float64).reshape(4, 6)


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray(ARRAY),
        np.vstack([ARRAY, ARRAY])[:4],
        np.repeat(ARRAY, 2, axis=0)[::2],
        ARRAY[::-1][::-1],
        ARRAY.copy().astype(np.float64),
    ],
)
def test_the_layout_of_an_array_does_not_count(same):
    assert digest(same) == digest(ARRAY)


@pytest.mark.parametrize(
    "other",
    [
        ARRAY.reshape(6, 4),
        ARRAY.T,
        ARRAY.astype(np.float32),
        ARRAY.astype(np.int64),
        ARRAY.astype(">f8"),
        -ARRAY,
        ARRAY.tolist(),
        ARRAY.astype(object),
        np.ma.masked_array(ARRAY),
    ],
)
def test_the_type_and_shape_of_an_array_count(other):
    assert digest(other) != digest(ARRAY)


def test_large_arrays_that_are_not_contiguous(monkeypatch):
    monkeypatch.setattr("mlflow2prov.capture.hashing.arrays._BLOCK_BYTES", 100)
    assert digest(np.asfortranarray(ARRAY)) == digest(ARRAY)


def test_a_file_that_is_mapped_into_memory_is_an_array(tmp_path):
    np.save(tmp_path / "a.npy", ARRAY)
    assert digest(np.load(tmp_path / "a.npy", mmap_mode="r")) == digest(ARRAY)


def test_numbers_of_numpy_are_not_those_of_python():
    values = [1, 1.0, np.int64(1), np.int32(1), np.float64(1), np.bool_(True), np.array(1)]
    assert len(set(map(digest, values))) == len(values)


def test_structured_and_object_arrays():
    kind = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(3, kind), np.empty(3, kind)
    one.view(np.uint8)[1] = 99  # a byte between the fields
    other[:] = np.zeros(3, kind)
    assert digest(one) == digest(other)
    assert digest(np.array([{"a": 1}, None])) == digest(np.array([{"a": 1}, None]))
    assert digest(np.array([{"a": 1}, None])) != digest(np.array([{"a": 2}, None]))


def test_masked_values_do_not_count():
    masks = [False, True]
    one = np.ma.masked_array([1, 2], mask=masks)
    other = np.ma.masked_array([1, 3], mask=masks)
    assert digest(one) == digest(other) != digest(np.ma.masked_array([0, 2], mask=masks))


def test_dates_of_numpy():
    assert digest(np.array(["2026-01-01"], "M8[D]")) != digest(np.array(["2026-01-02"], "M8[D]"))


def test_sparse_matrices_without_their_caches():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(np.eye(3))
    before = digest(matrix)
    assert matrix.has_sorted_indices
    assert digest(matrix) == before != digest(sparse.csr_matrix(2 * np.eye(3)))


# --- frames


def frame():
    return pd.DataFrame(
        {
            "i": [1, 2, 3],
            "x": [0.5, np.nan, 1.5],
            "t": ["a", None, "c"],
            "o": [[1], {"k": 2}, None],
            "c": pd.Categorical(["u", "v", "u"]),
            "n": pd.array([1, None, 3], dtype="Int64"),
            "d": pd.to_datetime(["2026-01-01", None, "2026-01-03"]).tz_localize("UTC"),
        }
    )


def test_equal_frames_are_equal():
    split = frame()
    split["y"] = 1.0
    split = split.drop(columns="y")
    longer = pd.concat([frame(), frame()], ignore_index=True)
    assert digest(split) == digest(frame())
    assert digest(longer[:3]) == digest(frame())
    assert digest(pickle.loads(pickle.dumps(frame()))) == digest(frame())


def test_a_frame_without_duplicates_is_equal_to_one_that_never_had_any():
    whole = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "x", "y"]})
    plain = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[0, 2])
    assert digest(whole.drop_duplicates()) == digest(plain)


@pytest.mark.parametrize("column", list("ixtocnd"))
def test_every_column_of_a_frame_counts(column):
    changed = frame()
    changed[column] = changed[column].iloc[::-1].to_list()[:1] + list(changed[column][1:])
    without = frame().drop(columns=column)
    renamed = frame().rename(columns={column: "z"})
    assert len({digest(f) for f in (frame(), without, renamed)}) == 3
    assert digest(frame()[column]) != digest(frame()[column].iloc[:2])


def test_dtypes_and_the_index_count():
    base = pd.DataFrame({"a": [1, 2]})
    others = [
        base.astype("int32"),
        base.astype("Int64"),
        base.astype(float),
        base.set_axis([1, 2]),
        base.set_axis(["0", "1"]),
        base.rename_axis("name"),
        base["a"],
        base["a"].rename("b"),
        base.set_index("a"),
        base.to_numpy(),
    ]
    assert len({digest(value) for value in [base, *others]}) == len(others) + 1


def test_categories():
    values = ["a", "b", "a"]
    one = pd.Series(pd.Categorical(values, categories=["a", "b"]))
    same = pd.Series(pd.Categorical(values, categories=["b", "a"]))
    assert digest(one) == digest(same)
    ordered = [pd.Categorical(values, c, ordered=True) for c in (["a", "b"], ["b", "a"])]
    more = pd.Categorical(values, categories=["a", "b", "c"])
    assert len({digest(pd.Series(c)) for c in [*ordered, more, one]}) == 4


def test_missing_values_of_object_columns():
    values = [None, np.nan, pd.NA, pd.NaT, ""]
    digests = {digest(pd.Series([value, "x"], dtype=object)) for value in values}
    assert len(digests) == len(values)


def test_text_does_not_depend_on_its_storage():
    one = pd.Series(["a", None, "ccc"], dtype=pd.StringDtype("python", na_value=np.nan))
    other = pd.Series(["a", None, "ccc"], dtype=pd.StringDtype("pyarrow", na_value=np.nan))
    assert digest(one) == digest(other) != digest(one.astype(object))


def test_timestamps_differ():
    times = [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-02"), pd.Timestamp(0), pd.NaT]
    assert len(set(map(digest, times))) == 4


# --- Arrow


@pytest.mark.parametrize(
    "kind, values",
    [
        (pa.string(), ["a", None, "ccc", "", "b"]),
        (pa.int32(), [1, None, 3, 4, 5]),
        (pa.float64(), [1.0, None, float("inf"), 4, 5]),
        (pa.bool_(), [True, None, False, True, True]),
        (pa.timestamp("us", "UTC"), [1, None, 3, 4, 5]),
        (pa.date32(), [1, None, 3, 4, 5]),
        (pa.list_(pa.string()), [["a"], None, [], ["b", None], ["c"]]),
        (pa.struct({"x": pa.int8()}), [{"x": 1}, None, {"x": None}, {"x": 4}, {"x": 5}]),
        (pa.decimal128(5, 2), [1, None, 3, 4, 5]),
        (pa.binary(), [b"a", None, b"", b"b", b"c"]),
    ],
)
def test_slices_chunks_and_dictionaries_of_arrow_do_not_count(kind, values):
    whole = pa.array(values, kind)
    padded = pa.array([*values, *values, *values], kind)
    expected = digest(whole)
    assert digest(padded.slice(5, 5)) == expected
    assert digest(pa.chunked_array([whole])) == expected
    assert digest(pa.chunked_array([whole[:2], whole[2:]])) == expected
    assert digest(whole[:4]) != expected
    assert digest(pa.array([*values[:4], None], kind)) != expected
    if not pa.types.is_nested(kind):
        assert digest(whole.dictionary_encode()) == expected


def test_tables_of_arrow():
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    assert digest(table) == digest(pa.concat_tables([table[:1], table[1:]]))
    assert digest(table) != digest(table.rename_columns(["a", "c"]))


def test_frames_of_polars():
    pl = pytest.importorskip("polars")
    one = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert digest(one) == digest(pl.concat([one[:1], one[1:]])) != digest(one[:1])
    assert digest(one["b"]) != digest(one["a"])


def test_tensors():
    torch = pytest.importorskip("torch")
    one = torch.arange(6.0).reshape(2, 3)
    assert digest(one) == digest(one.clone()) == digest(one.t().contiguous().t())
    assert digest(one) != digest(one.double()) != digest(one.reshape(3, 2))
    assert digest(one.bfloat16()) != digest(one.half())


# --- tables as lists of dictionaries


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
CELLS = LEAVES | st.binary(max_size=3) | st.lists(LEAVES, max_size=3)
ROWS = st.lists(st.sampled_from(["a", "b", 1, "c"]), unique=True).flatmap(
    lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, CELLS)), max_size=5)
)
TABLES = st.lists(st.fixed_dictionaries({"rows": ROWS, "more": ROWS}), max_size=4)


@given(TABLES)
def test_a_table_has_the_same_digest_by_rows_and_by_columns(table):
    with mock.patch.object(walk, "MIN_ROWS", sys.maxsize):
        by_rows = digest(table)
    for block in (1, 2, 1000):
        with mock.patch.multiple(walk, MIN_ROWS=1, BLOCK_ROWS=block):
            assert digest(table) == by_rows


def test_a_table_tells_the_types_of_its_keys_and_cells():
    tables = [
        [{key: value} for _ in range(walk.MIN_ROWS)]
        for key in (1, True, 1.0, "1")
        for value in (1, True, 1.0, "1", [1], (1,))
    ]
    assert len({digest(table) for table in tables}) == len(tables)


def test_all_nan_of_a_table_are_one_value():
    negative = struct.unpack("<d", bytes.fromhex("010000000000f8ff"))[0]
    tables = [[{"x": number} for _ in range(50)] for number in (math.nan, negative)]
    assert digest(tables[0]) == digest(tables[1])


def test_rows_that_contain_each_other_have_a_digest():
    rows = [{"number": number, "next": None} for number in range(50)]
    for row, following in itertools.pairwise(rows):
        row["next"] = following
    assert digest(rows) == digest(copy.deepcopy(rows))
    rows[-1]["next"] = rows[0]
    assert digest(rows) == digest(copy.deepcopy(rows))


def test_the_artifacts_in_a_table_are_in_the_order_of_its_rows():
    repo = p.MemoryRepo()

    @p.provenance(repo=repo)
    def number(value):
        return value

    rows = [{"a": number(i), "b": [number(i + 1000)]} for i in range(50)]
    expected = [row[key] for row in rows for key in ("a", "b")]
    expected = [item[0] if isinstance(item, list) else item for item in expected]
    plain = [{"a": i, "b": [i + 1000]} for i in range(50)]
    name, artifacts = hash_with_artifacts(rows)
    assert name == digest(plain)
    assert [artifact.id for artifact in artifacts] == [proxy.artifact.id for proxy in expected]


@pytest.mark.parametrize(
    "item", [1, "ä", b"x", 1.5, None, True, -math.nan, complex(math.nan, 1), [1], {"b": {"c": 2}}]
)
@pytest.mark.parametrize("key", ["key", "ä", 3])
def test_a_dictionary_with_one_item_is_encoded_as_others_are(key, item):
    new = functools.partial(walk.Walk, expander_for, ALIASES)
    assert new()._encode({key: item}, 0) == walk._LoopWalk(new(), {}).encode({key: item})


def test_dictionaries_with_one_item_need_no_layout():
    one = walk.Walk(expander_for, ALIASES)
    one.digest([{f"key {number}": number} for number in range(20)])
    one.digest({"a": {"b": {3: {"c": [1]}}}})
    assert one._layouts == {}
