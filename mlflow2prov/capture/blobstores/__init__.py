"""Blob stores: where the contents of values are kept, by their keys.

| type | place |
| --- | --- |
| ``memory`` | objects in this process |
| ``disk`` | files in one folder |
| ``fsspec`` | files that fsspec reaches by a URL, with a local copy; ``s3``, ``gs`` and ``sftp`` are spellings of it |
| ``chained`` | several stores: the first that has a key is read, all are written |
"""

from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.blobstores.chained import ChainedStore
from mlflow2prov.capture.blobstores.disk import DiskStore
from mlflow2prov.capture.blobstores.memory import MemoryStore
from mlflow2prov.capture.blobstores.remote import FsspecStore, GSStore, S3Store, SFTPStore

TYPES: dict[str, type[BlobStore]] = {
    "memory": MemoryStore,
    "disk": DiskStore,
    "fsspec": FsspecStore,
    "s3": S3Store,
    "gs": GSStore,
    "sftp": SFTPStore,
    "chained": ChainedStore,
}
"""The classes of stores, by the types that a configuration names."""

__all__ = [
    "TYPES",
    "BlobStore",
    "ChainedStore",
    "DiskStore",
    "FsspecStore",
    "GSStore",
    "MemoryStore",
    "S3Store",
    "SFTPStore",
]
