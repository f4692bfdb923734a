"""Proxies: they behave as their values, and carry the artifact."""

import copy
import datetime
import io
import json
import math
import operator
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlflow2prov.capture as p


def proxy(value):
    """Return a proxy of a value, from a call of a captured function."""
    return p.provenance(use_cache=False, name="make")(lambda: value)()


pytestmark = pytest.mark.usefixtures("memory")


# --- what a proxy is


def test_a_proxy_has_the_class_of_its_value():
    numbers = proxy([1, 2])
    assert isinstance(numbers, list)
    assert numbers.__class__ is list
    assert type(numbers) is p.ArtifactProxy
    assert p.is_proxy(numbers)
    assert not p.is_proxy([1, 2])
    assert not p.is_proxy(numbers.artifact)


def test_a_proxy_of_a_function_can_be_called():
    function = proxy(math.sqrt)
    assert type(function) is p.CallableArtifactProxy
    assert p.is_proxy(function)
    assert function(9) == 3
    assert callable(function)
    assert not callable(proxy(1))


def test_the_representation_names_the_artifact():
    numbers = proxy([1])
    assert repr(numbers) == f"<provenance.ArtifactProxy({numbers.artifact.id}) [1] >"
    function = proxy(len)
    assert repr(function) == f"<provenance.ArtifactProxy({function.artifact.id}) {len!r} >"
    assert repr(numbers.artifact) == f"<provenance.Artifact({numbers.artifact.id})>"
    assert str(proxy("text")) == "text"


def test_the_identity_of_a_value_is_not_that_of_its_proxy():
    assert proxy(None) is not None
    assert proxy(True) is not True
    assert proxy(None).artifact.value is None
    assert not proxy(None)


def test_a_proxy_hashes_as_its_value_and_an_artifact_does_not():
    numbers = proxy((1, 2))
    assert p.hash(numbers) == p.hash((1, 2)) == numbers.artifact.value_id
    assert p.hash(numbers) != p.hash(numbers.artifact)
    assert hash(numbers) == hash((1, 2))
    assert {numbers: 1}[(1, 2)] == 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(proxy([1]))


def test_artifacts_are_equal_by_their_identifiers():
    one, two = proxy([1]).artifact, proxy([1]).artifact
    assert one == two
    assert len({one, two}) == 1
    assert one != proxy([2]).artifact
    assert one != one.id


# --- operations


