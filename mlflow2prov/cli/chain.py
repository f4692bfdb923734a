"""The chain: documents on their way through the commands.

A command is a :class:`Step`, a function of the documents so far. What it has to show (files, a table)
appears when the whole chain has come to its end, so that one that fails leaves nothing behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlflow2prov.cli.terminal import say

if TYPE_CHECKING:
    from mlflow2prov.document import Document
    from mlflow2prov.formats.files import Staged

INCOMPLETE = 3
"""The exit code of a chain that did all, but for what a source refused."""


@dataclass
class Chain:
    """What the steps of a chain share."""

    verbose: bool = False
    shown: list[Staged | str] = field(default_factory=list)
    """What is to appear at the end: files that are staged, text for standard output."""
    is_incomplete: bool = False

    def note(self, message: str) -> None:
        """Say something that is worth knowing, on standard error."""
        say(f"note: {message}")

    def left_out(self, message: str) -> None:
        """Say that something could not be read."""
        say(f"warning: left out: {message}")


Step = Callable[["list[Document]", Chain], "list[Document]"]
"""Takes the documents so far, gives those that go on."""


def run_chain(steps: list[Step], *, verbose: bool) -> None:
    """Run ``steps`` one after the other, then show what they have to show.

    Raises:
        SystemExit: with code :data:`INCOMPLETE` when a source refused something.
    """
    chain = Chain(verbose)
    documents: list[Document] = []
    try:
        for step in steps:
            documents = step(documents, chain)
    except BaseException:
        for shown in chain.shown:
            if not isinstance(shown, str):
                shown.discard()
        raise
    for shown in chain.shown:
        if isinstance(shown, str):
            sys.stdout.write(shown)
        else:
            files = shown.publish()
            if files and (verbose or sys.stderr.isatty()):
                say(f"wrote {', '.join(map(str, files))}")
    sys.stdout.flush()
    if chain.is_incomplete:
        raise SystemExit(INCOMPLETE)
