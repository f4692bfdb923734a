"""``extract`` and ``init`` in the folder of a project find its sources, and the summary counts what was linked."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from mlflow2prov import run_extraction
from mlflow2prov.errors import ConfigurationError
from tests.cli.conftest import TIME, run_program
from tests.golden import rebuild
from tests.repositories import Repository


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A clone of the demo project with its store in it."""
    folder = tmp_path_factory.mktemp("demo").resolve()
    repository, _ = rebuild(folder / "out")
    project = folder / "project"
    Repository(folder / "other").git("clone", "--quiet", str(repository), str(project))
    shutil.copy(folder / "out/mlflow.db", project)
    return project


@pytest.fixture
def run_there(demo, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return lambda *arguments: run_program(demo, *arguments)


def test_the_sources_of_the_folder_are_those_of_the_options(run_there):
    here = run_there("extract", "save")
    named = run_there(
        "extract", "--repository-path", ".", "--mlflow-url", "sqlite:///mlflow.db", "save"
    )
    assert here.code == named.code == 0 and here.output == named.output
    assert (
        "reading the Git repository of this folder and the MLflow store sqlite:///mlflow.db"
        in here.error
    )
    assert "reading the Git repository" not in named.error


def test_options_apply_to_the_sources_that_are_found(run_there):
    result = run_there("extract", "--experiment", "wine*", "--since", "2023-11-15", "save")
    assert result.code == 0 and "Experiment" in result.output
    assert "unknown experiment 'beer'" in run_there("extract", "--experiment", "beer").error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["extract"], "extract needs --repository-path, --mlflow-url or --calls, because"),
        (["extract", "--since", "2024"], "extract needs --repository-path"),
    ],
)
def test_a_folder_without_sources_is_an_error_of_usage(run, words, message):
    result = run(*words)
    assert result.code == 2 and message in result.error and result.error.count("\n") == 1


def test_a_repository_without_a_store_is_read_alone(run, tmp_path):
    Repository(tmp_path).commit("one", a="1\n")
    result = run("extract", "statistics")
    assert (
        result.code == 0 and "there is no MLflow store; give one with --mlflow-url" in result.error
    )
    error = run("extract", "--traces").error
    assert "--traces has no effect without --mlflow-url" in error


# The summary


def test_the_summary_counts_runs_and_their_links(run_there):
    lines = run_there("extract", "statistics").error.splitlines()
    assert re.fullmatch(
        rf"{TIME} mlflow2prov: extracted \d+ statements, 8 runs: 7 linked to a commit, 7 to a script",
        lines[-2],
    )
    assert re.sub(TIME, "", lines[-1]) == (
        " mlflow2prov: runs that are not linked: 1 without a commit (MLflow recorded neither commit nor source)"
    )
    alone = run_there("extract", "--mlflow-url", "mlflow.db", "statistics").error.splitlines()
    assert alone[-1].endswith(
        "runs that are not linked: 8 without a commit (no repository was read)"
    )


def test_the_summary_is_not_printed_if_only_results_are_wanted(run_there):
    assert run_there("--quiet", "extract", "statistics").error == ""


def test_the_summary_has_the_reasons_for_missing_links(demo, tmp_path):
    repository = Repository(tmp_path / "else")
    repository.commit("other", a="1\n")
    runs = run_extraction(repository.path, f"sqlite:///{demo}/mlflow.db").runs
    assert (runs.runs, runs.with_commit, runs.with_script) == (8, 0, 0)
    assert runs.without_commit == {
        "the repository lacks their commit": 7,
        "MLflow recorded neither commit nor source": 1,
    }
    assert run_extraction(repository.path).runs is None


def test_a_repository_alone_has_a_summary_of_its_size(run, tmp_path):
    Repository(tmp_path).commit("one", a="1\n")
    lines = run("extract", "--repository-path", ".", "statistics").error.splitlines()
    assert len(lines) == 1 and " mlflow2prov: extracted " in lines[0] and "run" not in lines[0]


# Choice of files


