"""The surroundings of a call: kinds of repositories and files, runs of MLflow, and the process."""

import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import environment
from mlflow2prov.capture.environment import git_state, mlflow_run, run_info
from mlflow2prov.capture.repos import MemoryRepo

SECRET = "hunter2-of-ada"
SOURCE = "def double(x):\n    return 2 * x\n"


def git(folder, *arguments):
    settings = ("user.name=Ada", "user.email=ada@example.org", "protocol.file.allow=always")
    options = [part for setting in settings for part in ("-c", setting)]
    command = ["git", "-C", str(folder), *options, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(root, **files):
    """Write and commit files; ``__`` in a name is a dot. Return the commit."""
    for name, content in files.items():
        path = root / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=change")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path):
    """A repository with one commit of ``train.py``."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root, train__py=SOURCE)
    return root


def state(path):
    environment._states.clear()
    return git_state(str(path))


# --- kinds of repositories


def test_a_detached_head_has_no_branch(root):
    git(root, "checkout", "--quiet", "--detach")
    seen = state(root / "train.py")
    assert (seen.git_branch, seen.git_commit) == (None, git(root, "rev-parse", "HEAD"))


def test_a_shallow_clone(root, tmp_path):
    newest = commit(root, train__py=SOURCE + "#\n")
    git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), "shallow")
    seen = state(tmp_path / "shallow/train.py")
    assert (seen.git_commit, seen.git_dirty, seen.repository_url) == (newest, False, root.as_uri())


def test_a_submodule_is_a_repository_of_its_own(root, tmp_path):
    git(tmp_path, "init", "--quiet", "outer")
    outer = tmp_path / "outer"
    git(outer, "submodule", "--quiet", "add", root.as_uri(), "libs/wine")
    commit(outer, main__py="")
    seen = state(outer / "libs/wine/train.py")
    assert seen.source_path == "train.py"
    assert seen.git_commit == git(root, "rev-parse", "HEAD") != git(outer, "rev-parse", "HEAD")
    (outer / "libs/wine/train.py").write_text("")
    assert state(outer / "libs/wine/train.py").git_dirty
    assert not state(outer / "main.py").git_dirty


def test_changes_are_those_of_tracked_files_anywhere(root):
    commit(root, other__py="")
    (root / "notes.txt").write_text("untracked")
    assert state(root / "train.py").git_dirty is False
    (root / "other.py").write_text("changed")
    assert state(root / "train.py").git_dirty is True
    git(root, "add", "other.py")
    assert state(root / "train.py").git_dirty is True


def test_a_file_that_changes_after_the_import_is_dirty_at_the_next_call(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.delitem(sys.modules, "train", raising=False)
    import train

    repo = MemoryRepo()
    double = p.provenance(repo=repo)(train.double)
    double(1)
    (root / "train.py").write_text(SOURCE.replace("2", "3"))
    assert double(2) == 4
    before, after = repo.calls()
    assert (before.git_dirty, after.git_dirty) == (False, True)
    assert before.git_commit == after.git_commit
    assert before.source_blob != after.source_blob


def test_the_blob_of_an_unchanged_file_is_that_of_the_commit(root):
    commit(root, __gitattributes="*.py text eol=crlf\n", crlf__py=SOURCE)
    (root / "crlf.py").unlink()
    git(root, "checkout", "--quiet", "crlf.py")
    assert b"\r\n" in (root / "crlf.py").read_bytes()
    seen = state(root / "crlf.py")
    assert seen.git_dirty is False
    assert seen.source_blob == git(root, "rev-parse", "HEAD:crlf.py")


@pytest.mark.parametrize("name", ["a[b].py", "a*.py", ":(top)x.py", "ä ö.py", "-x.py", 'a"b\n.py'])
def test_names_of_files_are_no_patterns(root, name):
    (root / name).write_text(SOURCE)
    (root / "ab.py").write_text("")
    git(root, "add", "ab.py")
    git(root, "commit", "--quiet", "--message=other")
    seen = state(root / name)
    assert (seen.source_path, seen.source_tracked) == (name, False)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=all")
    seen = state(root / name)
    assert seen.source_tracked is True
    assert seen.source_blob == git(root, "hash-object", "--", name)


def test_an_ignored_file_is_not_tracked(root):
    commit(root, __gitignore="scratch.py\n")
    (root / "scratch.py").write_text(SOURCE)
    seen = state(root / "scratch.py")
    assert (seen.source_tracked, seen.git_dirty) == (False, False)
    assert seen.source_blob == git(root, "hash-object", "scratch.py")


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
def test_an_installed_package_is_not_code_of_the_repository_around_it(root, folder):
    file = root / f".venv/lib/python3.12/{folder}/wine/train.py"
    file.parent.mkdir(parents=True)
    file.write_text(SOURCE)
    seen = state(file)
    assert seen.source_path == str(file)
    assert (seen.git_commit, seen.git_dirty, seen.source_tracked) == (None, None, None)


def test_a_link_to_a_file_elsewhere(root, tmp_path):
    (tmp_path / "shared.py").write_text(SOURCE)
    (root / "link.py").symlink_to(tmp_path / "shared.py")
    commit(root)
    seen = state(root / "link.py")
    assert (seen.source_path, seen.source_tracked) == ("link.py", True)


def test_a_repository_behind_a_link(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    seen = state(tmp_path / "link/train.py")
    assert (seen.source_path, seen.git_dirty) == ("train.py", False)


@pytest.mark.parametrize("content", [None, "", "gitdir: /nowhere\n", "\udcff"])
def test_a_repository_that_is_broken(tmp_path, content):
    if content is None:
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_text(content, errors="surrogateescape")
    (tmp_path / "train.py").write_text(SOURCE)
    seen = state(tmp_path / "train.py")
    assert (seen.source_path, seen.git_commit) == (str(tmp_path / "train.py"), None)


def test_variables_of_git_do_not_matter(root, tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    seen = state(root / "train.py")
    monkeypatch.undo()
    assert seen.git_commit == git(root, "rev-parse", "HEAD")


# --- MLflow


class FakeMlflow(types.ModuleType):
    """MLflow with an active run per thread."""

    def __init__(self, uri="file:///mlruns"):
        super().__init__("mlflow")
        self._local, self._uri = threading.local(), uri

    def start_run(self, run_id):
        info = types.SimpleNamespace(run_id=run_id, experiment_id="7")
        self._local.run = types.SimpleNamespace(info=info)

    def active_run(self):
        return getattr(self._local, "run", None)

    def get_tracking_uri(self):
        return self._uri


@pytest.fixture
def mlflow(monkeypatch):
    mlflow = FakeMlflow(f"https://ada:{SECRET}@mlflow.example.org/?token={SECRET}")
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    return mlflow


def test_a_call_records_the_active_run(mlflow):
    repo = MemoryRepo()

    @p.provenance(repo=repo)
    def train(x):
        return x

    train(1)
    mlflow.start_run("0a1b")
    train(2)
    without, within = repo.calls()
    assert (without.mlflow_run_id, without.mlflow_tracking_uri) == (None, None)
    assert within.mlflow_run_id == "0a1b"
    assert within.mlflow_experiment_id == "7"
    assert within.mlflow_tracking_uri == "https://mlflow.example.org/"


def test_the_active_run_is_that_of_the_thread(mlflow):
    mlflow.start_run("main")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(mlflow_run()))
    thread.start()
    thread.join()
    assert seen == [{}]
    assert mlflow_run()["mlflow_run_id"] == "main"


def test_the_environment_names_a_run(monkeypatch):
    monkeypatch.delitem(sys.modules, "mlflow", raising=False)
    monkeypatch.setenv("MLFLOW_RUN_ID", "0a1b")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"postgresql://ada:{SECRET}@db/mlflow")
    assert mlflow_run() == {
        "mlflow_run_id": "0a1b",
        "mlflow_experiment_id": None,
        "mlflow_tracking_uri": "postgresql://db/mlflow",
    }


def test_the_active_run_comes_before_that_of_the_environment(mlflow, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "other")
    assert mlflow_run()["mlflow_run_id"] == "other"
    mlflow.start_run("active")
    assert mlflow_run()["mlflow_run_id"] == "active"


@pytest.mark.parametrize(
    "module", [types.ModuleType("mlflow"), None, object()], ids=lambda value: type(value).__name__
)
def test_a_module_of_this_name_that_is_not_mlflow(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "mlflow", module)
    assert mlflow_run() == {}
    assert p.provenance(repo=MemoryRepo())(lambda x: x)(1) == 1


def test_an_mlflow_that_fails(mlflow, monkeypatch):
    def fail():
        raise RuntimeError("the store is lost")

    monkeypatch.setattr(mlflow, "active_run", fail)
    assert mlflow_run() == {}


IMPORTS = """
import sys
import mlflow2prov.capture as p

@p.provenance()
def double(x):
    return x * 2

assert double(double(2)) == 8
p.get_default_repo().flush()
print(sorted({"mlflow", "duckdb", "pandas", "numpy", "pyarrow", "git"} & set(sys.modules)))
"""


def test_capture_imports_neither_mlflow_nor_libraries_of_tables():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "MLFLOW_RUN_ID": "x"}
    output = subprocess.run(
        [sys.executable, "-c", IMPORTS], env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert output.strip() == "[]"


@pytest.mark.slow
def test_a_run_of_mlflow_itself(monkeypatch, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    assert mlflow_run() == {}
    with mlflow.start_run() as run:
        assert mlflow_run() == {
            "mlflow_run_id": run.info.run_id,
            "mlflow_experiment_id": "0",
            "mlflow_tracking_uri": f"sqlite:///{tmp_path}/mlflow.db",
        }
    assert mlflow_run() == {}


# --- the process


def test_the_process_is_described_once():
    info = run_info()
    assert info is run_info()
    assert info["process"]["pid"] == os.getpid()
    assert info["id"].startswith("sha256:")
    assert {"machine", "nodename", "platform", "cpu_count", "system"} <= info["host"].keys()
    assert {"cmdline", "cwd", "exe", "name", "num_threads"} <= info["process"].keys()
    assert info["created_at"].utcoffset().total_seconds() == 0


def test_a_forked_process_has_a_description_of_its_own():
    before = run_info()["id"]
    reader, writer = os.pipe()
    if os.fork() == 0:
        is_own = run_info()["process"]["pid"] == os.getpid() and run_info()["id"] != before
        os.write(writer, b"1" if is_own else b"0")
        os._exit(0)
    os.wait()
    assert os.read(reader, 1) == b"1"
    assert run_info()["id"] == before
