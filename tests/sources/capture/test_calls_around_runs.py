"""Calls around runs of MLflow: which files reached which run, as the program wrote it down.

A file reaches a run if code within the run read it, or if it was read for this run alone: by the call around the run,
where that call began no other run, before the run ended.
"""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from mlflow2prov import explain, extract, impact, lineage, validate
from tests.sources.capture.graph import Graph

pytestmark = pytest.mark.slow

PROGRAM = """
import json
from pathlib import Path
import mlflow
import mlflow2prov.capture as p

REACHED = {}

def tracked(function):
    return p.tracked(directory_parameter="folder", create_parents=True)(function)

def run(name, *files, nested=False):
    parent = mlflow.active_run().info.run_id if nested else None
    active = mlflow.start_run(run_name=name, nested=nested)
    REACHED[active.info.run_id] = [name, list(files), parent]
    return active

@p.provenance()
def load(path: Path):
    return [int(row) for row in path.read_text().split()]

@p.provenance()
def total(rows):
    return sum(rows)

@tracked
def read(folder, path):
    return Path(path).read_text()

@tracked
def several(folder, first, second, unused):
    with run("first", "a.csv"):
        read(f"{folder}/1", first)
    with run("second", "b.csv"):
        read(f"{folder}/2", second)

@tracked
def without_calls(folder, first, second):
    for name in (first, second):
        with run(f"plain {name}"):
            mlflow.log_param("length", len(Path(name).read_text()))

@tracked
def alone(folder, data):
    rows = read(f"{folder}/1", "f.csv")
    with run("alone", "e.csv", "f.csv"):
        mlflow.log_param("length", len(rows))
    read(f"{folder}/2", "late.csv")

@tracked
def by_value(folder):
    rows = load(Path("g.csv"))
    with run("by value", "g.csv"):
        total(rows)
    with run("not by value"):
        total([7])

@tracked
def search(folder, data):
    with run("parent", "h.csv"):
        for name in ("i.csv", "j.csv"):
            with run(f"child {name}", "h.csv", name, nested=True):
                read(f"{folder}/{name}", name)

if __name__ == "__main__":
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("wine")
    several("out/several", "a.csv", "b.csv", "unused.csv")
    without_calls("out/plain", "c.csv", "d.csv")
    alone("out/alone", "e.csv")
    by_value("out/value")
    search("out/search", "h.csv")
    Path("log.json").write_text(json.dumps(REACHED))
"""
FILES = [*(f"{letter}.csv" for letter in "abcdefghij"), "unused.csv", "late.csv"]


def content_of(name):
    return f"{FILES.index(name) + 1}\n"


def digest_of(name):
    return f"sha256:{hashlib.sha256(content_of(name).encode()).hexdigest()}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("around")
    for name in FILES:
        (folder / name).write_text(content_of(name))
    (folder / "program.py").write_text(PROGRAM)
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run([sys.executable, "program.py"], cwd=folder, check=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def log(project):
    return json.loads((project / "log.json").read_text())


@pytest.fixture(scope="module")
def reached(log):
    """The files that reached each run, by the identifier of the run."""
    return {run: set(files) for run, (_, files, _) in log.items()}


@pytest.fixture(scope="module")
def reached_with_nested(log, reached):
    """The same, with the files that reached the nested runs, which are members of a run."""
    return {
        run: files.union(
            *(reached[other] for other, (_, _, parent) in log.items() if parent == run)
        )
        for run, files in reached.items()
    }


@pytest.fixture(scope="module")
def document(project):
    return extract(
        mlflow_url=f"sqlite:///{project}/mlflow.db",
        calls=[str(project / ".mlflow2prov"), str(project / "out")],
    )


def names_of(digests):
    return {name for name in FILES if digest_of(name) in digests}


def test_the_lineage_of_a_run_has_the_files_that_reached_it_and_no_other(
    document, reached_with_nested
):
    for run, files in reached_with_nested.items():
        graph = Graph(lineage(document, f"runs:/{run}"))
        assert names_of({graph.value(s.id, "digest") for s in graph.of_type("Content")}) == files, (
            run
        )


def test_the_explanation_of_a_run_has_the_same_files(document, reached):
    for run, files in reached.items():
        answer = explain(document, f"runs:/{run}").answer("inputs")
        assert names_of({item.label for item in answer.items}) == files, run


def test_a_file_leads_to_the_runs_that_it_reached_and_to_no_other(document, reached_with_nested):
    for name in FILES:
        runs = {
            entry.item.about["uri"].removeprefix("runs:/")
            for entry in impact(document, digest_of(name)).reached
            if entry.type == "Run"
        }
        assert runs == {run for run, files in reached_with_nested.items() if name in files}, name


def test_the_call_around_a_run_is_named_with_it(log, document):
    runs = {name: run for run, (name, _, _) in log.items()}
    for name, function in (("plain d.csv", "without_calls"), ("parent", "search")):
        graph = Graph(lineage(document, f"runs:/{runs[name]}"))
        assert function in {graph.name_of(s.id) for s in graph.of_type("Call")}


def test_the_graph_is_valid(document):
    assert validate(document).is_valid
