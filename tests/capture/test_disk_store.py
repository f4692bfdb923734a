"""A folder of blobs: whole or absent after any failure, within its limits, readable by others, and trusted or not."""

import itertools
import multiprocessing
import os
import pickle
import random
import resource
import signal
import stat
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import pytest

from mlflow2prov.capture.blobstores import DiskStore, disk, limits, trust
from mlflow2prov.capture.errors import (
    DamagedBlobError,
    InvalidOptionError,
    MissingKeyError,
    UntrustedBlobError,
)
from mlflow2prov.capture.hashing import file_hash
from mlflow2prov.capture.serializers import Serializer

FORK = multiprocessing.get_context("fork")
NOBODY = 65534


def key(number):
    return f"sha256:{number:064x}"


def files(store):
    return sorted(name for name in os.listdir(store.folder) if name != ".store")


@contextmanager
def without_privileges():
    """Let permissions of files count, which root does not need."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


# --- whole or absent


def test_a_blob_is_one_file_with_the_name_of_its_key():
    store = DiskStore("blobs")
    store.put(key(1), [1], "json")
    assert files(store) == [f"sha256-{1:064x}"]
    assert store.file(key(1)).read_text() == "[1]"


def test_a_serializer_that_fails_leaves_nothing():
    def dump(value, filename):
        Path(filename).write_text("half")
        raise ValueError("half-way")

    store = DiskStore("blobs")
    with pytest.raises(ValueError, match="half-way"):
        store.put("k", 1, Serializer("halves", dump, dump))
    assert files(store) == []


def test_a_truncated_blob_is_detected_by_its_digest():
    store = DiskStore("blobs")
    blob = store.put("k", list(range(1000)), "json")
    for size in (blob.size - 1, 1, 0):
        os.truncate(store.path("k"), size)
        with pytest.raises(DamagedBlobError, match="delete the file"):
            store.get("k", "json", blob.digest)
        with pytest.raises(DamagedBlobError):
            store.path("k", blob.digest)
        store.put("k", list(range(1000)), "json", replace=True)
        assert store.get("k", "json", blob.digest) == list(range(1000))


def test_a_blob_of_another_program_is_not_read_as_a_value():
    store = DiskStore("blobs")
    store.file("k").write_bytes(b"[1, 2")
    with pytest.raises(DamagedBlobError, match="cannot be loaded as json"):
        store.get("k", "json")


def test_the_folder_may_be_deleted_meanwhile():
    store = DiskStore("blobs")
    store.put("k", 1)
    for path in store.folder.iterdir():
        path.unlink()
    store.folder.rmdir()
    assert "k" not in store
    with pytest.raises(MissingKeyError):
        store.get("k")


def _dump_slowly(value, filename):
    with open(filename, "w") as stream:
        for line in range(value):
            stream.write(f"{line}\n")
            stream.flush()


def _load_lines(filename):
    return [int(line) for line in Path(filename).read_text().splitlines()]


SLOW = Serializer("slow", _dump_slowly, _load_lines, runs_code=False)


def _write_for_ever(folder, started):
    store = DiskStore(folder)
    started.set()
    for number in itertools.count():
        store.put(key(number % 7), 2000, SLOW, replace=True)


def test_a_killed_process_leaves_no_torn_blob():
    store = DiskStore("blobs")
    moments = random.Random(15)
    for _ in range(100):
        started = FORK.Event()
        child = FORK.Process(target=_write_for_ever, args=("blobs", started))
        child.start()
        assert started.wait(30)
        time.sleep(moments.random() * 0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
        for number in range(7):
            if key(number) in store:
                assert store.get(key(number), SLOW) == list(range(2000))
    assert key(0) in store
    assert any(name.startswith(".tmp-") for name in files(store)), "no kill fell into a write"


def test_the_remains_of_a_killed_process_are_deleted_by_the_next_writer():
    store = DiskStore("blobs")
    old, new = store.temporary_file(), store.temporary_file()
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, time.time() - disk.STALE_SECONDS - 1))
    another = DiskStore("blobs")
    assert old.exists()
    another.put("k", 1)
    assert (old.exists(), new.exists()) == (False, True)
    assert "k" in another


def _fill_the_disk(results):
    store = DiskStore("blobs")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        store.put("k", "x" * 20_000)
    except OSError as error:
        results.put(type(error).__name__)
    store.put("small", "x")
    results.put((files(store), store["small"]))


def test_a_full_disk_is_an_error_and_leaves_nothing():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    results = FORK.Queue()
    child = FORK.Process(target=_fill_the_disk, args=(results,))
    child.start()
    assert results.get(timeout=30) == "OSError"
    assert results.get(timeout=30) == (["small"], "x")
    child.join()


def test_a_read_only_folder_is_read(tmp_path):
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.is_relative_to(gettempdir()) and folder != Path(gettempdir()):
            folder.chmod(0o755)
    store = DiskStore("blobs")
    blob = store.put("k", [1], "json")
    store.folder.chmod(0o555)
    with without_privileges():
        another = DiskStore("blobs")
        assert another.get("k", "json", blob.digest) == [1]
        with pytest.raises(PermissionError):
            another.put("j", 1)
    assert files(store) == ["k"]


def test_a_folder_that_cannot_be_created():
    Path("file").write_text("")
    with pytest.raises(InvalidOptionError, match="choose another folder"):
        DiskStore("file/blobs")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
@pytest.mark.parametrize("serializer", ["json", "joblib", "file"])
def test_the_umask_decides_who_may_read(umask, mode, serializer):
    private = Path("private")
    private.write_text("1")
    private.chmod(0o600)
    before = os.umask(umask)
    try:
        store = DiskStore("blobs")
        store.put("k", private if serializer == "file" else 1, serializer)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(store.path("k")).st_mode) == mode
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o777 & ~umask


def test_the_home_folder_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert DiskStore("~/blobs").folder == tmp_path / "home" / "blobs"
    assert (tmp_path / "home" / "blobs").is_dir()


def test_a_user_without_a_home_folder(monkeypatch):
    def expanduser(path):
        if str(path).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.setattr(Path, "expanduser", expanduser)
    monkeypatch.delenv("XDG_STATE_HOME")
    store = DiskStore("blobs")
    store.put("k", {1, 2})
    assert store["k"] == {1, 2}
    assert not store.trusted
    with pytest.raises(InvalidOptionError, match="home directory"):
        DiskStore("~/blobs")


def test_a_private_copy_that_cannot_be_made_is_an_error_of_capture(monkeypatch):
    from mlflow2prov.capture.blobstores import base
    from mlflow2prov.errors import CaptureError, EngineError

    def full():
        raise EngineError("temporary folder: full")

    store = DiskStore("blobs", trusted=False)
    store.put("k", {1, 2})
    monkeypatch.setattr(base, "process_folder", full)
    with pytest.raises(CaptureError, match="full"):
        store.get("k")


# --- limits


def put_in_order(store, count, size=100):
    """Store blobs that were used one after the other, the first of them longest ago."""
    for number in range(count):
        store.put(key(number), "x" * (size - 2), "json")
        if key(number) in store:
            os.utime(store.path(key(number)), (0, time.time() - 1000 + number))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_count": 3}, [7, 8, 9]),
        ({"max_bytes": 400}, [6, 7, 8, 9]),
        ({"max_bytes": 450, "max_count": 2}, [8, 9]),
        ({"max_bytes": 0}, []),
        ({"max_count": 100, "max_bytes": 100_000, "max_age": 10_000}, list(range(10))),
        ({}, list(range(10))),
    ],
)
def test_limits_hold_after_each_write(options, expected):
    store = DiskStore("blobs", **options)
    put_in_order(store, 10)
    assert [number for number in range(10) if key(number) in store] == expected


def scan_always(monkeypatch):
    monkeypatch.setattr(limits, "SCAN_SECONDS", 0)
    monkeypatch.setattr(limits, "SCAN_SHARE", 0)


def test_blobs_that_are_not_used_grow_too_old(monkeypatch):
    scan_always(monkeypatch)
    store = DiskStore("blobs", max_age=995)
    put_in_order(store, 10)
    store.put(key(10), 1)
    assert [number for number in range(11) if key(number) in store] == [*range(6, 11)]


def test_reading_a_blob_is_a_use():
    store = DiskStore("blobs", max_count=3)
    put_in_order(store, 3)
    store.get(key(0), "json")
    store.put(key(3), 1)
    assert [number for number in range(4) if key(number) in store] == [0, 2, 3]


def test_limits_count_what_other_processes_write(monkeypatch):
    scan_always(monkeypatch)
    limited, unlimited = DiskStore("blobs", max_count=3), DiskStore("blobs")
    put_in_order(unlimited, 10)
    limited.put(key(10), 1)
    assert len(files(limited)) == 3


def test_limits_delete_nothing_but_blobs(monkeypatch):
    Path("blobs").mkdir()
    Path("blobs/thesis.txt").write_text("x" * 1000)
    store = DiskStore("blobs", max_bytes=10, max_count=0, max_age=0)
    put_in_order(store, 3)
    assert Path("blobs/thesis.txt").exists()


@pytest.mark.parametrize("name", ["max_bytes", "max_count", "max_age"])
def test_a_negative_limit_is_refused(name):
    with pytest.raises(InvalidOptionError, match=name):
        DiskStore("blobs", **{name: -1})


# --- trust


class Bomb:
    """A value that creates a file when it is unpickled."""

    def __reduce__(self):
        return (open, ("exploded", "w"))


def plant(store, name="k"):
    content = pickle.dumps(Bomb())
    store.file(name).write_bytes(content)
    return file_hash(store.file(name))


def test_a_pickle_in_a_folder_of_another_origin_is_not_loaded():
    Path("cloned").mkdir()
    Path("cloned/README").write_text("")
    store = DiskStore("cloned")
    digest = plant(store)
    for known in (digest, None):
        with pytest.raises(UntrustedBlobError, match="trusted: true"):
            store.get("k", "joblib", known)
    assert not Path("exploded").exists()


def test_a_pickle_in_a_trusted_store_needs_a_digest():
    store = DiskStore("blobs")
    digest = plant(store)
    with pytest.raises(UntrustedBlobError, match="no digest is known"):
        store.get("k", "joblib")
    with pytest.raises(DamagedBlobError):
        store.get("k", "joblib", "sha256:" + "0" * 64)
    assert not Path("exploded").exists()
    store.get("k", "joblib", digest).close()
    assert Path("exploded").exists(), "the test could not have failed"


def test_a_process_reads_the_pickles_that_it_wrote_in_an_untrusted_store():
    store = DiskStore("blobs", trusted=False)
    store.put("k", {1, 2})
    assert store["k"] == {1, 2}
    plant(store)
    with pytest.raises(DamagedBlobError):
        store.get("k")
    with pytest.raises(UntrustedBlobError):
        store.get("k", digest=file_hash(store.file("k")))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("serializer", ["json", "npy", "pd_df_parquet", "pd_series_parquet"])
def test_a_pickle_under_another_name_is_not_loaded_as_one(serializer):
    store = DiskStore("blobs")
    digest = plant(store)
    with pytest.raises(DamagedBlobError):
        store.get("k", serializer, digest)
    assert not Path("exploded").exists()


@pytest.mark.parametrize("named", ["blobs", "."])
def test_the_environment_names_trusted_folders(monkeypatch, tmp_path, named):
    Path("blobs").mkdir()
    Path("blobs/README").write_text("")
    assert not DiskStore("blobs").trusted
    monkeypatch.setenv(trust.VARIABLE, f"/nowhere{os.pathsep}{tmp_path / named}")
    assert DiskStore("blobs").trusted
    assert not DiskStore("/tmp").trusted


def test_a_folder_that_was_copied_is_not_trusted():
    DiskStore("blobs").put("k", 1)
    assert DiskStore("blobs").trusted
    Path("blobs").rename("moved")
    assert not DiskStore("moved").trusted


def test_a_folder_of_another_user_is_not_trusted(monkeypatch, tmp_path):
    DiskStore("blobs").put("k", 1)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert not DiskStore("blobs").trusted


def test_a_home_that_cannot_be_written_makes_no_folder_trusted(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    store = DiskStore("blobs")
    store.put("k", 1)
    assert not DiskStore("blobs").trusted
    assert DiskStore("blobs", trusted=True).trusted
