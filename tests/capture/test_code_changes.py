"""Changes of code: which of them make a result stale, functions of sessions and programs, and explained misses."""

import functools
import importlib
import linecache
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import code
from mlflow2prov.capture.code import sources

TOP = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("memory")


# --- what counts as a change

MODULE = """
import mlflow2prov.capture as p

FACTOR = 2

def helper(x):
    return x + 1

class Model:
    def predict(self, x):
        return x

def function(x):
    return helper(x) * FACTOR + Model().predict(0)

captured = {kind: p.provenance(invalidate_on=kind, name=kind)(function)
            for kind in ("version", "source", "dependencies")}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a module, import it, and return it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(source):
        (tmp_path / "changing.py").write_text(source)
        importlib.invalidate_caches()
        sys.modules.pop("changing", None)
        linecache.clearcache()
        return importlib.import_module("changing")

    yield write
    sys.modules.pop("changing", None)


CHANGES = {
    "a comment": ("    return helper", "    # doubled\n    return helper", []),
    "a docstring": ("def function(x):\n", 'def function(x):\n    """Double."""\n', []),
    "the layout": ("helper(x) * FACTOR", "(helper( x )*FACTOR)", []),
    "a line above": ("FACTOR = 2", "\n\nFACTOR = 2", []),
    "the source": ("helper(x) * FACTOR", "helper(x) * FACTOR * 10", ["source", "dependencies"]),
    "a default": ("def function(x)", "def function(x, y=1)", ["version", "source", "dependencies"]),
    "a helper": ("return x + 1", "return x + 2", ["dependencies"]),
    "a comment in a helper": ("return x + 1", "return x + 1  # more", []),
    "a constant": ("FACTOR = 2", "FACTOR = 3", ["dependencies"]),
    "a method of a class": ("        return x\n", "        return x + 5\n", ["dependencies"]),
    "a function that is not used": ("FACTOR = 2", "FACTOR = 2\ndef other(): pass", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_that_count(load, change):
    old, new, expected = CHANGES[change]
    assert MODULE.count(old) == 1
    before = {kind: f(1).artifact.id for kind, f in load(MODULE).captured.items()}
    after = {kind: f(1).artifact.id for kind, f in load(MODULE.replace(old, new)).captured.items()}
    assert [kind for kind in before if before[kind] != after[kind]] == expected


def test_the_version_of_a_captured_helper_is_a_dependency():
    def make(version):
        @p.provenance(version=version)
        def helper(x):
            return x

        @p.provenance(invalidate_on="dependencies", name="user")
        def user(x):
            return helper(x)

        return user

    assert make(0)(1).artifact.id == make(0)(1).artifact.id != make(1)(1).artifact.id


def test_dependencies_are_recorded_by_name(load):
    load(MODULE).captured["dependencies"](1)
    (call,) = p.calls()
    assert set(call.dependencies) == {"changing.helper", "changing.FACTOR", "changing.Model"}
    assert call.source_digest.startswith("sha256:")


def test_mutually_recursive_helpers_are_visited_once():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    result = p.provenance(invalidate_on="dependencies")(even)(4)
    assert result == True  # noqa: E712 - a proxy


def test_the_source_of_a_decorated_function_is_that_of_the_function_itself():
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper

    def one(x):
        return x + 1

    def two(x):
        return x + 2

    digests = [code.source_digest(f) for f in (one, two, decorate(one), decorate(two))]
    assert digests[0] == digests[2] != digests[1] == digests[3]
    assert code.source_digest(p.provenance()(one)) == digests[0]


# --- sessions and programs


def session():
    """Return a function that runs a cell as IPython does: a new file name for each, whose source linecache knows."""
    namespace = {"__name__": "__main__", "p": p}
    number = 0

    def run(source):
        nonlocal number
        number += 1
        name = f"/tmp/ipykernel_{os.getpid()}/{number}.py"
        source = textwrap.dedent(source)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), namespace)
        return namespace

    return run


CELL = """
@p.provenance()
def f(x):
    return x + 1
