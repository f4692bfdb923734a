"""Stores behind fsspec: in a bucket or on a server, with local copies."""

import json
import os
from pathlib import Path

import fsspec
import pytest

from mlflow2prov.capture.blobstores import DiskStore, FsspecStore, GSStore, S3Store, SFTPStore
from mlflow2prov.capture.errors import (
    CaptureError,
    DamagedBlobError,
    InvalidOptionError,
    MissingKeyError,
    UntrustedBlobError,
)

SECRET = "wJalrXUtnFEMI"


@pytest.fixture
def bucket():
    """A file system in memory that is empty."""
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]
    return filesystem


def remote_files(filesystem):
    return sorted(filesystem.store)


def store_of(name, **options):
    """Return a store as another machine has it: on the same server, with local copies of its own."""
    return FsspecStore("memory://bucket/folder", cachedir=name, **options)


class Unreachable:
    """A file system whose server is down, as the libraries of buckets and servers report it."""

    protocol = "s3"

    def _fail(self, *_):
        raise RuntimeError(f"cannot connect to https://key:{SECRET}@host/?X-Amz-Signature={SECRET}")

    exists = put_file = get_file = rm = _fail


def test_a_blob_is_one_file_on_the_server(bucket):
    store_of("copies").put("sha256:00", [1], "json")
    assert remote_files(bucket) == ["/bucket/folder/sha256-00"]
    assert json.loads(bucket.cat("/bucket/folder/sha256-00")) == [1]


def test_another_machine_reads_it_and_keeps_a_copy(bucket):
    blob = store_of("one").put("k", [1], "json")
    two = store_of("two")
    assert "k" in two
    assert two.get("k", "json", blob.digest) == [1]
    bucket.rm("/bucket/folder/k")
    assert two.get("k", "json", blob.digest) == [1]


def test_a_local_copy_counts_unless_the_server_is_always_asked(bucket):
    store_of("copies").put("k", 1)
    bucket.rm("/bucket/folder/k")
    assert "k" in store_of("copies")
    assert "k" not in store_of("copies", always_check_remote=True)
    with pytest.raises(MissingKeyError):
        store_of("copies", always_check_remote=True).get("k")


def test_a_damaged_local_copy_is_downloaded_again(bucket):
    store = store_of("copies")
    blob = store.put("k", [1, 2, 3], "json")
    os.truncate(store.local.path("k"), 2)
    assert store.get("k", "json", blob.digest) == [1, 2, 3]
    os.truncate(store.local.path("k"), 2)
    assert Path(store.path("k", blob.digest)).read_text() == "[1, 2, 3]"


def test_a_blob_that_is_damaged_on_the_server(bucket):
    blob = store_of("one").put("k", [1, 2, 3], "json")
    bucket.pipe_file("/bucket/folder/k", b"[1")
    with pytest.raises(DamagedBlobError):
        store_of("two").get("k", "json", blob.digest)
    store_of("one").put("k", [1, 2, 3], "json", replace=True)
    assert store_of("three").get("k", "json", blob.digest) == [1, 2, 3]


def test_deleting_deletes_both(bucket):
    store = store_of("copies", delete=True)
    store.put("k", 1)
    store.delete("k")
    assert remote_files(bucket) == []
    assert not store.local.file("k").exists()


def test_a_copy_that_was_not_uploaded_does_not_count(monkeypatch, bucket):
    store = store_of("copies")
    store.put("j", 1)

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(bucket), "put_file", stop)
    with pytest.raises(KeyboardInterrupt):
        store.put("k", 1)
    assert "k" not in store


def test_local_copies_have_limits(bucket):
    store = store_of("copies", max_count=2)
    for number in range(5):
        store.put(f"sha256:{number}", number, "json")
    assert len([name for name in os.listdir("copies") if name.startswith("sha256-")]) == 2
    assert [store.get(f"sha256:{number}", "json") for number in range(5)] == list(range(5))


def test_a_pickle_from_a_server_needs_trust(bucket):
    blob = store_of("one").put("k", {1, 2})
    assert store_of("two", trusted=True).get("k", digest=blob.digest) == {1, 2}
    with pytest.raises(UntrustedBlobError, match="trusted: true"):
        store_of("three").get("k", digest=blob.digest)
    with pytest.raises(UntrustedBlobError):
        store_of("two", trusted=True).get("k")


def test_a_temporary_folder_is_deleted_with_the_store(bucket):
    store = FsspecStore("memory://bucket", cachedir="copies", cleanup_cachedir=True)
    store.put("k", 1)
    assert Path("copies").is_dir()
    if os.fork() == 0:  # a child that ends as programs do
        del store
        os._exit(0)
    os.wait()
    assert Path("copies").is_dir()
    del store
    assert not Path("copies").exists()


@pytest.mark.parametrize(
    "action",
    [
        lambda store: "k" in store,
        lambda store: store.put("k", 1, replace=True),
        lambda store: store.get("k"),
        lambda store: store.delete("k"),
        lambda store: store.path("k"),
    ],
)
def test_an_unreachable_server_is_an_error_without_credentials(action):
    store = FsspecStore(f"s3://key:{SECRET}@bucket", filesystem=Unreachable, delete=True)
    with pytest.raises(CaptureError, match="s3://bucket: cannot connect to https://host") as caught:
        action(store)
    assert SECRET not in str(caught.value)


def test_a_protocol_whose_package_is_missing_names_it():
    with pytest.raises(CaptureError, match=r"gs://bucket.*gcsfs.*install"):
        GSStore("copies", "bucket").put("k", 1)


