"""Capture does not change the program: generators, streams, folder, warnings, signatures and errors stay."""

import inspect
import os
import random
import typing
import warnings
from pathlib import Path

import numpy as np
import pytest

import mlflow2prov.capture as p


def work(x: int, *, scale: float = 1.0) -> float:
    """Scale a number."""
    return x * scale


captured = p.provenance()(work)


def test_the_signature_and_the_names_stay():
    assert inspect.signature(captured) == inspect.signature(work)
    assert typing.get_type_hints(captured) == typing.get_type_hints(work)
    assert captured.__wrapped__ is work
    names = ("__name__", "__qualname__", "__module__", "__doc__")
    assert [getattr(captured, name) for name in names] == [getattr(work, name) for name in names]


def test_attributes_of_the_function_stay():
    def f():
        return 1

    f.route = "/f"
    assert p.provenance()(f).route == "/f"


def test_the_original_function_is_not_changed(memory):
    before = dict(vars(work))
    captured(1)
    assert vars(work) == before
    assert work(2) == 2
    assert not p.is_proxy(work(2))


def test_random_generators_are_not_touched(repo):
    random.seed(1), np.random.seed(1)
    expected = [random.random(), np.random.random(), random.random(), np.random.random()]
    random.seed(1), np.random.seed(1)

    @p.provenance()
    def draw(n):
        return [random.random(), np.random.random()]

    first = list(draw(1))
    draw(1)
    assert [*first, random.random(), np.random.random()] == expected


def test_nothing_is_printed_and_no_warning_is_issued(repo, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        captured(1), captured(1)
        with pytest.raises(TypeError):
            captured("a", scale="b")
    assert capfd.readouterr() == ("", "")


def test_folder_environment_and_umask_stay(repo):
    before = Path.cwd(), dict(os.environ), os.umask(0o22)
    os.umask(before[2])
    captured(3)
    umask = os.umask(before[2])
    assert (Path.cwd(), dict(os.environ), umask) == before


def test_the_value_that_was_returned_is_the_value_of_the_proxy(repo):
    made = []

    @p.provenance()
    def make():
        made.append({"a": [1]})
        return made[-1]

    assert make().__wrapped__ is made[0]


def test_plain_values_have_their_own_types(repo):
    @p.provenance(proxies=False)
    def f(x):
        return x

    for value in (None, True, 1, "a", [1], {"a": 1}, (1, 2), np.arange(2)):
        for _ in range(2):
            assert type(f(value)) is type(value)
    assert f(None) is None


def test_a_stored_none_is_a_hit(repo):
    computed = []

    @p.provenance(proxies=False)
    def nothing():
        computed.append(1)

    @p.provenance()
    def proxied():
        computed.append(2)

    assert [nothing(), nothing()] == [None, None]
    proxied(), proxied()
    assert computed == [1, 2]


def test_plain_composites_are_dictionaries_of_plain_values(repo):
    @p.provenance(proxies=False, returns_composite=True)
    def split():
        return {"a": [1], "b": 2}

    for _ in range(2):
        result = split()
        assert type(result) is dict
        assert {key: type(value) for key, value in result.items()} == {"a": list, "b": int}


def test_wrong_arguments_are_the_error_that_python_raises(memory):
    with pytest.raises(TypeError, match="x"):
        captured()
    with pytest.raises(TypeError, match="unexpected"):
        captured(1, size=2)
    assert len(p.calls()) == 0


def test_the_traceback_leads_to_the_line_that_failed(memory):
    @p.provenance()
    def fail():
        raise KeyError("k")  # this line

    with pytest.raises(KeyError) as raised:
        fail()
    assert "this line" in str(raised.traceback[-1].statement)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_recursion(repo):
    @p.provenance()
    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    assert factorial(10) == 3628800
    assert len(p.calls()) == 11
    calls = p.calls()
    assert [call.parent_id for call in calls[1:]] == [call.id for call in calls[:-1]]


def test_without_configuration_calls_are_recorded_in_a_folder_that_git_ignores(tmp_path):
    assert captured(1) == 1
    folder = tmp_path / ".mlflow2prov"
    assert (folder / ".gitignore").read_text() == "*\n"
    assert [call.fn_name for call in p.calls()] == ["work"]
