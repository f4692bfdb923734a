"""File stores as projects commit and copy them: incomplete, misplaced, broken, or only a part of one."""

import sqlite3

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.filestore import reader
from tests.sources.mlflow.stores import read

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 315\n"


def add_experiment(store, experiment_id, **meta):
    folder = store / experiment_id
    folder.mkdir(parents=True, exist_ok=True)
    write_yaml(folder, experiment_id=f"'{experiment_id}'", name="wine", creation_time=1, **meta)
    return folder


def add_run(experiment, run_id, experiment_id=None, **files):
    """Add a run with one file for each param."""
    folder = experiment / run_id
    (folder / "params").mkdir(parents=True)
    write_yaml(folder, run_id=run_id, experiment_id=f"'{experiment_id or experiment.name}'")
    for key, value in files.items():
        (folder / "params" / key).write_text(value)
    return folder


def add_version(store, name, number, **meta):
    folder = store / "models" / name / f"version-{number}"
    folder.mkdir(parents=True)
    write_yaml(folder.parent, name=name, creation_timestamp=1)
    write_yaml(folder, name=name, version=number, creation_timestamp=1, **meta)
    return folder


def write_yaml(folder, **values):
    lines = (f"{key}: {value}\n" for key, value in values.items())
    (folder / "meta.yaml").write_text("".join(lines))


@pytest.fixture
def store(tmp_path):
    """A file store with the experiment 1, its runs a and b, and the version wine/1."""
    folder = tmp_path / "mlruns"
    experiment = add_experiment(folder, "1")
    add_run(experiment, "a", depth="3")
    add_run(experiment, "b")
    add_version(folder, "wine", 1, run_id="a")
    return folder


def run_ids(facts):
    return [run_id for (run_id,) in facts.rows("SELECT run_id FROM runs ORDER BY run_id")]


def test_a_complete_store_has_neither_notices_nor_omissions(store):
    report, facts = read(str(store))
    assert (report.notices, report.omissions) == ([], [])
    assert run_ids(facts) == ["a", "b"]


def test_a_copy_of_a_run_in_another_experiment_is_ignored_as_mlflow_does(store):
    add_run(add_experiment(store, "2"), "a", "1", depth="4")
    report, facts = read(str(store))
    assert facts.rows("SELECT run_id, value FROM params") == [("a", "3")]
    assert facts.rows("SELECT experiment_id FROM runs WHERE run_id = 'a'") == [("1",)]
    assert report.omissions == []
    (notice,) = report.notices
    assert "ignored 1 copied run" in notice


def test_a_run_that_only_the_folder_of_another_experiment_has_is_an_omission(store):
    folder = add_run(add_experiment(store, "2"), "c", "7")
    report, facts = read(str(store))
    assert run_ids(facts) == ["a", "b"]
    assert report.omissions == [
        f"{folder}: a run of the experiment '7', which MLflow ignores in this folder"
    ]


def test_a_copy_of_a_whole_experiment_is_ignored(store):
    copy = store / "copy of 1"
    copy.mkdir()
    write_yaml(copy, experiment_id="'1'", name="copy")
    add_run(copy, "a", "1", depth="4")
    report, facts = read(str(store))
    assert facts.rows("SELECT name FROM experiments") == [("wine",)]
    assert facts.rows("SELECT value FROM params") == [("3",)]
    assert report.omissions == []


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("1/meta.yaml", {"experiments": "name"}),
        ("1/a/meta.yaml", {"runs": "run_id"}),
        ("models/wine/meta.yaml", {"registered_models": "created_at"}),
        ("models/wine/version-1/meta.yaml", {"registered_model_versions": "version"}),
    ],
)
@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "empty"), ("- x\n", "not a YAML mapping"), (POINTER, "a pointer of Git LFS")],
)
def test_one_broken_file_is_named_and_the_rest_is_read(store, file, lost, content, reason):
    (store / file).write_text(content)
    report, facts = read(str(store))
    (omission,) = report.omissions
    assert omission.startswith(f"{store / file}: {reason}")
    count = {
        name: facts.rows(f"SELECT count({column}) FROM {name}")[0][0]
        for name, column in {
            "experiments": "name",
            "runs": "run_id",
            "registered_models": "created_at",
            "registered_model_versions": "version",
        }.items()
    }
    whole = {"experiments": 1, "runs": 2, "registered_models": 1, "registered_model_versions": 1}
    assert count == {name: number - (name in lost) for name, number in whole.items()}


def test_a_store_in_which_nothing_can_be_read_is_an_error(tmp_path):
    experiment = add_experiment(tmp_path, "1")
    run = add_run(experiment, "a")
    for folder in (experiment, run):
        (folder / "meta.yaml").write_text(POINTER)
    with pytest.raises(
        TrackingStoreError, match=r"1/meta.yaml: a pointer of Git LFS.*git lfs pull"
    ):
        read(str(tmp_path))


def test_values_that_are_pointers_of_git_lfs_are_not_facts(store):
    (store / "1" / "a" / "params" / "depth").write_text(POINTER)
    report, facts = read(str(store))
    assert facts.rows("SELECT * FROM params") == []
    assert report.omissions == [
        f"{store}/1/a/params/depth: a pointer of Git LFS, not the file itself; run `git lfs pull` there"
    ]


