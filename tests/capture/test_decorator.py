"""The options of ``provenance()``: what counts for the identity of a result, and how the result is stored."""

import re

import numpy as np
import pandas as pd
import pytest

import mlflow2prov.capture as p
from mlflow2prov.errors import MLflow2ProvError

pytestmark = pytest.mark.usefixtures("repo")


def ids(*results):
    return len({result.artifact.id for result in results})


def read(path):
    with open(path) as file:
        return file.read()


# --- identity: arguments, name, version


def test_a_second_call_with_equal_arguments_returns_the_stored_result():
    computed = []

    @p.provenance()
    def add(a, b):
        computed.append((a, b))
        return a + b

    first, second, other = add(1, 2), add(1, 2), add(2, 1)
    assert (first, second, other) == (3, 3, 3)
    assert computed == [(1, 2), (2, 1)]
    assert ids(first, second) == 1
    assert ids(first, other) == 2
    assert first.artifact.value_id == other.artifact.value_id == p.hash(3)


def test_ways_of_passing_the_same_arguments_are_one_artifact():
    @p.provenance()
    def f(x, y=2, *, z=3):
        return x

    assert ids(f(1), f(1, 2), f(x=1), f(y=2, x=1), f(1, z=3)) == 1
    assert f(1).artifact.inputs == {"kargs": {"x": 1, "y": 2, "z": 3}, "varargs": ()}


@pytest.mark.parametrize(
    "pair", [(1, True), (1, 1.0), ("1", 1), ((1,), [1]), (None, False), (0.0, -0.0)]
)
def test_arguments_of_different_types_are_different_artifacts(pair):
    @p.provenance()
    def f(x):
        return 0

    assert ids(*map(f, pair)) == 2


def test_further_positional_arguments_and_keywords_count():
    @p.provenance()
    def f(a, *args, **kwargs):
        return [a, args, kwargs]

    result = f(1, 2, 3, k=4)
    assert result.artifact.inputs == {"kargs": {"a": 1, "k": 4}, "varargs": (2, 3)}
    assert ids(result, f(1, 3, 2, k=4), f(1, 2, 3, k=5), f(1, 2, 3, m=4)) == 4


def test_a_keyword_may_have_the_name_of_a_positional_only_parameter():
    @p.provenance()
    def f(a, /, **kwargs):
        return [a, kwargs]

    assert f(1, a=2) == [1, {"a": 2}]
    assert f(3, a=2) == [3, {"a": 2}]


def test_the_version_counts_whatever_its_type():
    def f(x):
        return x

    versions = [0, 1, "1", 1.5, None, (1, 2)]
    results = [p.provenance(version=version)(f)(1) for version in versions]
    assert ids(*results) == len(versions)
    assert [result.artifact.version for result in results[:4]] == versions[:4]


def test_the_name_is_the_module_and_the_function_by_default():
    @p.provenance()
    def f(x):
        return x

    artifact = f(1).artifact
    assert artifact.name == f"{__name__}.f"
    assert (artifact.fn_module, artifact.fn_name) == (__name__, "f")


def test_a_name_replaces_that_of_the_function_in_the_identity():
    @p.provenance(name="total")
    def f(x):
        return x

    @p.provenance(name="total")
    def g(x):
        raise AssertionError("the result of f is there")

    assert f(1).artifact.name == "total"
    assert ids(f(1), g(1)) == 1
    assert g(1).artifact.fn_name == "f"


def test_local_functions_of_one_name_have_results_of_their_own():
    def celsius():
        @p.provenance()
        def convert(x):
            return x - 273

        return convert

    def fahrenheit():
        @p.provenance()
        def convert(x):
            return x * 9 / 5 - 460

        return convert

    assert celsius()(300) == 27
    assert fahrenheit()(300) == 80


def test_lambdas_of_one_module_have_results_of_their_own():
    double = p.provenance()(lambda x: x * 2)
    square = p.provenance()(lambda x: x * x)
    assert [double(3), square(3)] == [6, 9]
    assert double(3).artifact.name == f"{__name__}.<lambda>"


def test_constants_that_a_function_encloses_count():
    def scale(factor):
        @p.provenance()
        def scaled(x):
            return x * factor

        return scaled

    assert [scale(2)(5), scale(3)(5), scale(2)(5)] == [10, 15, 10]


def test_counters_that_a_function_encloses_do_not_count():
    count, computed = 0, []

    @p.provenance()
    def f(x):
        nonlocal count
        count += 1
        computed.append(x)
        return x

    f(1), f(1)
    assert (count, computed) == (1, [1])


# --- ignore, remove, and the functions behind them


