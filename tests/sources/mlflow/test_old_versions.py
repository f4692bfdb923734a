"""Stores of older versions of MLflow, each made and served by that version itself."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import make_store, mlflow_server
from tests.services import old_mlflow, skip_or_fail
from tests.sources.mlflow.stores import assert_a_server_shows_its_store, count_rows, read

pytestmark = pytest.mark.slow

# The facts of the store that tests/services/mlflow_2_store.py makes.
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
# The additional facts since MLflow 2.5: a trace, and a prompt, which is a registered model with a tag.
SINCE_2_5 = {
    "run_traces": 1,
    "registered_models": 1,
    "registered_model_tags": 1,
    "registered_model_versions": 1,
    "registered_model_version_tags": 2,
}
OLDEST = "2.5.0"


class OldStore(NamedTuple):
    version: str
    database: str
    files: str
    server: str


@pytest.fixture(scope="session", params=old_mlflow.VERSIONS)
def old(request, tmp_path_factory) -> Iterator[OldStore]:
    """A store of an older version: in SQLite, as files, and through a server for the database."""
    version = request.param
    python = old_mlflow.interpreter(version)
    if python is None:
        skip_or_fail(
            f"MLflow {version} is missing; python tests/services/old_mlflow.py installs it"
        )
    folder = tmp_path_factory.mktemp("old")
    files = folder / "mlruns-as-files"
    database = f"sqlite:///{folder / 'mlflow.db'}"
    for uri in (database, files.as_uri()):
        make_store(folder, uri, python, "services/mlflow_2_store.py")
    with mlflow_server(database, python=python) as server:
        yield OldStore(version, database, str(files), server)


@pytest.mark.parametrize("way", ["database", "files"])
def test_all_facts_are_read(old, way):
    report, facts = read(getattr(old, way))
    additional = {} if old.version == OLDEST else SINCE_2_5
    assert count_rows(facts) == {
        name: COUNTS.get(name, 0) + additional.get(name, 0) for name in COUNTS | additional
    }
    assert (report.omissions, report.notices) == ([], [])


@pytest.mark.parametrize("way", ["database", "files"])
def test_runs_have_their_status_lifecycle_stage_and_times(old, way):
    _, facts = read(getattr(old, way))
    assert facts.rows(
        """
        SELECT
            experiments.name,
            runs.name,
            runs."user",
            runs.status,
            runs.lifecycle_stage,
            runs.started_at,
            runs.ended_at IS NULL,
            runs.deleted_at IS NOT NULL
        FROM runs
        JOIN experiments USING (experiment_id)
        ORDER BY started_at
        """
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
    assert facts.rows("SELECT name, lifecycle_stage FROM experiments ORDER BY name") == [
        ("Default", "active"),
        ("closed", "deleted"),
        ("wine", "active"),
    ]


def with_run_names(table):
    """Return a query for a table in which the name of the run replaces its id."""
    return f"""
        SELECT runs.name, {table}.* EXCLUDE run_id
        FROM {table}
        JOIN runs USING (run_id)
        ORDER BY ALL
    """


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_runs_have_their_params_metrics_artifacts_datasets_and_parents(old, way):
    _, facts = read(getattr(old, way))
    assert facts.rows(with_run_names("params")) == [
        ("trial 0", "depth", "0"),
        ("trial 1", "depth", "1"),
    ]
    metrics = f"SELECT * REPLACE (value::VARCHAR AS value) FROM ({with_run_names('metrics')})"
    assert facts.rows(f"{metrics} ORDER BY ALL") == [
        ("trial 0", "down", "-inf", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 0", "loss", "0.25", 2, "2023-11-14T22:13:20.002000+00:00"),
        ("trial 0", "nan", "nan", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 0", "up", "inf", 0, "2023-11-14T22:13:20+00:00"),
        ("trial 1", "loss", "0.125", 2, "2023-11-14T22:13:20.002000+00:00"),
    ]
    assert facts.rows(with_run_names("artifacts")) == [
        ("trial 0", "model", True, None, True),
        ("trial 0", "model/MLmodel", False, 12, False),
        ("trial 0", "model/weights.bin", False, 100, False),
        ("trial 0", "top.txt", False, 3, False),
    ]
    dataset = ("bottles", "abc123", "local", '{"uri": "bottles.csv"}', '{"a": 1}', "{}", "training")
    assert facts.rows(with_run_names("dataset_inputs")) == [("trial 0", *dataset)]
    assert facts.rows(
        """
        SELECT child.name, parent.name
        FROM run_tags
        JOIN runs AS child USING (run_id)
        JOIN runs AS parent ON parent.run_id = run_tags.value
        WHERE run_tags.key = 'mlflow.parentRunId'
        ORDER BY ALL
        """
    ) == [("trial 0", "search"), ("trial 1", "search")]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_the_metric_history_has_every_step(old, way):
    _, facts = read(getattr(old, way), metric_history=True)
    assert facts.rows(
        """
        SELECT runs.name, step, value
        FROM metrics
        JOIN runs USING (run_id)
        WHERE key = 'loss'
        ORDER BY ALL
        """
    ) == [
        ("trial 0", 0, 1.0),
        ("trial 0", 1, 0.5),
        ("trial 0", 2, 0.25),
        ("trial 1", 0, 0.5),
        ("trial 1", 1, 0.25),
        ("trial 1", 2, 0.125),
    ]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_versions_have_their_stages_origins_and_aliases(old, way):
    _, facts = read(getattr(old, way))
    assert facts.rows(
        """
        SELECT
            versions.version,
            versions.stage,
            runs.name,
            versions.source_path,
            versions.description,
            aliases.alias
        FROM registered_model_versions AS versions
        LEFT JOIN registered_model_aliases AS aliases USING (name, version)
        JOIN runs ON runs.run_id = versions.source_run_id
        WHERE NOT versions.is_deleted AND versions.name = 'wine'
        ORDER BY versions.version
        """
    ) == [
        ("1", "Archived", "trial 0", "model", "from a trial", None),
        ("2", "Production", "trial 0", "model", "from a trial", "champion"),
        ("4", "None", "trial 0", "model", "from a trial", None),
    ]


def test_a_database_redacts_a_deleted_version_and_a_file_store_does_not(old):
    deleted = """
        SELECT name, version, stage, source_path, description, deleted_at IS NOT NULL
        FROM registered_model_versions
        WHERE is_deleted
    """
    _, database_facts = read(old.database)
    _, file_facts = read(old.files)
    assert database_facts.rows(deleted) == [("wine", "3", None, None, None, True)]
    assert file_facts.rows(deleted) == [("wine", "3", None, "model", "from a trial", True)]


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_prompts_are_distinguished_from_models(old, way):
    _, facts = read(getattr(old, way))
    prompts = facts.rows("SELECT name FROM registered_models WHERE is_prompt")
    assert prompts == ([] if old.version == OLDEST else [("greeting",)])


@pytest.mark.parametrize("way", ["database", "files", "server"])
def test_traces_are_read_if_the_version_has_them(old, way):
    _, facts = read(getattr(old, way), traces=True)
    traces = facts.rows(
        """
        SELECT traces.name, traces.state, runs.name, traces."user", traces.requested_at
        FROM traces
        LEFT JOIN runs USING (run_id)
        """
    )
    trace = ("answer", "ok", "going on", "bob", "2023-11-14T22:15:01+00:00")
    assert traces == ([] if old.version == OLDEST else [trace])


def test_a_server_shows_its_database_except_for_the_facts_that_it_hides(old):
    _, direct = read(old.database)
    report, served = read(old.server)
    assert_a_server_shows_its_store(direct, served)
    assert report.version == old.version
    assert report.omissions == []


def test_an_endpoint_that_an_old_server_lacks_is_not_an_omission(old):
    request = urllib.request.Request(
        f"{old.server}/api/2.0/mlflow/logged-models/search",
        data=b'{"experiment_ids": ["0"]}',
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request)
    report, facts = read(old.server)
    assert facts.rows("SELECT * FROM logged_models") == []
    assert report.omissions == []


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
