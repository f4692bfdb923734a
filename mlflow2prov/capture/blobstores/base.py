"""The interface of blob stores."""

from __future__ import annotations

import tempfile
from typing import Any, Literal, get_args

from mlflow2prov.capture.errors import (
    CaptureError,
    InvalidOptionError,
    KeyExistsError,
    MissingKeyError,
    UnsupportedError,
)
from mlflow2prov.capture.permissions import Permissions
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer, get_serializer
from mlflow2prov.errors import EngineError, unknown_choice
from mlflow2prov.temporary import process_folder

OnDuplicateKey = Literal["skip", "overwrite", "raise", "check_collision"]
"""How a store treats a key that it has already."""


class _DuplicateError(InvalidOptionError, RuntimeError):
    """The option ``on_duplicate_key`` has no such choice."""


class BlobStore(Permissions):
    """A store of blobs. Subclasses implement the methods whose names begin with an underscore.

    Args:
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: ``skip`` keeps the old content, ``overwrite`` replaces it, ``raise`` is an error.
    """

    keeps_files = True
    """Whether the content of a key is a file, whose bytes a serializer has written."""

    def __init__(
        self,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = False,
        on_duplicate_key: OnDuplicateKey = "skip",
    ) -> None:
        super().__init__(read, write, read_through_write, delete)
        self._on_duplicate_key = on_duplicate_key
        if on_duplicate_key not in get_args(OnDuplicateKey):
            choices = get_args(OnDuplicateKey)
            raise _DuplicateError(unknown_choice("on_duplicate_key", on_duplicate_key, choices))

    def __contains__(self, key: str) -> bool:
        self._require("read", f"look up {key}")
        return self._contains(key)

    def put(
        self,
        key: str,
        value: Any,
        serializer: str | Serializer | None = None,
        read_through: bool = False,
        replace: bool = False,
        **dump_kwargs: Any,
    ) -> Blob | None:
        """Store a value.

        Args:
            key: the key.
            value: the value.
            serializer: how to write it; joblib's pickle by default.
            read_through: whether the value was read from another store of a chain.
            replace: whether to overwrite the key, whatever ``on_duplicate_key`` is.
            **dump_kwargs: options of the serializer.

        Returns:
            the digest and size of the content; None if the key was there already and has been kept.

        Raises:
            PermissionDeniedError: the store is not configured for writing.
            KeyExistsError: the key is there, and ``on_duplicate_key`` is ``raise``.
        """
        self._require_put(key, read_through)
        if not replace and self._on_duplicate_key != "overwrite" and self._contains(key):
            if self._on_duplicate_key == "raise":
                raise KeyExistsError(key, self)
            if self._on_duplicate_key == "check_collision":
                raise UnsupportedError(
                    "on_duplicate_key: check_collision is not implemented; use skip or raise"
                )
            return None
        return self._put(key, value, get_serializer(serializer), dump_kwargs)

    def get(
        self,
        key: str,
        serializer: str | Serializer | None = None,
        digest: str | None = None,
        **load_kwargs: Any,
    ) -> Any:
        """Return the value of a key.

        Args:
            key: the key.
            serializer: how to read it; joblib's pickle by default.
            digest: the digest that the content must have.
            **load_kwargs: options of the serializer.

        Raises:
            PermissionDeniedError: the store is not configured for reading.
            MissingKeyError: the store does not have the key.
            DamagedBlobError: the content has another digest, or cannot be loaded.
            UntrustedBlobError: loading could run code, and the store is not trusted.
        """
        self._require("read", f"read {key}")
        if not self._contains(key):
            raise MissingKeyError(key, self)
        return self._get(key, get_serializer(serializer), digest, load_kwargs)

    def __getitem__(self, key: str) -> Any:
        return self.get(key)

    def delete(self, key: str) -> Any:
        """Delete a key.

        Raises:
            PermissionDeniedError: the store is not configured for deleting.
            MissingKeyError: the store does not have the key.
        """
        self._require("delete", f"delete {key}")
        if not self._contains(key):
            raise MissingKeyError(key, self)
        return self._delete_key(key)

    def path(self, key: str, digest: str | None = None) -> str:  # noqa: ARG002
        """Return the path of a local file with the content of a key.

        Raises:
            MissingKeyError: the store does not have the key.
            UnsupportedError: the store has no files.
        """
        raise UnsupportedError(f"{type(self).__name__}: has no files; use a store of type disk")

    def _contains(self, key: str) -> bool:
        raise NotImplementedError

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        raise NotImplementedError

    def _get(
        self, key: str, serializer: Serializer, digest: str | None, load_kwargs: dict[str, Any]
    ) -> Any:
        raise NotImplementedError

    def _delete_key(self, key: str) -> Any:
        raise NotImplementedError


def private_folder() -> str:
    """Return a new folder that is deleted with this process.

    Raises:
        CaptureError: there is no folder for temporary files, or it is full.
    """
    try:
        return tempfile.mkdtemp(dir=process_folder())
    except (EngineError, OSError) as error:
        raise CaptureError(str(error)) from error
