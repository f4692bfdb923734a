"""The installed packages, which the calls of a process share.

They are read when the first call is recorded, and again when a folder of ``sys.path`` has changed since.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata

CHECK_SECONDS = 1.0
"""For how long the folders of ``sys.path`` are assumed to stay as they are."""

MAX_ENVIRONMENTS = 100
"""The number of lists of packages that are kept in memory."""

_HEADER_END = re.compile(r"\r?\n\r?\n")
_NAME = re.compile(r"^Name:[ \t]*(\S+)", re.MULTILINE)
_VERSION = re.compile(r"^Version:[ \t]*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    """The software that a process uses."""

    id: str
    """The digest of the other fields."""
    packages: dict[str, str]
    python_version: str
    platform: str


@dataclass(frozen=True)
class _State:
    """The environment, and the folders of ``sys.path`` when it was read."""

    environment: Environment
    path: tuple[str, ...]
    times: tuple[int, ...]


_state: _State | None = None
_next_check = 0.0
_environments: dict[str, Environment] = {}


def get_installed_packages() -> dict[str, str]:
    """Return the versions of the installed packages by their normalized names, in order.

    Names are normalized as in the specification of Python packages (PEP 503).
    """
    return dict(installed_environment().packages)


def installed_environment() -> Environment:
    """Return the environment of this process."""
    global _state, _next_check
    path, now = tuple(sys.path), time.monotonic()
    state = _state
    if state is not None and state.path == path and now < _next_check:
        return state.environment
    times = tuple(map(_modification_time, path))
    if state is None or state.path != path or state.times != times:
        state = _state = _State(_read_environment(path), path, times)
        while len(_environments) >= MAX_ENVIRONMENTS:
            del _environments[next(iter(_environments))]
        _environments[state.environment.id] = state.environment
    _next_check = now + CHECK_SECONDS
    return state.environment


def find_environment(identifier: str | None) -> Environment | None:
    """Return an environment that this process has had, by its digest."""
    return None if identifier is None else _environments.get(identifier)


def _modification_time(folder: str) -> int:
    try:
        return os.stat(folder or os.curdir).st_mtime_ns  # noqa: PTH116 - a third of the time of a Path
    except (OSError, ValueError):
        return 0


def _read_environment(path: tuple[str, ...]) -> Environment:
    from mlflow2prov.capture.hashing import hash as digest

    packages: dict[str, str] = {}
    for distribution in metadata.distributions(path=list(path)):
        # A damaged installation has no name. The first distribution of a name is the one that is imported.
        with suppress(Exception):
            name, version = _name_and_version(distribution)
            packages.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    fields = dict(sorted(packages.items())), platform.python_version(), platform.platform()
    return Environment(digest(list(fields)), *fields)


def _name_and_version(distribution: metadata.Distribution) -> tuple[str, str]:
    """Return the name and the version of a distribution without the parser of mails, which takes 20 times as long."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    header = _HEADER_END.split(text, maxsplit=1)[0]
    name, version = _NAME.search(header), _VERSION.search(header)
    if name and version:
        return name[1], version[1]
    return distribution.metadata["Name"], str(distribution.version)
