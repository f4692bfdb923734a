"""``provenance.hashing`` and ``provenance.artifact_hasher``."""

from mlflow2prov.capture import hashing
from mlflow2prov.capture.hashing import *  # noqa: F403
from mlflow2prov.capture.hashing import file_hash, value_repr  # noqa: F401


def artifact_hasher():
    return hashing.hash_with_artifacts


def hash(value, hash_name=None, hasher=None):  # noqa: A001
    return hasher(value) if hasher is not None else hashing.hash(value)
