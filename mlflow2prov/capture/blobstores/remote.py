"""Blobs in a bucket or on a server, which fsspec reaches, with local copies in a folder."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.blobstores.disk import DiskStore
from mlflow2prov.capture.errors import CaptureError, InvalidOptionError, MissingKeyError
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer

_WHOLE_OBJECTS = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "az", "memory"))
"""The protocols on which an upload appears only when it is complete."""


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
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: see :class:`~mlflow2prov.capture.blobstores.base.BlobStore`.
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
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = False,
        on_duplicate_key: Any = "skip",
    ) -> None:
        super().__init__(read, write, read_through_write, delete, on_duplicate_key)
        self.url = url.rstrip("/")
        self._storage_options = storage_options or {}
        self._filesystem = filesystem
        self._root = ""
        self._always_check_remote = always_check_remote
        if cachedir is None:
            cachedir, cleanup_cachedir = tempfile.mkdtemp(prefix="mlflow2prov-"), True
        self.local = DiskStore(cachedir, delete=True, on_duplicate_key="overwrite", trusted=trusted)
        self.cachedir = self.local.cachedir
        if cleanup_cachedir:
            weakref.finalize(self, shutil.rmtree, self.cachedir, ignore_errors=True)

    @property
    def filesystem(self) -> Any:
        """The file system of fsspec, which is connected when it is first used."""
        if not self._root:
            if self._filesystem is None:
                self._filesystem, self._root = self._connect()
            else:
                if isinstance(self._filesystem, Callable):  # type: ignore[arg-type]
                    self._filesystem = self._filesystem()
                self._root = self.url.partition("://")[2] or self.url
        return self._filesystem

    def _connect(self) -> tuple[Any, str]:
        try:
            fsspec = import_module("fsspec")
            filesystem, root = fsspec.core.url_to_fs(self.url, **self._storage_options)
        except ImportError as error:
            raise CaptureError(f"{self.url}: {error}; install the package") from error
        return filesystem, str(root)

    def _remote(self, key: str) -> str:
        _ = self.filesystem
        return f"{self._root}/{self.local._path(key).name}"

    def _contains(self, key: str) -> bool:
        if not self._always_check_remote and self.local._contains(key):
            return True
        return bool(self.filesystem.exists(self._remote(key)))

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        blob = self.local._put(key, value, serializer, dump_kwargs)
        self._upload(self.local._path(key), self._remote(key))
        return blob

    def _upload(self, path: Path, remote: str) -> None:
        filesystem = self.filesystem
        protocols = filesystem.protocol
        names = {protocols} if isinstance(protocols, str) else set(protocols)
        if names & _WHOLE_OBJECTS:
            filesystem.put_file(str(path), remote)
            return
        temporary = f"{remote}.{uuid.uuid4().hex}.tmp"
        with suppress(FileExistsError):
            filesystem.makedirs(self._root, exist_ok=True)
        filesystem.put_file(str(path), temporary)
        filesystem.mv(temporary, remote)

    def _get(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        self._download(key)
        return self.local._get(key, serializer, digest, load_kwargs)

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of the local copy of a blob."""
        if not self._contains(key):
            raise MissingKeyError(key, self)
        self._download(key)
        return self.local.path(key, digest)

    def _download(self, key: str) -> None:
        if self.local._contains(key):
            return
        temporary = self.local.folder / f".tmp-{uuid.uuid4().hex}"
        try:
            self.filesystem.get_file(self._remote(key), str(temporary))
            temporary.replace(self.local._path(key))
        except FileNotFoundError:
            raise MissingKeyError(key, self) from None
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _delete_key(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self.filesystem.rm(self._remote(key))
        self.local._delete_key(key)


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
