"""The state of Git that a call records: of the repository around the file of its function, at the time of the call."""

import subprocess
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import environment
from mlflow2prov.capture.environment import git_state, repository_root

SOURCE = "def double(x):\n    return 2 * x\n"


def git(folder, *arguments):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def source(tmp_path):
    """A file in a subfolder of a repository with one commit."""
    file = tmp_path / "project/src/wine/train.py"
    file.parent.mkdir(parents=True)
    file.write_text(SOURCE)
    root = tmp_path / "project"
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=One")
    return file


def load(file):
    """Return the function of a file, captured."""
    names = {"__name__": "wine.train"}
    exec(compile(file.read_text(), str(file), "exec"), names)
    return p.provenance()(names["double"])


def last_call(function, argument):
    function(argument)
    return p.calls()[-1]


def test_a_call_records_commit_branch_path_and_content(source, memory):
    root = source.parents[2]
    git(root, "remote", "add", "origin", "https://ada:hunter2@example.org/wine.git")
    call = last_call(load(source), 1)
    assert call.git_commit == git(root, "rev-parse", "HEAD")
    assert (call.git_branch, call.git_dirty, call.source_tracked) == ("main", False, True)
    assert (call.source_path, call.source_line) == ("src/wine/train.py", 1)
    assert call.source_blob == git(root, "rev-parse", "HEAD:src/wine/train.py")
    assert call.repository_url == "https://example.org/wine.git"


def test_changes_between_calls_are_seen(source, memory):
    root, function = source.parents[2], load(source)
    first = last_call(function, 1)
    source.write_text(SOURCE + "# more\n")
    dirty = last_call(function, 2)
    assert (dirty.git_dirty, dirty.git_commit) == (True, first.git_commit)
    assert dirty.source_blob == git(root, "hash-object", source)
    git(root, "commit", "--quiet", "--all", "--message=Two")
    clean = last_call(function, 3)
    assert (clean.git_dirty, clean.git_commit) == (False, git(root, "rev-parse", "HEAD"))
    git(root, "switch", "--quiet", "--create", "other")
    assert last_call(function, 4).git_branch == "other"
    git(root, "switch", "--quiet", "--detach")
    assert last_call(function, 5).git_branch is None


def test_untracked_files_are_recorded_as_such(source, memory):
    file = source.with_name("new.py")
    file.write_text(SOURCE)
    call = last_call(load(file), 1)
    assert (call.source_tracked, call.git_dirty) == (False, False)


def test_a_repository_that_is_created_later_is_found(tmp_path, memory):
    file = tmp_path / "train.py"
    file.write_text(SOURCE)
    function = load(file)
    before = last_call(function, 1)
    assert (before.git_commit, before.source_path) == (None, str(file.resolve()))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=One")
    assert last_call(function, 2).git_commit == git(tmp_path, "rev-parse", "HEAD")


def test_a_linked_worktree_has_its_own_state(source, tmp_path, memory):
    root, linked = source.parents[2], tmp_path / "linked"
    git(root, "worktree", "add", "--quiet", "-b", "feature", linked)
    function = load(linked / "src/wine/train.py")
    assert last_call(function, 1).git_branch == "feature"
    git(linked, "commit", "--quiet", "--allow-empty", "--message=Two")
    assert last_call(function, 2).git_commit == git(linked, "rev-parse", "HEAD")


def test_a_repository_without_commits_has_no_commit(tmp_path, memory):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    file = tmp_path / "train.py"
    file.write_text(SOURCE)
    call = last_call(load(file), 1)
    assert (call.git_commit, call.git_branch, call.source_tracked) == (None, "main", False)


def test_git_is_asked_once_while_nothing_changes(source, monkeypatch):
    asked = []
    read = environment.read_git_state
    monkeypatch.setattr(environment, "read_git_state", lambda *a: asked.append(a) or read(*a))
    states = {git_state(str(source)) for _ in range(10)}
    assert len(states) == len(asked) == 1


@pytest.mark.parametrize("filename", [None, "", "<stdin>", "missing.py"])
def test_code_without_a_file_has_no_state(filename):
    assert git_state(filename) == environment.GitState()


def test_the_root_is_the_nearest_folder_with_a_repository(source):
    root = source.parents[2]
    inner = root / "src"
    assert repository_root(inner) == root.resolve()
    git(inner, "init", "--quiet")
    assert repository_root(source.parent) == inner.resolve()
    assert repository_root(Path(root.anchor)) is None


def test_a_program_without_git_is_captured(source, memory, monkeypatch):
    monkeypatch.setenv("PATH", "")
    call = last_call(load(source), 1)
    assert (call.status, call.git_commit) == ("FINISHED", None)


def test_an_archived_file_does_not_have_the_state_of_the_package(source, memory):
    p.archive_file(source)
    call = memory.calls()[-1]
    assert call.status == "FINISHED"
    assert (call.git_commit, call.git_branch, call.source_path) == (None, None, None)
