"""Trust in folders of blobs: loading a pickle runs the code that it names.

A store is trusted if its configuration sets ``trusted``, or if this user's capture created its folder. A folder that
came with a clone or an archive is neither. A folder that capture creates gets a random token, and the user's state
folder records the token with the path. Further folders can be named in ``MLFLOW2PROV_TRUSTED_STORES``.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

VARIABLE = "MLFLOW2PROV_TRUSTED_STORES"
"""The environment variable with the paths of trusted folders, separated as in PATH."""

_TOKEN = ".store"


def create(folder: Path) -> None:
    """Create a folder, and mark it as one of the user's own if it is new or empty."""
    if folder.exists() and any(folder.iterdir()):
        return
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    with suppress(OSError, RuntimeError):
        registry = _registry()
        registry.parent.mkdir(parents=True, exist_ok=True)
        # Lines are short enough that concurrent writers do not mix them. The token comes last: without it the folder
        # is still empty, so that the next process tries again.
        with registry.open("a", encoding="utf-8") as stream:
            stream.write(f"{token} {folder.resolve()}\n")
        (folder / _TOKEN).write_text(token, encoding="ascii")


def is_own(folder: Path) -> bool:
    """Return whether this user's capture created a folder, or the environment names it."""
    path = folder.resolve()
    names = os.environ.get(VARIABLE, "").split(os.pathsep)
    if any(name and path.is_relative_to(Path(name).expanduser().resolve()) for name in names):
        return True
    with suppress(OSError, RuntimeError, UnicodeDecodeError):
        token = (folder / _TOKEN).read_text(encoding="ascii")
        lines = _registry().read_text(encoding="utf-8").splitlines()
        return f"{token} {path}" in lines
    return False


def _registry() -> Path:
    """Return the file that records trusted folders. Without a home folder, this is a RuntimeError."""
    base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(base) / "mlflow2prov" / "stores"
