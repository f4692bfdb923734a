"""Lineage: which artifacts a result was made from, and how artifacts are loaded, checked, copied and archived."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlflow2prov.capture as p


@p.provenance()
def load(name):
    return [name]


@p.provenance()
def join(left, right=None, *rest, **options):
    return [left, right, list(rest), options]


def names(artifacts):
    return [artifact.inputs["kargs"].get("name", artifact.fn_name) for artifact in artifacts]


# --- where artifacts are found in arguments


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: x,
        lambda x: [x],
        lambda x: (1, {"key": {"deep": [x]}}),
        lambda x: {frozenset([1]): x},
        lambda x: x.artifact,
        lambda x: [x.artifact],
    ],
    ids=["itself", "list", "nested", "key that is no text", "artifact", "list of artifacts"],
)
def test_an_artifact_anywhere_in_an_argument_is_an_input(repo, wrap):
    source = load("a")
    result = join(wrap(source))
    assert result.artifact.input_artifact_ids == {source.artifact.id}
    assert p.load_artifact(result.artifact.id).input_artifact_ids == {source.artifact.id}
    assert p.calls()[-1].arguments[0].artifacts == [source.artifact.id]


def test_a_proxy_is_the_same_input_as_its_value_but_an_artifact_is_not(memory):
    source = load("a")
    assert join(source).artifact.id == join(["a"]).artifact.id
    assert join(source).artifact.id != join(source.artifact).artifact.id


def test_the_artifacts_in_a_result_are_among_its_sources(repo):
    @p.provenance()
    def one(n):
        return load(str(n))

    @p.provenance()
    def many(n):
        return {"all": [load(str(i)) for i in range(n)]}

    single, several = one(1), many(2)
    assert type(single.artifact.value) is list
    assert single.artifact.value_id == load("1").artifact.value_id
    assert single.artifact.input_artifact_ids == {load("1").artifact.id}
    for result in (
        single,
        several,
        p.load_proxy(single.artifact.id),
        p.load_proxy(several.artifact.id),
    ):
        dependencies = p.dependencies(result)
        assert dependencies[-1] == result.artifact
        assert {artifact.fn_name for artifact in dependencies[:-1]} == {"load"}
    assert several["all"][1] == ["1"]


def test_a_function_may_return_its_argument(repo):
    @p.provenance()
    def same(x):
        return x

    first = load("a")
    second = same(first)
    assert second.artifact.value_id == first.artifact.value_id
    assert second.artifact.id != first.artifact.id
    assert names(p.dependencies(second)) == ["a", "same"]
    assert same(second).artifact == second.artifact, "the same argument"


def test_a_composite_can_be_passed_on_whole_or_in_parts(repo):
    @p.provenance(returns_composite=True)
    def split(n):
        return {"train": [n], "test": [n, n]}

    parts = split(1)
    assert join(parts).artifact.input_artifact_ids == {parts.artifact.id}
    assert join(parts["test"]).artifact.input_artifact_ids == {parts["test"].artifact.id}

    @p.provenance()
    def again(n):
        return split(n)

    assert again(1)["test"] == [1, 1]
    assert p.load_proxy(again(1).artifact.id)["train"] == [1]


# --- dependencies


def test_dependencies_are_sources_first_in_the_order_of_the_arguments(repo):
    a, b, c, d = map(load, "abcd")
    first = join(b, a)
    second = join([d, c], right=first)
    assert names(p.dependencies(second)) == ["d", "c", "b", "a", "join", "join"]
    assert p.dependencies(second)[-2:] == [first.artifact, second.artifact]
    assert (
        p.dependencies(second.artifact.id)
        == p.dependencies(second)
        == p.dependencies(second.artifact)
    )


def test_dependencies_of_a_diamond_come_once(repo):
    a = load("a")
    left, right = join(a, 1), join(a, 2)
    assert len(p.dependencies(join(left, right))) == 4


def test_dependencies_include_the_parts_of_composites(repo):
    @p.provenance(returns_composite=True, name="split")
    def split(source):
        return {"x": source[0], "y": 2}

    result = split(load("a"))
    assert [a.name.rpartition(".")[2] for a in p.dependencies(result)] == [
        "load",
        "split_x",
        "split_y",
        "split",
    ]


def test_dependencies_of_a_long_chain(memory):
    result = load("a")
    for depth in range(1500):
        result = join(result.artifact, depth)
    assert len(p.dependencies(result)) == 1501


# --- plain values


@p.provenance(proxies=False)
def frame(n):
    return pd.DataFrame({"x": range(n)})


@p.provenance(proxies=False)
def use(*values):
    return len(values)


def test_plain_values_are_recognized_by_their_identity(repo):
    values = frame(3)
    assert type(values) is pd.DataFrame
    use(values, [values])
    (made, used) = p.calls()
    assert used.arguments[0].artifacts == [made.artifact_id]
    assert p.load_artifact(used.artifact_id).input_artifact_ids == {made.artifact_id}


def test_small_plain_values_made_otherwise_are_not_recognized(repo):
    frame(3)
    use(pd.DataFrame({"x": range(3)}))
    assert p.calls()[-1].arguments[0].artifacts == []


def test_large_plain_values_are_recognized_by_their_content(repo):
    @p.provenance(proxies=False)
    def numbers():
        return list(range(1000, 1100))

    numbers()
    use(list(range(1000, 1100)))
    assert p.calls()[-1].arguments[0].artifacts == [p.calls()[0].artifact_id]


def test_the_parts_of_plain_composites_are_recognized(repo):
    @p.provenance(proxies=False, returns_composite=True)
    def split():
        return {"x": np.arange(3), "y": np.arange(4)}

    parts = split()
    use(parts["y"])
    outputs = {output.key: output.artifact_id for output in p.calls()[0].outputs}
    assert p.calls()[-1].arguments[0].artifacts == [outputs["y"]]


def test_proxies_are_a_setting_too(memory):
    p.Config.set_current(p.Config(default_repo=memory, proxies=False))
    assert type(load("a")) is list
    assert p.is_proxy(p.provenance(proxies=True)(load.__wrapped__)("a"))


# --- loading and copying


def test_artifacts_are_loaded_by_their_identifiers(repo):
    artifact = load("a").artifact
    loaded = p.load_artifact(artifact.id)
    assert (loaded, loaded.value, loaded.inputs) == (
        artifact,
        ["a"],
        {"kargs": {"name": "a"}, "varargs": ()},
    )
    assert loaded.run_info["id"] == p.calls()[0].run_id
    assert p.load_proxy(artifact.id) == ["a"]
    assert p.load_proxy(artifact.id).artifact == artifact
    for function in (p.load_artifact, p.load_proxy):
        with pytest.raises(p.MissingKeyError, match="has no sha256:0"):
            function("sha256:0")


def test_an_artifact_is_promoted_with_all_it_depends_on(repo, tmp_path):
    target = p.DbRepo(f"sqlite:///{tmp_path / 'target.db'}", p.DiskStore(tmp_path / "target"))
    (tmp_path / "data.csv").write_text("x\n1\n")
    file = p.archive_file(tmp_path / "data.csv")
    result = join(load("a"), [load("b"), file])
    p.promote(result, target)
    p.promote(result.artifact.id, target), p.promote(result.artifact, target)
    (tmp_path / "data.csv").unlink()
    with p.using_repo(target):
        promoted = p.load_artifact(result.artifact.id)
        assert promoted.repo is target
        assert len(p.dependencies(promoted)) == 4
        assert join(load("a"), [load("b"), p.load_proxy(file.artifact.id)]).artifact == promoted
        assert Path(p.load_proxy(file.artifact.id)).read_text() == "x\n1\n"


def test_promotion_takes_repositories_by_name(memory):
    other = p.MemoryRepo()
    p.Config.set_current(p.Config(repos={"here": memory, "there": other}, default_repo="there"))
    with p.using_repo("here"):
        identifier = load("a").artifact.id
    p.promote(identifier, "there", from_repo="here")
    assert identifier in other
    with pytest.raises(p.InvalidOptionError, match="unknown repository"):
        p.promote(identifier, "nowhere", from_repo="here")


# --- ensure_proxies


def test_arguments_that_must_be_proxies(memory):
    @p.ensure_proxies()
    def every(a, b=None, *rest):
        return True

    @p.ensure_proxies("b")
    def some(a, b=None):
        return True

    a = load("a")
    assert every(a, a, a)
    assert some(1, b=a)
    with pytest.raises(
        ValueError, match=r"Arguments must be `ArtifactProxy`s but were not: \[a, varargs\]"
    ):
        every(1, a, 2)
    with pytest.raises(ValueError, match=r"not: \[b\]"):
        some(a)
    assert some.__name__ == "some"


# --- lazy dictionaries


def test_proxies_by_the_names_of_their_artifacts(repo):
    a, b = load("a"), join("b")
    proxies = p.lazy_proxy_dict([a, b.artifact.id])
    assert set(proxies.keys()) == {f"{__name__}.load", f"{__name__}.join"}
    assert proxies[f"{__name__}.load"] == ["a"]
    assert proxies[f"{__name__}.load"].artifact == a.artifact
    chosen = p.lazy_proxy_dict({"mine": a.artifact})
    assert list(chosen) == ["mine"]
    assert chosen["mine"] == ["a"]


def test_artifacts_of_one_name_are_refused_or_grouped(repo):
    artifacts = [load(name) for name in "abc"]
    with pytest.raises(ValueError, match=r"several artifacts have one name: .*load \(3\)"):
        p.lazy_proxy_dict(artifacts)
    grouped = p.lazy_proxy_dict([*artifacts, join(1)], group_artifacts_of_same_name=True)
    assert sorted(grouped[f"{__name__}.load"]) == [["a"], ["b"], ["c"]]
    assert grouped[f"{__name__}.join"][0] == 1


def test_a_lazy_dictionary_computes_a_value_when_it_is_first_used():
    computed = []

    def value(name):
        return lambda: computed.append(name) or name.upper()

    lazy = p.lazy_dict({"a": value("a"), "b": value("b")})
    assert ("a" in lazy, "c" in lazy, len(lazy), list(lazy), set(lazy.keys())) == (
        True,
        False,
        2,
        ["a", "b"],
        {"a", "b"},
    )
    assert computed == []
    assert [lazy["a"], lazy["a"], lazy.get("a"), lazy.get("c", 1)] == ["A", "A", "A", 1]
    assert computed == ["a"]
    with pytest.raises(KeyError):
        lazy["c"]
    lazy["c"] = "C"
    del lazy["b"]
    del lazy["missing"]
    assert dict(lazy.items()) == {"a": "A", "c": "C"} == lazy
    assert list(lazy.values()) == ["A", "C"]


def test_the_digest_of_a_lazy_dictionary_does_not_depend_on_what_was_used():
    lazy = p.lazy_dict({"a": int, "b": str})
    before = p.hash(lazy)
    assert lazy["a"] == 0
    assert p.hash(lazy) == before == p.hash(p.lazy_dict({"b": str, "a": int}))
    assert p.hash(p.lazy_dict({"a": int})) != before


# --- files


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "data.CSV"
    path.write_text("x\n1\n2\n")
    return path


def test_an_archived_file_is_a_path_and_an_artifact(repo, csv):
    file = p.archive_file(csv, custom_fields={"source": "lab"})
    assert isinstance(file, p.ArchivedFile)
    assert Path(file).read_text() == csv.read_text()
    assert Path(file) != csv
    assert file.original_filename == "data.CSV"
    assert file.artifact.value_id == p.file_hash(csv)
    assert p.load_artifact(file.artifact.id).custom_fields == {"source": "lab"}
    assert csv.exists()


def test_a_file_is_identified_by_content_name_and_custom_fields(repo, csv, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_text(csv.read_text())
    other = tmp_path / "other.csv"
    other.write_text("y\n")
    file = p.archive_file(csv)
    assert p.archive_file(copy).artifact == file.artifact
    others = [
        p.archive_file(other),
        p.archive_file(csv, name="n"),
        p.archive_file(csv, custom_fields={"a": 1}),
    ]
    assert len({one.artifact.id for one in [file, *others]}) == 4
    assert [one.artifact.value_id == file.artifact.value_id for one in others] == [
        False,
        True,
        True,
    ]
    assert others[1].artifact.name == "n"


def test_a_file_can_be_moved_and_keep_its_extension(repo, csv):
    content = csv.read_text()
    file = p.archive_file(csv, delete_original=True, preserve_ext=True)
    assert not csv.exists()
    assert file.artifact.value_id.endswith(".csv")
    assert Path(file).suffix == ".csv" or isinstance(repo, p.MemoryRepo)
    assert Path(file).read_text() == content
    with pytest.raises(FileNotFoundError):
        p.archive_file(csv)


def test_archiving_a_file_is_a_call(repo, csv):
    file = p.archive_file(csv)
    p.archive_file(csv)
    first, second = p.calls()
    assert (first.fn_name, first.artifact_id, first.cached) == (
        "archive_file",
        file.artifact.id,
        False,
    )
    assert first.outputs[0].path == str(csv)
    assert second.cached


def test_files_are_not_archived_in_read_only_programs(repo, csv):
    p.set_read_only(True)
    file = p.archive_file(csv, delete_original=True)
    assert Path(file).read_text() == csv.read_text()
    assert file.artifact.id not in repo
    assert len(p.calls()) == 0


def test_the_content_of_a_file_keeps_the_artifact_of_the_file(repo, csv):
    table = p.archive_file(csv).transform_value(pd.read_csv)
    assert list(table["x"]) == [1, 2]
    result = use(table)
    assert result == 1
    assert p.load_artifact(p.calls()[-1].artifact_id).input_artifact_ids == {table.artifact.id}
    p.set_check_mutations(True)
    use(table, 2)
    assert names(p.dependencies(join(table)))[0] == "archive_file"


def test_a_file_that_a_function_returns_can_be_passed_on(repo, csv):
    @p.provenance(archive_file=True)
    def export():
        return csv

    @p.provenance()
    def size(path):
        return len(Path(path).read_text())

    @p.provenance()
    def forward():
        return export()

    assert size(export()) == 6
    assert size(export()).artifact.input_artifact_ids == {export().artifact.id}
    assert size(forward()) == 6
    assert Path(p.load_proxy(forward().artifact.id)).read_text() == csv.read_text()


def test_decorators_name_parameters_of_the_function():
    for decorator in (p.ensure_proxies("c"), p.with_merged_defaults("c")):
        with pytest.raises(p.InvalidOptionError, match="unknown parameter 'c'; choose from a, b"):
            decorator(lambda a, b: (a, b))


def test_defaults_of_a_partial_function_are_merged():
    import functools

    def f(x, options={"a": 1}):  # noqa: B006 - the point
        return [x, options]

    assert p.with_merged_defaults()(functools.partial(f, 5))(options={"b": 2}) == [
        5,
        {"a": 1, "b": 2},
    ]