@pytest.mark.parametrize("part", ["params", "metrics", "tags", "artifacts", "inputs", "outputs"])
def test_a_run_without_a_meta_yaml_is_an_omission(store, part):
    (store / "1" / "c" / part).mkdir(parents=True)
    report, facts = read(str(store))
    assert run_ids(facts) == ["a", "b"]
    assert report.omissions == [f"{store}/1/c/meta.yaml: missing, so that the run is unknown"]


@pytest.mark.parametrize("name", ["datasets", "models", "tags", "traces", "empty"])
def test_other_folders_of_an_experiment_are_not_runs(store, name):
    (store / "1" / name).mkdir()
    assert read(str(store))[0].omissions == []


def test_the_runs_of_an_experiment_without_a_meta_yaml_are_read(store):
    add_run(store / "2", "c")
    report, facts = read(str(store))
    assert run_ids(facts) == ["a", "b", "c"]
    assert facts.rows("SELECT name FROM experiments WHERE experiment_id = '2'") == [(None,)]
    assert report.omissions == []
    assert any("lack their meta.yaml" in notice and "'2'" in notice for notice in report.notices)


def test_a_registry_alone_is_a_store(tmp_path):
    add_version(tmp_path, "wine", 1, run_id="a", source="runs:/a/model")
    report, facts = read(str(tmp_path))
    assert facts.rows("SELECT name, version, source_run_id FROM registered_model_versions") == [
        ("wine", "1", "a")
    ]
    assert (report.notices, report.omissions) == ([], [])


def test_a_registered_model_without_a_meta_yaml_has_its_versions(store):
    (store / "models" / "wine" / "meta.yaml").unlink()
    report, facts = read(str(store))
    assert facts.rows("SELECT name, version FROM registered_model_versions") == [("wine", "1")]
    assert report.omissions == [
        f"{store}/models/wine/meta.yaml: missing, so that the registered model has only its name"
    ]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("1", "an experiment"),
        ("1/a", "a run"),
        ("models", "all registered models"),
        ("models/wine", "a registered model"),
        (".trash/2", "an experiment"),
        ("3", "an experiment"),
    ],
)
def test_a_part_of_a_store_is_an_error_that_names_the_store(store, part, kind):
    add_experiment(store / ".trash", "2")
    add_run(store / "3", "c")  # has no meta.yaml
    message = f"^{store / part}: the folder of {kind}, not of a file store; give .*: {store}$"
    with pytest.raises(TrackingStoreError, match=message):
        read(str(store / part))


def test_many_omissions_are_counted(store, monkeypatch):
    monkeypatch.setattr(reader, "MAX_OMISSIONS", 2)
    for number in range(4):
        (store / "1" / f"c{number}" / "tags").mkdir(parents=True)
    report, _ = read(str(store))
    assert len(report.omissions) == 3
    assert report.omissions[-1] == f"{store}: 2 more files or folders"


@pytest.mark.parametrize("place", ["project/mlruns", "a/b/mlruns"])
def test_the_error_for_a_clone_names_the_file_store_in_it(store, tmp_path, place):
    clone = tmp_path / "clone"
    (clone / place).parent.mkdir(parents=True)
    store.rename(clone / place)
    with pytest.raises(TrackingStoreError, match=f"not a file store.*; give {clone / place}$"):
        read(str(clone))


def test_the_error_for_a_clone_names_the_database_in_it(tmp_path):
    make_database(tmp_path / "data.db", "CREATE TABLE wines (a)")
    (tmp_path / "inner").mkdir()
    make_database(
        tmp_path / "inner/mlflow.db", "CREATE TABLE experiments (a); CREATE TABLE runs (a)"
    )
    with pytest.raises(TrackingStoreError, match=f"; give sqlite:///{tmp_path}/inner/mlflow.db$"):
        read(str(tmp_path))


@pytest.mark.parametrize("name", ["mlflow.db", "backend"])
def test_a_database_without_a_scheme_is_read_as_one(tmp_path, name):
    make_database(tmp_path / name, "CREATE TABLE runs (a)")
    with pytest.raises(
        TrackingStoreError, match=f"sqlite:///{tmp_path}/{name}: not an MLflow store"
    ):
        read(str(tmp_path / name))


@pytest.mark.parametrize("scheme", ["sqlite:///", ""])
def test_a_database_that_is_a_pointer_of_git_lfs_is_an_error(tmp_path, scheme):
    (tmp_path / "mlflow.db").write_text(POINTER)
    with pytest.raises(TrackingStoreError, match=r"a pointer of Git LFS.*git lfs pull"):
        read(f"{scheme}{tmp_path}/mlflow.db")


@pytest.mark.parametrize("form", ["file://{}", "file:{}", "file://localhost{}", "{}"])
def test_a_file_url_names_a_folder_of_this_machine(store, form):
    assert run_ids(read(form.format(store))[1]) == ["a", "b"]


@pytest.mark.parametrize("url", ["file://server/mlruns", "file://mlruns", "file://C:/mlruns"])
def test_a_file_url_of_another_machine_is_an_error(url):
    with pytest.raises(TrackingStoreError, match=r"names the host .*; give file:///"):
        read(url)


def test_the_url_of_a_database_must_name_a_file():
    with pytest.raises(
        TrackingStoreError, match=r"has three slashes .*; give sqlite:///mlflow\.db"
    ):
        read("sqlite://mlflow.db")


def make_database(path, script):
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
