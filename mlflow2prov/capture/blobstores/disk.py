"""Blobs as files in one folder, each under the name of its key.

A blob appears whole or not at all: it is written under another name in the same folder, synchronized, and renamed.
"""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlflow2prov.capture.blobstores import trust
from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.errors import (
    CaptureError,
    DamagedBlobError,
    InvalidOptionError,
    MissingKeyError,
    UntrustedBlobError,
)
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer

_TEMPORARY = ".tmp-"
_STALE_SECONDS = 24 * 3600
"""The age at which a temporary file is the remains of a process that was killed."""
_SCAN_SECONDS = 1.0
"""How long the size of the folder is assumed to grow by this process's writes only."""


class DiskStore(BlobStore):
    """Files in a folder.

    Args:
        cachedir: the folder, which is created; ``~`` is expanded.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: see :class:`~mlflow2prov.capture.blobstores.base.BlobStore`.
        trusted: whether pickles of the store may be loaded; None: if this user's capture created the folder.
        max_bytes: the size beyond which the blobs that were used least recently are deleted.
        max_count: the number of blobs beyond which they are.
        max_age: the time in seconds after which a blob that is not used is deleted.
    """

    def __init__(
        self,
        cachedir: str | os.PathLike[str],
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = False,
        on_duplicate_key: Any = "skip",
        trusted: bool | None = None,
        max_bytes: int | None = None,
        max_count: int | None = None,
        max_age: float | None = None,
    ) -> None:
        super().__init__(read, write, read_through_write, delete, on_duplicate_key)
        self.folder = Path(cachedir).expanduser().absolute()
        self.cachedir = str(self.folder)
        try:
            trust.create(self.folder)
        except OSError as error:
            if not self.folder.is_dir():
                raise InvalidOptionError(
                    f"{self.folder}: cannot be created ({error.strerror}); choose another folder"
                ) from error
        self.trusted = trust.is_own(self.folder) if trusted is None else trusted
        self._limits = (max_bytes, max_count, max_age)
        self._digests: dict[str, str] = {}
        """The digests of the blobs that this process wrote."""
        self._next_scan = 0.0
        self._size = self._count = 0

    def _path(self, key: str) -> Path:
        name = quote(key.replace("sha256:", "sha256-", 1), safe="=")
        return self.folder / (f"%2E{name[1:]}" if name.startswith(".") else name)

    def _contains(self, key: str) -> bool:
        return self._path(key).is_file()

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of a blob."""
        path = self._path(key)
        if not path.is_file():
            raise MissingKeyError(key, self)
        if digest is not None:
            self._verify(key, path, digest)
        return str(path)

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        temporary = self.folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
        try:
            serializer.dump(value, str(temporary), **dump_kwargs)
            return self._adopt(key, temporary)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _adopt(self, key: str, temporary: Path) -> Blob:
        """Rename a complete file in the folder to the name of its key."""
        from mlflow2prov.capture.hashing import file_hash

        digest, size = file_hash(temporary), temporary.stat().st_size
        _synchronize(temporary)
        self._digests[key] = digest
        temporary.replace(self._path(key))
        self._enforce_limits(size)
        return Blob(digest, size)

    def _get(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        path = self._path(key)
        known = self._digests.get(key)
        digest = digest or known
        if serializer.runs_code:
            if not self.trusted and (known is None or known != digest):
                raise UntrustedBlobError(
                    f"{path}: loading it can run code, and the store is not trusted; "
                    f"set trusted: true for the store, or add it to {trust.VARIABLE}"
                )
            if digest is None:
                raise UntrustedBlobError(
                    f"{path}: loading it can run code, and no digest is known; read it by its artifact"
                )
        if digest is not None:
            self._verify(key, path, digest)
        if any(limit is not None for limit in self._limits):
            with suppress(OSError):
                os.utime(path)
        return load(path, serializer, load_kwargs)

    def _verify(self, key: str, path: Path, digest: str) -> None:
        from mlflow2prov.capture.hashing import file_hash

        try:
            actual = file_hash(path)
        except FileNotFoundError:
            raise MissingKeyError(key, self) from None
        if actual != digest:
            raise DamagedBlobError(
                f"{path}: the content is not the content that was stored; delete the file"
            )

    def _delete_key(self, key: str) -> None:
        self._digests.pop(key, None)
        self._path(key).unlink(missing_ok=True)

    def _enforce_limits(self, size: int) -> None:
        max_bytes, max_count, max_age = self._limits
        if max_bytes is max_count is max_age is None:
            return
        self._size += size
        self._count += 1
        is_above = (max_bytes is not None and self._size > max_bytes) or (
            max_count is not None and self._count > max_count
        )
        now = time.monotonic()
        if is_above or now >= self._next_scan:
            self._next_scan = now + _SCAN_SECONDS
            self._evict(max_bytes, max_count, max_age)

    def _evict(self, max_bytes: int | None, max_count: int | None, max_age: float | None) -> None:
        """Delete blobs, the least recently used first, until the folder is within its limits."""
        files = []
        now = time.time()
        for entry in os.scandir(self.folder):
            with suppress(OSError):
                status = entry.stat()
                if entry.name.startswith("."):
                    if _TEMPORARY in entry.name and now - status.st_mtime > _STALE_SECONDS:
                        Path(entry.path).unlink()
                    continue
                files.append((status.st_mtime, status.st_size, entry.path))
        files.sort()
        size, count = sum(item[1] for item in files), len(files)
        for used_at, bytes_of_file, path in files:
            is_over = (max_bytes is not None and size > max_bytes) or (
                max_count is not None and count > max_count
            )
            if not is_over and (max_age is None or now - used_at <= max_age):
                break
            with suppress(OSError):
                Path(path).unlink()
                size, count = size - bytes_of_file, count - 1
        self._size, self._count = size, count


def load(path: Path, serializer: Serializer, load_kwargs: dict[str, Any]) -> Any:
    """Return the value of a file.

    Raises:
        DamagedBlobError: the serializer cannot load it.
    """
    try:
        return serializer.load(str(path), **load_kwargs)
    except CaptureError:
        raise
    except Exception as error:
        raise DamagedBlobError(
            f"{path}: cannot be loaded as {serializer.name} ({type(error).__name__}: {error}); "
            "delete the file, or install the packages that its value needs"
        ) from error


def _synchronize(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
