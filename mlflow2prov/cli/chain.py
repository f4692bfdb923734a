"""The chain: documents that pass from command to command.

A command returns a :class:`Step`. A chain first prepares all steps, so that a missing file or an unreachable store is
an error before anything is read. Then it runs them in order. Files appear and text is printed after the last step, so a
chain that fails leaves nothing behind.
"""

from __future__ import annotations

import errno
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from mlflow2prov.boundary import own_errors
from mlflow2prov.cli.terminal import (
    abandon_output,
    for_people,
    is_log_for_people,
    is_output_closed,
    log_detail,
    log_line,
    log_progress,
)
from mlflow2prov.errors import MLflow2ProvError
from mlflow2prov.output import STREAM, Output, is_stream
from mlflow2prov.quantity import quantity
from mlflow2prov.secrets import without_credentials

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow2prov.cli.cluster import Cluster
    from mlflow2prov.cli.terminal import Level
    from mlflow2prov.progress import Progress
    from mlflow2prov.prov import Document
    from mlflow2prov.scale.dataset import Dataset

FORMATS_FOR_PEOPLE = ("text", "table", "markdown")

EXIT_NEGATIVE = 1
"""The exit code of a chain that completed, and in which a document was invalid, differed or failed a check."""

EXIT_UNDECIDED = 2
"""The exit code of a chain that could not find out whether a document is valid, differs or passes a check."""

EXIT_INCOMPLETE = 3
"""The exit code of a chain that completed without the facts that a source refused to give."""

EXIT_CHANGED = 4
"""The exit code of a chain that completed, and whose update was asked to report a change, and saw one."""

Verbosity = Literal["quiet", "normal", "verbose"]
"""How much is printed on standard error besides errors: nothing, notices, or notices and details."""


@dataclass
class Chain:
    """The output of the steps of a chain, held back until the last step has run."""

    verbosity: Verbosity = "normal"
    is_incomplete: bool = False
    """Whether a source refused some of its facts."""
    is_changed: bool = False
    """Whether an update saw a change that it was asked to report."""
    has_negative_result: bool = False
    """Whether a document was invalid, differed from another, or failed a check."""
    is_undecided: bool = False
    """Whether it could not be found out if a document passes a check."""
    has_result: bool = False
    """Whether a step has written, printed or exported something."""
    sources: dict[str, str] = field(default_factory=dict)
    """Where the documents come from, for reports: names of facts and their values."""
    output: Output = field(default_factory=Output)
    """What the steps have written so far."""
    _written: list[str] = field(default_factory=list)

    def add_source(self, name: str, value: str) -> None:
        """Add a fact about where documents come from; the values of several steps are joined."""
        values = dict.fromkeys([*self.sources.get(name, "").split("; "), value])
        self.sources[name] = "; ".join(filter(None, values))

    def report_notice(self, message: str) -> None:
        """Print a notice on standard error at once."""
        self._log(message, "notice")

    def report_omission(self, message: str) -> None:
        """Print a warning about facts that could not be read on standard error at once."""
        self._log(f"left out: {message}", "warning")

    def report_summary(self, message: str) -> None:
        """Print a line about the result of a step on standard error at once."""
        self._log(message, "info")

    def _log(self, message: str, level: Level) -> None:
        if self.verbosity != "quiet":
            log_line(message, level)

    @property
    def progress(self) -> Progress | bool:
        """The progress of a step: bars on a terminal; elsewhere log lines, for details."""
        if is_log_for_people():
            return self.verbosity != "quiet"
        return log_progress() if self.verbosity == "verbose" else False

    def report_undecided(self, message: str) -> None:
        """Print why a check cannot be completed. What the other steps have made is kept."""
        log_line(message, "error")
        self.is_undecided = True
        self.has_result = True

    def report_files(self, paths: Sequence[Path], statements: int) -> None:
        """Report files of documents with so many ``statements`` once they have appeared."""
        self.has_result = True
        if paths:
            self._written.append(f"{', '.join(map(str, paths))} ({statements:,} statements)")

    def report_folder(self, address: str) -> None:
        """Report the folder of a data set once it has appeared."""
        self.has_result = True
        self._written.append(without_credentials(address))

    def write_text(self, text: str, output: str = STREAM, *, format_: str | None = None) -> None:
        """Write ``text`` to a file or stream, in UTF-8 in every locale, after the last step.

        Where a CI system would see a command, text on a stream is changed, if its format is one for people
        (:func:`~mlflow2prov.cli.terminal.for_people`).
        """
        self.has_result = True
        if is_stream(output) and format_ in FORMATS_FOR_PEOPLE:
            text = for_people(text)
        path = self.output.write(output, lambda stream: stream.write(text.encode()))
        if path is not None:
            self._written.append(str(path))

    def publish(self) -> None:
        """Move the files to their places, then print: a closed pipe must not cost a file."""
        self.output.publish_files()
        for files in self._written:
            if self.verbosity == "verbose":
                log_detail(f"wrote {files}")
            elif sys.stderr.isatty():
                self._log(f"wrote {files}", "info")
        try:
            if self.output.has_standard_output and is_output_closed():
                raise OSError(errno.EBADF, "it is closed")
            self.output.publish_streams()
        except BrokenPipeError:
            # The reader went away, as `head` does.
            abandon_output()
            raise SystemExit(1) from None
        except OSError as error:
            abandon_output()
            raise click.ClickException(
                f"standard output: cannot be written to ({error.strerror})"
            ) from error


