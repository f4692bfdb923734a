"""Record files are read back, those of pycrumbs too; everything else is one clear error."""

import json
from datetime import datetime

import pytest

from mlflow2prov.capture import InvalidRecordError, read_records, tracked, write_record

PYCRUMBS = {
    "uuid": "51af8c51-0de5-48f5-a7da-9ec9688d56b6",
    "timing": {
        "start_time": "2023-01-16 22:38:54.484040",
        "end_time": "2023-01-16 22:38:54.534795",
        "run_time": "0:00:00.050755",
    },
    "environment": {"argv": ["thing.py"], "cwd": "/home/ada/project", "hostname": "node"},
    "package_inventory": {"numpy": "1.24.1"},
    "called_function": {
        "name": "train",
        "module": "__main__",
        "source_file": "/home/ada/project/src/train.py",
        "parameters": {"model": "wine", "seed": None},
        "altered_parameters": {"model": "wine", "seed": 106543},
    },
    "tracked_module": {
        "module_path": "/home/ada/project/src/train.py",
        "name": "__main__",
        "git_active_branch": "main",
        "git_commit_hash": "2a38ea37ee41466612f312d082445528df9f8d9d",
        "git_is_dirty": True,
        "git_remotes": {"origin": "https://ada:s3cr3t@example.org/wine.git"},
        "git_working_dir": "/home/ada/project",
    },
    "seed": 106543,
}


def test_a_record_is_read_as_it_was_written(tmp_path):
    @tracked(literal_directory=tmp_path, seed_parameter="seed", chain_records=True)
    def train(rate, seed=None):
        (tmp_path / "model.txt").write_text("x")
        if rate > 1:
            raise ValueError("too large")

    train(0.5)
    with pytest.raises(ValueError, match="too large"):
        train(2)
    path = tmp_path / "train_record.json"
    contents = json.loads(path.read_text())
    records = read_records(path)
    assert [record.to_json() for record in records] == contents
    assert [record.call.status for record in records] == ["FINISHED", "FAILED"]


def test_files_of_pycrumbs_are_read(tmp_path):
    write_record(tmp_path / "record.json", PYCRUMBS)
    (record,) = read_records(tmp_path / "record.json")
    call = record.call
    assert call.id == PYCRUMBS["uuid"]
    assert call.status == "FINISHED"
    assert call.started_at == datetime(2023, 1, 16, 22, 38, 54, 484040).astimezone()
    assert [(argument.name, argument.value) for argument in call.arguments] == [
        ("model", "wine"),
        ("seed", 106543),
    ]
    assert call.git_commit == "2a38ea37ee41466612f312d082445528df9f8d9d"
    assert call.source_path == "src/train.py"
    assert call.git_dirty is True
    assert call.repository_url == "https://example.org/wine.git"
    assert call.seed == 106543
    assert record.packages == {"numpy": "1.24.1"}


def test_an_unfinished_file_of_pycrumbs_is_a_call_that_runs(tmp_path):
    timing = {"start_time": "2023-01-16 22:38:54.484040"}
    write_record(tmp_path / "record.json", [PYCRUMBS | {"timing": timing}])
    (record,) = read_records(tmp_path / "record.json")
    assert record.call.status == "RUNNING"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"3",
        b"[3]",
        b'"text"',
        b"{}",
        b'{"uuid": 1}',
        b"[" * 100_000,
        json.dumps(PYCRUMBS | {"timing": []}).encode(),
        json.dumps(PYCRUMBS | {"timing": {"start_time": "yesterday"}}).encode(),
        json.dumps(PYCRUMBS | {"timing": {"start_time": 3}}).encode(),
        json.dumps(PYCRUMBS | {"called_function": {}}).encode(),
        json.dumps(PYCRUMBS | {"called_function": None}).encode(),
        json.dumps(PYCRUMBS | {"tracked_module": [1]}).encode(),
        json.dumps(PYCRUMBS | {"arguments": [{"nome": 1}]}).encode(),
        json.dumps(PYCRUMBS | {"outputs": 3}).encode(),
        json.dumps(PYCRUMBS | {"status": "DONE"}).encode(),
        json.dumps(PYCRUMBS | {"package_inventory": [1]}).encode(),
        json.dumps(PYCRUMBS | {"parent_uuid": [1]}).encode(),
        json.dumps(PYCRUMBS | {"environment": {"cwd": 3}}).encode(),
        json.dumps(PYCRUMBS | {"environment": {"orig_argv": "rm"}}).encode(),
        json.dumps(PYCRUMBS | {"environment": {"environment_variables": [1]}}).encode(),
        json.dumps(PYCRUMBS | {"arguments": [{"name": "a", "artifacts": 3}]}).encode(),
        json.dumps(PYCRUMBS | {"arguments": [{"name": "a", "type": 3}]}).encode(),
        json.dumps(PYCRUMBS | {"outputs": [{"path": ["a"]}]}).encode(),
        json.dumps(
            PYCRUMBS | {"tracked_module": PYCRUMBS["tracked_module"] | {"git_commit_hash": 3}}
        ).encode(),
        json.dumps(
            PYCRUMBS | {"called_function": PYCRUMBS["called_function"] | {"source_file": 3}}
        ).encode(),
    ],
)
def test_a_file_that_is_no_record_is_an_error_that_names_it(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with pytest.raises(InvalidRecordError, match=r"record\.json: "):
        read_records(path)


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_is_not_there_is_an_error(tmp_path, name):
    with pytest.raises(InvalidRecordError, match="no such file"):
        read_records(tmp_path / name)
