"""Blobs in a bucket or on a server, which fsspec reaches, with local copies in a folder."""

from __future__ import annotations

import os
import shutil
import uuid
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from mlflow2prov.capture.blobstores.base import BlobStore, private_folder
from mlflow2prov.capture.blobstores.disk import DiskStore
from mlflow2prov.capture.errors import (
    CaptureError,
    DamagedBlobError,
    InvalidOptionError,
    MissingKeyError,
)
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer
from mlflow2prov.secrets import mask_secrets, without_credentials

_WHOLE_OBJECTS = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "az", "memory"))
"""The protocols with which an upload appears only when it is complete."""


class FsspecStore(BlobStore):
    """Files below a URL, and a local folder with copies of those that were written or read.

    Args:
        url: the URL, such as ``s3://bucket/folder``, or a path, if ``filesystem`` is given.
        cachedir: the folder of the local copies; None: a temporary folder.
        storage_options: options of fsspec for the protocol.
        filesystem: a file system of fsspec, or a function without arguments that returns one.
        cleanup_cachedir: whether the folder is deleted with the store.
        always_check_remote: whether a local copy counts only if the remote file exists too.
        trusted: whether pickles of the store may be loaded.
        max_bytes: the size of all local copies, beyond which those that were used least recently are deleted.
        max_count: the number of local copies, beyond which they are.
        max_age: the time in seconds after which a local copy that is not used is deleted.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: see :class:`~mlflow2prov.capture.blobstores.base.BlobStore`.

    Raises:
        CaptureError: a method cannot reach the server.
    """

    def __init__(
        self,
        url: str,
        cachedir: str | None = None,
        storage_options: dict[str, Any] | None = None,
        filesystem: Any = None,
        cleanup_cachedir: bool = False,
        always_check_remote: bool = False,
        trusted: bool = False,
        max_bytes: int | None = None,
        max_count: int | None = None,
        max_age: float | None = None,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = False,
        on_duplicate_key: Any = "skip",
    ) -> None:
        super().__init__(read, write, read_through_write, delete, on_duplicate_key)
        self.url = url.rstrip("/")
        self._storage_options = storage_options or {}
        self._given_filesystem = filesystem
        self._filesystem: Any = None
        self._process = 0
        self._root = ""
        self._always_check_remote = always_check_remote
        self.local = DiskStore(
            cachedir or private_folder(),
            delete=True,
            on_duplicate_key="overwrite",
            trusted=trusted,
            max_bytes=max_bytes,
            max_count=max_count,
            max_age=max_age,
        )
        self.cachedir = self.local.cachedir
        if cleanup_cachedir:
            weakref.finalize(self, _remove_folder, self.cachedir, os.getpid())

    @property
    def filesystem(self) -> Any:
        """The file system of fsspec, which is connected when it is first used, and again after a fork."""
        if self._process != os.getpid():
            self._filesystem, self._root = self._connect()
            self._process = os.getpid()
        return self._filesystem

    def _connect(self) -> tuple[Any, str]:
        filesystem = self._given_filesystem
        if filesystem is not None:
            root = self.url.partition("://")[2] or self.url
            return (filesystem() if callable(filesystem) else filesystem), root
        if not self.url.partition("://")[2]:
            raise CaptureError(f"url: {self.url!r} names no place; write s3://bucket/folder")
        fsspec = import_module("fsspec")
        return fsspec.core.url_to_fs(self.url, **self._storage_options)  # type: ignore[no-any-return]

    @contextmanager
    def _reach(self) -> Iterator[Any]:
        """Yield the file system, and translate the errors of its library."""
        place = without_credentials(self.url)
        try:
            yield self.filesystem
        except CaptureError:
            raise
        except ImportError as error:
            raise CaptureError(f"{place}: {error}; install the package") from error
        except Exception as error:
            reason = mask_secrets(str(error)) or type(error).__name__
            raise CaptureError(
                f"{place}: {reason}; check the address, the credentials and the connection"
            ) from error

    def _remote(self, key: str) -> str:
        return f"{self._root}/{self.local.file(key).name}"

    def _contains(self, key: str) -> bool:
        if not self._always_check_remote and self.local._contains(key):
            return True
        with self._reach() as filesystem:
            return bool(filesystem.exists(self._remote(key)))

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        blob = self.local._put(key, value, serializer, dump_kwargs)
        try:
            self._upload(key)
        except BaseException:
            # A local copy alone would count as a blob of the store.
            self.local._delete_key(key)
            raise
        return blob

    def _upload(self, key: str) -> None:
        path = str(self.local.file(key))
        with self._reach() as filesystem:
            remote = self._remote(key)
            protocols = filesystem.protocol
            if not {*([protocols] if isinstance(protocols, str) else protocols)} & _WHOLE_OBJECTS:
                temporary = f"{remote}.{uuid.uuid4().hex}.tmp"
                with suppress(FileExistsError):
                    filesystem.makedirs(self._root, exist_ok=True)
                filesystem.put_file(path, temporary)
                filesystem.mv(temporary, remote)
                return
            filesystem.put_file(path, remote)

    def _get(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        try:
            return self.local._get(key, serializer, digest, load_kwargs)
        except (MissingKeyError, DamagedBlobError):
            self._download(key)
        return self.local._get(key, serializer, digest, load_kwargs)

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of the local copy of a blob."""
        try:
            return self.local.path(key, digest)
        except (MissingKeyError, DamagedBlobError):
            self._download(key)
        return self.local.path(key, digest)

    def _download(self, key: str) -> None:
        temporary = self.local.temporary_file()
        try:
            with self._reach() as filesystem:
                try:
                    filesystem.get_file(self._remote(key), str(temporary))
                except FileNotFoundError:
                    raise MissingKeyError(key, self) from None
            self.local.place(key, temporary)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _delete_key(self, key: str) -> None:
        with self._reach() as filesystem, suppress(FileNotFoundError):
            filesystem.rm(self._remote(key))
        self.local._delete_key(key)


def _remove_folder(folder: str, owner: int) -> None:
    """Delete the folder of a process, but not in its forked children."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


class S3Store(FsspecStore):
    """Files in a bucket of S3.

    Args:
        cachedir: the folder of the local copies.
        basepath: bucket and folder, as ``bucket/folder``.
        s3_config: options of ``s3fs.S3FileSystem``.
        s3fs: a file system, in place of the options.
        **options: options of :class:`FsspecStore`.
    """

    def __init__(
        self,
        cachedir: str | None,
        basepath: str,
        s3_config: dict[str, Any] | None = None,
        s3fs: Any = None,
        **options: Any,
    ) -> None:
        if s3_config is None and s3fs is None:
            raise InvalidOptionError("s3: has neither s3_config nor s3fs; set one of them")
        super().__init__(f"s3://{basepath}", cachedir, s3_config, s3fs, **options)
        self.basepath = basepath


class GSStore(FsspecStore):
    """Files in a bucket of Google Cloud Storage.

    Args:
        cachedir: the folder of the local copies.
        bucket: the bucket.
        basepath: the folder in the bucket.
        project: the project of the bucket.
        **options: options of :class:`FsspecStore`.
    """

    def __init__(
        self,
        cachedir: str | None,
        bucket: str,
        basepath: str = "",
        project: str | None = None,
        **options: Any,
    ) -> None:
        storage = {"project": project} if project else {}
        super().__init__(f"gs://{bucket}/{basepath}", cachedir, storage, **options)


class SFTPStore(FsspecStore):
    """Files on a server that is reached by SFTP.

    Args:
        cachedir: the folder of the local copies; None: a temporary folder.
        basepath: the folder on the server.
        ssh_config: options of ``paramiko.SSHClient.connect``, with ``hostname``.
        ssh_client: a connected client of paramiko, in place of the options.
        sftp_client: an SFTP client of paramiko, in place of the options.
        **options: options of :class:`FsspecStore`.
    """

    def __init__(
        self,
        cachedir: str | None = None,
        basepath: str | None = None,
        ssh_config: dict[str, Any] | None = None,
        ssh_client: Any = None,
        sftp_client: Any = None,
        **options: Any,
    ) -> None:
        config = dict(ssh_config or {})
        host = config.pop("hostname", config.pop("host", ""))
        if sftp_client is None and ssh_client is not None:
            sftp_client = ssh_client.open_sftp()
        filesystem = None if sftp_client is None else lambda: _client_filesystem(sftp_client)
        folder = basepath or ""
        path = folder if folder.startswith("/") else f"/{folder}"
        super().__init__(f"sftp://{host}{path}", cachedir, config, filesystem, **options)
        if filesystem is not None:
            self.url = folder


def _client_filesystem(sftp_client: Any) -> Any:
    """Return a file system of fsspec that uses a client of paramiko that is connected."""
    implementation = import_module("fsspec.implementations.sftp").SFTPFileSystem

    class ConnectedFileSystem(implementation):  # type: ignore[misc, valid-type]
        """SFTP through a client that the caller has connected."""

        cachable = False

        def _connect(self) -> None:
            self.ftp = sftp_client

    return ConnectedFileSystem(host="")
