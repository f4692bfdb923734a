"""The errors of capture, all of them children of :class:`~mlflow2prov.errors.CaptureError`.

An error that users of Python's own caches and dictionaries expect as ``KeyError``, ``ValueError`` or ``TypeError`` is
one of these too.
"""

from __future__ import annotations

from typing import Any

from mlflow2prov.errors import CaptureError, ConfigurationError

__all__ = [
    "CaptureError",
    "DamagedBlobError",
    "FolderExistsError",
    "ImpureFunctionError",
    "InvalidArgumentError",
    "InvalidOptionError",
    "InvalidRecordError",
    "KeyExistsError",
    "MissingFolderError",
    "MissingKeyError",
    "MutatedArtifactValueError",
    "OptionCombinationError",
    "PermissionDeniedError",
    "UnhashableError",
    "UnsupportedError",
    "UntrackedCodeError",
    "UntrustedBlobError",
    "WriteError",
]


class InvalidOptionError(ConfigurationError, ValueError):
    """An option of a decorator, a store or a repository is not valid."""


class OptionCombinationError(InvalidOptionError, TypeError):
    """Options of a decorator exclude or need each other."""


class InvalidArgumentError(CaptureError, TypeError, ValueError):
    """An argument of a call has no meaning for the decorator of the function."""


class UnsupportedError(ConfigurationError, NotImplementedError):
    """A combination of options has no meaning."""


class ImpureFunctionError(CaptureError):
    """A captured function changed one of its arguments."""


class MutatedArtifactValueError(CaptureError):
    """The value of an artifact changed between the call that made it and the call that uses it."""


class UnhashableError(CaptureError, TypeError):
    """An object has no value that can be hashed."""


class DamagedBlobError(CaptureError):
    """The content of a blob is not the content that was stored."""


class UntrustedBlobError(CaptureError):
    """Loading a blob would run code, and its store is not trusted."""


class PermissionDeniedError(CaptureError):
    """A store or a repository is not configured for an action."""

    def __init__(self, action: str, store: Any, permission: str) -> None:
        super().__init__(f"{_name(store)}: cannot {action}; configure it with {permission}=True")
        self.action, self.store, self.permission = action, store, permission


class KeyExistsError(CaptureError):
    """A key was put into a store or a repository that has it already."""

    def __init__(self, key: str, store: Any) -> None:
        super().__init__(f"{_name(store)}: has {key} already; delete it first")
        self.key, self.store = key, store


class MissingKeyError(CaptureError, KeyError):
    """A store or a repository does not have a key."""

    def __init__(self, key: Any, store: Any) -> None:
        super().__init__(f"{_name(store)}: has no {key}")
        self.key, self.store = key, store

    def __str__(self) -> str:
        return str(self.args[0])


class UntrackedCodeError(CaptureError, RuntimeError):
    """The source file of a module is not in a commit: Git does not track it, or files have uncommitted changes."""


class MissingFolderError(CaptureError, FileNotFoundError):
    """The folder that should contain the outputs of a call does not exist."""


class FolderExistsError(CaptureError, FileExistsError):
    """The folder for the outputs of a call is a file, or not empty though it has to be."""


class InvalidRecordError(CaptureError, ValueError):
    """A file is not the record of a call."""


class WriteError(CaptureError, OSError):
    """A record file cannot be written."""


def _name(store: Any) -> str:
    return getattr(store, "name", None) or type(store).__name__
