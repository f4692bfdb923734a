"""The patches apply to the MLflow that is installed, and a patched server shows deleted versions."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import read_store
from tests.conftest import MLFLOW, mlflow_server

PATCHES = Path(__file__).parents[3] / "patches"
PATCHED = ("mlflow/utils/search_utils.py", "mlflow/store/model_registry/sqlalchemy_store.py")


@pytest.fixture(scope="module")
def patched_mlflow(tmp_path_factory):
    """A folder with a copy of MLflow (of links, but for the patched files)."""
    find = "import importlib.util; print(importlib.util.find_spec('mlflow').origin)"
    found = subprocess.run([MLFLOW, "-c", find], check=True, capture_output=True, text=True)
    package = Path(found.stdout.strip()).parent
    folder = tmp_path_factory.mktemp("patched")
    shutil.copytree(package, folder / "mlflow", copy_function=os.symlink)
    for name in PATCHED:
        (folder / name).unlink()
        shutil.copy(package.parent / name, folder / name)
    patches = sorted(PATCHES.glob("*.patch"))
    assert len(patches) == len(PATCHED)
    subprocess.run(["git", "apply", "-p1", *patches], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_patched_server_shows_deleted_versions(patched_mlflow, kind, request):
    store = request.getfixturevalue(f"{kind}_store")
    uri = store if kind == "sqlite" else Path(store).as_uri()
    facts = Facts()
    with mlflow_server(uri, python_path=str(patched_mlflow)) as url:
        read_store(url, facts)
    direct = Facts()
    read_store(store, direct)
    versions = "SELECT * FROM {registered_model_versions} ORDER BY name, version"
    assert facts.query(versions) == direct.query(versions)
    assert facts.query("SELECT count(*) FROM {registered_model_versions} WHERE is_deleted") == [
        (1,)
    ]


def test_undone_everything_is_as_it_was(patched_mlflow, tmp_path):
    shutil.copytree(patched_mlflow, tmp_path / "copy", symlinks=True)
    patches = sorted(PATCHES.glob("*.patch"))
    subprocess.run(
        ["git", "apply", "-p1", "--reverse", *patches], cwd=tmp_path / "copy", check=True
    )
    subprocess.run(["git", "apply", "-p1", "--check", *patches], cwd=tmp_path / "copy", check=True)
