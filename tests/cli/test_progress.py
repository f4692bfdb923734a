"""Progress of long work is shown on a terminal, and nowhere else."""

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from mlflow2prov import Document, formats
from mlflow2prov.formats.files import stage
from mlflow2prov.output import Output
from mlflow2prov.prov import Statement
from tests.repositories import Repository

COMMITS = 30


@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "project")
    for number in range(COMMITS):
        repository.commit(f"number {number}", file=f"{number}\n")
    return repository


def command(repository, *save):
    extract = ["extract", "--repository-path", str(repository.path)]
    return [sys.executable, "-m", "mlflow2prov", *extract, "save", *save]


def run_on_a_terminal(arguments):
    """Run a command whose standard error is a terminal; return the text that the terminal received."""
    ours, theirs = pty.openpty()
    blocks = []

    def listen():
        try:
            while block := os.read(ours, 4096):
                blocks.append(block)
        except OSError:  # the other end is closed
            pass

    listener = threading.Thread(target=listen)
    listener.start()
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    subprocess.run(arguments, stderr=theirs, stdout=subprocess.DEVNULL, check=True, env=environment)
    os.close(theirs)
    listener.join()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(blocks).decode())


def test_a_terminal_shows_each_phase_with_its_rate(repository, tmp_path):
    text = run_on_a_terminal(command(repository, "--output", str(tmp_path / "result")))
    total = len(formats.read((tmp_path / "result.json").read_bytes()))
    assert re.search(rf"commits .*{COMMITS}/{COMMITS} +[\d,]+/s", text)
    assert re.search(rf"statements .*{total}/{total} +[\d,]+/s", text)


def test_a_pipe_receives_no_progress(repository):
    result = subprocess.run(command(repository), capture_output=True, check=True)
    assert b" mlflow2prov: extracted " in result.stderr and result.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "name", [name for name in formats.MODULES if name not in ("svg", "png", "pdf")]
)
def test_every_format_reports_all_its_statements(name, tmp_path):
    document = Document.from_statements(
        [
            Statement("entity", "a"),
            Statement("activity", "b"),
            Statement("wasGeneratedBy", None, ("a", "b")),
            Statement("wasGeneratedBy", "g", ("a", "b", "2024-01-01T00:00:00+00:00")),
        ]
    )
    calls = []
    output = Output()
    stage(output, document, tmp_path / "result", name, lambda *call: calls.append(call))
    output.discard()
    assert calls[-1] == ("statements", 4, 4)
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)
