"""Records of calls among the artifacts of runs: they are read wherever the store is, with distrust."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mlflow2prov import extract, merge, run_extraction, validate
from mlflow2prov.sources.mlflow import call_records
from tests.capture.record_files.test_reading import PYCRUMBS
from tests.sources.capture.graph import Graph
from tests.sources.mlflow.fake_server import json_response, respond_like_mlflow, run, serve
from tests.sources.mlflow.stores import differing_tables, read

RUN = "0" * 32
PATH = "mlflow2prov/calls/one.json"


class FolderOfRun:
    """A file store with one run, whose artifacts a test writes."""

    def __init__(self, folder):
        self.url = str(folder / "mlruns")
        experiment = folder / "mlruns" / "1"
        self.artifacts = experiment / RUN / "artifacts"
        self.artifacts.mkdir(parents=True)
        (experiment / "meta.yaml").write_text("experiment_id: '1'\nname: wine\n")
        (experiment / RUN / "meta.yaml").write_text(
            f"run_id: {RUN}\nexperiment_id: '1'\nartifact_uri: file://{self.artifacts}\n"
            "start_time: 1700000000000\nstatus: 3\nlifecycle_stage: active\n"
        )

    def write(self, content, path=PATH):
        file = self.artifacts / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return file


@pytest.fixture
def folder(tmp_path):
    return FolderOfRun(tmp_path)


def calls(document):
    return Graph(document).of_type("Call")


def respond_with(files):
    """Return a responder of a server with one run whose artifacts are ``files``."""
    listings = {"": [("mlflow2prov", True)], "mlflow2prov": [("mlflow2prov/calls", True)]}
    listings["mlflow2prov/calls"] = [(path, False) for path in files]

    def artifacts(path, _):
        folder = path.partition("&path=")[2].partition("&")[0].replace("%2F", "/")
        return {"files": [{"path": name, "is_dir": d} for name, d in listings.get(folder, ())]}

    respond = respond_like_mlflow(runs_search={"runs": [run(RUN)]}, artifacts_list=artifacts)

    def answer(path, body):
        if not path.startswith("/get-artifact"):
            return respond(path, body)
        name = path.partition("path=")[2].partition("&")[0].replace("%2F", "/")
        content = files[name]
        return (200, {}, content) if isinstance(content, bytes) else json_response(content)

    return answer


def test_a_record_in_a_folder_is_a_call_of_the_run(folder):
    folder.write(PYCRUMBS)
    document = extract(mlflow_url=folder.url)
    (call,) = calls(document)
    graph = Graph(document)
    assert graph.value(call.id, "run_id") == RUN
    assert [pair for pair in graph.pairs("wasStartedBy", "activity", "starter") if call.id in pair]
    assert validate(document).is_valid


def test_a_server_shows_the_same_calls_as_a_folder(folder):
    folder.write(PYCRUMBS)
    _, direct = read(folder.url)
    with serve(respond_with({PATH: PYCRUMBS})) as (url, _):
        report, served = read(url)
    assert report.omissions == []
    tables = {"calls", "call_arguments", "call_results", "environment_packages"}
    assert not tables & differing_tables(direct, served)
    assert len(served.rows("SELECT * FROM calls")) == 1


def test_a_record_is_one_of_the_run_that_has_it(folder):
    folder.write(PYCRUMBS | {"mlflow": {"run_id": "f" * 32}})
    (call,) = calls(extract(mlflow_url=folder.url))
    assert Graph(extract(mlflow_url=folder.url)).value(call.id, "run_id") == RUN


def test_calls_are_not_read_if_none_are_wanted(folder):
    folder.write(PYCRUMBS)
    assert calls(extract(mlflow_url=folder.url, calls=())) == []
    assert calls(extract(mlflow_url=folder.url, artifacts="none")) == []
    with serve(respond_with({PATH: PYCRUMBS})) as (url, requests):
        assert calls(extract(mlflow_url=url, calls=())) == []
    assert not any(request.path.startswith("/get-artifact") for request in requests)


@pytest.mark.parametrize(
    "path",
    ["calls/one.json", "mlflow2prov/one.json", "mlflow2prov/calls/deep/one.json", f"x/{PATH}"],
)
def test_other_artifacts_are_not_read(folder, path):
    folder.write(PYCRUMBS, path)
    extraction = run_extraction(mlflow_url=folder.url)
    assert calls(extraction.document) == [] and extraction.omissions == ()


ODD = [b"", b"{", b"[]", b"null", b'{"uuid": 1}', b"\xff\xfe", b"[" * 100_000]


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_files_that_are_no_records_are_omissions(folder, content):
    folder.write(content)
    folder.write(PYCRUMBS, "mlflow2prov/calls/two.json")
    extraction = run_extraction(mlflow_url=folder.url)
    assert len(calls(extraction.document)) == 1
    (omission,) = extraction.omissions
    assert f"{PATH} of {RUN}: not " in omission and omission.isprintable()


def test_a_large_file_is_an_omission(folder, monkeypatch):
    monkeypatch.setattr(call_records, "MAX_BYTES", 100)
    folder.write(PYCRUMBS)
    extraction = run_extraction(mlflow_url=folder.url)
    assert calls(extraction.document) == []
    assert "longer than 100 bytes" in " ".join(extraction.omissions)


def test_a_large_file_of_a_server_is_an_omission(monkeypatch):
    monkeypatch.setattr(call_records, "MAX_BYTES", 100)
    with serve(respond_with({PATH: PYCRUMBS})) as (url, _):
        report, facts = read(url)
    assert facts.rows("SELECT * FROM calls") == []
    assert len(report.omissions) == 1


def test_a_link_to_a_record_elsewhere_is_not_followed(folder, tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps(PYCRUMBS))
    link = folder.artifacts / PATH
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "secret.json")
    assert calls(extract(mlflow_url=folder.url)) == []


PROGRAM = """
import json
from pathlib import Path
import mlflow
import mlflow2prov.capture as p

