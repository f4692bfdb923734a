"""The patches apply to the installed MLflow, and a patched server shows deleted versions."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import TrackingStore
from tests.conftest import MLFLOW, mlflow_server

pytestmark = pytest.mark.slow

PATCHES = Path(__file__).parents[3] / "patches"
PATCHED_FILES = ("mlflow/utils/search_utils.py", "mlflow/store/model_registry/sqlalchemy_store.py")


@pytest.fixture(scope="module")
def patched_mlflow(tmp_path_factory):
    """A folder with a patched MLflow: copies of the patched files, and links to all others."""
    find = "import importlib.util; print(importlib.util.find_spec('mlflow').origin)"
    process = subprocess.run([MLFLOW, "-c", find], check=True, capture_output=True, text=True)
    package = Path(process.stdout.strip()).parent
    folder = tmp_path_factory.mktemp("patched")
    shutil.copytree(package, folder / "mlflow", copy_function=os.symlink)
    for name in PATCHED_FILES:
        (folder / name).unlink()
        shutil.copy(package.parent / name, folder / name)
    patches = sorted(PATCHES.glob("*.patch"))
    assert len(patches) == len(PATCHED_FILES)
    subprocess.run(["git", "apply", "-p1", *patches], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_patched_server_shows_deleted_versions(patched_mlflow, kind, request):
    store = request.getfixturevalue(f"{kind}_store")
    uri = store if kind == "sqlite" else Path(store).as_uri()
    served, direct = Facts(), Facts()
    with mlflow_server(uri, python_path=str(patched_mlflow)) as url:
        TrackingStore(url).read(served)
    TrackingStore(store).read(direct)
    versions = "SELECT * FROM registered_model_versions ORDER BY name, version"
    assert served.rows(versions) == direct.rows(versions)
    deleted = "SELECT count(*) FROM registered_model_versions WHERE is_deleted"
    assert served.rows(deleted) == [(1,)]


def test_the_patches_can_be_reversed(patched_mlflow, tmp_path):
    shutil.copytree(patched_mlflow, tmp_path / "copy", symlinks=True)
    patches = sorted(PATCHES.glob("*.patch"))
    for options in (["--reverse"], ["--check"]):
        command = ["git", "apply", "-p1", *options, *patches]
        subprocess.run(command, cwd=tmp_path / "copy", check=True)
