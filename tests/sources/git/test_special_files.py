"""FIFOs and devices in the place of files: they are named at once, and no wait for git is without end."""

import os
import time

import pytest

from mlflow2prov.errors import RepositoryError
from mlflow2prov.git import idleness
from mlflow2prov.git.repository import Repository as OpenRepository
from mlflow2prov.git.special_files import refuse_special_files
from tests.repositories import Repository
from tests.sources.git.histories import read

FILES = [
    "HEAD",
    "config",
    "config.worktree",
    "commondir",
    "index",
    "packed-refs",
    "shallow",
    "info/attributes",
    "info/exclude",
    "info/grafts",
    "objects/info/alternates",
    "objects/info/commit-graph",
    "objects/pack/pack-x.idx",
    "objects/ab/cdef",
    "refs/heads/main",
    "refs/heads/deep/branch",
    "refs/tags/v1",
    "../.gitattributes",
    "../.mailmap",
]


@pytest.fixture
def git_folder(repository):
    repository.commit("one", a="1\n")
    return repository.path / ".git"


def make_fifo(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_a_fifo_in_the_place_of_a_file_is_named(git_folder, tmp_path, name, is_linked):
    if is_linked:
        fifo = make_fifo(tmp_path / "outside")
        (git_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (git_folder / name).unlink(missing_ok=True)
        (git_folder / name).symlink_to(fifo)
    else:
        make_fifo(git_folder / name)
    file = os.path.basename(name)
    with pytest.raises(RepositoryError, match=rf"{file}: is a FIFO, and git would wait"):
        read(git_folder.parent)


@pytest.mark.parametrize("place", ["bare", "worktree", "inside"])
def test_a_fifo_is_found_from_every_place(git_folder, tmp_path, place):
    source = Repository(git_folder.parent)
    source.git("worktree", "add", "--quiet", str(tmp_path / "worktree"))
    source.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    folder = {"inside": git_folder / "refs"}.get(place, tmp_path / place)
    refuse_special_files(folder)
    make_fifo((tmp_path / "bare" if place == "bare" else git_folder) / "packed-refs")
    with pytest.raises(RepositoryError, match="packed-refs: is a FIFO"):
        read(folder)


def test_a_fifo_among_the_objects_of_another_repository_is_named(git_folder, tmp_path):
    make_fifo(tmp_path / "other" / "ab" / "cdef")
    (git_folder / "objects" / "info" / "alternates").write_text("../../../other\n")
    with pytest.raises(RepositoryError, match="ab/cdef: is a FIFO"):
        read(git_folder.parent)


def test_a_fifo_in_the_place_of_the_git_folder_is_named(tmp_path):
    make_fifo(tmp_path / ".git")
    with pytest.raises(RepositoryError, match=r"\.git: is a FIFO"):
        read(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "[include] path = {}",
        "[include]\n\tpath = \"{}\"",
        "[includeIf \"onbranch:main\"]\n\tPATH={}",
        "[core]\n\tattributesFile = {}",
        "[core]\n\texcludesfile = {}",
        "[include]\n\tpath = ../included",
    ],
)  # fmt: skip
def test_a_fifo_that_the_configuration_names_is_named(git_folder, tmp_path, line):
    fifo = make_fifo(tmp_path / "fifo")
    (git_folder.parent / "included").write_text(f"[include]\npath = {fifo}\n")
    with (git_folder / "config").open("a") as config:
        config.write(line.format(fifo) + "\n")
    with pytest.raises(RepositoryError, match="fifo: is a FIFO"):
        read(git_folder.parent)


def test_configuration_files_that_include_each_other_end(git_folder):
    (git_folder / "config").write_text("[include]\npath = config\npath = config\n")
    refuse_special_files(git_folder.parent)


def test_an_endless_device_is_named_and_the_null_device_is_a_file(git_folder):
    (git_folder / "info" / "attributes").symlink_to(os.devnull)
    with (git_folder / "config").open("a") as config:
        config.write(f"[core]\n\tattributesFile = {os.devnull}\n")
    read(git_folder.parent)
    (git_folder / "packed-refs").symlink_to("/dev/zero")
    with pytest.raises(RepositoryError, match="packed-refs: is a device"):
        read(git_folder.parent)


@pytest.mark.parametrize("name", ["hooks/x", "lfs/x", "annex/x"])
def test_files_that_git_does_not_read_may_be_anything(git_folder, name):
    make_fifo(git_folder / name)
    read(git_folder.parent)


# Waits that are not foreseen


@pytest.fixture
def impatience(monkeypatch):
    monkeypatch.setattr(idleness, "MAX_IDLE_SECONDS", 0.5)
    monkeypatch.setattr(idleness, "CHECK_SECONDS", 0.05)


def test_a_command_that_waits_is_ended(git_folder, tmp_path, monkeypatch, impatience):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(make_fifo(tmp_path / "fifo")))
    with pytest.raises(
        RepositoryError, match=r"git rev-parse waited 0\.5 seconds for a file; look"
    ):
        read(git_folder.parent)


def test_a_stream_that_waits_is_ended(git_folder, tmp_path, impatience):
    opened = OpenRepository(git_folder.parent)
    make_fifo(git_folder / "packed-refs")
    with (
        pytest.raises(RepositoryError, match=r"git rev-list waited 0\.5 seconds"),
        opened.stream("rev-list", "--all") as output,
    ):
        output.read()


def test_a_process_that_waits_for_its_reader_is_not_ended(git_folder, impatience):
    opened = OpenRepository(git_folder.parent)
    with opened.stream("cat-file", "--batch-check", stdin=b"HEAD\n" * 100_000) as output:
        output.read(1)
        time.sleep(2)
        assert output.read().count(b"commit") == 100_000


def test_a_system_that_does_not_show_states_measures_the_silence(
    git_folder, tmp_path, monkeypatch, impatience
):
    monkeypatch.setattr(idleness, "_state", lambda _: ("", ""))
    monkeypatch.setattr(idleness, "MAX_SILENT_SECONDS", 0.2)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(make_fifo(tmp_path / "fifo")))
    with pytest.raises(RepositoryError, match="waited"):
        read(git_folder.parent)
