"""Seeds: generators are touched only on demand, and only those of libraries that the program has imported."""

import random
import subprocess
import sys

import numpy as np
import pytest

from mlflow2prov.capture import InvalidArgumentError, InvalidOptionError, seed_tasks, tracked
from tests.capture.record_files.conftest import record_in


def states():
    return random.getstate(), np.random.get_state()[1].tolist()


def test_no_generator_is_touched_without_a_seed(tmp_path):
    before = states()

    @tracked(literal_directory=tmp_path, include_uuid=False)
    def train():
        return states()

    assert train() == before
    assert record_in(tmp_path)["seed"] is None


def test_a_seed_that_is_passed_is_used(tmp_path):
    @tracked(literal_directory=tmp_path, seed_parameter="seed")
    def train(seed=None):
        return seed, random.random(), np.random.random()

    assert train(seed=7) == train(7)
    seed, first, second = train(7)
    random.seed(7)
    np.random.seed(7)
    assert (seed, first, second) == (7, random.random(), np.random.random())
    assert record_in(tmp_path)["seed"] == 7


def test_a_new_seed_is_injected_and_recorded(tmp_path):
    @tracked(literal_directory=tmp_path, seed_parameter="seed")
    def train(seed=None):
        return seed

    random.seed(7)
    first = train()
    random.seed(7)
    assert train() != first
    record = record_in(tmp_path)
    assert record["called_function"]["parameters"] == {"seed": None}
    assert record["called_function"]["altered_parameters"] == {"seed": record["seed"]}


@pytest.mark.parametrize("seed", [True, 11])
def test_a_function_without_such_a_parameter_can_be_seeded(tmp_path, seed):
    @tracked(literal_directory=tmp_path, seed=seed)
    def train():
        return random.random()

    value = train()
    recorded = record_in(tmp_path)["seed"]
    random.seed(recorded)
    assert value == random.random()
    assert seed is True or recorded == 11


def test_libraries_can_be_left_out(tmp_path):
    before = states()[1]
    seed_tasks(5, seed_numpy=False)
    assert states()[1] == before
    random_state = random.getstate()
    random.seed(5)
    assert random.getstate() == random_state


@pytest.mark.parametrize("seed", ["7", 1.5, True, [1]])
def test_a_seed_is_an_integer(tmp_path, seed):
    @tracked(literal_directory=tmp_path, seed_parameter="seed")
    def train(seed):
        raise AssertionError

    with pytest.raises(InvalidArgumentError, match=r"seed: .* is not an integer"):
        train(seed)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_is_in_the_range_of_numpy(seed):
    with pytest.raises(InvalidOptionError, match="out of range") as error:
        seed_tasks(seed)
    assert isinstance(error.value, ValueError)


def test_no_library_is_imported_in_order_to_seed_it():
    program = (
        "import sys, mlflow2prov.capture as p\n"
        "assert p.seed_tasks(3) == 3\n"
        "assert not {'numpy', 'torch', 'tensorflow'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
