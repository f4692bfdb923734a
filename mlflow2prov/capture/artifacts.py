"""Artifacts: the results of captured functions, whose values are loaded when they are first used."""

from __future__ import annotations

import os
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from mlflow2prov.capture.hashing import types as hashing
from mlflow2prov.capture.hashing.walk import Alias, Node
from mlflow2prov.capture.proxies import (
    ARTIFACT_TYPES,
    ArtifactProxy,
    CallableArtifactProxy,
    artifact_proxy,
)
from mlflow2prov.capture.records import ArtifactRecord

NOT_LOADED: Any = type("NotLoaded", (), {"__repr__": lambda _: "<not loaded>"})()
"""The value, the inputs or the process of a record that are still in the repository."""


class Artifact:
    """A result of a captured function: its value, its inputs, and how it came about.

    Equal artifacts have equal identifiers. All attributes of
    :class:`~mlflow2prov.capture.records.ArtifactRecord` are attributes of it.

    Args:
        repo: the repository that holds it.
        record: its record, in which the value, the inputs and the process may be :data:`NOT_LOADED`.
    """

    def __init__(self, repo: Any, record: ArtifactRecord) -> None:
        self.repo = repo
        self.record = record

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("record", "repo"):
            raise AttributeError(name)
        return getattr(self.record, name)

    @property
    def value(self) -> Any:
        """The value; that of a composite is a dictionary of artifacts."""
        if self.record.value is NOT_LOADED:
            self.record.value = self.repo.get_value(self)
        return self.record.value

    @property
    def inputs(self) -> dict[str, Any]:
        """The arguments of the call that made it, ``{"kargs": {name: value}, "varargs": (value, ...)}``."""
        if self.record.inputs is NOT_LOADED:
            self.record.inputs = self.repo.get_inputs(self)
        return self.record.inputs

    @property
    def run_info(self) -> dict[str, Any] | None:
        """The process that made it, and its machine."""
        if self.record.run_info is NOT_LOADED:
            self.record.run_info = self.repo._run_info_of(self)
        return self.record.run_info

    @property
    def input_artifact_ids(self) -> frozenset[str]:
        """The identifiers of the artifacts that the inputs are or contain."""
        return frozenset(self.record.input_artifact_ids or ())

    @property
    def tags(self) -> Any:
        """The tags of the function that made it."""
        return (self.record.custom_fields or {}).get("tags")

    def proxy(self) -> Any:
        """Return a proxy of the value. That of a composite loads each of its parts when it is first used."""
        if self.record.composite:
            thunks = {key: part.proxy for key, part in self.value.items()}
            return artifact_proxy(LazyDict(thunks), self)
        return artifact_proxy(self.value, self)

    def reduce_proxy(self, value: Any) -> tuple[Any, ...]:
        """Return how a proxy is unpickled: from the default repository, or as its value if this one is in memory."""
        if self.repo is not None and self.repo.is_shared:
            return (_load_proxy, (self.id,))
        if self.record.composite:
            return (_load_proxy, (self.id,))
        return (_restore_proxy, (self.id, value))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_load_artifact, (self.id,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifact) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<provenance.Artifact({self.id})>"


ARTIFACT_TYPES.add(Artifact)


def _load_artifact(identifier: str) -> Artifact:
    from mlflow2prov.capture.configuration import get_default_repo

    artifact: Artifact = get_default_repo().get_by_id(identifier)
    return artifact


def _load_proxy(identifier: str) -> Any:
    return _load_artifact(identifier).proxy()


def _restore_proxy(identifier: str, value: Any) -> Any:
    """Return a proxy from a pickle: of the repository's artifact if this process has it, else of the value."""
    from mlflow2prov.capture.configuration import get_default_repo

    repo = get_default_repo()
    if repo.has(identifier):
        return repo.get_by_id(identifier).proxy()
    from mlflow2prov.capture.hashing import hash as digest

    record = ArtifactRecord(
        identifier, digest(value), {"kargs": {}, "varargs": ()}, "", "", value, ""
    )
    return artifact_proxy(value, Artifact(repo, record))


