"""Folders that Spark writes: they appear whole or not at all, where the file system can rename a folder.

On local disks and HDFS, a folder is written beside its place, and renamed. On local disks, it is written within a
:class:`~mlflow2prov.temporary.TemporaryFolder`, which is locked for as long as Spark writes and is deleted if this
process is killed. The folder that it replaces is never within one, since it may be the only copy.

An object store has no folders to rename. There, the files are written in their place, and ``_SUCCESS`` appears after
the last of them; a folder that exists is not replaced.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from mlflow2prov.errors import FormatError
from mlflow2prov.scale.session import reason
from mlflow2prov.secrets import without_credentials
from mlflow2prov.temporary import TemporaryFolder, announce, forget

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RENAMING_SCHEMES = ("file", "hdfs", "viewfs")
"""The file systems that rename a folder in one step."""

_LOCAL = "file"
_MARKER = "_SUCCESS"
_NEW, _OLD = ".new-", ".old-"
"""The beginnings of hidden names, which are not those of temporary folders: a later process deletes these."""

_TRAVERSABLE = 0o711
"""The permissions of a temporary folder within which the processes of other users write, as those of a cluster may."""


class DatasetFolder:
    """A folder of a data set, which is written at :attr:`temporary`, and appears at ``address``."""

    def __init__(self, spark: SparkSession, address: str) -> None:
        """Choose where the files are written.

        Raises:
            FormatError: a folder exists that cannot be replaced, or the parent folder does not exist.
        """
        hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs  # type: ignore[union-attr]
        self.name = without_credentials(address)
        with _translated_errors(self.name):
            self._place = hadoop.Path(address)
            conf = spark.sparkContext._jsc.hadoopConfiguration()
            self._files: Any = self._place.getFileSystem(conf)
            self._place = self._files.makeQualified(self._place)
            self._can_rename = str(self._place.toUri().getScheme()) in RENAMING_SCHEMES
            exists = self._files.exists(self._place)
            if exists and not self._is_dataset():
                raise FormatError(
                    f"{self.name}: exists, and is not a data set; choose another --output"
                )
            if exists and not self._can_rename:
                raise FormatError(
                    f"{self.name}: exists, and an object store cannot replace a folder; choose another --output"
                )
            if self._can_rename and not self._files.exists(self._place.getParent()):
                raise FormatError(
                    f"{self._place.getParent()}: no such folder; create it, or choose another --output"
                )
            self._local_folder: TemporaryFolder | None = None
            self._choose_names(hadoop)
        self._is_published = False
        self._has_old = False

    def _choose_names(self, hadoop: Any) -> None:
        """Choose where the files are written, and the name of the folder that they replace."""
        parent = self._place.getParent()
        beside = self._place.suffix(f"-{uuid.uuid4().hex}").getName()
        self._old = hadoop.Path(parent, f"{_OLD}{beside}")
        self._temporary = self._place
        if str(self._place.toUri().getScheme()) == _LOCAL:
            self._local_folder = _locked_folder(str(parent.toUri().getPath()))
            self._temporary = hadoop.Path(parent, f"{self._local_folder.path.name}/data")
        elif self._can_rename:
            self._temporary = hadoop.Path(parent, f"{_NEW}{beside}")

    @property
    def temporary(self) -> str:
        """The address to write to."""
        return str(self._temporary)

    def publish(self) -> None:
        """Move the folder to its place, and keep what was there under another name."""
        with _translated_errors(self.name):
            if self._can_rename:
                if self._files.exists(self._place):
                    self._has_old = True
                    self._rename(self._place, self._old)
                self._rename(self._temporary, self._place)
            self._is_published = True

    def undo(self) -> None:
        """Restore the state before :meth:`publish`.

        Raises:
            FormatError: it cannot be restored; the message names the folder that has the previous files.
        """
        try:
            with _translated_errors(self.name):
                if self._is_published:
                    self._files.delete(self._place, True)
                if self._has_old and self._files.exists(self._old):
                    self._rename(self._old, self._place)
        except FormatError as error:
            if not self._has_old:
                raise
            old = without_credentials(str(self._old))
            raise FormatError(
                f"{self.name}: the previous data set cannot be restored; move it back from {old}"
            ) from error

    def complete(self) -> None:
        """Delete what was there before."""
        with suppress(FormatError), _translated_errors(self.name):
            if self._has_old:
                self._files.delete(self._old, True)

    def discard(self) -> None:
        """Delete the folder, if it has not been published."""
        if self._local_folder is not None:
            self._local_folder.remove()
            forget(self._local_folder)
        elif not self._is_published:
            with suppress(Exception):
                self._files.delete(self._temporary, True)

    def _is_dataset(self) -> bool:
        """Return whether a folder is empty, or was written by Spark."""
        if not self._files.getFileStatus(self._place).isDirectory():
            return False
        marker = self._place.suffix(f"/{_MARKER}")
        return bool(self._files.exists(marker)) or not self._files.listStatus(self._place)

    def _rename(self, source: Any, target: Any) -> None:
        # Hadoop would move the source into a folder that exists.
        if self._files.exists(target) or not self._files.rename(source, target):
            raise FormatError(f"{self.name}: cannot be written")


def _locked_folder(parent: str) -> TemporaryFolder:
    """Return a temporary folder within a folder of this machine.

    Raises:
        FormatError: it cannot be made.
    """
    try:
        folder = TemporaryFolder(parent)
        folder.path.chmod(_TRAVERSABLE)
    except OSError as error:
        raise FormatError(f"{parent}: cannot be written to ({error.strerror})") from error
    announce(folder)
    return folder


@contextmanager
def _translated_errors(name: str) -> Iterator[None]:
    """Raise errors of Hadoop within the block as the package's own."""
    from py4j.protocol import Py4JError

    try:
        yield
    except Py4JError as error:
        raise FormatError(f"{name}: cannot be written ({reason(error)})") from error
