"""FIFOs and devices in the place of files, on which git would wait for ever (gitrepository-layout(5))."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mlflow2prov.errors import RepositoryError

MAX_FILE_BYTES = 1 << 20
"""Larger files are not searched for the paths that they contain."""

MAX_INCLUDES = 20
"""How many included configuration files are searched."""

_SKIPPED_FOLDERS = frozenset({"annex", "hooks", "lfs", "logs", "modules"})
_WORK_TREE_FILES = (".gitattributes", ".gitmodules", ".mailmap")
# Variables of git-config(1) that name files. A section may precede a variable on its line.
_PATH = re.compile(
    r"(?:\[[^\]]*\])?\s*(?:path|attributesfile|excludesfile|file)\s*=(.*)", re.IGNORECASE
)


def refuse_special_files(folder: Path) -> None:
    """Check the files that git reads in the repository around ``folder``, without opening any but regular files.

    Raises:
        RepositoryError: one of them is a FIFO or a device other than the null device.
    """
    for path in _files_around(folder):
        kind = _special_kind(path)
        if kind is not None:
            raise RepositoryError(
                f"{path}: is a {kind}, and git would wait for its content; replace it by a file"
            )


def _files_around(folder: Path) -> Iterator[Path]:
    """Yield the paths that git may open in the repository around ``folder``, each before what it leads to."""
    for place in (folder, *folder.parents):
        entry = place / ".git"
        if os.path.lexists(entry):
            yield entry
            yield from (place / name for name in _WORK_TREE_FILES)
            yield from _files_of(_followed(entry, "gitdir:") if entry.is_file() else entry)
            return
        if (place / "objects").is_dir() and os.path.lexists(place / "HEAD"):
            yield from _files_of(place)
            return


def _files_of(git_folder: Path) -> Iterator[Path]:
    yield from _links_and_special_files(git_folder)
    common_folder = git_folder
    if (git_folder / "commondir").is_file():
        common_folder = _followed(git_folder / "commondir", "")
        yield from _links_and_special_files(common_folder)
    objects = common_folder / "objects"
    for alternate in _content(objects / "info" / "alternates").splitlines():
        yield from _links_and_special_files(objects / alternate)
    includes = [common_folder / "config", git_folder / "config.worktree"]
    for number, path in enumerate(includes):
        for included in _paths_in(path):
            yield included
            if number < MAX_INCLUDES:
                includes.append(included)


def _links_and_special_files(folder: Path) -> Iterator[Path]:
    """Yield the links and special files in a folder at any depth, except in folders that git does not read here."""
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED_FOLDERS:
                        folders.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def _followed(path: Path, key: str) -> Path:
    """Return the folder that a file of one line names."""
    return path.parent / _content(path).strip().removeprefix(key).strip()


def _paths_in(path: Path) -> Iterator[Path]:
    """Yield the paths that a configuration file names."""
    for line in _content(path).split("\n"):
        if variable := _PATH.fullmatch(line.strip()):
            name = variable[1].strip().strip('"')
            with suppress(RuntimeError):  # an unknown user
                yield path.parent / Path(name).expanduser()


def _content(path: Path) -> str:
    """Return the content of a regular file, or nothing."""
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= MAX_FILE_BYTES:
            return path.read_text("utf-8", "replace").replace("\0", "")
    return ""


def _special_kind(path: Path) -> str | None:
    """Return the kind of a file whose content may never end or never come."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    if stat.S_ISFIFO(status.st_mode):
        return "FIFO"
    is_device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    if is_device and status.st_rdev != Path(os.devnull).stat().st_rdev:
        return "device"
    return None
