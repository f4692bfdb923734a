"""Captured calls in runs of MLflow: what every data file reached, as the program that read them wrote it down.

The program logs by hand which files led to which model, and the digests of the files that it logged.
"""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from mlflow2prov import audit, extract, impact, lineage, merge, validate
from tests.repositories import Repository
from tests.sources.capture.test_calls import Graph, arguments

pytestmark = pytest.mark.slow

PROGRAM = """
import hashlib, json, pickle
from pathlib import Path
import mlflow
import mlflow2prov.capture as p

REACHED, LOGGED = {}, {}

@p.tracked(directory_parameter="folder", create_parents=True)
def clean(folder, source):
    (Path(folder) / "clean.csv").write_text(Path(source).read_text().replace("x", ""))

@p.tracked(directory_parameter="folder", create_parents=True)
def read(folder, data):
    return parse(Path(data).read_text().split())

@p.provenance()
def parse(rows):
    return [int(row) for row in rows]

@p.tracked(directory_parameter="folder", create_parents=True)
def fit(folder, data, rate):
    numbers = parse(Path(data).read_text().split())
    file = Path(folder) / "weights.bin"
    file.write_bytes(pickle.dumps([number * rate for number in numbers]))
    return str(file)

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input

def register(number, files):
    mlflow.pyfunc.log_model(name="model", python_model=Model(), registered_model_name="wine")
    REACHED[f"models:/wine/{number}"] = files

def log(run, path):
    mlflow.log_artifact(path)
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    LOGGED[f"runs:/{run.info.run_id}/{Path(path).name}"] = digest

@p.tracked(directory_parameter="folder", create_parents=True)
def train(folder, data):
    with mlflow.start_run() as run:
        log(run, fit(str(Path(folder) / "fit"), data, 0.5))
        register(3, ["third.csv"])

if __name__ == "__main__":
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("wine")
    clean("out/clean", "first.csv")
    with mlflow.start_run() as run:
        parse(["0"])
        log(run, fit("out/fit", "out/clean/clean.csv", 0.1))
        register(1, ["first.csv", "out/clean/clean.csv"])
    with mlflow.start_run() as run:
        parse(["0"])  # cached: the first run computed it
        read("out/common", "common.csv")
        read("out/read", "second.csv")
        register(2, ["common.csv", "second.csv"])
    train("out/train", "third.csv")
    read("out/unused", "unused.csv")
    for file in ("unused.csv",):
        REACHED.setdefault("none", []).append(file)
    Path("log.json").write_text(json.dumps({"reached": REACHED, "logged": LOGGED}))
"""
DATA = {"first": "x1 2\n", "second": "3\n", "third": "4 5\n", "common": "6\n", "unused": "7\n"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The folder in which the program has trained three models."""
    repository = Repository(tmp_path_factory.mktemp("project"))
    files = {f"{name}__csv": content for name, content in DATA.items()}
    repository.write(".gitignore", "out\nmlruns\nmlflow.db\n.mlflow2prov\nlog.json\n")
    repository.commit(program__py=PROGRAM, **files)
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run(
        [sys.executable, "program.py"],
        cwd=repository.path,
        check=True,
        env=environment,
        capture_output=True,
    )
    return repository.path


@pytest.fixture(scope="module")
def log(project):
    return json.loads((project / "log.json").read_text())


@pytest.fixture(scope="module")
def document(project):
    locations = [str(project / ".mlflow2prov"), str(project / "out")]
    return extract(project, f"sqlite:///{project}/mlflow.db", calls=locations)


def digest_of(project, name):
    return f"sha256:{hashlib.sha256((project / name).read_bytes()).hexdigest()}"


def versions_reached(document, selector):
    return {
        entry.item.about["uri"]
        for entry in impact(document, selector).reached
        if entry.type == "RegisteredModelVersion"
    }


def test_the_digest_of_a_file_leads_to_every_model_that_it_reached_and_to_no_other(
    project, document, log
):
    files = {name for names in log["reached"].values() for name in names}
    for name in files:
        expected = {uri for uri, names in log["reached"].items() if name in names} - {"none"}
        digest = digest_of(project, name)
        assert versions_reached(document, digest) == expected, name
        assert versions_reached(document, digest[:15]) == expected, name
        assert versions_reached(document, f"File:{name}") == expected, name


def test_the_lineage_of_a_version_has_the_files_that_reached_it_and_no_other(
    project, document, log
):
    files = {name for names in log["reached"].values() for name in names}
    for uri, names in log["reached"].items():
        if uri == "none":
            continue
        contents = {
            Graph(lineage(document, uri)).value(s.id, "digest")
            for s in Graph(lineage(document, uri)).of_type("Content")
        }
        digests = {name: digest_of(project, name) for name in files}
        assert {name for name, digest in digests.items() if digest in contents} == set(names)


def test_logged_files_derive_from_the_results_with_their_content(document, log):
    graph = Graph(document)
    contents = dict(graph.pairs("specializationOf", "specificEntity", "generalEntity"))
    linked = {}
    for artifact, result in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity"):
        if artifact.startswith("Artifact."):
            assert contents[artifact] == contents[result]
            digest = graph.value(contents[artifact], "digest")
            linked[graph.value(artifact, "uri")] = digest.removeprefix("sha256:")
    assert linked == log["logged"]


def test_without_the_artifacts_of_the_store_names_and_sizes_link_the_same_files(
    project, document, monkeypatch
):
    from mlflow2prov.sources.mlflow import local_artifacts

    monkeypatch.setattr(local_artifacts, "_captured_sizes", lambda _: frozenset())
    other = extract(project, f"sqlite:///{project}/mlflow.db", calls=[str(project / "out")])
    links = [
        sorted(
            pair
            for pair in Graph(one).pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
            if pair[0].startswith("Artifact.")
        )
        for one in (document, other)
    ]
    assert links[0] == links[1] != []
    specific = [
        arguments(s)["specificEntity"] for s in other.statements() if s.kind == "specializationOf"
    ]
    assert not [name for name in specific if name.startswith("Artifact.")]


def test_the_document_is_valid_and_the_same_every_time(project, document):
    assert validate(document).is_valid
    locations = [str(project / "out"), str(project / ".mlflow2prov")]
    again = extract(project, f"sqlite:///{project}/mlflow.db", calls=locations)
    assert again == document
    assert merge([document, again]) == document
    assert len(audit(document).versions) == 3
