"""The folder of a call's outputs, in which its record file lies."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow2prov.capture.errors import (
    FolderExistsError,
    InvalidArgumentError,
    InvalidOptionError,
    MissingFolderError,
    OptionCombinationError,
    WriteError,
)
from mlflow2prov.errors import unknown_choice

TIMESTAMP_FORMAT = "%Y_%m_%d_%H_%M_%S"
"""The local time at which the call started, as it is appended to the name of a folder."""


@dataclass(frozen=True)
class FolderOptions:
    """Where the outputs of a call are; see :func:`mlflow2prov.capture.tracked`."""

    literal_directory: str | os.PathLike[str] | None = None
    directory_parameter: str | None = None
    subdirectory_name_parameter: str | None = None
    directory_injection_parameter: str | None = None
    include_timestamp: bool = False
    include_uuid: bool = False
    create_parents: bool = False
    require_empty_directory: bool = False

    @property
    def is_stamped(self) -> bool:
        """Whether each call has a folder of its own."""
        return self.include_timestamp or self.include_uuid

    def check(self, parameters: Collection[str]) -> None:
        """Check the options, for a function with these parameters.

        Raises:
            InvalidOptionError: the options exclude each other, or the function lacks a parameter.
        """
        if (self.literal_directory is None) == (self.directory_parameter is None):
            raise OptionCombinationError(
                "tracked: needs either literal_directory or directory_parameter"
            )
        for option in ("directory", "subdirectory_name", "directory_injection"):
            check_parameter(f"{option}_parameter", getattr(self, f"{option}_parameter"), parameters)
        if self.include_timestamp and self.include_uuid:
            raise InvalidOptionError("include_timestamp: excludes include_uuid; use one of them")
        receivers = (
            self.directory_parameter,
            self.subdirectory_name_parameter,
            self.directory_injection_parameter,
        )
        if self.is_stamped and not any(receivers):
            raise OptionCombinationError(
                "tracked: the function cannot know its folder; use directory_injection_parameter"
            )

    def choose(self, arguments: Mapping[str, Any], call_id: str, start: datetime) -> Path:
        """Return the folder of a call.

        Args:
            arguments: the arguments by the names of parameters.
            call_id: the identifier of the call.
            start: when it started.

        Raises:
            InvalidArgumentError: an argument is not a path, or leads out of the folder that it should be in.
        """
        folder = self._named_folder(arguments)
        if self.include_uuid:
            return folder.with_name(f"{folder.name}_{call_id}")
        if self.include_timestamp:
            return folder.with_name(f"{folder.name}_{start.astimezone():{TIMESTAMP_FORMAT}}")
        return folder

    def inject(self, arguments: MutableMapping[str, Any], folder: Path) -> None:
        """Pass the folder of a call to the function.

        Args:
            arguments: the arguments by the names of parameters; changed in place.
            folder: the folder, as :meth:`make` returned it.
        """
        if self.directory_injection_parameter is not None:
            arguments[self.directory_injection_parameter] = folder
        elif self.is_stamped and self.subdirectory_name_parameter is not None:
            name = Path(arguments[self.subdirectory_name_parameter])
            arguments[self.subdirectory_name_parameter] = name.with_name(folder.name).as_posix()
        elif self.is_stamped and self.directory_parameter is not None:
            arguments[self.directory_parameter] = folder

    def _named_folder(self, arguments: Mapping[str, Any]) -> Path:
        if self.directory_parameter is not None:
            folder = _path(self.directory_parameter, arguments)
        else:
            assert self.literal_directory is not None
            folder = Path(self.literal_directory)
        if self.subdirectory_name_parameter is None:
            return folder
        name = _path(self.subdirectory_name_parameter, arguments)
        below = folder / name
        if below.resolve() == folder.resolve() or folder.resolve() not in below.resolve().parents:
            raise InvalidArgumentError(
                f"{self.subdirectory_name_parameter}: {str(name)!r} is not below {folder}; "
                "pass a name"
            )
        return below

    def make(self, folder: Path) -> Path:
        """Create the folder and return it. With a timestamp, a number is appended if another call has that folder.

        Raises:
            MissingFolderError: the folder that should contain it does not exist.
            FolderExistsError: it is not a folder, or not empty though it has to be.
            WriteError: it cannot be created for another reason.
        """
        try:
            if self.include_timestamp:
                return _make_new(folder, self.create_parents)
            folder.mkdir(parents=self.create_parents, exist_ok=True)
            is_empty = not self.require_empty_directory or not any(folder.iterdir())
        except FileNotFoundError as error:
            raise MissingFolderError(
                f"{folder.parent}: no such folder; create it, or use create_parents=True"
            ) from error
        except FileExistsError as error:
            raise FolderExistsError(f"{folder}: not a folder; choose another name") from error
        except OSError as error:
            raise WriteError(
                f"{folder}: cannot be created ({error.strerror}); choose another folder"
            ) from error
        if not is_empty:
            raise FolderExistsError(f"{folder}: not empty; choose another folder")
        return folder


def check_parameter(option: str, name: str | None, parameters: Collection[str]) -> None:
    """Check that a function has the parameter that an option names.

    Raises:
        InvalidOptionError: it has not.
    """
    if name is not None and name not in parameters:
        raise InvalidOptionError(f"{option}: {unknown_choice('parameter', name, parameters)}")


def _path(parameter: str, arguments: Mapping[str, Any]) -> Path:
    value = arguments.get(parameter)
    text = None
    if isinstance(value, str | os.PathLike):
        with suppress(TypeError):  # every proxy passes for a path
            text = os.fspath(value)
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidArgumentError(f"{parameter}: {value!r} is not a path; pass one")
    return Path(text)


def _make_new(folder: Path, create_parents: bool) -> Path:
    """Create a folder that did not exist, with a number after its name if another call of the same second has it."""
    for number in itertools.count(1):
        new = folder if number == 1 else folder.with_name(f"{folder.name}_{number}")
        with suppress(FileExistsError):
            new.mkdir(parents=create_parents)
            return new
    raise AssertionError("unreachable")
