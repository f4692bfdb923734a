"""The state of Git at the time of a call, for the module of the function and for further ones."""

import json
import subprocess
import sys

import pytest

from mlflow2prov.capture import UntrackedCodeError, get_git_info, read_records
from tests.capture.record_files.conftest import record_in
from tests.repositories import Repository

TRAIN = """
@p.tracked(literal_directory=Path(__file__).parent / "out")
def train():
    return 1
"""


def test_commit_branch_path_and_blob_are_recorded(project):
    project.module(TRAIN).train()
    module = record_in(project.folder)["tracked_module"]
    assert module["git_commit_hash"] == project.commit
    assert module["git_active_branch"] == "main"
    assert module["git_is_dirty"] is False
    assert module["git_path"] == project.path.name
    assert module["git_blob"] == project.repository.git("rev-parse", f"HEAD:{project.path.name}")
    assert module["git_is_tracked"] is True
    assert module["git_working_dir"] == str(project.folder)


def test_a_change_after_the_import_is_seen(project):
    module = project.module(TRAIN)
    module.train()
    project.path.write_text(project.path.read_text() + "\n# changed\n")
    module.train()
    state = record_in(project.folder)["tracked_module"]
    assert state["git_is_dirty"] is True
    assert state["git_blob"] != project.repository.git("rev-parse", f"HEAD:{project.path.name}")


def test_a_change_of_another_file_is_seen(project):
    module = project.module(TRAIN)
    project.repository.commit(data__csv="1\n")
    module.train()
    assert record_in(project.folder)["tracked_module"]["git_is_dirty"] is False
    (project.folder / "data.csv").write_text("2\n")
    module.train()
    assert record_in(project.folder)["tracked_module"]["git_is_dirty"] is True


def test_a_detached_head_is_no_branch(project):
    module = project.module(TRAIN)
    project.repository.git("checkout", "--detach")
    module.train()
    assert record_in(project.folder)["tracked_module"]["git_active_branch"] == "detached"
    (record,) = read_records(project.folder / "out" / "train_record.json")
    assert record.call.git_branch is None
    assert record.call.git_commit == project.commit


def test_a_file_that_git_does_not_track_is_recorded_as_such(project):
    project.repository.commit(other="x")
    project.module(TRAIN, commit=False).train()
    module = record_in(project.folder)["tracked_module"]
    assert module["git_is_tracked"] is False
    assert module["git_is_dirty"] is False


def test_a_repository_without_commit_has_none(project):
    project.module(TRAIN, commit=False).train()
    module = record_in(project.folder)["tracked_module"]
    assert module["git_commit_hash"] is None
    assert module["git_is_tracked"] is False


def test_credentials_of_remotes_are_left_out(project):
    url = "https://ada:s3cr3t@example.org/wine.git"
    project.repository.git("remote", "add", "origin", url)
    project.repository.git("remote", "add", "fork", "git@example.org:wine.git")
    project.module(TRAIN).train()
    assert record_in(project.folder)["tracked_module"]["git_remotes"] == {
        "origin": "https://example.org/wine.git",
        "fork": "git@example.org:wine.git",
    }


def test_a_linked_worktree_has_its_own_state(project, tmp_path):
    project.module(TRAIN)
    tree = tmp_path / "tree"
    project.repository.git("worktree", "add", "-q", "-b", "topic", str(tree))
    name = project.path.stem
    program = f"import sys; sys.path.insert(0, {str(tree)!r}); import {name}; {name}.train()"
    subprocess.run([sys.executable, "-c", program], check=True)
    module = record_in(tree)["tracked_module"]
    assert module["git_active_branch"] == "topic"
    assert module["git_working_dir"] == str(tree)


def test_git_can_be_left_out(project):
    project.module(TRAIN.replace("tracked(", "tracked(disable_git_tracking=True, ")).train()
    assert "tracked_module" not in record_in(project.folder)


def test_uncommitted_changes_can_be_refused(project):
    module = project.module(TRAIN.replace("tracked(", "tracked(allow_dirty_repo=False, "))
    assert module.train() == 1
    project.path.write_text(project.path.read_text() + "\n")
    with pytest.raises(UntrackedCodeError, match="uncommitted changes"):
        module.train()


def test_further_modules_are_recorded_by_name_and_as_objects(project):
    helper = project.module("def helper(): pass\n")
    project.module(
        f"import {helper.__name__}\n"
        + TRAIN.replace("tracked(", f"tracked(extra_modules=[{helper.__name__}, 'json'], ")
    ).train()
    modules = record_in(project.folder)["extra_tracked_modules"]
    assert modules[helper.__name__]["git_commit_hash"] == project.commit
    assert modules["json"]["git_is_tracked"] is not True
    assert modules["json"]["module_path"] == json.__file__


def test_the_state_of_a_module_can_be_asked_for(project):
    module = project.module(TRAIN)
    assert get_git_info(module)["git_commit_hash"] == project.commit
    assert get_git_info(module.__name__) == get_git_info(module)
    project.path.write_text(project.path.read_text() + "\n")
    with pytest.raises(UntrackedCodeError, match="uncommitted changes") as error:
        get_git_info(module)
    assert isinstance(error.value, RuntimeError)
    assert get_git_info(module, allow_dirty=True)["git_is_dirty"] is True


@pytest.mark.parametrize("name", ["json", "sys", "no.such.module"])
def test_a_module_that_git_does_not_track_has_no_state(name):
    with pytest.raises(UntrackedCodeError):
        get_git_info(name)


def test_a_module_of_a_package_within_a_repository_counts_only_if_tracked(tmp_path, monkeypatch):
    repository = Repository(tmp_path)
    repository.commit(readme="x")
    packages = tmp_path / "venv" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_here.py").write_text("")
    monkeypatch.syspath_prepend(packages)
    with pytest.raises(UntrackedCodeError, match="does not track"):
        get_git_info("installed_here")