def test_ignored_arguments_are_recorded_but_do_not_count():
    @p.provenance(ignore=["verbose"])
    def f(x, verbose=False):
        return x

    assert ids(f(1, True), f(1, False)) == 1
    assert f(1).artifact.inputs["kargs"] == {"x": 1, "verbose": True}
    arguments = p.calls()[0].arguments
    assert [(a.name, a.ignored) for a in arguments] == [("x", False), ("verbose", True)]


def test_removed_arguments_are_neither_recorded_nor_count_but_reach_the_function():
    seen = []

    @p.provenance(remove=["log"])
    def f(x, log=None):
        seen.append(log)
        return x

    assert ids(f(1, "a"), f(1, "b")) == 1
    assert seen == ["a"]
    assert f(1).artifact.inputs["kargs"] == {"x": 1}
    assert [argument.name for argument in p.calls()[0].arguments] == ["x"]


def test_input_hash_fn_gets_and_returns_the_digests_that_count():
    seen = []

    def only_x(digests):
        seen.append(digests)
        return {"kargs": {"x": digests["kargs"]["x"]}, "varargs": ()}

    @p.provenance(input_hash_fn=only_x)
    def f(x, y, *args):
        return x

    assert ids(f(1, 2, 3), f(1, 5)) == 1
    assert seen[0] == {"kargs": {"x": p.hash(1), "y": p.hash(2)}, "varargs": (p.hash(3),)}
    assert f(1, 2).artifact.inputs == {"kargs": {"x": 1, "y": 2}, "varargs": (3,)}


def test_input_process_fn_chooses_the_arguments_that_count_and_are_recorded():
    @p.provenance(
        input_process_fn=lambda inputs: {
            "kargs": {"x": abs(inputs["kargs"]["x"])},
            "varargs": inputs["varargs"],
        }
    )
    def f(x, *args):
        return x

    assert f(-1, 7) == -1
    assert f(1, 7) == -1, "1 and -1 are one input"
    assert f(1, 7).artifact.inputs == {"kargs": {"x": 1}, "varargs": (7,)}


def test_an_ignored_argument_need_not_be_hashable():
    @p.provenance(ignore=["stream"])
    def f(x, stream):
        return x

    assert ids(f(1, (i for i in "a")), f(1, (i for i in "b"))) == 1


# --- merge_defaults


def test_dictionaries_are_merged_over_their_defaults():
    @p.provenance(merge_defaults=True)
    def f(a, options={"depth": 1, "tree": {"k": 1}}, other={"b": 2}):  # noqa: B006 - the point
        return [options, other]

    result = f(1, {"tree": {"m": 2}})
    assert result == [{"depth": 1, "tree": {"m": 2}}, {"b": 2}], "shallowly"
    assert ids(f(1), f(1, {"depth": 1}), f(1, options={})) == 1
    assert result.artifact.inputs["kargs"]["options"] == {"depth": 1, "tree": {"m": 2}}


def test_only_named_dictionaries_are_merged():
    @p.provenance(merge_defaults=["a"])
    def f(a={"x": 1}, b={"y": 1}):  # noqa: B006 - the point
        return [a, b]

    assert f({"z": 2}, {"z": 2}) == [{"x": 1, "z": 2}, {"z": 2}]


def test_defaults_are_merged_without_capture():
    @p.with_merged_defaults()
    def f(a={"x": 1}):  # noqa: B006 - the point
        return a

    assert f({"y": 2}) == {"x": 1, "y": 2}
    assert f() == {"x": 1}


# --- files


@pytest.fixture
def files(tmp_path):
    for name, content in [
        ("a.TXT", "alpha"),
        ("b.txt", "beta"),
        ("c.jpeg", "alpha"),
        ("d.txt", "alpha"),
    ]:
        (tmp_path / name).write_text(content)
    return tmp_path


def test_different_files_are_different_artifacts(files):
    @p.provenance(archive_file=True)
    def path_of(name):
        return files / name

    a, b, again = path_of("a.TXT"), path_of("b.txt"), path_of("a.TXT")
    assert [read(file) for file in (a, b, again)] == ["alpha", "beta", "alpha"]
    assert ids(a, b) == 2
    assert a.artifact.value_id != b.artifact.value_id
    same = path_of("d.txt")
    assert same.artifact.value_id == a.artifact.value_id
    assert same.artifact.id != a.artifact.id


def test_an_archived_file_outlives_its_original(files):
    @p.provenance(archive_file=True)
    def path_of(name):
        return str(files / name)

    result = path_of("a.TXT")
    (files / "a.TXT").unlink()
    assert read(path_of("a.TXT")) == "alpha"
    assert str(result) != str(files / "a.TXT")
    assert p.load_proxy(result.artifact.id).original_filename == "a.TXT"


