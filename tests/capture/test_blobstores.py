"""Blob stores: what all of them have in common, and chains of them."""

import itertools
import os
from pathlib import Path

import pytest

from mlflow2prov.capture.blobstores import ChainedStore, DiskStore, FsspecStore, MemoryStore
from mlflow2prov.capture.configuration import CaptureWarning
from mlflow2prov.capture.errors import (
    CaptureError,
    DamagedBlobError,
    InvalidOptionError,
    KeyExistsError,
    MissingKeyError,
    PermissionDeniedError,
    UnsupportedError,
    UntrustedBlobError,
)
from mlflow2prov.capture.serializers import register_serializer

_names = itertools.count()


def memory(**options):
    return MemoryStore(**options)


def disk(**options):
    return DiskStore(f"disk-{next(_names)}", **options)


def fsspec(**options):
    return FsspecStore(f"memory://bucket-{next(_names)}", **options)


def chained(**options):
    return ChainedStore([memory(delete=True), disk(delete=True)], **options)


def fails(*_, **__):
    raise OSError(28, "No space left on device")


STORES = pytest.mark.parametrize("make", [memory, disk, fsspec, chained])
KEYS = [
    "a",
    "sha256:" + "0" * 64,
    "sha256:" + "0" * 64 + ".csv",
    "a/../b",
    ".hidden",
    ".tmp-1",
    "..",
    "ä ö%2F",
    "\udc80",
    "k" * 300,
    "k" * 299 + "j",
]


@STORES
def test_a_value_is_stored_under_its_key(make):
    store = make(delete=True)
    assert "k" not in store
    store.put("k", [1, 2])
    assert "k" in store
    assert store["k"] == store.get("k") == [1, 2]
    store.delete("k")
    assert "k" not in store


@STORES
def test_every_text_is_a_key_of_its_own(make):
    store = make(delete=True)
    for key in KEYS:
        store.put(key, key, "json")
    assert [store.get(key, "json") for key in KEYS] == KEYS
    for key in KEYS:
        store.delete(key)
        assert key not in store


@STORES
def test_a_missing_key_is_a_key_error(make):
    store = make(delete=True)
    for look_up in (store.get, store.delete, store.path, store.__getitem__):
        with pytest.raises(MissingKeyError, match="has no k") as caught:
            look_up("k")
        assert isinstance(caught.value, KeyError)


@STORES
@pytest.mark.parametrize(
    ("permission", "action"),
    [
        ("read", lambda store: "k" in store),
        ("read", lambda store: store.get("k")),
        ("write", lambda store: store.put("k", 1)),
        ("read_through_write", lambda store: store.put("k", 1, read_through=True)),
        ("delete", lambda store: store.delete("k")),
    ],
)
def test_an_action_needs_its_permission(make, permission, action):
    with pytest.raises(PermissionDeniedError, match=f"{permission}=True"):
        action(make(**{"delete": True, permission: False}))


@STORES
def test_a_known_key_keeps_its_content(make):
    store = make()
    store.put("k", 1)
    assert store.put("k", 2) is None
    assert store["k"] == 1


@STORES
def test_replacing_overrules_the_option(make):
    store = make()
    store.put("k", 1)
    store.put("k", 2, replace=True)
    assert store["k"] == 2


@pytest.mark.parametrize("make", [memory, disk, fsspec])
def test_on_duplicate_key(make):
    overwriting = make(on_duplicate_key="overwrite")
    overwriting.put("k", 1)
    overwriting.put("k", 2)
    assert overwriting["k"] == 2
    for choice, error in [("raise", KeyExistsError), ("check_collision", UnsupportedError)]:
        store = make(on_duplicate_key=choice)
        store.put("k", 1)
        with pytest.raises(error):
            store.put("k", 2)
        assert store["k"] == 1


@STORES
def test_an_unknown_choice_for_duplicates_lists_the_choices(make):
    with pytest.raises(InvalidOptionError, match="choose from skip, overwrite") as caught:
        make(on_duplicate_key="merge")
    assert isinstance(caught.value, RuntimeError)


@STORES
def test_an_unknown_serializer_lists_the_known_ones(make):
    with pytest.raises(InvalidOptionError, match="json, npy"):
        make().put("k", 1, "xml")


@pytest.mark.parametrize("make", [disk, fsspec, chained])
def test_the_digest_and_the_size_of_the_bytes_are_returned(make):
    blob = make().put("k", "text", "json")
    assert blob.size == len('"text"')
    assert blob.digest.startswith("sha256:")


def test_memory_keeps_the_object_itself():
    store, value = MemoryStore(), [1]
    store.put("k", value)
    assert store["k"] is value


@pytest.mark.parametrize("make", [disk, fsspec, chained])
def test_a_file_has_a_path(make, tmp_path):
    original = tmp_path / "model.txt"
    original.write_text("content")
    store = make()
    store.put("k", original, "file")
    original.unlink()
    assert Path(store.path("k")).read_text() == "content"


def test_memory_keeps_a_copy_of_a_file(tmp_path):
    original = tmp_path / "model.txt"
    original.write_text("content")
    store = MemoryStore()
    store.put("k", original, "file")
    original.unlink()
    assert Path(store.path("k")).read_text() == "content"


# --- chains


