"""The folder of a call's outputs, in which its record file lies."""

from __future__ import annotations

import os
from collections.abc import Collection, MutableMapping
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

    def folder(self, arguments: MutableMapping[str, Any], call_id: str, start: datetime) -> Path:
        """Return the folder of a call, and let its arguments know that folder.

        Args:
            arguments: the arguments by the names of parameters; changed in place.
            call_id: the identifier of the call.
            start: when it started.

        Raises:
            InvalidArgumentError: an argument is no path, or leads out of the folder that it should be in.
        """
        folder = self._named_folder(arguments)
        if self.include_uuid:
            folder = folder.with_name(f"{folder.name}_{call_id}")
        elif self.include_timestamp:
            folder = _free_name(
                folder.with_name(f"{folder.name}_{start.astimezone():{TIMESTAMP_FORMAT}}")
            )
        if self.directory_injection_parameter is not None:
            arguments[self.directory_injection_parameter] = folder
        elif self.is_stamped and self.subdirectory_name_parameter is not None:
            name = Path(arguments[self.subdirectory_name_parameter])
            arguments[self.subdirectory_name_parameter] = name.with_name(folder.name).as_posix()
        elif self.is_stamped and self.directory_parameter is not None:
            arguments[self.directory_parameter] = folder
        return folder

    def _named_folder(self, arguments: MutableMapping[str, Any]) -> Path:
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

    def make(self, folder: Path) -> None:
        """Create the folder.

        Raises:
            MissingFolderError: the folder that should contain it does not exist.
            FolderExistsError: it is not a folder, or not empty though it has to be.
        """
        try:
            folder.mkdir(parents=self.create_parents, exist_ok=True)
        except FileNotFoundError as error:
            raise MissingFolderError(
                f"{folder.parent}: no such folder; create it, or use create_parents=True"
            ) from error
        except FileExistsError as error:
            raise FolderExistsError(f"{folder}: not a folder; choose another name") from error
        if self.require_empty_directory and any(folder.iterdir()):
            raise FolderExistsError(f"{folder}: not empty; choose another folder")


def check_parameter(option: str, name: str | None, parameters: Collection[str]) -> None:
    """Check that a function has the parameter that an option names.

    Raises:
        InvalidOptionError: it has not.
    """
    if name is not None and name not in parameters:
        raise InvalidOptionError(f"{option}: {unknown_choice('parameter', name, parameters)}")


def _path(parameter: str, arguments: MutableMapping[str, Any]) -> Path:
    value = arguments.get(parameter)
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise InvalidArgumentError(f"{parameter}: {value!r} is not a path; pass one")
    return Path(value)


def _free_name(folder: Path) -> Path:
    """Return the folder with a number after its name if another call of the same second has it."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}_{number}")
    return free
