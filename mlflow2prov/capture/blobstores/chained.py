"""Several stores in a row, such as a local folder before a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.configuration import warn
from mlflow2prov.capture.errors import (
    CaptureError,
    KeyExistsError,
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
        self.keeps_files = all(store.keeps_files for store in self.stores)

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
        blobs: list[Blob | None] = []
        failures: list[Exception] = []
        source: BlobStore | None = None
        for store in writable:
            content, name, options = _content(key, value, serializer, dump_kwargs, source, store)
            try:
                blobs.append(store.put(key, content, name, read_through, replace, **options))
                source = source or (store if store.keeps_files else None)
            except KeyExistsError:
                raise
            except (CaptureError, OSError) as error:
                failures.append(error)
        if not blobs:
            raise failures[0]
        for failure in failures:
            warn(f"{key}: is not in all stores of the chain ({failure})")
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
        failure: CaptureError | OSError | None = None
        for position, store in enumerate(self.stores):
            if not store._read:
                continue
            try:
                value = store.get(key, serializer, digest, **load_kwargs)
            except MissingKeyError:
                continue
            except (CaptureError, OSError) as error:
                failure = failure or error
                continue
            self._copy(key, value, serializer, store, self.stores[:position], failure is not None)
            return value
        raise failure or MissingKeyError(key, self)

    def _copy(
        self,
        key: str,
        value: Any,
        serializer: str | Serializer | None,
        source: BlobStore,
        earlier: Sequence[BlobStore],
        replace: bool,
    ) -> None:
        """Copy a value that was read into the stores before its own."""
        for store in earlier:
            if store._read_through_write:
                with suppress(CaptureError, OSError):
                    content, name, _ = _content(key, value, serializer, {}, source, store)
                    store.put(key, content, name, read_through=True, replace=replace)

    def delete(self, key: str) -> list[BlobStore]:
        """Delete a key from all stores that may delete, and return those that had it."""
        self._require("delete", f"delete {key}")
        holders = [store for store in self.stores if store._delete and store._contains(key)]
        if not holders and not any(store._contains(key) for store in self.stores):
            raise MissingKeyError(key, self)
        for store in holders:
            store.delete(key)
        return holders

    def path(self, key: str, digest: str | None = None) -> str:
        """Return the path of a local file with the content of a key."""
        failure: CaptureError | OSError | None = None
        for store in self._readable():
            try:
                return store.path(key, digest)
            except MissingKeyError:
                continue
            except (CaptureError, OSError) as error:
                failure = failure or error
        raise failure or MissingKeyError(key, self)


def _content(
    key: str,
    value: Any,
    serializer: str | Serializer | None,
    dump_kwargs: dict[str, Any],
    source: BlobStore | None,
    store: BlobStore,
) -> tuple[Any, str | Serializer | None, dict[str, Any]]:
    """Return what to put into a store, its serializer and its options: the file of another store, or the value.

    A serializer may write other bytes each time, and all stores are to have the bytes of the same digest.
    """
    if source is not None and source.keeps_files and store.keeps_files:
        with suppress(CaptureError, OSError):
            return source.path(key), "file", {}
    return value, serializer, dump_kwargs