def test_a_chain_writes_all_of_its_stores_that_may_be_written():
    first, second, third = memory(), memory(write=False), disk()
    ChainedStore([first, second, third]).put("k", 1)
    assert ("k" in first, "k" in second, "k" in third) == (True, False, True)


def test_a_chain_reads_the_first_store_that_has_the_key():
    first, second = memory(), memory()
    chain = ChainedStore([first, second])
    second.put("k", 2)
    assert chain["k"] == 2
    first.put("j", 1)
    second.put("j", 2)
    assert chain["j"] == 1


def test_a_value_that_was_read_is_copied_into_the_stores_before():
    first, second, third = memory(), memory(read_through_write=False), disk()
    third.put("k", 1)
    assert ChainedStore([first, second, third])["k"] == 1
    assert ("k" in first, "k" in second) == (True, False)


def test_read_through_needs_no_permission_to_write():
    first, second = memory(write=False), memory()
    second.put("k", 1)
    assert ChainedStore([first, second])["k"] == 1
    assert "k" in first


def test_a_store_that_may_not_be_read_is_passed_over():
    first, second = memory(read=False), memory()
    first.values["k"] = 1
    second.put("k", 2)
    assert ChainedStore([first, second])["k"] == 2


def test_a_chain_without_any_permission():
    unreadable = ChainedStore([memory(read=False)])
    with pytest.raises(MissingKeyError):
        unreadable.get("k")
    with pytest.raises(PermissionDeniedError, match="read=True"):
        _ = "k" in unreadable
    with pytest.raises(PermissionDeniedError, match="write=True"):
        ChainedStore([memory(write=False)]).put("k", 1)


def test_a_chain_deletes_from_all_stores_that_may_delete_and_returns_them():
    first, second, third = memory(), memory(delete=False), memory()
    chain = ChainedStore([first, second, third])
    chain.put("k", 1)
    third.delete("k")
    assert chain.delete("k") == [first]
    assert "k" in second


def test_chains_may_contain_chains():
    inner_disk = disk()
    chain = ChainedStore([memory(), ChainedStore([memory(), inner_disk])])
    chain.put("k", 1)
    assert inner_disk["k"] == 1


def _dump_anything(value, filename):
    with open(filename, "w") as stream:
        stream.write(f"{next(_names)} {value}")


def _load_anything(filename):
    return Path(filename).read_text().split()[1]


def test_all_stores_of_a_chain_have_the_same_bytes():
    register_serializer("numbered", _dump_anything, _load_anything, runs_code=False)
    first, second, third = disk(), disk(), disk()
    blob = ChainedStore([first, second]).put("k", "v", "numbered")
    assert first.get("k", "numbered", blob.digest) == second.get("k", "numbered", blob.digest)
    ChainedStore([third, second]).get("k", "numbered", blob.digest)
    assert third.get("k", "numbered", blob.digest) == "v"


def test_a_damaged_blob_is_replaced_from_a_later_store():
    first, second = disk(), disk()
    chain = ChainedStore([first, second])
    blob = chain.put("k", [1, 2, 3])
    os.truncate(first.path("k"), 3)
    assert chain.get("k", digest=blob.digest) == [1, 2, 3]
    assert first.get("k", digest=blob.digest) == [1, 2, 3]


def test_a_blob_that_is_damaged_everywhere_is_an_error():
    first, second = disk(), disk()
    chain = ChainedStore([first, second])
    blob = chain.put("k", [1, 2, 3])
    for store in (first, second):
        os.truncate(store.path("k"), 3)
    with pytest.raises(DamagedBlobError):
        chain.get("k", digest=blob.digest)
    with pytest.raises(DamagedBlobError):
        chain.path("k", digest=blob.digest)


def test_a_store_that_is_full_leaves_the_value_to_the_others(monkeypatch):
    first, second = disk(), disk()
    chain = ChainedStore([first, second])
    monkeypatch.setattr(first, "_put", fails)
    with pytest.warns(CaptureWarning, match="No space left"):
        chain.put("k", 1)
    assert chain["k"] == 1
    monkeypatch.setattr(second, "_put", fails)
    with pytest.raises(OSError, match="No space left"):
        chain.put("j", 1)


def test_a_copy_that_fails_does_not_matter(monkeypatch):
    first, second = disk(), disk()
    second.put("k", 1)
    monkeypatch.setattr(first, "_put", fails)
    assert ChainedStore([first, second])["k"] == 1


def test_a_store_that_cannot_be_reached_is_passed_over(monkeypatch):
    def unreachable(*_):
        raise CaptureError("no connection")

    first, second = fsspec(), disk()
    monkeypatch.setattr(first, "_contains", unreachable)
    second.put("k", 1)
    assert ChainedStore([first, second])["k"] == 1


def test_a_key_that_exists_is_an_error_of_the_chain():
    chain = ChainedStore([disk(on_duplicate_key="raise"), disk()])
    chain.put("k", 1)
    with pytest.raises(KeyExistsError):
        chain.put("k", 2)


def test_a_pickle_is_not_copied_from_an_untrusted_store():
    own, foreign = disk(), disk(trusted=False)
    os.makedirs(foreign.cachedir, exist_ok=True)
    blob = disk().put("k", {1, 2})
    foreign._digests.clear()
    with open(foreign.file("k"), "wb") as stream:
        stream.write(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(UntrustedBlobError):
        ChainedStore([own, foreign]).get("k", digest=blob.digest)
    assert "k" not in own
