"""The sources of a project are found in its folder."""

from pathlib import Path

import pytest

from mlflow2prov.errors import ConfigurationError
from mlflow2prov.sources.discovery import find_sources
from tests.repositories import Repository
from tests.sources.mlflow.test_addresses import make_database, make_file_store


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a repository, which is the current one."""
    repository = Repository(tmp_path / "project")
    repository.commit("one", readme="1\n")
    monkeypatch.chdir(repository.path)
    return repository.path


def urls(folder):
    return [store.url for store in find_sources(folder).stores]


def test_a_folder_without_anything_has_no_sources(tmp_path):
    found = find_sources(tmp_path)
    assert (found.repository, found.stores, found.store) == (None, (), None)


def test_a_repository_and_the_store_in_it_are_found_from_each_of_its_folders(project, monkeypatch):
    make_database(project / "mlflow.db", 1)
    (project / "src/wine").mkdir(parents=True)
    assert urls(Path()) == ["sqlite:///mlflow.db"]
    monkeypatch.chdir(project / "src/wine")
    found = find_sources(Path())
    assert (found.repository, found.store.url) == (".", "sqlite:///../../mlflow.db")


@pytest.mark.parametrize("place", ["mlruns", "experiments/mlruns", "a/b/mlruns"])
def test_the_nearest_store_is_found(project, place):
    make_file_store(project / place, 1)
    assert urls(Path()) == [place]


def test_a_nearer_store_wins_and_hidden_folders_are_not_entered(project):
    make_file_store(project / "deep/mlruns", 1)
    make_file_store(project / ".cache/mlruns", 1)
    assert urls(Path()) == ["deep/mlruns"]
    make_file_store(project / "mlruns", 1)
    assert urls(Path()) == ["mlruns"]


def test_several_stores_are_an_error_that_lists_them(project):
    for place in ("a", "b"):
        make_file_store(project / place / "mlruns", 1)
    with pytest.raises(
        ConfigurationError, match="several MLflow stores: a/mlruns, b/mlruns; choose one"
    ):
        _ = find_sources(Path()).store


def test_a_store_without_runs_does_not_count_beside_one_with_runs(project):
    make_file_store(project / "a/mlruns")
    make_file_store(project / "b/mlruns", 1)
    assert urls(Path()) == ["b/mlruns"]


def test_a_store_outside_of_a_repository_is_found(tmp_path, monkeypatch):
    make_database(tmp_path / "mlflow.db", 1)
    monkeypatch.chdir(tmp_path)
    found = find_sources(Path())
    assert (found.repository, found.store.url) == (None, "sqlite:///mlflow.db")
