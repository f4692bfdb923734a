"""The program as its users run it: a process in a folder, with an exit code and two streams."""

import subprocess
import sys
from typing import NamedTuple

import pytest

from mlflow2prov import save
from tests.analysis.graphs import document, project, thing


class Result(NamedTuple):
    """The exit code, standard output and standard error of a process."""

    code: int
    output: str
    error: str


def run_program(folder, *arguments, stdin=b"") -> Result:
    command = [sys.executable, "-m", "mlflow2prov", *map(str, arguments)]
    process = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=120)
    return Result(process.returncode, process.stdout.decode(), process.stderr.decode())


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
