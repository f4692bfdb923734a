"""The files that a call made or changed in its folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mlflow2prov.capture.hashing import file_hash
from mlflow2prov.capture.records import Output

MAX_FILES = 10_000
"""The number of files in a folder up to which outputs are recorded."""

_SKIPPED_FOLDERS = frozenset((".git", ".mlflow2prov", "__pycache__"))

_State = tuple[int, int, int]


class Snapshot:
    """The files of a folder at one time, by their relative paths: sizes, times of modification, inodes.

    Links and special files are left out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _State] = {}
        self.is_complete = True
        """Whether the folder has at most :data:`MAX_FILES` files."""
        for path, state in _files(folder):
            if len(self._files) == MAX_FILES:
                self.is_complete = False
                return
            self._files[path] = state

    def changes(self, excluded: Path) -> list[Output]:
        """Return the files that were made or changed since, with their digests, in order of their paths.

        Args:
            excluded: a file that does not count.
        """
        now = Snapshot(self._folder)
        if not (self.is_complete and now.is_complete):
            return []
        outputs = []
        for path in sorted(now._files.items() - self._files.items()):
            name, (size, _, _) = path
            whole = self._folder / name
            if whole == excluded:
                continue
            with suppress(OSError):
                outputs.append(Output(digest=file_hash(whole), size=size, path=name))
        return outputs


def _files(folder: Path) -> Iterator[tuple[str, _State]]:
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            with suppress(OSError):
                details = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(details.st_mode):
                    if entry.name not in _SKIPPED_FOLDERS:
                        pending.append(Path(entry.path))
                elif stat.S_ISREG(details.st_mode):
                    name = Path(entry.path).relative_to(folder).as_posix()
                    yield name, (details.st_size, details.st_mtime_ns, details.st_ino)
