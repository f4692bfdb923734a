"""Fixtures for captured calls: a repository that is the default one of the test."""

import pytest

import mlflow2prov.capture as p


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, tmp_path):
    """Run each test in a folder of its own, with the settings that programs have without configuration."""
    monkeypatch.chdir(tmp_path)
    before = p.current_config()
    p.Config.set_current(p.Config())
    yield
    p.Config.set_current(before)


@pytest.fixture(params=["memory", "sqlite"])
def repo(request, tmp_path):
    """The default repository: in memory, and in a folder as programs have it."""
    if request.param == "memory":
        made = p.MemoryRepo()
    else:
        store = p.DiskStore(tmp_path / "blobs", delete=True)
        made = p.DbRepo(f"sqlite:///{tmp_path / 'calls.db'}", store)
    p.set_default_repo(made)
    return made


@pytest.fixture
def memory():
    """The default repository, in memory: for what does not depend on the kind of repository."""
    made = p.MemoryRepo()
    p.set_default_repo(made)
    return made