def test_the_original_file_is_deleted_on_request_only(files):
    def path_of(name):
        return files / name

    p.provenance(archive_file=True)(path_of)("a.TXT")
    assert (files / "a.TXT").exists()
    moved = p.provenance(archive_file=True, delete_original_file=True)(path_of)("b.txt")
    assert not (files / "b.txt").exists()
    assert read(moved) == "beta"


def test_the_original_file_is_kept_if_it_is_not_stored(files):
    @p.provenance(archive_file=True, delete_original_file=True, read_only=True)
    def path_of(name):
        return files / name

    result = path_of("a.TXT")
    assert (files / "a.TXT").exists()
    assert read(result) == "alpha"


@pytest.mark.parametrize(
    ("name", "extension"), [("a.TXT", ".txt"), ("c.jpeg", ".jpg"), ("plain", "")]
)
def test_the_extension_of_a_file_is_kept_on_request(files, name, extension):
    (files / "plain").write_text("alpha")

    @p.provenance(archive_file=True, preserve_file_ext=True)
    def path_of(name):
        return files / name

    value_id = path_of(name).artifact.value_id
    assert value_id == p.file_hash(files / name) + extension


def test_a_missing_file_is_the_error_that_open_raises(tmp_path):
    @p.provenance(archive_file=True)
    def path_of():
        return tmp_path / "missing"

    with pytest.raises(FileNotFoundError):
        path_of()
    assert [call.status for call in p.calls()] == ["FAILED"]


# --- composites


def test_each_value_of_a_composite_is_an_artifact():
    @p.provenance(returns_composite=True, name="split")
    def split(n):
        return {"train": list(range(n)), "test": [n]}

    result = split(3)
    assert result["train"] == [0, 1, 2]
    assert sorted(result) == ["test", "train"]
    parts = {key: result[key].artifact for key in result}
    assert {key: part.name for key, part in parts.items()} == {
        "train": "split_train",
        "test": "split_test",
    }
    assert result.artifact.composite
    assert not parts["train"].composite
    assert parts["train"].inputs == {"kargs": {"n": 3}, "varargs": ()}
    assert result.artifact.value == parts
    assert ids(result, *result.values()) == 3
    assert ids(result, split(3), p.load_proxy(result.artifact.id)) == 1


def test_the_parts_of_a_composite_are_loaded_by_their_keys(repo, monkeypatch):
    @p.provenance(returns_composite=True)
    def split():
        return {"a": [1], "b": [2]}

    split()
    loaded = []
    original = type(repo).get_value
    monkeypatch.setattr(
        type(repo), "get_value", lambda self, one: [loaded.append(one), original(self, one)][1]
    )
    result = split()
    before = len(loaded)
    assert result["a"] == [1]
    assert result["a"] == [1]
    if isinstance(repo, p.DbRepo):
        assert len(loaded) == before + 1, "once, and only the part that is used"


def test_equal_parts_share_their_content_but_are_artifacts_apart():
    @p.provenance(returns_composite=True)
    def twins():
        return {"a": [1], "b": [1]}

    result = twins()
    a, b = result["a"].artifact, result["b"].artifact
    assert a.value_id == b.value_id
    assert a.id != b.id


def test_a_composite_has_the_digest_of_its_values():
    @p.provenance(returns_composite=True)
    def one(n):
        return {"a": n, "b": [n]}

    assert one(1).artifact.value_id == one(1).artifact.value_id == p.hash(one(1))
    assert one(1).artifact.value_id != one(2).artifact.value_id


def test_a_composite_function_returns_a_dictionary():
    @p.provenance(returns_composite=True)
    def wrong():
        return [1]

    with pytest.raises(p.InvalidOptionError, match="returns a list"):
        wrong()


def test_a_composite_with_a_part_that_cannot_be_hashed_is_returned_and_not_stored():
    @p.provenance(returns_composite=True)
    def parts():
        return {"a": 1, "stream": (i for i in "xyz")}

    assert list(parts()["stream"]) == ["x", "y", "z"]
    assert list(parts()["stream"]) == ["x", "y", "z"]
    assert [(call.status, call.cached) for call in p.calls()] == [("FINISHED", False)] * 2
    assert "stream" in p.calls()[0].uncacheable


# --- custom fields and tags


def test_custom_fields_and_tags_are_stored():
    @p.provenance(custom_fields={"team": "a"}, tags=["slow", "gpu"])
    def f():
        return 1

    artifact = p.load_artifact(f().artifact.id)
    assert artifact.custom_fields == {"team": "a", "tags": ["slow", "gpu"]}
    assert artifact.tags == ["slow", "gpu"]


