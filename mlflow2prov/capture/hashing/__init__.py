"""Digests of values: ``hash([1, 2]) == "sha256:..."`` for every list of these numbers, in every process.

A digest depends on types and values only. It is the same in all processes and versions of Python, and for all
orders of insertion, memory layouts of arrays, block layouts of frames, chunks and dictionary encodings of Arrow.
It tells ``1`` from ``1.0``, ``True`` and ``"1"``, a list from a tuple, ``0.0`` from ``-0.0``, and one
shape or dtype from another. All NaN of Python are one value. Classes and functions of modules are identified by their
names; functions also by their source (:mod:`mlflow2prov.capture.code`).

A type whose instances pickle is supported as it is. Other types, and those whose pickles contain caches or handles,
declare their value with :data:`value_repr`, or with a method of this name.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from mlflow2prov.capture.errors import InvalidOptionError, UnhashableError
from mlflow2prov.capture.hashing.types import ALIASES, expander_for, value_repr
from mlflow2prov.capture.hashing.walk import Walk

__all__ = ["UnhashableError", "digest", "file_hash", "hash", "hash_with_artifacts", "value_repr"]

ALGORITHM = "sha256"
_BLOCK_BYTES = 1 << 20


def hash(value: Any) -> str:  # noqa: A001 - the name that users of caches know
    """Return the digest of a value, as ``sha256:<hex>``.

    A proxy has the digest of its value.

    Raises:
        UnhashableError: the value contains an object without a value, such as a generator, a lock or an open file.
    """
    return _format(Walk(expander_for, ALIASES).digest(value))


digest = hash
"""The same function, under a name that does not hide Python's own."""


def hash_with_artifacts(value: Any) -> tuple[str, list[Any]]:
    """Return the digest of a value, and the artifacts that it is, contains or is a proxy of, in order and once each.

    Raises:
        UnhashableError: see :func:`hash`.
    """
    name, objects = hash_with_references(value)
    artifacts = (getattr(item, "artifact", item) for item in objects)
    return name, list({artifact.id: artifact for artifact in artifacts}.values())


def hash_with_references(value: Any) -> tuple[str, list[Any]]:
    """Return the digest of a value, and the artifacts and proxies that it is or contains, in order.

    Raises:
        UnhashableError: see :func:`hash`.
    """
    walk = Walk(expander_for, ALIASES)
    return _format(walk.digest(value)), walk.met


def artifact_hasher() -> Any:
    """Return a function as :func:`hash` that also returns the artifacts it has met."""
    return hash_with_artifacts


def file_hash(filename: str | os.PathLike[str], hash_name: str = ALGORITHM) -> str:
    """Return the digest of the content of a file, as ``<algorithm>:<hex>``.

    Raises:
        InvalidOptionError: :mod:`hashlib` does not know the algorithm.
        OSError: the file cannot be read.
    """
    if hash_name not in hashlib.algorithms_guaranteed or hash_name.startswith("shake"):
        raise InvalidOptionError(f"file_hash: unknown algorithm {hash_name!r}; use sha256")
    sha = hashlib.new(hash_name)
    with Path(filename).open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            sha.update(block)
    return f"{hash_name}:{sha.hexdigest()}"


def _format(raw: bytes) -> str:
    return f"{ALGORITHM}:{raw.hex()}"
