"""The arguments of a call: their digests, their records, and the artifacts that they are or contain."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlflow2prov.capture.artifacts import ArchivedFile
from mlflow2prov.capture.errors import UnhashableError
from mlflow2prov.capture.hashing import file_hash, hash_with_references
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.hashing.walk import LEAVES
from mlflow2prov.capture.lineage_by_identity import find_artifact
from mlflow2prov.capture.previews import preview_and_secrecy
from mlflow2prov.capture.proxies import artifact_of, is_proxy
from mlflow2prov.capture.records import Argument, Inputs
from mlflow2prov.capture.redaction import is_secret, remember_secret
from mlflow2prov.secrets import MASK

MAX_FILE_BYTES = 1 << 30
"""Maximum size of a file whose content is digested because an argument of a cached function or of a stage is its
path."""


def is_path(value: Any) -> bool:
    """Return whether an argument is a path. A text may mean anything, and the file of an artifact is known already."""
    return (
        isinstance(value, os.PathLike)
        and artifact_of(value) is None
        and not isinstance(value, ArchivedFile)
    )


class HashedArguments:
    """The arguments of a call, each of them hashed.

    Args:
        inputs: the arguments that are recorded.
        ignored: the names of those that do not count for the identity of the result.
    """

    def __init__(self, inputs: Inputs, ignored: frozenset[str]) -> None:
        self.inputs = inputs
        self.records: list[Argument] = []
        """The arguments as the call records them."""
        self.unhashable: str | None = None
        """Which argument cannot be hashed, and why; None if all can be that count."""
        self._ignored = ignored
        self._uses: dict[str, tuple[Any, list[str]]] = {}
        self.digests: Inputs = {
            "kargs": {
                name: self._hash(name, value) for name, value in inputs.get("kargs", {}).items()
            },
            "varargs": tuple(
                self._hash(f"*{position}", value)
                for position, value in enumerate(inputs.get("varargs", ()))
            ),
        }

    @property
    def counting(self) -> Inputs:
        """The digests of the arguments that count for the identity of the result."""
        kargs = self.digests["kargs"]
        return {
            "kargs": {name: kargs[name] for name in kargs if name not in self._ignored},
            "varargs": self.digests["varargs"],
        }

    @property
    def artifact_ids(self) -> list[str]:
        """The identifiers of the artifacts that the arguments are or contain, in order."""
        return list(dict.fromkeys(one for record in self.records for one in record.artifacts))

    def _hash(self, name: str, value: Any) -> str | None:
        """Return the digest of an argument, and add its record."""
        kind = type(artifact_of(value).value) if is_proxy(value) else type(value)
        record = Argument(name, type=f"{kind.__module__}.{kind.__qualname__}")
        if is_secret(name, value):
            remember_secret(value)
            record.value, has_secrets = MASK, True
        else:
            record.value, has_secrets = preview_and_secrecy(value)
        record.ignored = name in self._ignored
        self.records.append(record)
        try:
            value_digest, references = hash_with_references(value)
        except UnhashableError as error:
            if not record.ignored and self.unhashable is None:
                self.unhashable = f"{name}: {error}"
            return None
        record.digest = None if has_secrets else value_digest
        record.artifacts = self._note(name, references)
        if not references and (source := find_artifact(value, value_digest)) is not None:
            record.artifacts.append(source)
        return value_digest

    def _note(self, name: str, references: list[Any]) -> list[str]:
        """Note where artifacts are used, and return their identifiers."""
        identifiers: dict[str, None] = {}
        for item in references:
            identifier = artifact_of(item).id
            identifiers[identifier] = None
            self._uses.setdefault(identifier, (item, []))[1].append(name)
        return list(identifiers)

    def digest_files(
        self, is_path: Callable[[Any], bool] = is_path, max_bytes: int | None = None
    ) -> None:
        """Record the contents of the files that arguments are the paths of.

        Args:
            is_path: returns whether an argument is taken for a path.
            max_bytes: the size of the largest file that is read; None for files of any size.
        """
        values = (*self.inputs.get("kargs", {}).values(), *self.inputs.get("varargs", ()))
        for record, value in zip(self.records, values, strict=True):
            if record.value != MASK and is_path(value):
                record.content = _content(value, max_bytes)

    def find_mutated(self) -> tuple[Any, list[str]] | None:
        """Return an artifact whose value changed since it was made, and the arguments that use it, or None."""
        for item, names in self._uses.values():
            artifact = artifact_of(item)
            value = item if is_proxy(item) else artifact.proxy()
            if not artifact.value_id or digest(value) == artifact.value_id:
                continue
            # The content of an archived file that was read into memory has a digest of its own.
            if not isinstance(artifact.value, ArchivedFile):
                return artifact, names
        return None

    def find_changed(self) -> list[str]:
        """Return the names of the arguments whose values changed since they were hashed."""
        kargs, varargs = self.inputs.get("kargs", {}), self.inputs.get("varargs", ())
        changed = [
            name
            for name, value in kargs.items()
            if _has_changed(value, self.digests["kargs"][name])
        ]
        if any(map(_has_changed, varargs, self.digests["varargs"])):
            changed.append("varargs")
        return changed


def _content(path: Any, max_bytes: int | None) -> str | None:
    """Return the digest of the content of a file; None for anything else."""
    # Every proxy passes for a path, and the class of a path may be the user's.
    with suppress(Exception):
        file = Path(path)
        if file.is_file() and (max_bytes is None or file.stat().st_size <= max_bytes):
            return file_hash(file)
    return None


def _has_changed(value: Any, before: str | None) -> bool:
    if before is None or type(value) in LEAVES:
        return False
    if is_proxy(value) and isinstance(value.artifact.value, ArchivedFile):
        return False  # the value is the content of the file, or what was made of it
    try:
        return digest(value) != before
    except UnhashableError:
        return True