def test_custom_fields_do_not_count():
    def f():
        return 1

    assert ids(p.provenance(custom_fields={"a": 1})(f)(), p.provenance()(f)()) == 1


# --- serializers


@pytest.mark.parametrize(
    ("value", "serializer"),
    [
        ([1, {"a": "b"}], "json"),
        (np.arange(3), "npy"),
        (pd.DataFrame({"a": [1, 2]}), "pd_df_parquet"),
        (pd.Series([1, 2], name="s"), "pd_series_parquet"),
        ({1, 2}, "joblib"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_serializer_follows_from_the_value(value, serializer):
    @p.provenance()
    def f():
        return value

    loaded = p.load_artifact(f().artifact.id)
    assert loaded.serializer == serializer
    assert p.hash(loaded.value) == p.hash(value)
    assert type(loaded.value) is type(value)


def test_a_serializer_is_chosen_by_name_with_its_options(repo):
    @p.provenance(serializer="joblib", dump_kwargs={"compress": 9})
    def f():
        return list(range(1000))

    artifact = p.load_artifact(f().artifact.id)
    assert (artifact.serializer, artifact.dump_kwargs) == ("joblib", {"compress": 9})
    assert artifact.value == list(range(1000))


def test_the_parts_of_a_composite_have_serializers_of_their_own():
    @p.provenance(
        returns_composite=True,
        serializer={"a": "joblib"},
        dump_kwargs={"a": {"compress": 1}},
        load_kwargs={"a": {}},
    )
    def f():
        return {"a": [1], "b": [2]}

    result = f()
    assert [result[key].artifact.serializer for key in "ab"] == ["joblib", "json"]
    assert result["a"].artifact.dump_kwargs == {"compress": 1}


# --- use_cache, read_only, repo


def test_without_the_cache_each_call_computes_and_equal_results_are_one_artifact():
    computed = []

    @p.provenance(use_cache=False)
    def f(x):
        computed.append(x)
        return len(computed) > 2

    results = [f(1), f(1), f(1), f(1)]
    assert results == [False, False, True, True]
    assert len(computed) == 4
    assert ids(*results) == 2
    assert results[0].artifact.id == p.hash(
        p.explain_miss(f, 1).artifact_id + results[0].artifact.value_id
    )


def test_composites_without_the_cache_can_be_computed_twice():
    @p.provenance(use_cache=False, returns_composite=True)
    def f():
        return {"a": 1}

    assert ids(f(), f()) == 1


def test_the_setting_holds_where_the_decorator_has_none(memory):
    computed = []

    def f(x):
        computed.append(x)
        return x

    by_setting, always = p.provenance()(f), p.provenance(use_cache=True)(f)
    p.set_use_cache(False)
    assert not p.get_use_cache()
    by_setting(1), by_setting(1)
    always(1), always(1)
    assert len(computed) == 3


def test_read_only_calls_look_up_and_store_nothing(repo):
    computed = []

    def f(x):
        computed.append(x)
        return x

    reader = p.provenance(read_only=True)(f)
    assert reader(1) == 1
    assert reader(1).artifact.id not in repo
    assert len(p.calls()) == 0, "not even the call"
    p.provenance()(f)(1)
    assert reader(1) == 1
    assert computed == [1, 1, 1]


def test_read_only_is_a_setting_too(repo):
    @p.provenance()
    def f(x):
        return x

    p.set_read_only(True)
    assert p.get_read_only()
    assert f(1).artifact.id not in repo


def test_a_repository_is_chosen_at_each_call_by_object_or_name():
    one, two = p.MemoryRepo(), p.MemoryRepo()
    p.Config.set_current(p.Config(repos={"one": one, "two": two}, default_repo="two"))

    @p.provenance()
    def default(x):
        return x

    @p.provenance(repo="one")
    def named(x):
        return x

    @p.provenance(repo=one)
    def given(x):
        return x

    assert default(1).artifact.repo is two
    assert named(1).artifact.repo is given(1).artifact.repo is one
    with p.using_repo("one"):
        assert default(1).artifact.repo is one
    p.set_default_repo(one)
    assert default(1).artifact.repo is one
    p.Config.set_current(p.Config())
    with pytest.raises(p.InvalidOptionError, match="unknown repository 'one'"):
        named(1)


# --- options that exclude each other


def test_options_that_are_two_spellings_of_one_exclude_each_other():
    with pytest.raises(ValueError, match="ignore: excludes input_hash_fn"):
        p.provenance(ignore=["a"], input_hash_fn=lambda x: x)
    with pytest.raises(ValueError, match="remove: excludes input_process_fn"):
        p.provenance(remove=["a"], input_process_fn=lambda x: x)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"serializer": "pickel"}, ValueError, "unknown serializer 'pickel'; choose from"),
        ({"serializer": {"a": "pickel"}}, ValueError, "unknown serializer 'pickel'"),
        ({"archive_file": True, "serializer": "json"}, ValueError, "serializer: "),
        ({"archive_file": True, "dump_kwargs": {"a": 1}}, ValueError, "dump_kwargs: "),
        ({"archive_file": True, "load_kwargs": {"a": 1}}, ValueError, "load_kwargs"),
        ({"archive_file": True, "returns_composite": True}, NotImplementedError, "archive_file"),
        ({"invalidate_on": "sauce"}, ValueError, "unknown invalidate_on 'sauce'"),
    ],
)
def test_contradictory_options_are_refused_when_the_function_is_decorated(options, error, message):
    decorator = p.provenance(**options)
    with pytest.raises(error, match=re.escape(message)) as raised:
        decorator(lambda: None)
    assert isinstance(raised.value, MLflow2ProvError)


