"""The program as its users run it: in a folder, with an exit code and three streams.

It runs in the process of the tests, whose streams are replaced for so long: a process of its own takes ten times as
long. Tests of the process itself, such as those of signals, start one.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from io import FileIO, TextIOWrapper
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import pytest

from mlflow2prov import save
from mlflow2prov.cli import main
from tests.analysis.graphs import document, project, thing

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
"""The time at the beginning of a message off a terminal."""

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Result(NamedTuple):
    """The exit code, standard output and standard error of the program."""

    code: int
    output: str
    error: str


def run_program(folder, *arguments, stdin=b"") -> Result:
    """Run the program in a folder."""
    with (
        TemporaryFile() as source,
        TemporaryFile() as output,
        TemporaryFile() as error,
        chdir(folder),
        own_signal_handlers(),
    ):
        source.write(stdin)
        source.seek(0)
        with standard_streams(source, output, error), pytest.raises(SystemExit) as end:
            main(list(map(str, arguments)))
        output.seek(0)
        error.seek(0)
        return Result(end.value.code, output.read().decode(), error.read().decode())


@contextmanager
def standard_streams(*files: BinaryIO) -> Iterator[None]:
    """Replace standard input, output and error by files: Python's streams, and the descriptors below them."""
    own_streams = sys.stdin, sys.stdout, sys.stderr
    own_descriptors = [os.dup(number) for number in range(3)]
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    streams = [
        TextIOWrapper(FileIO(number, mode, closefd=False), encoding="utf-8")
        for number, mode in enumerate("rww")
    ]
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        for stream in streams:
            stream.close()
        sys.stdin, sys.stdout, sys.stderr = own_streams
        for number, descriptor in enumerate(own_descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)


@contextmanager
def own_signal_handlers() -> Iterator[None]:
    """Undo the changes of the program to the handlers of signals."""
    handlers = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def is_one_line(error: str) -> bool:
    return error.count("\n") == 1 and error.startswith("mlflow2prov: ") and "Traceback" not in error


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program in an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return lambda *arguments, stdin=b"": run_program(tmp_path, *arguments, stdin=stdin)


@pytest.fixture(scope="module")
def project_folder(tmp_path_factory):
    """A folder with the documents ``fraud.json``, a small project, and ``empty.json``, one entity."""
    folder = tmp_path_factory.mktemp("project")
    save(project(), folder / "fraud", "json")
    save(document(thing("entity", "e")), folder / "empty", "json")
    return folder


@pytest.fixture
def run_on(project_folder):
    """Run the program on a document of the folder, by default ``fraud.json``."""

    def run_on(*arguments, file="fraud.json"):
        return run_program(project_folder, "load", "--input", file, *arguments)

    return run_on