p.load_config({"log_to_mlflow": True})
LOG = []

@p.provenance()
def load(path):
    LOG.append(["load", ["path"], ["data.csv"]])
    return [1, 2, 3]

@p.provenance(returns_composite=True, version=2)
def split(data, at=0):
    LOG.append(["split", ["data", "at"], []])
    return {"train": list(data)[:2], "test": list(data)[2:]}

@p.provenance(ignore=["note"])
def fit(train, note=None, flag=False):
    LOG.append(["fit", ["train", "note", "flag"], []])
    return {"weight": len(train)}

@p.tracked(directory_parameter="folder", create_parents=True)
def export(folder, model):
    (Path(folder) / "model.txt").write_text(str(model))
    LOG.append(["export", ["folder", "model"], []])

@p.provenance()
def fail(x):
    LOG.append(["fail", ["x"], []])
    raise ValueError("no https://ada:s3cr3t@example.org/")

if __name__ == "__main__":
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    with mlflow.start_run():
        model = fit(split(load("data.csv"))["train"])
        export("out/model", model)
        try:
            fail(1)
        except ValueError:
            pass
    Path("log.json").write_text(json.dumps(LOG))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder in which a program has made calls within a run of MLflow."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "data.csv").write_text("1,2\n")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "program.py"], cwd=folder, check=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def document(project):
    """The graph of the store alone."""
    return extract(mlflow_url=f"sqlite:///{project}/mlflow.db")


@pytest.mark.slow
class TestLoggedCalls:
    def test_each_call_in_a_run_is_in_the_store(self, document, project):
        graph, log = Graph(document), json.loads((project / "log.json").read_text())
        found = Counter(
            (graph.name_of(call), graph.name_of(entity))
            for call, entity in graph.pairs("used", "activity", "entity")
            if entity.startswith("Argument.")
        )
        assert found == Counter(
            (name, argument) for name, arguments, _ in log for argument in arguments
        )
        statuses = {graph.name_of(s.id): graph.value(s.id, "status") for s in calls(document)}
        assert statuses == {name: "FAILED" if name == "fail" else "FINISHED" for name, *_ in log}
        assert validate(document).is_valid

    def test_the_repository_and_the_record_files_have_nothing_else(self, document, project):
        url = f"sqlite:///{project}/mlflow.db"
        both = extract(mlflow_url=url, calls=[str(project / ".mlflow2prov"), str(project / "out")])
        assert both == document
        without = extract(
            mlflow_url=url,
            calls=[str(project / ".mlflow2prov"), str(project / "out")],
            artifacts="none",
        )
        assert {s.id for s in calls(without)} == {s.id for s in calls(document)}
        assert merge([document, both]) == document

    def test_no_secret_is_logged(self, project):
        records = list((project / "mlruns").rglob("mlflow2prov/calls/*.json"))
        assert len(records) == 5
        assert not any("s3cr3t" in path.read_text() for path in records)
