"""Several stores in a row, such as a local folder before a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.errors import (
    CaptureError,
    MissingKeyError,
    PermissionDeniedError,
)
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer


class ChainedStore(BlobStore):
    """Stores in a row: the first that has a key is read, all that may be written are written.

    A value that is read from a later store is copied into the earlier ones that have ``read_through_write``.

    Args:
        stores: the stores, the nearest first.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: see :class:`~mlflow2prov.capture.blobstores.base.BlobStore`.
    """

    def __init__(
        self,
        stores: Sequence[BlobStore],
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = True,
        on_duplicate_key: Any = "skip",
    ) -> None:
        super().__init__(read, write, read_through_write, delete, on_duplicate_key)
        self.stores = list(stores)

    def _readable(self) -> list[BlobStore]:
        return [store for store in self.stores if store._read]

    def __contains__(self, key: str) -> bool:
        self._require("read", f"look up {key}")
        if not self._readable():
            raise PermissionDeniedError(f"look up {key}", self, "read")
        return self._contains(key)

    def _contains(self, key: str) -> bool:
        return any(key in store for store in self._readable())

    def put(
        self,
        key: str,
        value: Any,
        serializer: str | Serializer | None = None,
        read_through: bool = False,
        replace: bool = False,
        **dump_kwargs: Any,
    ) -> Blob | None:
        """Store a value in all stores that may be written; see :meth:`BlobStore.put`."""
        self._require_put(key, read_through)
        permission = "_read_through_write" if read_through else "_write"
        writable = [store for store in self.stores if getattr(store, permission)]
        if not writable:
            raise PermissionDeniedError(f"put {key}", self, permission[1:])
        blobs = [
            store.put(key, value, serializer, read_through, replace, **dump_kwargs)
            for store in writable
        ]
        return next((blob for blob in blobs if blob is not None and blob.digest), blobs[0])

    def get(
        self,
        key: str,
        serializer: str | Serializer | None = None,
        digest: str | None = None,
        **load_kwargs: Any,
    ) -> Any:
        """Return the value of a key from the first store that has it whole; see :meth:`BlobStore.get`."""
        self._require("read", f"read {key}")
        failure: CaptureError | None = None
        for position, store in enumerate(self.stores):
            if not store._read or not store._contains(key):
                continue
            try:
                value = store.get(key, serializer, digest, **load_kwargs)
            except CaptureError as error:
                failure = failure or error
                continue
            self._copy(self.stores[:position], key, value, serializer, failure is not None)
            return value
        raise failure or MissingKeyError(key, self)

    def _copy(
        self,
        earlier: Sequence[BlobStore],
        key: str,
        value: Any,
        serializer: str | Serializer | None,
        replace: bool,
    ) -> None:
        for store in earlier:
            if store._read_through_write:
                with suppress(OSError):
                    store.put(key, value, serializer, read_through=True, replace=replace)

    def delete(self, key: str) -> list[BlobStore]:
        """Delete a key from all stores that may delete, and return those that had it."""
        self._require("delete", f"delete {key}")
        holders = [store for store in self.stores if store._delete and store._contains(key)]
        for store in holders:
            store.delete(key)
        return holders

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of a local file with the content of a key."""
        for store in self._readable():
            if store._contains(key):
                return store.path(key, digest)
        raise MissingKeyError(key, self)

    def __getitem__(self, key: str) -> Any:
        return self.get(key)
