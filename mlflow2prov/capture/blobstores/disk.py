"""Blobs as files in one folder, each under the name of its key.

A blob appears whole or not at all: it is written under another name in the same folder, synchronized, and renamed.
What a killed process has left behind is deleted by the next one that writes.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlflow2prov.capture.blobstores import trust
from mlflow2prov.capture.blobstores.base import BlobStore, private_folder
from mlflow2prov.capture.blobstores.limits import BLOB_PREFIX, Limits
from mlflow2prov.capture.errors import (
    CaptureError,
    DamagedBlobError,
    InvalidOptionError,
    MissingKeyError,
    UntrustedBlobError,
)
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer

TEMPORARY_PREFIX = ".tmp-"
"""The beginning of the names of files that are being written."""

STALE_SECONDS = 3600
"""How long ago such a file was last written, if its process was killed."""

MAX_NAME_LENGTH = 200
"""The length of the longest file name in bytes. Longer keys are abbreviated and end with their digest."""


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
        max_bytes: the size of all blobs, beyond which those that were used least recently are deleted.
        max_count: the number of blobs, beyond which they are.
        max_age: the time in seconds after which a blob that is not used is deleted.

    Raises:
        InvalidOptionError: the folder cannot be created, or a limit is negative.
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
        try:
            self.folder = Path(cachedir).expanduser().absolute()
            trust.create(self.folder)
        except (OSError, RuntimeError) as error:  # the user may have no home folder
            if isinstance(error, RuntimeError) or not self.folder.is_dir():
                reason = getattr(error, "strerror", None) or error
                raise InvalidOptionError(
                    f"{cachedir}: cannot be created ({reason}); choose another folder"
                ) from error
        self.cachedir = str(self.folder)
        self.trusted = trust.is_own(self.folder) if trusted is None else trusted
        self._limits = Limits(max_bytes, max_count, max_age)
        self._digests: dict[str, str] = {}
        """The digests of the blobs that this process wrote."""
        self._has_written = False

    def file(self, key: str) -> Path:
        """Return the path of a blob, whether or not it is there."""
        name = quote(key.replace("sha256:", BLOB_PREFIX, 1), safe="=", errors="surrogatepass")
        if len(name) > MAX_NAME_LENGTH:
            name = f"{name[:100]}-{sha256(name.encode('ascii')).hexdigest()}"
        return self.folder / (f"%2E{name[1:]}" if name.startswith(".") else name)

    def _contains(self, key: str) -> bool:
        return self.file(key).is_file()

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of a blob."""
        path = self.file(key)
        if not path.is_file():
            raise MissingKeyError(key, self)
        if digest is not None:
            self._verify(key, path, digest)
        return str(path)

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        from mlflow2prov.capture.hashing import file_hash

        temporary = self.temporary_file()
        try:
            serializer.dump(value, str(temporary), **dump_kwargs)
            digest = file_hash(temporary)
            _synchronize(temporary)
            self._digests[key] = digest
            return Blob(digest, self.place(key, temporary))
        finally:
            with suppress(OSError):
                temporary.unlink()

    def place(self, key: str, temporary: Path) -> int:
        """Make a complete file in the folder the blob of a key, and return its size in bytes."""
        size = temporary.stat().st_size
        temporary.replace(self.file(key))
        self._limits.record_write(self.folder, size)
        return size

    def temporary_file(self) -> Path:
        """Return the path of a new file in the folder, for :meth:`place`."""
        if not self._has_written:
            self._has_written = True
            _delete_remains(self.folder)
        return self.folder / f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}"

    def _get(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        path = self.file(key)
        known = self._digests.get(key)
        digest = digest or known
        if serializer.runs_code:
            self._require_trust(path, digest, known)
            if not self.trusted:
                return self._load_private_copy(key, serializer, digest, load_kwargs)
        if digest is not None:
            self._verify(key, path, digest)
        self._limits.record_use(path)
        return load(path, serializer, load_kwargs)

    def _require_trust(self, path: Path, digest: str | None, known: str | None) -> None:
        """Refuse to load a blob that can run code, unless the store is trusted or this process wrote the blob."""
        if not self.trusted and (known is None or known != digest):
            raise UntrustedBlobError(
                f"{path}: loading it can run code, and the store is not trusted; "
                f"set trusted: true for the store, or add it to {trust.VARIABLE}"
            )
        if digest is None:
            raise UntrustedBlobError(
                f"{path}: loading it can run code, and no digest is known; read it by its artifact"
            )

    def _load_private_copy(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        """Load a blob that others could replace between the check of its digest and the loading."""
        folder = Path(private_folder())
        try:
            path = folder / "blob"
            with suppress(FileNotFoundError):
                shutil.copyfile(self.file(key), path)
            self._verify(key, path, digest)
            return load(path, serializer, load_kwargs)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _verify(self, key: str, path: Path, digest: str | None) -> None:
        from mlflow2prov.capture.hashing import file_hash

        try:
            actual = file_hash(path)
        except FileNotFoundError:
            raise MissingKeyError(key, self) from None
        if actual != digest:
            raise DamagedBlobError(
                f"{self.file(key)}: the content is not the content that was stored; delete the file"
            )

    def _delete_key(self, key: str) -> None:
        self._digests.pop(key, None)
        self.file(key).unlink(missing_ok=True)


def _delete_remains(folder: Path) -> None:
    """Delete the temporary files of killed processes."""
    oldest = time.time() - STALE_SECONDS
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(TEMPORARY_PREFIX) and entry.stat().st_mtime < oldest:
                Path(entry.path).unlink()


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