def test_files_are_excluded_by_pathspecs(run, tmp_path):
    repository = Repository(tmp_path)
    repository.commit("one", **{"a.py": "1\n", "b.csv": "2\n", "data/c": "3\n", "Data/d": "4\n"})
    extract = ["extract", "--repository-path", ".", "--renames", "exact"]
    everything = run(*extract, "save").output
    for pathspecs, paths in (
        (["*.csv"], {"a.py", "data/c", "Data/d"}),
        (["data", ":(icase)*.CSV"], {"a.py", "Data/d"}),
        ([":(icase)data", "b.csv"], {"a.py"}),
        ([":/data/"], {"a.py", "b.csv", "Data/d"}),
    ):
        words = [word for pathspec in pathspecs for word in ("--exclude", pathspec)]
        output = run(*extract, *words, "save").output
        left = {path for path in ("a.py", "b.csv", "data/c", "Data/d") if f'"{path}"' in output}
        assert left == paths and output != everything


@pytest.mark.parametrize(
    "pathspec", [":!a", ":^a", ":(exclude)a", ":(prefix:3)a", ":(bogus)a", ".", ":/", "./"]
)
def test_a_pathspec_that_leaves_out_everything_or_too_little_is_refused(run, tmp_path, pathspec):
    repository = Repository(tmp_path)
    repository.commit("one", a="1\n")
    result = run("extract", "--repository-path", ".", "--exclude", pathspec, "save")
    assert result.code == 1 and "--exclude" in result.error
    with pytest.raises(ConfigurationError):
        run_extraction(repository.path, exclude=pathspec)


def test_a_script_that_is_excluded_is_not_called_uncommitted(run_there):
    result = run_there("extract", "--exclude", "train.py", "check", "--fail-on", "never")
    assert result.code == 0 and "script-not-in-commit" not in result.output
    assert "to a script" in result.error and "their commit lacks the script" not in result.error


def test_a_committed_store_that_is_not_read_is_noted_with_what_leaves_it_out(run, tmp_path):
    repository = Repository(tmp_path)
    files = {f"old/mlruns/1/{n:032x}/metrics/loss": "1 1 1\n" for n in range(30)}
    repository.commit("one", **{"a.py": "1\n"}, **files)
    error = run("extract", "--repository-path", ".", "statistics").error
    assert (
        "30 of 31 files belong to MLflow stores (old/mlruns); --exclude old/mlruns leaves" in error
    )
    words = ["--exclude", "old/mlruns"]
    assert (
        "MLflow stores" not in run("extract", "--repository-path", ".", *words, "statistics").error
    )


# init


def test_init_writes_a_configuration_that_runs(demo, run_there):
    written = run_there("init", "--output", "chain.yaml")
    assert written.code == 0 and written.output == ""
    assert "an MLflow store: sqlite:///mlflow.db" in written.error
    assert "mlflow2prov --config chain.yaml" in written.error
    checked = run_there("--validate", "chain.yaml")
    assert (checked.code, checked.output) == (0, "chain.yaml: valid, 4 commands\n")
    done = run_there("--config", "chain.yaml")
    assert done.code == 0 and "RegisteredModelVersion" in done.output
    assert {"provenance.json", "provenance.html"} <= {path.name for path in demo.iterdir()}


def test_init_replaces_no_file_unless_forced(run_there, demo):
    (demo / "mine.yaml").write_text("- merge:\n")
    result = run_there("init", "--output", "mine.yaml")
    assert result.code == 1 and "exists already; replace it with --force" in result.error
    assert (demo / "mine.yaml").read_text() == "- merge:\n"
    assert run_there("init", "--output", "mine.yaml", "--force").code == 0
    assert "extract" in (demo / "mine.yaml").read_text()


def test_init_lists_the_other_stores_and_quotes_their_names(run, tmp_path, monkeypatch):
    from tests.sources.mlflow.test_addresses import make_file_store

    Repository(tmp_path).commit("one", a="1\n")
    names = ["it's: # {odd}", "b"]
    for name in names:
        make_file_store(tmp_path / name / "mlruns", 1)
    text = run("init", "--output", "-").output
    assert (
        yaml.safe_load(text)[0]["extract"]["mlflow-url"]
        .removeprefix("${MLFLOW_TRACKING_URI:-")
        .startswith("b/mlruns")
    )
    assert "another store that was found" in text
    shutil.rmtree(tmp_path / "b")
    Path(tmp_path / "c.yaml").write_text(run("init", "--output", "-").output)
    assert run("--validate", "c.yaml").code == 0
    assert (
        yaml.safe_load((tmp_path / "c.yaml").read_text())[0]["extract"]["mlflow-url"]
        == f"{names[0]}/mlruns"
    )


def test_init_without_sources_leaves_places_for_them(run):
    result = run("init", "--output", "-")
    assert "no Git repository and no MLflow store" in result.error
    assert "# repository-path:" in result.output and "# mlflow-url:" in result.output