class ArchivedFile(os.PathLike[str]):
    """A file in a blob store. ``open(file)`` and ``str(file)`` use the path of its local copy.

    Args:
        blob_id: the key of the file in the store.
        original_filename: the name of the file that was archived.
        in_repo: the repository that holds it.
        digest: the digest of its content.
    """

    def __init__(
        self,
        blob_id: str,
        original_filename: str | None = None,
        in_repo: Any = None,
        digest: str | None = None,
    ) -> None:
        self.blob_id = blob_id
        self.original_filename = original_filename
        self.in_repo = in_repo
        self.digest = digest
        self.original_path: str | None = None
        """The path of the original, which is the file until it is stored."""

    def __fspath__(self) -> str:
        if self.in_repo is None and self.original_path is not None:
            return self.original_path
        path: str = self._repo().file_path(self.blob_id, self.digest)
        return path

    def _repo(self) -> Any:
        if self.in_repo is not None:
            return self.in_repo
        from mlflow2prov.capture.configuration import get_default_repo

        return get_default_repo()

    def __str__(self) -> str:
        return self.__fspath__()

    def __repr__(self) -> str:
        return f"<ArchivedFile {self.blob_id}, {self.original_filename}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArchivedFile) and self.blob_id == other.blob_id

    def __hash__(self) -> int:
        return hash(self.blob_id)

    def __reduce__(self) -> tuple[Any, ...]:
        return (ArchivedFile, (self.blob_id, self.original_filename, None, self.digest))


class LazyDict:
    """A dictionary whose values are computed by functions when they are first used.

    Args:
        thunks: a function without arguments, for each key.
    """

    def __init__(self, thunks: dict[Any, Callable[[], Any]]) -> None:
        self.thunks = dict(thunks)
        self.realized: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        if key not in self.realized:
            self.realized[key] = self.thunks[key]()
        return self.realized[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.thunks[key] = lambda: value
        self.realized[key] = value

    def __delitem__(self, key: Any) -> None:
        self.thunks.pop(key, None)
        self.realized.pop(key, None)

    def __contains__(self, key: Any) -> bool:
        return key in self.thunks

    def __len__(self) -> int:
        return len(self.thunks)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.thunks)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of a key, or ``default`` if there is no such key."""
        return self[key] if key in self.thunks else default

    def keys(self) -> KeysView[Any]:
        """Return the keys."""
        return self.thunks.keys()

    def values(self) -> ValuesView[Any]:
        """Return all values."""
        return self._realize().values()

    def items(self) -> ItemsView[Any, Any]:
        """Return all keys and values."""
        return self._realize().items()

    def _realize(self) -> dict[Any, Any]:
        return {key: self[key] for key in self.thunks}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyDict):
            other = other._realize()
        return self._realize() == other

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (LazyDict, (self.thunks,))

    def __repr__(self) -> str:
        return f"lazy_dict({', '.join(map(repr, self.thunks))})"


lazy_dict = LazyDict


def _expand_proxy(proxy: Any) -> Alias:
    value = proxy.__wrapped__
    if type(value) is LazyDict and proxy.artifact.composite:
        # The parts by their digests, which do not have to be loaded.
        return Alias({key: _Digest(part.value_id) for key, part in proxy.artifact.value.items()})
    return Alias(value)


class _Digest:
    """A value that is represented by its digest."""

    def __init__(self, digest: str) -> None:
        self.digest = digest


hashing.alias(ArtifactProxy, _expand_proxy)
hashing.alias(CallableArtifactProxy, _expand_proxy)
hashing.alias(Artifact, lambda artifact: Node(b"artifact", [artifact.id]))
hashing.register(_Digest)(lambda value: Node(b"digest", [value.digest]))
hashing.register(ArchivedFile)(lambda file: Node(b"file", [file.blob_id]))
hashing.register(LazyDict)(
    lambda value: Node(b"lazy", [*sorted(value.thunks, key=repr), value._realize()])
)


def composite_digest(parts: dict[str, Artifact]) -> str:
    """Return the digest of a composite: that of its proxy."""
    from mlflow2prov.capture.hashing import hash as digest

    return digest({key: _Digest(part.value_id) for key, part in parts.items()})
