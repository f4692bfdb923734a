"""The identity of parameter sets: by fields and values, never by an abbreviated text."""

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow2prov.capture.stages import ExperimentParameters, Record, params_hash, set_hash_functions


@dataclass
class Params(ExperimentParameters):
    a: Any = None
    b: Any = None


@dataclass
class Sub:
    value: int = 0


@dataclass
class OtherSub:
    value: int = 0


def array(changed=False):
    values = np.zeros(5000)
    values[2500] = changed
    return values


def frame(changed=False):
    return pd.DataFrame({"x": array(changed)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": array()}, {"a": array(changed=True)}),
        ({"a": frame()}, {"a": frame(changed=True)}),
        ({"a": Sub(1), "b": Sub(2)}, {"a": Sub(2), "b": Sub(1)}),
        ({"a": Sub(1)}, {"a": OtherSub(1)}),
        ({"a": [Sub(1)]}, {"a": [Sub(2)]}),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": lambda x: x}, {"a": lambda x: x + 1}),
    ],
)
def test_sets_that_differ_have_different_digests(one, other):
    assert params_hash(Params(**one)) != params_hash(Params(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}),
        ({"a": {3, 1, 2}}, {"a": {2, 3, 1}}),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": 1, "name": "first"}, {"a": 1, "name": "second", "overwrite": True}),
        ({"a": np.asfortranarray([[1, 2], [3, 4]])}, {"a": np.array([[1, 2], [3, 4]])}),
    ],
)
def test_sets_that_are_equal_have_one_digest(one, other):
    assert params_hash(Params(**one)) == params_hash(Params(**other))


def test_the_digest_is_the_same_in_all_processes():
    program = (
        "from mlflow2prov.capture.stages import ExperimentParameters, params_hash\n"
        "from dataclasses import dataclass, field\n"
        "@dataclass\n"
        "class Params(ExperimentParameters):\n"
        "    words: set = field(default_factory=lambda: {'a', 'b', 'c', 'd'})\n"
        "print(params_hash(Params()))\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def test_the_digest_is_sha_256_in_hexadecimal_digits():
    digest = params_hash(Params(a=1))
    assert len(digest) == 64
    assert int(digest, 16)


def test_single_fields_can_be_left_out_or_represented():
    @dataclass
    class WithPath(ExperimentParameters):
        rate: float = 0.1
        path: str = "/data"
        model: str = "A-1"
        hash_representations: dict = set_hash_functions(  # noqa: RUF009 - a field
            {"model": lambda _, value: value[0]}, path=None
        )

    assert params_hash(WithPath(path="/x", model="A-2")) == params_hash(WithPath())
    assert params_hash(WithPath(model="B-1")) != params_hash(WithPath())
    explained = WithPath().params_hash(dry=True)
    assert explained["rate"] == ("hash(rate)", "0.1")
    assert explained["path"] == ("SKIPPED: set to None in hash_representations", "/data")
    assert explained["model"] == ("hash_representations['model'](self, model)", "A")
    assert explained["name"] == ("SKIPPED: blacklist", None)


def test_the_digest_stays_once_a_record_has_set_it(manager):
    params = Params(a=1)
    record = Record(manager, params)
    digest = record.get_hash()
    params.a = 2
    assert record.get_hash() == params.hash == digest


def test_aggregates_of_different_aggregates_differ(manager):
    first, second = Record(manager, Params(a=1)), Record(manager, Params(a=2))
    inner_one, inner_two = Record(manager, None), Record(manager, None)
    inner_one.set_aggregate([first])
    inner_two.set_aggregate([second])
    outer_one, outer_two = Record(manager, None), Record(manager, None)
    outer_one.set_aggregate([inner_one])
    outer_two.set_aggregate([inner_two])
    assert outer_one.get_hash() != outer_two.get_hash()


def test_an_aggregate_does_not_depend_on_the_order_of_its_records(manager):
    records = [Record(manager, Params(a=n)) for n in range(3)]
    one, other = Record(manager, None), Record(manager, None)
    one.set_aggregate(records)
    other.set_aggregate(records[::-1])
    assert one.get_hash() == other.get_hash()


def test_a_record_without_parameters_has_no_digest(manager):
    assert Record(manager, None).get_hash() == "None"


def test_a_field_that_cannot_be_hashed_is_an_error():
    @dataclass
    class WithFile(ExperimentParameters):
        items: Any = field(default_factory=lambda: iter([1]))

    with pytest.raises(TypeError, match=r"generator|iterator"):
        params_hash(WithFile(items=(n for n in range(3))))