def test_a_file_may_name_its_serializer():
    assert p.provenance(archive_file=True, serializer="file")(lambda: None)


# --- the order of a call


def test_the_steps_of_a_call_come_in_order(memory, monkeypatch):
    steps = []

    def step(name, result):
        steps.append(name)
        return result

    monkeypatch.setattr(memory, "_find", lambda _: step("look up", None))
    monkeypatch.setattr(memory, "_put", lambda _: step("store", None) or pytest.fail("not reached"))

    class Value:
        def value_repr(self):
            return step("hash", 1)

    @p.provenance(
        input_process_fn=lambda inputs: step("process", inputs),
        input_hash_fn=lambda digests: step("identify", digests),
    )
    def f(x):
        steps.append("compute")
        raise ValueError

    with pytest.raises(ValueError):
        f(Value())
    assert steps == ["process", "hash", "identify", "look up", "look up", "compute"]


def test_a_hit_is_not_hashed_again_and_a_miss_is():
    hashed = []

    class Value:
        def value_repr(self):
            hashed.append(1)
            return 1

    @p.provenance()
    def f(x):
        return 0

    f(Value())
    assert len(hashed) == 2
    f(Value())
    assert len(hashed) == 3


# --- partial and curried functions


def test_the_arguments_of_a_partial_function_are_recorded_as_if_passed():
    import functools

    def f(a, b, c=0):
        return [a, b, c]

    partial = p.provenance()(functools.partial(functools.partial(f, 1), c=3))
    assert partial(2) == [1, 2, 3]
    artifact = partial(2).artifact
    assert artifact.inputs["kargs"] == {"a": 1, "b": 2, "c": 3}
    assert artifact.name == f"{__name__}.f"
    assert ids(partial(2), p.provenance()(f)(1, 2, c=3)) == 1


def test_the_arguments_of_a_curried_function_are_recorded_as_if_passed():
    class Curry:
        """As toolz.curry: attributes of a partial function, and no name."""

        def __init__(self, func, *args, **keywords):
            self.func, self.args, self.keywords = func, args, keywords

        def __call__(self, *args, **kwargs):
            return self.func(*self.args, *args, **{**self.keywords, **kwargs})

    curried = p.provenance()(Curry(lambda a, b: a - b, 5))
    assert curried(2) == 3
    assert curried(2).artifact.inputs["kargs"] == {"a": 5, "b": 2}


# --- mistakes in names


def test_a_text_is_one_name():
    @p.provenance(ignore="verbose", tags="slow")
    def f(x, verbose=False):
        return x

    assert ids(f(1, True), f(1)) == 1
    assert f(1).artifact.tags == ["slow"]


@pytest.mark.parametrize("option", ["ignore", "remove", "merge_defaults"])
def test_options_name_parameters_of_the_function(option):
    def f(x, verbose=False):
        return x

    message = f"{option}: unknown parameter 'verbos'; choose from x, verbose"
    with pytest.raises(p.InvalidOptionError, match=message):
        p.provenance(**{option: ["verbos"]})(f)


def test_options_may_name_further_keywords():
    @p.provenance(ignore=["log"])
    def f(x, **options):
        return x

    assert ids(f(1, log="a"), f(1, log="b"), f(1)) == 1


def test_the_decorator_has_parentheses():
    with pytest.raises(p.InvalidOptionError, match=r"write @provenance\(\) with parentheses"):

        @p.provenance
        def f(x):
            return x
