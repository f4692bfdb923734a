"""Experiments in a folder of their own."""

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture.stages import ArtifactManager


@pytest.fixture(autouse=True)
def repo():
    """Calls are recorded in memory."""
    with p.using_repo(p.MemoryRepo()) as repo:
        yield repo


@pytest.fixture
def new_manager(tmp_path, monkeypatch):
    """A function that returns a manager, whose files are below a folder for the test."""
    monkeypatch.chdir(tmp_path)

    def make(name="wine", **options):
        return ArtifactManager(name, **options)

    return make


@pytest.fixture
def manager(new_manager):
    """A manager."""
    return new_manager()
