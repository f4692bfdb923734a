"""Stores of earlier MLflows, each made and served by that MLflow itself."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import make_store, mlflow_server
from tests.services import is_missing, old_mlflow
from tests.services.reading import assert_a_server_says_what_its_store_says, counts, read

# What is in the store that tests/services/mlflow_2_store.py makes.
COUNTS = {
    "experiments": 3,
    "experiment_tags": 1,
    "runs": 6,
    "run_tags": 22,
    "params": 2,
    "metrics": 5,
    "dataset_inputs": 1,
    "artifacts": 4,
    "registered_models": 2,
    "registered_model_tags": 1,
    "registered_model_aliases": 1,
    "registered_model_versions": 4,
    "registered_model_version_tags": 1,
}
# What there was not yet in MLflow 2.5: traces, and prompts, which are registered models of a kind.
SINCE = {
    "run_traces": 1,
    "registered_models": 1,
    "registered_model_tags": 1,
    "registered_model_versions": 1,
    "registered_model_version_tags": 2,
}
FIRST = "2.5.0"


class OldStore(NamedTuple):
    version: str
    database: str
    files: str
    server: str


@pytest.fixture(scope="session", params=old_mlflow.VERSIONS)
def old(request, tmp_path_factory) -> Iterator[OldStore]:
    """A store of an MLflow of earlier years: in SQLite, as files, and by a server over the database."""
    version = request.param
    python = old_mlflow.interpreter(version)
    if python is None:
        is_missing(f"MLflow {version} is missing; python tests/services/old_mlflow.py sets it up")
    folder = tmp_path_factory.mktemp("old")
    files = folder / "mlruns-as-files"
    database = f"sqlite:///{folder / 'mlflow.db'}"
    for uri in (database, files.as_uri()):
        make_store(folder, uri, python, "services/mlflow_2_store.py")
    with mlflow_server(database, python=python) as server:
        yield OldStore(version, database, str(files), server)


@pytest.mark.parametrize("way", ["database", "files"])
def test_everything_is_read(old, way):
    info, facts = read(getattr(old, way))
    since = {} if old.version == FIRST else SINCE
    assert counts(facts) == {
        name: COUNTS.get(name, 0) + since.get(name, 0) for name in COUNTS | since
    }
    assert (info.left_out, info.notices) == ([], [])


@pytest.mark.parametrize("way", ["database", "files"])
def test_runs_in_every_state(old, way):
    _, facts = read(getattr(old, way))
    assert facts.query(
        'SELECT e.name, r.name, "user", status, r.lifecycle_stage, started_at, ended_at IS NULL, '
        "r.deleted_at IS NOT NULL FROM {runs} r JOIN {experiments} e USING (experiment_id) "
        "ORDER BY started_at"
    ) == [
        (
            "wine",
            "search",
            "alice",
            "finished",
            "active",
            "2023-11-14T22:13:20+00:00",
            False,
            False,
        ),
        (
            "wine",
            "trial 0",
            "alice",
            "finished",
            "active",
            "2023-11-14T22:13:21+00:00",
            False,
            False,
        ),
        (
            "wine",
            "trial 1",
            "alice",
            "finished",
            "active",
            "2023-11-14T22:13:21.001000+00:00",
            False,
            False,
        ),
        ("wine", "mistake", "bob", "failed", "deleted", "2023-11-14T22:14:10+00:00", False, True),
        (
            "closed",
            "unlucky",
            "carol",
            "killed",
            "deleted",
            "2023-11-14T22:14:20+00:00",
            False,
            True,
        ),
        ("wine", "going on", "bob", "running", "active", "2023-11-14T22:15:00+00:00", True, False),
    ]
    assert facts.query("SELECT name, lifecycle_stage FROM {experiments} ORDER BY name") == [
        ("Default", "active"),
        ("closed", "deleted"),
        ("wine", "active"),
    ]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_what_runs_logged(old, way):
    _, facts = read(getattr(old, way))
    logged = "SELECT r.name, t.* EXCLUDE run_id FROM {{{}}} t JOIN {{runs}} r USING (run_id)"
    assert facts.query(f"{logged.format('params')} ORDER BY ALL") == [
        ("trial 0", "depth", "0"),
        ("trial 1", "depth", "1"),
    ]
    assert facts.query(
        "SELECT name, key, value::VARCHAR, step, timestamp "
        f"FROM ({logged.format('metrics')}) ORDER BY ALL"
    ) == [
        ("trial 0", "down", "-inf", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 0", "loss", "0.25", 2, "2023-11-14T22:13:20.002000+00:00"),
        ("trial 0", "nan", "nan", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 0", "up", "inf", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 1", "loss", "0.125", 2, "2023-11-14T22:13:20.002000+00:00"),
    ]
    assert facts.query(f"{logged.format('artifacts')} ORDER BY ALL") == [
        ("trial 0", "model", True, None, True),
        ("trial 0", "model/MLmodel", False, 12, False),
        ("trial 0", "model/weights.bin", False, 100, False),
        ("trial 0", "top.txt", False, 3, False),
    ]
    about = ("bottles", "abc123", "local", '{"uri": "bottles.csv"}', '{"a": 1}', "{}", "training")
    assert facts.query(logged.format("dataset_inputs")) == [("trial 0", *about)]
    assert facts.query(
        "SELECT child.name, parent.name FROM {run_tags} t JOIN {runs} child USING (run_id) "
        "JOIN {runs} parent ON t.value = parent.run_id "
        "WHERE t.key = 'mlflow.parentRunId' ORDER BY ALL"
    ) == [("trial 0", "search"), ("trial 1", "search")]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_metric_history_is_every_step(old, way):
    _, facts = read(getattr(old, way), metric_history=True)
    assert facts.query(
        "SELECT r.name, step, value FROM {metrics} JOIN {runs} r USING (run_id) "
        "WHERE key = 'loss' ORDER BY ALL"
    ) == [
        ("trial 0", 0, 1.0),
        ("trial 0", 1, 0.5),
        ("trial 0", 2, 0.25),
        ("trial 1", 0, 0.5),
        ("trial 1", 1, 0.25),
        ("trial 1", 2, 0.125),
    ]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_versions_their_stages_and_what_they_were_registered_from(old, way):
    _, facts = read(getattr(old, way))
    assert facts.query(
        "SELECT v.version, stage, r.name, source_path, v.description, alias "
        "FROM {registered_model_versions} v JOIN {runs} r ON source_run_id = run_id "
        "LEFT JOIN {registered_model_aliases} a ON (a.name, a.version) = (v.name, v.version) "
        "WHERE NOT is_deleted AND v.name = 'wine' ORDER BY v.version"
    ) == [
        ("1", "Archived", "trial 0", "model", "from a trial", None),
        ("2", "Production", "trial 0", "model", "from a trial", "champion"),
        ("4", "None", "trial 0", "model", "from a trial", None),
    ]


def test_a_database_forgets_what_a_deleted_version_was_and_files_do_not(old):
    deleted = (
        "SELECT name, version, stage, source_path, description, deleted_at IS NOT NULL "
        "FROM {registered_model_versions} WHERE is_deleted"
    )
    _, of_database = read(old.database)
    _, of_files = read(old.files)
    assert of_database.query(deleted) == [("wine", "3", None, None, None, True)]
    assert of_files.query(deleted) == [("wine", "3", None, "model", "from a trial", True)]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_prompts_are_told_from_models_where_there_are_any(old, way):
    _, facts = read(getattr(old, way))
    prompts = facts.query("SELECT name FROM {registered_models} WHERE is_prompt")
    assert prompts == ([] if old.version == FIRST else [("greeting",)])


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_traces_where_there_are_any(old, way):
    _, facts = read(getattr(old, way), traces=True)
    found = facts.query(
        'SELECT t.name, t.state, r.name, t."user", t.requested_at '
        "FROM {traces} t LEFT JOIN {runs} r USING (run_id)"
    )
    trace = ("answer", "ok", "going on", "bob", "2023-11-14T22:15:01+00:00")
    assert found == ([] if old.version == FIRST else [trace])


def test_a_server_says_what_its_database_says_but_for_what_it_hides(old):
    _, direct = read(old.database)
    info, served = read(old.server)
    assert_a_server_says_what_its_store_says(direct, served)
    assert info.version == old.version
    assert info.left_out == []


def test_what_an_old_server_has_no_endpoint_for_is_not_there_and_not_left_out(old):
    request = urllib.request.Request(
        f"{old.server}/api/2.0/mlflow/logged-models/search",
        data=b'{"experiment_ids": ["0"]}',
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request)
    info, facts = read(old.server)
    assert facts.query("SELECT * FROM {logged_models}") == []
    assert info.left_out == []


def test_reading_an_old_database_does_not_migrate_it(old):
    file = Path(old.database.removeprefix("sqlite:///"))
    before = hashlib.sha256(file.read_bytes()).hexdigest(), sorted(file.parent.iterdir())
    read(old.database)
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), sorted(file.parent.iterdir())) == before


def test_reading_an_old_file_store_changes_no_file(old):
    def contents():
        return {p: p.read_bytes() for p in sorted(Path(old.files).rglob("*")) if p.is_file()}

    before = contents()
    read(old.files)
    assert contents() == before
