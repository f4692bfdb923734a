"""The chain: documents on their way through the commands.

A command gives a :class:`Step`. A chain first lets each of its steps look whether what it needs is there,
then runs them one after the other. What they have to show (files, tables) appears when all have come to
their end, so that a chain that fails leaves nothing behind.
"""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.terminal import abandon_output, is_output_closed, say
from mlflow2prov.errors import MLflow2ProvError

if TYPE_CHECKING:
    from mlflow2prov.formats.files import Staged
    from mlflow2prov.prov import Document

REFUTED = 1
"""The exit code of a chain that did all, and was asked something that is not so."""

INCOMPLETE = 3
"""The exit code of a chain that did all, but for what a source refused."""


@dataclass
class Chain:
    """What the steps of a chain share."""

    files: list[tuple[Staged, int | None]] = field(default_factory=list)
    """Files that are to appear at the end, and how many statements they say, if they are documents."""
    printed: list[Staged | str] = field(default_factory=list)
    """What is to be printed on standard output at the end, in this order."""
    is_incomplete: bool = False
    is_refuted: bool = False
    """Whether something that was asked is not so, as that a document is valid."""

    def note(self, message: str) -> None:
        """Say something that is worth knowing, on standard error."""
        say(f"note: {message}")

    def left_out(self, message: str) -> None:
        """Say that something could not be read."""
        say(f"warning: left out: {message}")

    def discard(self) -> None:
        """Take away what has not been shown."""
        for staged in [*(files for files, _ in self.files), *self.printed]:
            if not isinstance(staged, str):
                staged.discard()


Action = Callable[["list[Document]", Chain], "list[Document]"]
"""Takes the documents so far, gives those that go on."""


@dataclass(frozen=True)
class Step:
    """A command and what it was given, ready to run."""

    name: str
    prepare: Callable[[], Action]
    """Looks whether what the command needs is there, before anything is read; gives what it does."""
    is_source: bool = False
    """Whether it adds documents, and so can come first."""
    writes: frozenset[str] = frozenset()
    """The names of the files that it writes, as far as they are known beforehand."""
    trouble: int = 1
    """The exit code of a chain with this step that cannot come to its end."""


def check_order(steps: Sequence[Step]) -> None:
    """Look whether every step has documents to work on, and files of its own to write.

    Raises:
        click.UsageError: the first has no documents, or two write the same file.
    """
    written: set[str] = set()
    for step in steps:
        if twice := sorted(step.writes & written):
            raise click.UsageError(f"{step.name}: {twice[0]} is written twice; give each its name")
        written |= step.writes
    if steps and not steps[0].is_source:
        raise click.UsageError(
            f"{steps[0].name} has no documents to work on; extract or load comes first"
        )


def run_chain(steps: Sequence[Step], *, verbose: bool) -> None:
    """Run ``steps`` one after the other, then show what they have to show.

    Raises:
        click.UsageError: there are no documents for the first to work on.
        SystemExit: with code :data:`REFUTED` when something that was asked is not so, with
            :data:`INCOMPLETE` when a source refused something.
    """
    check_order(steps)
    chain = Chain()
    documents: list[Document] = []
    try:
        actions = [(step.name, step.prepare()) for step in steps]
        for name, action in actions:
            began = time.monotonic()
            documents = action(documents, chain)
            if verbose:
                took = time.monotonic() - began
                say(f"{name}: {_counted(documents)}, after {took:.1f} seconds")
        _publish(chain, verbose or sys.stderr.isatty())
    except MLflow2ProvError as error:
        error.exit_code = max(error.exit_code, *(step.trouble for step in steps))
        raise
    finally:
        chain.discard()
    if chain.is_refuted:
        raise SystemExit(REFUTED)
    if chain.is_incomplete:
        raise SystemExit(INCOMPLETE)


def _counted(documents: Sequence[Document]) -> str:
    one = "1 document" if len(documents) == 1 else f"{len(documents)} documents"
    return f"{one} of {sum(map(len, documents)):,} statements"


def _publish(chain: Chain, tell: bool) -> None:
    """Put the files in their places, then print: a reader that goes away costs no file."""
    for staged, statements in chain.files:
        files = staged.publish()
        if tell:
            counted = "" if statements is None else f" ({statements:,} statements)"
            say(f"wrote {', '.join(map(str, files))}{counted}")
    try:
        if chain.printed and is_output_closed():
            raise OSError(errno.EBADF, "it is closed")
        for shown in chain.printed:
            if isinstance(shown, str):
                # UTF-8 whatever the locale, as all that is written is.
                sys.stdout.buffer.write(shown.encode("utf-8"))
            else:
                shown.publish()
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # As `head` does; nobody is left to tell.
        abandon_output()
        raise SystemExit(1) from None
    except OSError as error:
        abandon_output()
        raise click.ClickException(
            f"standard output: cannot be written to ({error.strerror})"
        ) from error
