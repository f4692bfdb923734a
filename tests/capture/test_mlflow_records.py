"""Records of calls that are logged to MLflow: on request, by the client of the program, without ever disturbing it."""

import json
import sys
from types import ModuleType, SimpleNamespace

import jsonschema
import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import mlflow_records, recording
from mlflow2prov.secrets import MASK
from tests.capture.record_files.test_records import SCHEMA

RUN = "0" * 32


class Client:
    """A client of MLflow that keeps what it logs, or fails."""

    def __init__(self):
        self.logged, self.tags, self.error = {}, [], None

    def log_text(self, run_id, text, path):
        if self.error is not None:
            raise self.error
        self.logged[path] = (run_id, json.loads(text))

    def set_tag(self, run_id, key, value):
        if self.error is not None:
            raise self.error
        self.tags.append((run_id, key, value))


@pytest.fixture
def client(monkeypatch):
    """The client of a program that has imported MLflow and has an active run."""
    client, module = Client(), ModuleType("mlflow")
    module.MlflowClient = lambda: client
    module.active_run = lambda: SimpleNamespace(info=SimpleNamespace(run_id=RUN, experiment_id="1"))
    module.get_tracking_uri = lambda: "https://ada:s3cr3t@example.org"
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return client


@pytest.fixture
def config(memory_repo):
    """A configuration that logs records."""
    before = p.current_config()
    p.Config.set_current(p.Config(default_repo=memory_repo, log_to_mlflow=True))
    yield
    p.Config.set_current(before)


@pytest.fixture
def memory_repo():
    return p.MemoryRepo()


def one(client):
    """Return the only record that was logged."""
    ((path, (run_id, record)),) = client.logged.items()
    assert run_id == RUN and path == f"mlflow2prov/calls/{record['uuid']}.json"
    return record


def test_the_record_of_a_call_is_logged_to_its_run(client, config, memory_repo):
    p.provenance(version=3)(lambda x: [x])(0)
    record = one(client)
    (call,) = memory_repo.calls()
    assert p.RecordedCall.from_json(record).call.artifact_id == call.artifact_id is not None
    assert record["arguments"][0]["value"] == 0 and record["version"] == 3
    assert record["package_inventory"] == p.get_installed_packages()
    jsonschema.validate(record, SCHEMA)


def test_custom_fields_and_tags_are_logged_without_secrets(client, config, memory_repo):
    fields = {"team": "wine", "token": "s3cr3t-1", "kind": object()}
    p.provenance(tags=["slow"], custom_fields=fields)(lambda x: x)(0)
    record = one(client)
    assert record["custom_fields"] == {
        "team": "wine",
        "token": MASK,
        "kind": "builtins.object",
        "tags": ["slow"],
    }
    read = p.RecordedCall.from_json(record).call.custom_fields
    assert read == record["custom_fields"]
    jsonschema.validate(record, SCHEMA)
    with pytest.raises(p.InvalidRecordError, match="custom_fields is not of the type dict"):
        p.RecordedCall.from_json(record | {"custom_fields": ["slow"]})


def test_the_record_of_a_tracked_call_is_the_record_file(client, config, tmp_path):
    p.tracked(literal_directory=tmp_path, record_filename="r")(lambda: None)()
    assert one(client) == json.loads((tmp_path / "r.json").read_text())


def test_a_tag_of_the_run_names_the_outermost_call(client, config, memory_repo):
    inner = p.provenance(name="inner")(lambda x: x)
    outer = p.provenance(name="outer")(lambda x: [inner(x), inner(x + 1)])
    outer(1)
    (call,) = memory_repo.calls(name="outer")
    assert client.tags == [(RUN, "mlflow2prov.call", call.id)]
    outer(7)
    assert client.tags[-1][2] == memory_repo.calls(name="outer")[-1].id
    assert len(client.tags) == 2


def test_a_call_that_began_the_run_replaces_the_calls_within_it(client, config, monkeypatch):
    mlflow = sys.modules["mlflow"]
    run, mlflow.active_run = mlflow.active_run, lambda: None
    started = []
    monkeypatch.setattr(recording, "last_mlflow_run", lambda: RUN if started else None)

    def train(x):
        started.append(1)
        mlflow.active_run = run
        p.provenance(name="fit")(lambda y: y)(x)
        mlflow.active_run = lambda: None

    p.provenance(name="train")(train)(1)
    names = [client.logged[f"mlflow2prov/calls/{call}.json"][1] for _, _, call in client.tags]
    assert [name["called_function"]["name"] for name in names] == ["<lambda>", "train"]


def test_the_tag_of_a_large_record_is_set(client, config, monkeypatch):
    monkeypatch.setattr(mlflow_records, "MAX_BYTES", 10)
    with pytest.warns(p.CaptureWarning, match="larger than 10 bytes"):
        p.provenance()(lambda x: x)(7)
    assert len(client.tags) == 1


def test_a_failure_is_logged_too(client, config):
    @p.provenance()
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert one(client)["exception"] == {"type": "builtins.ValueError", "message": "no"}


def test_without_the_setting_nothing_is_logged(client, memory_repo):
    p.provenance(repo=memory_repo)(lambda x: x)(1)
    assert client.logged == {}
    assert client.tags == []


def test_without_a_run_nothing_is_logged(client, config):
    sys.modules["mlflow"].active_run = lambda: None
    p.provenance()(lambda x: x)(1)
    assert client.logged == {}
    assert client.tags == []


def test_mlflow_is_not_imported(config, monkeypatch):
    monkeypatch.delitem(sys.modules, "mlflow", raising=False)
    monkeypatch.setenv("MLFLOW_RUN_ID", RUN)
    p.provenance()(lambda x: x)(1)
    assert "mlflow" not in sys.modules


def test_a_failing_store_is_a_warning_without_secrets(client, config):
    client.error = ConnectionError("no https://ada:s3cr3t@example.org")
    with pytest.warns(p.CaptureWarning, match="not logged to MLflow") as warnings:
        assert p.provenance(proxies=False)(lambda x: x)(7) == 7
    assert "s3cr3t" not in str(warnings[0].message)


def test_a_large_record_is_not_logged(client, config, monkeypatch):
    monkeypatch.setattr(mlflow_records, "MAX_BYTES", 10)
    with pytest.warns(p.CaptureWarning, match="larger than 10 bytes"):
        p.provenance()(lambda x: x)(7)
    assert client.logged == {}


def test_no_secret_is_logged(client, config):
    p.provenance()(lambda password: password)("s3cr3t-1")
    assert "s3cr3t" not in json.dumps(one(client))


def test_a_proxy_is_an_argument_of_a_tracked_function(tmp_path, memory_repo):
    value = p.provenance(repo=memory_repo)(lambda: {"a": 1})()
    received = []
    p.tracked(literal_directory=tmp_path)(received.append)(value)
    assert received == [{"a": 1}]


def test_a_proxy_is_the_folder_of_a_tracked_function(tmp_path, memory_repo):
    folder = p.provenance(repo=memory_repo)(lambda: str(tmp_path / "out"))()
    p.tracked(directory_parameter="folder", record_filename="r")(lambda folder: folder)(folder)
    assert (tmp_path / "out" / "r.json").is_file()
    value = p.provenance(repo=memory_repo)(lambda: {"a": 1})()
    with pytest.raises(p.InvalidArgumentError, match="is not a path"):
        p.tracked(directory_parameter="folder")(lambda folder: folder)(value)
