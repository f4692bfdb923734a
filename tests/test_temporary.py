"""Temporary folders: they go with their process, even if it is killed, and those of living processes stay."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mlflow2prov import temporary
from mlflow2prov.errors import EngineError
from mlflow2prov.temporary import PREFIX, TemporaryFolder, remove_abandoned

OWNER = """
import sys, time
from mlflow2prov.temporary import TemporaryFolder, announce, process_folder
folder = TemporaryFolder(sys.argv[1])
(folder.path / "content").write_text("x")
announce(folder)
print(folder.path, process_folder(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path, monkeypatch):
    """A process with a temporary folder, and with its process folder in ``system``."""
    (tmp_path / "system").mkdir()
    (tmp_path / "output").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path / "output"],
        env={**os.environ, "TMPDIR": str(tmp_path / "system")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def folders(parent):
    return sorted(path.name for path in parent.glob(f"{PREFIX}*"))


def test_a_process_that_ends_deletes_its_folders(owner, tmp_path):
    owner.communicate("")
    assert folders(tmp_path / "output") == folders(tmp_path / "system") == []


def test_the_folder_of_a_living_process_stays(owner, tmp_path):
    before = folders(tmp_path / "output")
    TemporaryFolder(tmp_path / "output").remove()
    assert folders(tmp_path / "output") == before != []


def test_the_folder_of_a_killed_process_is_deleted_by_the_next_one_beside_it(owner, tmp_path):
    kill(owner)
    assert len(folders(tmp_path / "output")) == 1
    TemporaryFolder(tmp_path / "output").remove()
    assert folders(tmp_path / "output") == []


def test_the_next_start_deletes_all_folders_that_a_killed_process_made(owner, tmp_path):
    kill(owner)
    remove_abandoned(tmp_path / "system")
    assert folders(tmp_path / "output") == folders(tmp_path / "system") == []


def test_a_process_that_is_killed_while_it_deletes_is_followed_by_another(owner, tmp_path):
    kill(owner)
    (folder,) = (tmp_path / "output").glob(f"{PREFIX}*")
    (folder / "lock").unlink()
    remove_abandoned(tmp_path / "output")
    assert folders(tmp_path / "output") == []


def test_only_the_folders_of_the_same_user_are_deleted(owner, tmp_path, monkeypatch):
    kill(owner)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_abandoned(tmp_path / "output")
    assert len(folders(tmp_path / "output")) == 1


def test_a_link_or_a_file_of_such_a_name_is_not_touched(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "precious")
    (tmp_path / f"{PREFIX}file").write_text("x")
    remove_abandoned(tmp_path)
    assert (tmp_path / "precious").is_dir() and (tmp_path / f"{PREFIX}file").exists()
    assert (tmp_path / f"{PREFIX}link").is_symlink()


def test_a_record_leads_only_to_temporary_folders(owner, tmp_path):
    (tmp_path / "precious").mkdir()
    kill(owner)
    (folder,) = (tmp_path / "system").glob(f"{PREFIX}*")
    (folder / "folder-x").symlink_to(tmp_path / "precious")
    remove_abandoned(tmp_path / "system")
    assert (tmp_path / "precious").is_dir() and folders(tmp_path / "system") == []


@pytest.mark.parametrize(("age", "is_deleted"), [(0, False), (90_000, True)])
def test_a_folder_of_another_machine_is_deleted_only_after_a_day(tmp_path, age, is_deleted):
    folder = tmp_path / f"{PREFIX}0123abcd-x"
    folder.mkdir()
    os.utime(folder, (time.time() - age,) * 2)
    remove_abandoned(tmp_path)
    assert folder.exists() is not is_deleted


def test_a_folder_that_another_process_deletes_before_it_is_locked_is_made_again(
    tmp_path, monkeypatch
):
    lock_folder = temporary._lock_folder
    lost = []

    def lose_the_first(path):
        if not lost:
            lost.append(path)
            remove_abandoned(path.parent)
        return lock_folder(path)

    monkeypatch.setattr(temporary, "_lock_folder", lose_the_first)
    folder = TemporaryFolder(tmp_path)
    assert folder.path.is_dir() and folder.path not in lost
    folder.remove()


def test_a_system_without_locks_deletes_nothing(owner, tmp_path, monkeypatch):
    kill(owner)
    monkeypatch.setattr(temporary, "fcntl", None)
    TemporaryFolder(tmp_path / "output").remove()
    assert len(folders(tmp_path / "output")) == 1


def test_a_file_system_without_locks_deletes_nothing(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(temporary.fcntl, "flock", refuse)
    folder = TemporaryFolder(tmp_path)
    remove_abandoned(tmp_path)
    assert folder.path.is_dir()
    folder.remove()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_does_not_delete_the_folder_of_its_parent(tmp_path):
    script = (
        "import os, sys\n"
        "from mlflow2prov.temporary import TemporaryFolder\n"
        "folder = TemporaryFolder(sys.argv[1])\n"
        "if os.fork() == 0: sys.exit()\n"
        "os.wait()\n"
        "assert folder.path.is_dir()\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], check=True)
    assert folders(tmp_path) == []


def test_a_missing_folder_for_temporary_files_is_named(monkeypatch):
    def find_none():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    with (
        pytest.raises(EngineError, match="no folder for them is writable"),
        temporary.reported_errors(),
    ):
        find_none()