@pytest.mark.parametrize(
    "name",
    ["lt", "le", "eq", "ne", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv", "mod", "pow"],
)
@pytest.mark.parametrize("left", [3, 2.5, Fraction(1, 2)])
def test_binary_operators_return_plain_results(name, left):
    function, right = getattr(operator, name), 2
    expected = function(left, right)
    for result in (function(proxy(left), right), function(proxy(left), proxy(right))):
        assert result == expected
        assert type(result) is type(expected)
    assert function(left, proxy(right)) == expected


@pytest.mark.parametrize("name", ["lshift", "rshift", "and_", "or_", "xor"])
def test_operators_of_integers(name):
    function = getattr(operator, name)
    assert function(proxy(6), 2) == function(6, proxy(2)) == function(6, 2)


def test_matrix_products_and_division_with_remainder():
    matrix = np.eye(2)
    assert (proxy(matrix) @ matrix == matrix).all()
    assert (matrix @ proxy(matrix) == matrix).all()
    assert divmod(proxy(7), 2) == divmod(7, proxy(2)) == (3, 1)


def test_unary_functions():
    assert [-proxy(1), +proxy(1), abs(proxy(-1)), ~proxy(1)] == [-1, 1, 1, -2]
    assert [
        round(proxy(1.6)),
        round(proxy(1.66), 1),
        math.floor(proxy(1.6)),
        math.ceil(proxy(1.2)),
        math.trunc(proxy(1.6)),
    ] == [2, 1.7, 1, 2, 1]
    assert [
        int(proxy("3")),
        float(proxy("3")),
        complex(proxy(3)),
        bytes(proxy(b"a")),
        bool(proxy([])),
    ] == [3, 3.0, 3 + 0j, b"a", False]
    assert [range(5)[proxy(2)], [1, 2, 3][proxy(1)]] == [2, 2]


def test_augmented_assignment_changes_the_value_or_leaves_the_proxy():
    numbers = proxy([1])
    same = numbers
    numbers += [2]
    assert numbers is same
    assert p.is_proxy(numbers)
    assert numbers == [1, 2]
    number = proxy(1)
    number += 1
    assert (number, type(number)) == (2, int)


def test_containers():
    mapping = proxy({"a": 1})
    mapping["b"] = 2
    del mapping["a"]
    assert ("b" in mapping, len(mapping), list(mapping), mapping["b"]) == (True, 1, ["b"], 2)
    assert {**mapping} == dict(mapping) == {"b": 2}
    assert [*proxy([1, 2])] == sorted(proxy([2, 1])) == [1, 2]
    assert list(reversed(proxy([1, 2]))) == [2, 1]
    first, second = proxy((1, 2))
    assert (first, second) == (1, 2)
    with pytest.raises(TypeError):
        len(proxy(1))
    with pytest.raises(TypeError):
        iter(proxy(1))


def test_attributes_are_those_of_the_value():
    class Thing:
        kind = "thing"

        def method(self):
            return self

    thing = Thing()
    wrapped = proxy(thing)
    wrapped.size = 3
    assert thing.size == 3 == wrapped.size
    assert wrapped.method() is thing
    assert vars(wrapped) == {"size": 3}
    assert "artifact" in dir(wrapped)
    assert "method" in dir(wrapped)
    del wrapped.size
    with pytest.raises(AttributeError, match="size"):
        _ = wrapped.size
    assert wrapped.__wrapped__ is thing


def test_formats_and_context_managers():
    assert f"{proxy(3.14159):.2f} {proxy('a'):>3}" == "3.14   a"
    with proxy(io.StringIO("text")) as stream:
        assert stream.read() == "text"


def test_pattern_matching_sees_the_class():
    match proxy([1]):
        case dict():
            pytest.fail("not a dictionary")
        case list() as values:
            assert values == [1]
        case _:
            pytest.fail("no match")


def test_arrays_and_frames():
    array = proxy(np.arange(4))
    assert np.shares_memory(np.asarray(array), array.artifact.value)
    assert np.sum(array) == array.sum() == 6
    assert type(np.sin(array)) is np.ndarray
    assert list(array[1:3]) == [1, 2]
    assert list(array[array > 1]) == [2, 3]
    assert (array + np.arange(4) == np.arange(4) + array).all()
    frame = proxy(pd.DataFrame({"x": [1, 2]}))
    assert frame.shape == (2, 1)
    assert list(frame["x"] + 1) == [2, 3]
    assert pd.concat([frame.artifact.value, frame.artifact.value]).shape == (4, 1)


def test_paths_open_and_fspath():
    import os

    path = proxy(Path(__file__))
    assert os.fspath(path) == __file__
    assert os.fspath(proxy(__file__)) == __file__
    with pytest.raises(TypeError):
        os.fspath(proxy({"a": 1}))
    with open(path) as file:
        assert file.readline().startswith('"""Proxies')


def test_functions_in_c_that_want_the_exact_type_take_the_value():
    number = proxy({"a": 1})
    with pytest.raises(TypeError):
        json.dumps(proxy(datetime.timedelta(1)))
    assert json.dumps(number.artifact.value) == '{"a": 1}'


# --- copies and pickles


def test_copies_have_values_of_their_own_and_the_same_artifact():
    nested = proxy([[1]])
    shallow, deep = copy.copy(nested), copy.deepcopy(nested)
    nested[0].append(2)
    assert (shallow, deep) == ([[1, 2]], [[1]])
    assert shallow.artifact is nested.artifact
    assert deep.artifact == nested.artifact
    assert p.is_proxy(shallow)


@pytest.mark.parametrize("kind", ["value", "callable", "artifact", "composite", "file", "nested"])
def test_pickles_are_loaded_from_the_default_repository(repo, kind, tmp_path):
    (tmp_path / "file").write_text("content")

    def make():
        return {"callable": math.sqrt, "composite": {"a": [1]}, "file": tmp_path / "file"}.get(
            kind, [1]
        )

    options = {"returns_composite": kind == "composite", "archive_file": kind == "file"}
    original = p.provenance(**options)(make)()
    value = {"artifact": original.artifact, "nested": {"x": [original]}}.get(kind, original)
    loaded = pickle.loads(pickle.dumps(value))
    assert type(loaded) is type(value)
    if kind == "nested":
        loaded, value = loaded["x"][0], value["x"][0]
    if kind != "artifact":
        loaded, value = loaded.artifact, value.artifact
    assert loaded == value
    assert p.hash(loaded.proxy()) == p.hash(original)


def test_the_pickle_of_a_proxy_of_another_repository_in_memory_has_the_value(memory):
    data = pickle.dumps(proxy([1]))
    p.set_default_repo(p.MemoryRepo())
    loaded = pickle.loads(data)
    assert loaded == [1]
    assert p.is_proxy(loaded)


# --- transformed values


def test_a_transformed_value_keeps_the_artifact():
    numbers = proxy([3, 1])
    ordered = numbers.transform_value(sorted)
    assert ordered == [1, 3]
    assert p.is_proxy(ordered)
    assert ordered.artifact is numbers.artifact
    seen = []
    numbers.transform_value(seen.append)
    assert p.is_proxy(seen[0])
