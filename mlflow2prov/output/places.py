"""Places: the paths that can be written to, and the streams among them.

Standard output, descriptors (``/dev/fd/3``), FIFOs and character devices such as ``/dev/null`` are streams.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from mlflow2prov.errors import FormatError

STREAM = "-"
"""The name of standard input or standard output in place of a file."""

STANDARD_OUTPUT = 1
"""The descriptor of standard output."""

_MAX_LINKS = 40
_REFUSED = ((stat.S_ISBLK, "block device"), (stat.S_ISSOCK, "socket"))


def is_stream(path: str | Path) -> bool:
    """Return whether ``path`` is standard output, a descriptor, a FIFO or a character device."""
    if stream_descriptor(path) is not None:
        return True
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def stream_name(path: str | Path) -> str:
    """Return the name of a stream for messages."""
    return "standard output" if str(path) == STREAM else str(path)


def require_writable(path: str | Path) -> None:
    """Require that a file or stream can be written to, which is checked before hours of reading.

    Raises:
        FormatError: the folder does not exist or is not writable, or the path is a block device or a socket.
    """
    descriptor = stream_descriptor(path)
    if descriptor is not None:
        _require_open(path, descriptor)
        return
    refuse_node(path)
    place = Path(path) if is_stream(path) else Path(path).parent
    try:
        place.stat()
    except (OSError, ValueError) as error:
        raise FormatError(f"{place}: cannot be written to ({reason_of(error)})") from error
    if not os.access(place, os.W_OK | (os.X_OK if place.is_dir() else 0)):
        raise FormatError(f"{place}: cannot be written to (no permission)")


def refuse_node(path: str | Path) -> None:
    """Refuse a block device or a socket, which takes no file.

    Raises:
        FormatError: the path is one of them.
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return
    for is_kind, kind in _REFUSED:
        if is_kind(mode):
            raise FormatError(f"{path}: is a {kind}; give the name of a file")


def _require_open(path: str | Path, descriptor: int) -> None:
    """Require that a descriptor is open, except for standard output, which may be closed if nothing is printed."""
    if descriptor == STANDARD_OUTPUT:
        return
    try:
        os.fstat(descriptor)
    except (OSError, OverflowError) as error:
        raise FormatError(
            f"{path}: this descriptor is not open; open it, or name a file"
        ) from error


def stream_descriptor(path: str | Path) -> int | None:
    """Return the descriptor of this process that ``path`` names, as ``/dev/stdout`` and ``/dev/fd/1`` do."""
    if str(path) == STREAM:
        return STANDARD_OUTPUT
    with contextlib.suppress(OSError, ValueError):
        own_folders = {os.path.realpath("/proc/self/fd"), "/dev/fd"}
        name = Path(path)
        for _ in range(_MAX_LINKS):
            if name.name.isdecimal() and os.path.realpath(name.parent) in own_folders:
                return int(name.name)
            if not name.is_symlink():
                return None
            name = name.parent / name.readlink()
    return None


def link_target(path: Path) -> Path:
    """Return the path of the file to replace, which is not a symbolic link."""
    refuse_node(path)
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return target
    except OSError as error:
        raise write_error(path, error) from error
    except ValueError as error:
        raise FormatError(f"{str(path)!r} is not a path") from error
    if is_folder:
        raise FormatError(f"{target}: is a folder; give the name of a file")
    return target


def write_error(where: str | Path, error: OSError) -> FormatError:
    """Return the error that says that a place cannot be written to, and why."""
    return FormatError(f"{where}: cannot be written ({reason_of(error)})")


def reason_of(error: OSError | ValueError) -> str:
    """Return the reason that the system gives for an error."""
    return getattr(error, "strerror", None) or str(error)
