"""Values as objects in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow2prov.capture.blobstores.base import BlobStore, private_folder
from mlflow2prov.capture.records import Blob
from mlflow2prov.capture.serializers import Serializer


class MemoryStore(BlobStore):
    """Values as they are: a change of a value is a change of the content of the store.

    Args:
        values: the values to begin with, by their keys.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        on_duplicate_key: see :class:`~mlflow2prov.capture.blobstores.base.BlobStore`.
    """

    keeps_files = False

    def __init__(
        self,
        values: dict[str, Any] | None = None,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = True,
        on_duplicate_key: Any = "skip",
    ) -> None:
        super().__init__(read, write, read_through_write, delete, on_duplicate_key)
        self.values = {} if values is None else values
        self._folder: Path | None = None

    def _contains(self, key: str) -> bool:
        return key in self.values

    def _put(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> Blob:
        if serializer.name == "file":
            value = self._copy_file(key, value, serializer, dump_kwargs)
        self.values[key] = value
        return Blob(None)

    def _get(
        self,
        key: str,
        serializer: Serializer,  # noqa: ARG002 - values are kept as objects
        digest: str | None,  # noqa: ARG002
        load_kwargs: dict[str, Any],  # noqa: ARG002
    ) -> Any:
        return self.values[key]

    def _delete_key(self, key: str) -> Any:
        return self.values.pop(key)

    def path(self, key: str, digest: str | None = None) -> str:  # noqa: ARG002
        """Return the path of the copy of an archived file."""
        return str(self.get(key))

    def _copy_file(
        self, key: str, value: Any, serializer: Serializer, dump_kwargs: dict[str, Any]
    ) -> str:
        if self._folder is None:
            self._folder = Path(private_folder())
        path = self._folder / key.replace(":", "-")
        serializer.dump(value, str(path), **dump_kwargs)
        return str(path)
