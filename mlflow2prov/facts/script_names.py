"""Script names: MLflow's facts about the code of a run, and the paths of a repository that it may denote.

MLflow records ``mlflow.source.name``, the path of the script as the shell saw it. It is absolute, or relative to a
folder that MLflow does not record. For ``mlflow run`` it is the project, ``<folder or URL>#<subfolder>``. Its file
``MLproject`` describes the entry points, and an entry point may also be a script itself.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple

PROJECT = "PROJECT"
"""The value of ``mlflow.source.type`` for ``mlflow run``."""

PROJECT_FILE = "MLproject"
"""The file that describes a project."""

_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?/|file:|~")
_URL = re.compile(r"[A-Za-z][\w+.-]+:|[\w.-]+@[\w.-]+:")
_SCRIPT = re.compile(r".+\.(?:pyw?|ipynb|r|rmd|qmd|jl|sh|scala|java|kt|js|ts|m)", re.IGNORECASE)
_ENTRY_POINT = re.compile(r".+\.(?:py|sh)")
_NOTEBOOK_LAUNCHER = re.compile(r"(?:.*[/\\])?\w*kernel_launcher\.py")
_LAUNCHER = re.compile(r"\w*kernel_launcher\.py|pydev\w*\.py|__main__\.py")
_FOLDER_OF_LAUNCHERS = re.compile(
    r"bin|Scripts|.+\.exe|site-packages|dist-packages|[Pp]ython\d[\d.]*|ipykernel_\d+|\.?venv|\.local|\.vscode.*"
)
_ARTIFACT = re.compile(r"(?:^|/)[0-9a-f]{32}/artifacts/")


class Anchor(Enum):
    """Where a recorded path begins."""

    REPOSITORY = auto()
    """At the top of the repository."""
    FILE_SYSTEM = auto()
    """Above the repository: the path is absolute."""
    ANY_FOLDER = auto()
    """In a folder that is unknown."""


class ScriptName(NamedTuple):
    """A recorded path: its parts, of which there is at least one, without ``.`` and ``..``, and where it begins."""

    parts: tuple[str, ...]
    anchor: Anchor

    @property
    def key(self) -> str:
        """The key (:func:`base_name_key`) of the files that the name may mean."""
        return base_name_key(self.path)

    @property
    def path(self) -> str:
        """The parts, joined by slashes."""
        return "/".join(self.parts)

    @property
    def is_project_file(self) -> bool:
        """Whether the file describes a project."""
        return self.parts[-1] == PROJECT_FILE

    @property
    def is_script(self) -> bool:
        """Whether this is the name of a script that a user wrote, and not that of a program that starts scripts."""
        *folders, base_name = self.parts
        return (
            bool(_SCRIPT.fullmatch(base_name))
            and not _LAUNCHER.fullmatch(base_name)
            and not any(_FOLDER_OF_LAUNCHERS.fullmatch(folder) for folder in folders)
            # Git cannot look up a path with a line end.
            and "\n" not in self.path
        )

    def denotes(self, path: str) -> bool:
        """Return whether this may be the name of the file at ``path`` in the repository.

        The whole of a relative name must end the path, or the whole path must end an absolute name. A copy of a file
        among the artifacts of a run is not the file that was run.
        """
        if _ARTIFACT.search(path):
            return False
        parts = tuple(path.split("/"))
        match self.anchor:
            case Anchor.REPOSITORY:
                return self.parts == parts
            case Anchor.FILE_SYSTEM:
                return _ends_with(self.parts, parts)
            case Anchor.ANY_FOLDER:
                return _ends_with(parts, self.parts)

    def may_mean(self, path: str) -> bool:
        """Return whether one of this name and ``path`` ends the other, in any case."""
        parts, others = (tuple(_fold(text).split("/")) for text in (self.path, path))
        return _ends_with(parts, others) or _ends_with(others, parts)


def base_name_key(path: str) -> str:
    """Return a key that is equal for the base names that some file system takes for one."""
    return _fold(path.rpartition("/")[2])


def script_names(source: str, source_type: str | None, entry_point: str | None) -> list[ScriptName]:
    """Return the names of the files that a run executed, as far as MLflow recorded them.

    Those of a project are ``MLproject`` and an entry point that is a script. A URL is not the name of a file.
    """
    if (source_type or "").upper() == PROJECT:
        folder, anchor = _project(source)
        files = [PROJECT_FILE]
        if entry_point and _ENTRY_POINT.fullmatch(entry_point):
            files.append(entry_point)
        names = [ScriptName(_split("/".join((*folder, file))), anchor) for file in files]
    elif _URL.match(source) and not source.startswith("file:"):
        names = []
    else:
        names = [ScriptName(_split(source), _anchor(source))]
    return [name for name in names if name.parts]


def is_notebook(source: str, source_type: str | None) -> bool:
    """Return whether a run was started from a notebook, whose name MLflow does not record."""
    return (source_type or "").upper() == "NOTEBOOK" or bool(_NOTEBOOK_LAUNCHER.fullmatch(source))


def denoted_path(name: ScriptName, paths: Iterable[str]) -> str | None:
    """Return the one of a tree's ``paths`` that ``name`` denotes, if it denotes exactly one.

    The longest path wins for an absolute name. For a relative name, the path that equals it wins.
    """
    matches = [path for path in paths if name.denotes(path)]
    if name.anchor is Anchor.FILE_SYSTEM and matches:
        return max(matches, key=len)
    if name.path in matches:
        return name.path
    return matches[0] if len(matches) == 1 else None


def _project(source: str) -> tuple[tuple[str, ...], Anchor]:
    """Return the folder of a project, and where it begins.

    MLflow names a folder of a repository by the URL of the repository, and keeps a folder with ``#`` as it is.
    """
    folder, separator, subfolder = source.partition("#")
    if _URL.match(folder):
        return _split(subfolder), Anchor.REPOSITORY
    if separator:
        return _split(subfolder), Anchor.ANY_FOLDER
    return _split(folder), _anchor(folder)


def _anchor(path: str) -> Anchor:
    is_absolute = _ABSOLUTE.match(path.replace("\\", "/"))
    return Anchor.FILE_SYSTEM if is_absolute else Anchor.ANY_FOLDER


def _split(path: str) -> tuple[str, ...]:
    """Split a path of any operating system, without ``.`` and ``..`` and without a folder that ``..`` leaves."""
    normal = posixpath.normpath(path.replace("\\", "/"))
    return tuple(part for part in normal.split("/") if part not in ("", ".", ".."))


def _fold(text: str) -> str:
    """Return a text without differences of case and of Unicode normalization."""
    return unicodedata.normalize("NFC", text).casefold()


def _ends_with(parts: tuple[str, ...], end: tuple[str, ...]) -> bool:
    return parts[-len(end) :] == end