T = TypeVar("T")

Action = Callable[["list[Document]", Chain], "list[Document]"]
"""Takes the documents of the chain and returns those for the next step."""

ClusterAction = Callable[["list[Dataset]", Chain], "list[Dataset]"]
"""The same for the data sets of a chain that runs on a cluster."""


@dataclass(frozen=True)
class Step:
    """A command with its arguments, ready to run."""

    name: str
    prepare: Callable[[], Action]
    """Checks that files and stores are there, before anything is read, and returns the action."""
    prepare_on_cluster: Callable[[Cluster], ClusterAction] | None = None
    """The same for data sets, or None if the step does not run on a cluster."""
    is_source: bool = False
    """Whether the step adds documents, so that a chain can begin with it."""
    needs_documents: bool = True
    """Whether the step works on the documents of the steps before it."""
    writes: frozenset[str] = frozenset()
    """The names of the files that the step writes."""
    error_exit_code: int = 1
    """The exit code of a chain with this step that ends with an error."""


def output_names(output: str, formats: Iterable[str] = ()) -> frozenset[str]:
    """Return the names, for :attr:`Step.writes`, of a file or of a file for each format; a stream has none."""
    if is_stream(output):
        return frozenset()
    return frozenset(f"{output} ({name})" for name in formats) or frozenset({output})


def check_order(steps: Sequence[Step]) -> None:
    """Check that each step has documents to work on and that no two steps write the same file.

    Raises:
        click.UsageError: a step has no documents to work on, or two steps write the same file.
    """
    names: set[str] = set()
    for step in steps:
        if repeated := sorted(step.writes & names):
            raise click.UsageError(
                f"{step.name}: {repeated[0]} is written twice; choose another --output"
            )
        names |= step.writes
    for step in steps:
        if step.is_source:
            return
        if step.needs_documents:
            raise click.UsageError(
                f"{step.name} has no documents to work on; put extract, update or load before it"
            )


def run_chain(
    steps: Sequence[Step], verbosity: Verbosity = "normal", cluster: Cluster | None = None
) -> None:
    """Run ``steps`` in order, here or on a cluster, then publish their files and print their text.

    Raises:
        click.UsageError: the order of the steps is wrong (:func:`check_order`).
        MLflow2ProvError: a step failed.
        SystemExit: with :data:`EXIT_UNDECIDED`, :data:`EXIT_NEGATIVE`, :data:`EXIT_INCOMPLETE` or :data:`EXIT_CHANGED`.
    """
    check_order(steps)
    chain = Chain(verbosity)
    try:
        with own_errors(click.ClickException), _warnings_as_notices(chain):
            if cluster is None:
                actions = [(step.name, step.prepare()) for step in steps]
                _run_actions(actions, chain, _summary)
            else:
                _run_actions(_prepared_on_cluster(steps, cluster), chain, _summary_of_datasets)
            chain.publish()
            if not chain.has_result:
                chain.report_notice("nothing was saved or printed; add save or export to the chain")
    except MLflow2ProvError as error:
        error.exit_code = max(error.exit_code, *(step.error_exit_code for step in steps))
        raise
    finally:
        chain.output.discard()
        if cluster is not None:
            cluster.close()
    if chain.is_undecided:
        raise SystemExit(EXIT_UNDECIDED)
    if chain.has_negative_result:
        raise SystemExit(EXIT_NEGATIVE)
    if chain.is_incomplete:
        raise SystemExit(EXIT_INCOMPLETE)
    if chain.is_changed:
        raise SystemExit(EXIT_CHANGED)


@contextmanager
def _warnings_as_notices(chain: Chain) -> Iterator[None]:
    """Print the warnings of readers, such as content that a file has no place for, like other notices."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if category is UserWarning:
            chain.report_notice(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _prepared_on_cluster(
    steps: Sequence[Step], cluster: Cluster
) -> list[tuple[str, ClusterAction]]:
    return [
        (step.name, step.prepare_on_cluster(cluster)) for step in steps if step.prepare_on_cluster
    ]


def _run_actions(
    actions: Sequence[tuple[str, Callable[[list[T], Chain], list[T]]]],
    chain: Chain,
    summary: Callable[[Sequence[T]], str],
) -> None:
    """Run the actions of the commands in order; each takes the documents of the one before it."""
    documents: list[T] = []
    for name, action in actions:
        start = time.monotonic()
        documents = action(documents, chain)
        if chain.verbosity == "verbose":
            seconds = time.monotonic() - start
            log_detail(f"{name}: {summary(documents)}, {seconds:.1f} seconds")


def _summary(documents: Sequence[Document]) -> str:
    statements = quantity(sum(map(len, documents)), "statement")
    return f"{quantity(len(documents), 'document')} of {statements}"


def _summary_of_datasets(datasets: Sequence[Dataset]) -> str:
    # To count their statements would read them.
    return quantity(len(datasets), "data set")
