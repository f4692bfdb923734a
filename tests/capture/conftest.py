"""Capture in a folder of its own: no test sees the user's configuration, repositories or trusted folders."""

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import configuration
from mlflow2prov.capture.configuration import Config
from mlflow2prov.capture.environment import set_run_info_fn


@pytest.fixture(autouse=True)
def isolated(tmp_path, tmp_path_factory, monkeypatch):
    """Change to an empty folder, with an empty configuration; both are undone at the end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    for name in ("MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI", "MLFLOW2PROV_TRUSTED_STORES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(configuration, "_folders", {})
    before = Config.current()
    Config.set_current(Config())
    yield
    Config.set_current(before)
    set_run_info_fn(None)


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
