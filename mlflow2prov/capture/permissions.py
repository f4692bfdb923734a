"""Permissions of stores and repositories: read, write, copy on reading, delete."""

from __future__ import annotations

from typing import Any

from mlflow2prov.capture.errors import PermissionDeniedError


class Permissions:
    """The uses that a store or a repository permits.

    Args:
        read: whether it is looked up.
        write: whether new keys are put into it.
        read_through_write: whether keys that another member of a chain has are copied into it.
        delete: whether keys are deleted from it.
    """

    def __init__(
        self,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = False,
    ) -> None:
        self._read = read
        self._write = write
        self._read_through_write = read_through_write
        self._delete = delete

    def _require(self, permission: str, action: str) -> None:
        if not getattr(self, f"_{permission}"):
            raise PermissionDeniedError(action, self, permission)

    def _require_put(self, key: Any, read_through: bool) -> None:
        permission = "read_through_write" if read_through else "write"
        self._require(permission, f"put {key}")
