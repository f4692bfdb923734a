"""Limits of a folder of blobs: the blobs that were used least recently are deleted."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mlflow2prov.capture.errors import InvalidOptionError

BLOB_PREFIX = "sha256-"
"""The beginning of the file names of blobs of artifacts, whose keys are digests."""

SCAN_SECONDS = 1.0
"""How long the folder is assumed to grow by this process's writes only."""

SCAN_SHARE = 20
"""A scan that takes long is repeated after so many times its duration."""


@dataclass
class Limits:
    """The limits of a folder, which hold after each write. Only files that are blobs of artifacts are deleted.

    Args:
        max_bytes: the size of all blobs; None: no limit, as below.
        max_count: the number of blobs.
        max_age: the time in seconds since a blob was last used.

    Raises:
        InvalidOptionError: a limit is negative.
    """

    max_bytes: int | None = None
    max_count: int | None = None
    max_age: float | None = None
    _size: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)
    _next_scan: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_count", "max_age"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise InvalidOptionError(f"{name}: {value!r} is negative; use a positive number")

    def __bool__(self) -> bool:
        return not self.max_bytes is self.max_count is self.max_age is None

    def record_use(self, path: Path) -> None:
        """Record that a blob is used."""
        if self:
            with suppress(OSError):
                os.utime(path)

    def record_write(self, folder: Path, size: int) -> None:
        """Record that a blob of ``size`` bytes was written, and delete others if the folder is above a limit."""
        if not self:
            return
        self._size += size
        self._count += 1
        now = time.monotonic()
        if self._is_above(self._size, self._count) or now >= self._next_scan:
            self._evict(folder)
            end = time.monotonic()
            self._next_scan = end + max(SCAN_SECONDS, SCAN_SHARE * (end - now))

    def _is_above(self, size: int, count: int) -> bool:
        return (self.max_bytes is not None and size > self.max_bytes) or (
            self.max_count is not None and count > self.max_count
        )

    def _evict(self, folder: Path) -> None:
        now = time.time()
        blobs = _blobs(folder)
        size, count = sum(blob[1] for blob in blobs), len(blobs)
        for used_at, bytes_of_blob, path in blobs:
            is_old = self.max_age is not None and now - used_at > self.max_age
            if not is_old and not self._is_above(size, count):
                break
            with suppress(OSError):
                Path(path).unlink()
                size, count = size - bytes_of_blob, count - 1
        self._size, self._count = size, count


def _blobs(folder: Path) -> list[tuple[float, int, str]]:
    """Return when each blob was last used, its size and its path, in order of use."""
    blobs = []
    for entry in os.scandir(folder):
        if entry.name.startswith(BLOB_PREFIX):
            with suppress(OSError):
                status = entry.stat()
                blobs.append((status.st_mtime, status.st_size, entry.path))
    return sorted(blobs)
