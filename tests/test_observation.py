"""Observations of a project: the same facts, with or without those of the previous one."""

import pytest

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.observation import read_sources
from mlflow2prov.project import ProjectOptions, Sources
from mlflow2prov.sources.git import GitHistory, HistoryOptions
from mlflow2prov.sources.mlflow import ReadOptions, TrackingStore
from tests.repositories import Repository


def observe(project, previous=None, *, include_store=False, **options):
    """Return the facts of a project whose store is in its repository, and the reports of its sources."""
    history = GitHistory(project.path, HistoryOptions(**options))
    store = TrackingStore(str(project.path / "mlruns"), ReadOptions())
    facts = Facts()
    project_options = ProjectOptions(include_store=include_store, infer_code=True)
    reports = read_sources(facts, Sources(history, store), project_options, previous)
    return facts, reports


def observe_both(project, previous, **options):
    """Observe a project with and without ``previous``, expect the same, and return the facts."""
    facts, reports = observe(project, previous, **options)
    expected, expected_reports = observe(project, **options)
    for table in TABLES.keys() - {"stores"}:
        query = f"SELECT * FROM {table} ORDER BY ALL"
        assert facts.rows(query) == expected.rows(query), table
    assert reports == expected_reports
    return facts


RUN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def project(tmp_path):
    """A repository with a script, and a store that is not committed."""
    repository = Repository(tmp_path / "project")
    repository.commit("script", train__py="print()\n", __gitignore="mlruns\n")
    log_run(repository, RUN)
    return repository


def log_run(repository, run_id, experiment="0"):
    """Write a run as MLflow's file store has it."""
    folder = f"mlruns/{experiment}/{run_id}"
    if not (repository.path / f"mlruns/{experiment}/meta.yaml").exists():
        repository.write(
            f"mlruns/{experiment}/meta.yaml",
            f"experiment_id: '{experiment}'\nname: e{experiment}\ncreation_time: 1600000000000\n"
            "lifecycle_stage: active\n",
        )
    repository.write(
        f"{folder}/meta.yaml",
        f"run_id: {run_id}\nexperiment_id: '{experiment}'\nstatus: 3\nstart_time: 1600000000000\n"
        "lifecycle_stage: active\n",
    )
    repository.write(f"{folder}/tags/mlflow.source.name", "train.py")
    repository.write(f"{folder}/tags/mlflow.source.git.commit", repository.head())


def test_an_unchanged_project_has_the_same_facts(project):
    facts, _ = observe(project)
    observe_both(project, facts)


def test_new_commits_and_runs_are_linked(project):
    facts, _ = observe(project)
    project.commit("change", train__py="print(1)\n")
    log_run(project, RUN[::-1])
    facts = observe_both(project, facts)
    assert facts.rows("SELECT count(*), count(DISTINCT sha) FROM run_sources") == [(2, 2)]


@pytest.mark.parametrize("include_store", [False, True])
def test_a_store_may_be_committed_later(project, include_store):
    facts, _ = observe(project, include_store=include_store)
    project.commit("store", __gitignore="")
    facts = observe_both(project, facts, include_store=include_store)
    assert not facts.is_empty("stored_runs")
    assert facts.is_empty("excluded_paths") is include_store
    facts = observe_both(project, facts, include_store=include_store)
    log_run(project, RUN[::-1], "7")
    facts = observe_both(project, facts, include_store=include_store)
    project.commit("another run")
    facts = observe_both(project, facts, include_store=include_store)
    assert len(facts.rows("SELECT * FROM stored_runs")) == 2


def test_a_repository_may_have_no_files_but_those_of_the_store(tmp_path):
    repository = Repository(tmp_path / "project")
    repository.commit("root")
    log_run(repository, RUN)
    repository.commit("store")
    facts, _ = observe(repository)
    assert facts.is_empty("revisions")
    facts = observe_both(repository, facts)
    log_run(repository, RUN[::-1])
    repository.commit("another run")
    facts = observe_both(repository, facts)
    assert len(facts.rows("SELECT * FROM stored_runs")) == 2
