"""The option ``--output FILE``: text that goes to a file, whole or not at all, or to standard output."""

from __future__ import annotations

from pathlib import Path

from mlflow2prov.cli.chain import Chain
from mlflow2prov.cli.param_types import STREAM


def files_of(output: str) -> frozenset[str]:
    """Return the names of the files that are written."""
    return frozenset() if output == STREAM else frozenset({output})


def look_at(output: str) -> None:
    """Look whether a file can be written there, before anything else is done.

    Raises:
        FormatError: it cannot.
    """
    from mlflow2prov.formats.files import look_at_folder

    if output != STREAM:
        look_at_folder(Path(output).parent)


def show(chain: Chain, text: str, output: str) -> None:
    """Have the chain show ``text`` at its end."""
    from mlflow2prov.formats.files import Staged

    if output == STREAM:
        chain.printed.append(text)
        return
    staged = Staged()
    chain.files.append((staged, None))
    staged.write(Path(output), lambda stream: stream.write(text.encode()))