"""


def test_a_cell_that_runs_again_has_the_same_results():
    run = session()
    first = run(CELL)["f"](1)
    again = run(CELL)["f"](1)
    assert first.artifact.name == "__main__.f"
    assert again.artifact == first.artifact
    assert p.calls()[-1].cached


def test_a_cell_that_changed_is_computed_again():
    run = session()
    assert run(CELL)["f"](1) == 2
    assert run(CELL.replace("x + 1", "x + 10"))["f"](1) == 11
    assert run(CELL.replace("x + 1", "x + 1  # one"))["f"](1) == 2
    assert [call.cached for call in p.calls()] == [False, False, True]


def test_functions_of_one_name_in_two_notebooks_have_results_of_their_own():
    one, two = session(), session()
    assert one(CELL)["f"](1) == 2
    assert two(CELL.replace("x + 1", "[x]"))["f"](1) == [1]
    assert one("")["f"](1) == 2


def test_a_cell_can_choose_that_only_the_version_counts():
    run = session()
    cell = CELL.replace("provenance()", "provenance(invalidate_on='version')")
    assert run(cell)["f"](1) == 2
    assert run(cell.replace("x + 1", "x + 10"))["f"](1) == 2


def test_a_cell_whose_source_is_not_known_is_identified_by_its_bytecode():
    def run(source):
        namespace = {"__name__": "__main__", "p": p}
        exec(compile(source, "<string>", "exec"), namespace)
        return namespace["f"]

    assert run(CELL)(1).artifact == run(CELL)(1).artifact
    assert run(CELL.replace("+ 1", "+ 3"))(1) == 4


def test_a_cell_with_commands_of_the_notebook():
    linecache.cache["<cell>"] = (1, None, ["%matplotlib inline\n", "!ls\n"], "<cell>")
    namespace = {"__name__": "__main__", "p": p}
    exec(compile(CELL, "<cell>", "exec"), namespace)
    assert namespace["f"](1) == 2


def run_program(path, *arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments, str(path)],
        env={**os.environ, "PYTHONPATH": str(TOP), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_functions_of_one_name_in_two_programs_have_results_of_their_own(tmp_path):
    source = "import mlflow2prov.capture as p" + CELL + "print(f(1), f(1).artifact.name)"
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text(source)
    two.write_text(source.replace("x + 1", "x + 10"))
    assert run_program(one) == ["2", "__main__.f"]
    assert run_program(two) == ["11", "__main__.f"]
    one.write_text(source.replace("x + 1", "x + 100"))
    assert run_program(one) == ["2", "__main__.f"], "the version is the same"


def test_the_source_digest_of_a_file_that_changed_after_the_import_is_that_of_the_running_code(
    load,
):
    module = load(MODULE)
    before = code.source_digest(module.function)
    Path(module.__file__).write_text(MODULE.replace("FACTOR +", "FACTOR -"))
    linecache.clearcache()
    sources.source_of.cache_clear(), sources.digest_of_code.cache_clear()
    changed = code.source_digest(module.function)
    assert code.source_digest(load(MODULE.replace("FACTOR +", "FACTOR -")).function) != changed
    assert before.startswith("sha256:")


# --- explained misses


@p.provenance(name="fit")
def fit(data, depth=3, *rest, **options):
    return [data, depth]


def kinds(explanation):
    return [(difference.kind, difference.name) for difference in explanation.differences]


def test_nothing_is_stored_yet():
    explanation = p.explain_miss(fit, 1)
    assert not explanation.is_hit
    assert str(explanation) == "fit has no stored result yet"
    assert len(p.calls()) == 0, "the function is not called"


def test_a_stored_result_is_a_hit():
    artifact = fit(1).artifact
    explanation = p.explain_miss(fit, data=1, depth=3)
    assert (explanation.is_hit, explanation.artifact_id) == (True, artifact.id)
    assert explanation.call.id == artifact.call_id
    assert str(explanation) == "the result is stored"


def test_the_arguments_that_differ_are_named_with_both_values():
    fit([1], 3, option="a")
    explanation = p.explain_miss(fit, [1], 4, option="b")
    assert kinds(explanation) == [("argument", "depth"), ("argument", "option")]
    assert [(d.before, d.now) for d in explanation.differences] == [(3, 4), ("a", "b")]
    assert str(explanation).splitlines()[1:] == [
        "argument depth: 3 -> 4",
        "argument option: a -> b",
    ]


def test_arguments_that_are_shown_alike_differ_by_type_or_digest():
    fit(1)
    (difference,) = p.explain_miss(fit, True).differences
    assert (difference.before.split()[0], difference.now.split()[0]) == (
        "builtins.int",
        "builtins.bool",
    )
    big = list(range(1000))
    fit(big)
    (difference,) = p.explain_miss(fit, [*big[:-1], 0]).differences
    assert p.hash(big) in difference.before


def test_arguments_that_were_added_or_left_out_differ():
    fit(1, 3, 9, option=1)
    assert sorted(kinds(p.explain_miss(fit, 1, 3))) == [("argument", "*0"), ("argument", "option")]


def test_the_nearest_call_is_compared():
    fit(1, 3), fit(2, 4), fit(1, 9)
    explanation = p.explain_miss(fit, 2, 5)
    assert kinds(explanation) == [("argument", "depth")]
    assert explanation.call.arguments[1].value == 4
    assert "the nearest of 3 earlier calls" in explanation.reason


def test_ignored_arguments_do_not_differ():
    @p.provenance(ignore=["log"])
    def f(x, log):
        return x

    f(1, "a")
    assert kinds(p.explain_miss(f, 2, "b")) == [("argument", "x")]


def test_versions_differ():
    fit(1)
    newer = p.provenance(name="fit", version=2)(fit.__wrapped__)
    (difference,) = p.explain_miss(newer, 1).differences
    assert (difference.kind, difference.before, difference.now) == ("version", 0, 2)


def test_sources_and_dependencies_differ(load):
    load(MODULE).captured["source"](1)
    load(MODULE).captured["dependencies"](1)
    changed = load(
        MODULE.replace("* FACTOR", "/ FACTOR").replace("return x + 1", "return x + 2")
    ).captured
    assert kinds(p.explain_miss(changed["source"], 1)) == [("source", "changing.function")]
    assert kinds(p.explain_miss(changed["dependencies"], 1)) == [
        ("source", "changing.function"),
        ("dependency", "changing.helper"),
    ]


def test_a_stale_hit_names_the_changes_that_do_not_count(load):
    load(MODULE).captured["version"](1)
    changed = load(MODULE.replace("* FACTOR", "/ FACTOR")).captured["version"]
    explanation = p.explain_miss(changed, 1)
    assert explanation.is_hit
    assert kinds(explanation) == [("source", "changing.function")]


def test_a_deleted_result(memory):
    memory.delete(fit(1).artifact.id)
    explanation = p.explain_miss(fit, 1)
    assert (explanation.is_hit, explanation.differences) == (False, ())
    assert "its result was deleted" in explanation.reason


def test_a_result_of_other_options_of_the_decorator():
    fit(1)
    ignoring = p.provenance(name="fit", ignore=["depth"])(fit.__wrapped__)
    (difference,) = p.explain_miss(ignoring, 1).differences
    assert str(difference) == "option ignore depth: False -> True"
    hashing = p.provenance(name="fit", input_hash_fn=lambda digests: {**digests, "kargs": {}})
    explanation = p.explain_miss(hashing(fit.__wrapped__), 1)
    assert (explanation.is_hit, explanation.differences) == (False, ())
    assert "with other options of the decorator" in explanation.reason


def test_calls_that_cannot_be_looked_up():
    explanation = p.explain_miss(fit, (i for i in "a"))
    assert (explanation.artifact_id, explanation.is_hit) == (None, False)
    assert explanation.reason.startswith("the call cannot be looked up: data: ")


def test_without_the_cache_nothing_is_a_hit():
    fit(1)
    off = p.provenance(name="fit", use_cache=False)(fit.__wrapped__)
    explanation = p.explain_miss(off, 1)
    assert not explanation.is_hit
    assert "use_cache is False" in explanation.reason


class Model:
    def __init__(self, size):
        self.size = size

    @p.provenance()
    def predict(self, x):
        return x * self.size

    @classmethod
    @p.provenance()
    def make(cls, x):
        return x


def test_methods_are_explained_with_their_objects():
    Model(1).predict(2)
    assert p.explain_miss(Model(1).predict, 2).is_hit
    assert kinds(p.explain_miss(Model(2).predict, 2)) == [("argument", "self")]
    Model.make(1)
    assert p.explain_miss(Model.make, 1).is_hit


@p.provenance()
async def coroutine(x):
    return x


@p.provenance()
def generator(x):
    yield x


def test_coroutines_and_generators_are_explained_without_being_run(recwarn):
    list(generator(1))
    assert p.explain_miss(generator, 1).is_hit
    assert not p.explain_miss(coroutine, 1).is_hit
    assert not recwarn.list


def test_functions_that_are_not_captured_are_refused():
    with pytest.raises(
        p.InvalidOptionError, match="len: not captured; decorate it with provenance"
    ):
        p.explain_miss(len, [1])