def test_an_unknown_protocol_is_an_error():
    with pytest.raises(CaptureError, match="Protocol not known"):
        FsspecStore("nothing://x", "copies").put("k", 1)


@pytest.mark.parametrize("url", ["", "s3:", "s3://", "s3:///"])
def test_an_address_names_a_bucket(url):
    with pytest.raises(CaptureError, match="names no place"):
        FsspecStore(url, "copies").put("k", 1)


def test_google_cloud_storage_in_a_folder_of_a_bucket(bucket):
    store = GSStore("copies", "bucket", "a/b", project="p", filesystem=bucket)
    assert store.url == "gs://bucket/a/b"
    assert store._storage_options == {"project": "p"}
    store.put("k", [1], "json")
    assert remote_files(bucket) == ["/bucket/a/b/k"]
    assert GSStore("others", "bucket", "a/b", filesystem=bucket).get("k", "json") == [1]


def test_s3_needs_options_or_a_file_system(bucket):
    with pytest.raises(InvalidOptionError, match="s3_config"):
        S3Store("copies", "bucket")
    assert isinstance(S3Store("copies", "bucket", s3fs=bucket).local, DiskStore)


def test_a_file_system_may_be_a_function(bucket):
    calls = []
    store = FsspecStore("memory://bucket", "copies", filesystem=lambda: calls.append(1) or bucket)
    assert calls == []
    store.put("k", 1)
    store.put("j", 1)
    assert calls == [1]


# --- real servers


@pytest.fixture(scope="module")
def s3():
    """A server of S3, as options of s3fs."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "key": "x",
        "secret": SECRET,
        "client_kwargs": {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"},
    }
    import boto3

    login = {"aws_access_key_id": "x", "aws_secret_access_key": SECRET}
    boto3.client("s3", **login, **options["client_kwargs"]).create_bucket(Bucket="bucket")
    yield options
    server.stop()


@pytest.mark.slow
def test_s3(s3):
    store = S3Store("one", "bucket/folder", s3_config=s3, delete=True)
    assert "k" not in store
    with pytest.raises(MissingKeyError):
        store.get("k")
    blob = store.put("k", list(range(1000)), "json")
    another = S3Store("two", "bucket/folder", s3_config=s3)
    assert "k" in another
    assert another.get("k", "json", blob.digest) == list(range(1000))
    store.delete("k")
    assert "k" not in S3Store("three", "bucket/folder", s3_config=s3)


@pytest.mark.slow
def test_s3_without_its_bucket_or_its_server(s3):
    with pytest.raises(CaptureError) as caught:
        S3Store("copies", "nothing/folder", s3_config=s3).put("k", 1)
    assert SECRET not in str(caught.value)
    nowhere = {**s3, "client_kwargs": {"endpoint_url": "http://127.0.0.1:9", "region_name": "x"}}
    nowhere["config_kwargs"] = {"retries": {"max_attempts": 1}, "connect_timeout": 1}
    with pytest.raises(CaptureError) as caught:
        S3Store("copies", "bucket", s3_config=nowhere).put("k", 1)
    assert SECRET not in str(caught.value)


@pytest.mark.slow
def test_s3_in_a_forked_process(s3):
    store = S3Store("copies", "bucket/forked", s3_config=s3)
    store.put("k", [1], "json")
    pid = os.fork()
    if pid == 0:
        try:
            store.put("j", [2], "json")
            is_right = store.get("j", "json") == [2]
        except Exception:  # noqa: BLE001 - the child must end here
            is_right = False
        os._exit(0 if is_right else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert S3Store("others", "bucket/forked", s3_config=s3).get("j", "json") == [2]


@pytest.fixture
def server(tmp_path):
    """A folder that is served by SFTP, and the options of a connection."""
    from tests.services.sftp import PASSWORD, USER, sftp

    folder = tmp_path / "served"
    folder.mkdir()
    with sftp(folder) as port:
        login = {"hostname": "127.0.0.1", "port": port, "username": USER, "password": PASSWORD}
        yield folder, login


@pytest.mark.slow
@pytest.mark.parametrize("by", ["options", "ssh client", "sftp client"])
def test_sftp(server, by):
    import paramiko

    folder, login = server
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(**login, allow_agent=False, look_for_keys=False)
    options = {
        "options": {"ssh_config": {**login, "allow_agent": False, "look_for_keys": False}},
        "ssh client": {"ssh_client": client},
        "sftp client": {"sftp_client": client.open_sftp()},
    }[by]
    store = SFTPStore("one", "/blobs/deep", delete=True, **options)
    assert "k" not in store
    blob = store.put("k", [1, 2], "json")
    assert os.listdir(folder / "blobs" / "deep") == ["k"]
    assert SFTPStore("two", "/blobs/deep", **options).get("k", "json", blob.digest) == [1, 2]
    replaced = store.put("k", [3], "json", replace=True)
    assert SFTPStore("three", "/blobs/deep", **options).get("k", "json", replaced.digest) == [3]
    store.delete("k")
    assert os.listdir(folder / "blobs" / "deep") == []
    client.close()


@pytest.mark.slow
def test_sftp_with_a_wrong_password(server):
    _, login = server
    login = {**login, "password": SECRET, "allow_agent": False, "look_for_keys": False}
    with pytest.raises(CaptureError, match=r"sftp://127\.0\.0\.1") as caught:
        SFTPStore("copies", "/blobs", ssh_config=login).put("k", 1)
    assert SECRET not in str(caught.value)
