"""One store, read in three ways: through its server, its database and its files."""

import hashlib
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.database import connection
from mlflow2prov.sources.folder import Folder
from mlflow2prov.sources.mlflow import entities, environments, store
from mlflow2prov.sources.mlflow.filestore import files
from mlflow2prov.sources.mlflow.local_artifacts import list_folder
from tests.sources.mlflow.stores import (
    assert_a_server_shows_its_store,
    count_rows,
    differing_tables,
    read,
    rows,
)

# The facts of the store that tests/mlflow_store.py makes, without its model registry.
COUNTS = {
    "experiments": 4,
    "experiment_tags": 2,
    "runs": 8,
    "params": 7,
    "metrics": 11,
    "dataset_inputs": 1,
    "artifacts": 14,
    "logged_models": 1,
    "logged_model_tags": 4,
    "logged_model_params": 1,
    "logged_model_metrics": 1,
    "logged_model_artifacts": 5,
    "run_models": 1,
    "run_traces": 1,
    "traces": 0,
    "assessments": 0,
    "environments": 0,
}

every_way = pytest.mark.parametrize(
    "store", ["sqlite_store", "file_store", "sqlite_server", "file_server"]
)
three_ways = pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server"])


@every_way
def test_all_facts_are_read(store, request):
    _, facts = read(request.getfixturevalue(store))
    counts = count_rows(facts)
    assert {name: counts.get(name, 0) for name in COUNTS} == COUNTS


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_server_shows_its_store_except_for_the_facts_that_it_hides(kind, request):
    report, direct = read(request.getfixturevalue(f"{kind}_store"))
    _, served = read(request.getfixturevalue(f"{kind}_server"))
    assert_a_server_shows_its_store(direct, served)
    assert report.omissions == []


@three_ways
def test_the_metric_history_has_every_step(store, request):
    _, facts = read(request.getfixturevalue(store), metric_history=True)
    assert facts.rows("SELECT step, value FROM metrics WHERE key = 'loss' AND value > 0.3")
    assert facts.rows("SELECT count(*) FROM metrics WHERE key = 'loss'") == [(12,)]


@three_ways
def test_artifacts_at_every_depth_are_listed_with_their_sizes(store, request):
    _, facts = read(request.getfixturevalue(store))
    assert facts.rows(
        """
        SELECT path, is_dir, file_size, is_model
        FROM artifacts
        WHERE run_id = (SELECT min(run_id) FROM artifacts)
        ORDER BY path
        """
    ) == [
        ("model", True, None, True),
        ("model/MLmodel", False, 33, False),
        ("model/deep", True, None, False),
        ("model/deep/er", True, None, False),
        ("model/deep/er/weights.bin", False, 100, False),
        ("model/requirements.txt", False, 51, False),
        ("top.txt", False, 3, False),
    ]


@three_ways
def test_metrics_can_be_infinite_or_not_a_number(store, request):
    _, facts = read(request.getfixturevalue(store))
    metrics = facts.rows(
        "SELECT key, value::VARCHAR FROM metrics WHERE key IN ('nan', 'up', 'down')"
    )
    assert dict(metrics) == {"nan": "nan", "up": "inf", "down": "-inf"}


@pytest.mark.parametrize("store", ["sqlite_store", "file_store"])
def test_a_database_and_a_file_store_show_deleted_versions(store, request):
    _, facts = read(request.getfixturevalue(store))
    deleted = facts.rows(
        """
        SELECT name, version, stage, deleted_at IS NOT NULL
        FROM registered_model_versions
        WHERE is_deleted
        """
    )
    assert deleted == [("fraud", "3", None, True)]


def test_redacted_values_are_not_facts(sqlite_store):
    _, facts = read(sqlite_store)
    assert not any("REDACTED" in row for name in TABLES for row in rows(facts, name))


@three_ways
def test_a_version_is_linked_to_the_run_or_model_that_it_was_registered_from(store, request):
    _, facts = read(request.getfixturevalue(store))
    versions = facts.rows(
        """
        SELECT name, version, source_path, source_model_id IS NOT NULL
        FROM registered_model_versions
        WHERE NOT is_deleted AND NOT is_prompt
        ORDER BY ALL
        """
    )
    assert versions == [
        ("fraud", "1", "model", False),
        ("fraud", "2", None, True),
        ("other", "1", "model", False),
    ]


@every_way
def test_traces_are_counted_by_run_and_read_on_request(store, request):
    url = request.getfixturevalue(store)
    counts = """
        SELECT runs.name, run_traces.traces, run_traces.assessments
        FROM run_traces
        JOIN runs USING (run_id)
    """
    _, facts = read(url)
    assert facts.rows(counts) == [("evaluation", 2, 2)]
    _, facts = read(url, traces=True)
    assert facts.rows(counts) == [("evaluation", 2, 2)]
    assert facts.rows(
        """
        SELECT traces.name, traces.state, runs.name, traces."user", traces.requested_at
        FROM traces
        LEFT JOIN runs USING (run_id)
        ORDER BY requested_at
        """
    ) == [
        ("answer", "ok", "evaluation", "dave", "2023-11-14T22:14:31+00:00"),
        ("answer", "ok", "evaluation", "dave", "2023-11-14T22:14:31.001000+00:00"),
        ("answer", "ok", None, "dave", "2023-11-14T22:14:31.002000+00:00"),
    ]
    assert facts.rows(
        "SELECT name, kind, value, source_type, source_id FROM assessments ORDER BY name"
    ) == [
        ("exact", "feedback", "true", "code", "exactness"),
        ("expected", "expectation", "yes", "human", "erin"),
    ]


@every_way
def test_environments_are_read_on_request(store, request):
    _, facts = read(request.getfixturevalue(store), environments=True)
    files_of_models = facts.rows(
        """
        SELECT path, name, count(*), count(DISTINCT digest)
        FROM environments
        GROUP BY ALL
        ORDER BY ALL
        """
    )
    # Those of two runs, and that of the logged model, which lies at its root.
    assert files_of_models == [("", "requirements.txt", 1, 1), ("model", "requirements.txt", 2, 1)]
    assert facts.rows("SELECT name, version FROM environment_packages ORDER BY ALL") == [
        ("numpy", "<3,>=2"),
        ("scikit-learn", "1.5"),
    ]


@every_way
@pytest.mark.parametrize(
    ("artifacts", "run_paths", "model_paths"),
    [
        ("none", set(), set()),
        ("top", {"model", "top.txt"}, {"MLmodel", "deep", "requirements.txt"}),
    ],
)
def test_the_listing_of_artifacts_can_be_limited(store, artifacts, run_paths, model_paths, request):
    _, facts = read(request.getfixturevalue(store), artifacts=artifacts)
    assert {path for (path,) in facts.rows("SELECT path FROM artifacts")} == run_paths
    assert {
        path for (path,) in facts.rows("SELECT path FROM logged_model_artifacts")
    } == model_paths


def test_the_origin_of_a_deleted_version_is_restored_on_request(sqlite_store):
    deleted = """
        SELECT versions.source_path, runs.name
        FROM registered_model_versions AS versions
        LEFT JOIN runs ON runs.run_id = versions.source_run_id
        WHERE versions.is_deleted
    """
    _, facts = read(sqlite_store, restore_redacted=True)
    assert facts.rows(deleted) == [("model", "trial 0")]
    _, facts = read(sqlite_store)
    assert facts.rows(deleted) == [(None, None)]


@every_way
def test_credentials_in_the_url_of_a_repository_are_not_facts(store, request):
    _, facts = read(request.getfixturevalue(store))
    urls = facts.rows("SELECT value FROM run_tags WHERE key = 'mlflow.source.git.repoURL'")
    assert urls == [("https://example.org/team/fraud.git",)]
    assert not any("t0ps3cret" in row for name in TABLES for row in rows(facts, name))


@every_way
def test_the_longest_values_that_mlflow_accepts_are_read_whole(store, request):
    _, facts = read(request.getfixturevalue(store))
    assert facts.rows("SELECT max(length(value)) FROM params") == [(6000,)]
    assert facts.rows("SELECT max(length(value)) FROM run_tags") == [(8000,)]


@pytest.mark.parametrize("store", ["sqlite_store", "sqlite_server"])
def test_prompts_are_distinguished_from_models(store, request):
    _, facts = read(request.getfixturevalue(store))
    prompts = facts.rows("SELECT name FROM registered_models WHERE is_prompt")
    assert prompts == [("greeting",)]


def test_times_do_not_depend_on_the_local_time_zone(sqlite_store, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    _, facts = read(sqlite_store)
    started_at = facts.rows("SELECT started_at FROM runs WHERE name = 'search'")
    assert started_at == [("2023-11-14T22:13:20+00:00",)]


def folder_state(folder):
    """Return the names and the digests of all files in a folder."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def test_reading_a_database_changes_no_file(sqlite_store):
    folder = Path(sqlite_store.removeprefix("sqlite:///")).parent
    before = folder_state(folder)
    read(sqlite_store)
    assert folder_state(folder) == before


def test_a_database_is_read_in_batches(sqlite_store, monkeypatch):
    _, expected = read(sqlite_store, metric_history=True, traces=True)
    monkeypatch.setattr(connection, "BATCH_ROWS", 2)
    _, facts = read(sqlite_store, metric_history=True, traces=True)
    assert differing_tables(facts, expected) == set()


class TestWriteAheadLog:
    """A database in WAL mode, which SQLite itself would not read without creating files."""

    @pytest.fixture
    def database(self, sqlite_store, tmp_path):
        """A copy of the database, and a connection that has it in WAL mode and holds its log."""
        file = tmp_path / "store" / "mlflow.db"
        file.parent.mkdir()
        shutil.copy(sqlite_store.removeprefix("sqlite:///"), file)
        writer = sqlite3.connect(file)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        yield file, writer
        writer.close()

    def add_experiment(self, writer):
        writer.execute("INSERT INTO experiments (name, lifecycle_stage) VALUES ('late', 'active')")
        writer.commit()

    def experiments(self, file):
        _, facts = read(f"sqlite:///{file}", artifacts="none")
        return {name for (name,) in facts.rows("SELECT name FROM experiments")}

    def test_a_database_in_use_is_read_with_its_log(self, database):
        file, writer = database
        self.add_experiment(writer)
        before = folder_state(file.parent).keys()
        assert "late" in self.experiments(file)
        assert folder_state(file.parent).keys() == before

    def test_a_database_without_a_log_is_read_as_it_is(self, database):
        file, writer = database
        self.add_experiment(writer)
        writer.close()
        before = folder_state(file.parent)
        assert list(before) == [file]
        assert "late" in self.experiments(file)
        assert folder_state(file.parent) == before

    def test_a_log_that_no_process_holds_is_read_from_a_copy(self, database, tmp_path):
        file, writer = database
        self.add_experiment(writer)
        crashed = tmp_path / "crashed" / "mlflow.db"
        crashed.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{file}{suffix}", f"{crashed}{suffix}")
        before = folder_state(crashed.parent)
        assert len(before) == 2
        assert "late" in self.experiments(crashed)
        assert folder_state(crashed.parent) == before


def make_database(file, script):
    with sqlite3.connect(file) as database:
        database.executescript(script)


def test_a_database_may_lack_tables_and_columns_of_newer_versions(tmp_path):
    make_database(
        tmp_path / "old.db",
        """
        CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
        CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, status TEXT, user_id TEXT);
        CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
        INSERT INTO experiments VALUES (0, 'Default', 'active');
        INSERT INTO runs VALUES ('r', 0, 'FINISHED', 'ann');
        INSERT INTO params VALUES ('r', 'alpha', '');
        """,
    )
    _, facts = read(f"sqlite:///{tmp_path}/old.db")
    assert facts.rows('SELECT run_id, "user", status FROM runs') == [("r", "ann", "finished")]
    assert facts.rows("SELECT value FROM params") == [("",)]


WORKSPACES = """
    CREATE TABLE experiments (experiment_id INTEGER, name TEXT, workspace TEXT);
    CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER);
    INSERT INTO experiments VALUES (0, 'ours', NULL), (1, 'theirs', 'a'), (2, 'others', 'b');
    INSERT INTO runs VALUES ('r0', 0), ('r1', 1), ('r2', 2);
"""


def test_one_workspace_is_read_and_the_others_are_noted(tmp_path, monkeypatch):
    make_database(tmp_path / "m.db", WORKSPACES)
    report, facts = read(f"sqlite:///{tmp_path}/m.db")
    assert facts.rows("SELECT run_id FROM runs") == [("r0",)]
    assert any("another one: 'a', 'b'" in notice for notice in report.notices)
    monkeypatch.setenv("MLFLOW_WORKSPACE", "b")
    _, facts = read(f"sqlite:///{tmp_path}/m.db")
    assert facts.rows("SELECT run_id FROM runs") == [("r2",)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no-folder", "no such folder"),
        ("sqlite:///missing.db", "no such file"),
        ("ftp://example.org", "does not lead to an MLflow store"),
        ("{folder}", "not a file store of MLflow"),
    ],
)
def test_an_address_without_a_store_is_an_error_and_nothing_is_created(
    url, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackingStoreError, match=message):
        read(url.replace("{folder}", str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_an_error(tmp_path):
    make_database(tmp_path / "x.db", "CREATE TABLE t (a)")
    with pytest.raises(TrackingStoreError, match="not an MLflow store"):
        read(f"sqlite:///{tmp_path}/x.db")


def test_a_file_that_is_not_a_database_is_an_error(tmp_path):
    (tmp_path / "y.db").write_text("not a database, but as long as the header of one" * 50)
    with pytest.raises(TrackingStoreError, match="cannot be read"):
        read(f"sqlite:///{tmp_path}/y.db")


def test_an_artifact_root_outside_the_store_is_not_listed(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "id_rsa").write_text("x")
    folder = tmp_path / "store"
    folder.mkdir()
    make_database(
        folder / "m.db",
        f"""
        CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
        CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, artifact_uri TEXT);
        INSERT INTO runs VALUES ('a', 0, '{secret}'), ('b', 0, '{folder}/../secret'),
            ('c', 0, 's3://bucket/x'), ('d', 0, 'file://{secret}');
        """,
    )
    report, facts = read(f"sqlite:///{folder}/m.db")
    assert facts.rows("SELECT * FROM artifacts") == []
    (notice,) = report.notices
    assert "artifacts of 1 run are not listed" in notice and "(s3:)" in notice


def test_an_artifact_root_with_a_name_that_is_too_long_is_not_listed(tmp_path):
    make_database(
        tmp_path / "m.db",
        f"""
        CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
        CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, artifact_uri TEXT);
        INSERT INTO runs VALUES ('a', 0, '{tmp_path}/{"x" * 5000}/a/artifacts');
        """,
    )
    _, facts = read(f"sqlite:///{tmp_path}/m.db")
    assert facts.rows("SELECT * FROM artifacts") == []


@pytest.fixture
def small_file_store(tmp_path):
    """The folder of a file store with one run, ``r``."""
    folder = tmp_path / "mlruns"
    run = folder / "0" / "r"
    (run / "params").mkdir(parents=True)
    (run / "artifacts").mkdir()
    (folder / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    (run / "meta.yaml").write_text(f"run_id: r\nartifact_uri: {run}/artifacts\n")
    return folder


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("[", "not YAML"),
        ("- a\n", "not a YAML mapping"),
        (f"run_id: {'r' * 100}\n", "longer than 100 bytes"),
        ("run_id: r\nname: 2024-99-99\n", "'2024-99-99' is not a valid timestamp"),
        ("run_id: \udcff", "not UTF-8"),
    ],
)
def test_a_malformed_file_in_a_file_store_is_an_omission(
    small_file_store, content, message, monkeypatch
):
    monkeypatch.setattr(files, "MAX_YAML_BYTES", 100)
    meta = small_file_store / "0" / "r" / "meta.yaml"
    meta.write_text(content, errors="surrogateescape")
    report, facts = read(str(small_file_store))
    (omission,) = report.omissions
    assert omission.startswith(f"{meta}: {message}")
    assert facts.rows("SELECT count(*) FROM runs") == [(0,)]


def test_malformed_tags_of_a_dataset_are_ignored(small_file_store):
    link = small_file_store / "0" / "r" / "inputs" / "i"
    link.mkdir(parents=True)
    (link / "meta.yaml").write_text("source_type: DATASET\nsource_id: d\ntags: [x]\n")
    _, facts = read(str(small_file_store))
    assert facts.rows("SELECT run_id, name, context FROM dataset_inputs") == [("r", None, None)]


def test_a_file_store_that_was_moved_has_its_artifacts_in_its_own_folder(
    small_file_store, tmp_path
):
    (small_file_store / "0" / "r" / "artifacts" / "a.txt").write_text("x")
    small_file_store.rename(tmp_path / "moved")
    report, facts = read(str(tmp_path / "moved"))
    assert facts.rows("SELECT path FROM artifacts") == [("a.txt",)]
    assert report.notices == []


def test_an_environment_file_that_is_too_long_is_an_omission(small_file_store, monkeypatch):
    monkeypatch.setattr(environments, "MAX_BYTES", 10)
    artifacts = small_file_store / "0" / "r" / "artifacts"
    (artifacts / "MLmodel").write_text("")
    (artifacts / "requirements.txt").write_text("mlflow==3.17.2\n")
    report, facts = read(str(small_file_store), environments=True)
    assert facts.rows("SELECT * FROM environments") == []
    (omission,) = report.omissions
    assert "1 artifact could not be read" in omission and "longer than 10 bytes" in omission


def test_a_folder_that_cannot_be_read_is_reported(tmp_path):
    unreadable = []
    assert list(list_folder(Folder(tmp_path / "missing"), unreadable)) == []
    assert unreadable == [f"{tmp_path / 'missing'}: No such file or directory"]


def test_a_file_name_that_is_not_unicode_is_escaped(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).write_text("x")
    assert [artifact.path for artifact in list_folder(Folder(tmp_path), [])] == ["\\xff"]


def test_a_notice_names_a_limited_number_of_models_with_missing_versions(monkeypatch):
    monkeypatch.setattr(store, "MAX_NAMES", 2)
    report = store.SourceReport("sql", "m.db")
    with Facts() as facts:
        for name in "abc":
            entities.add_version(facts, {"name": name, "version": 3}, is_prompt=False)
    store._note_missing_versions(facts, report)
    (notice,) = report.notices
    assert re.search("from 'a' 2, 'b' 2 and 1 more", notice)


def test_the_last_point_of_a_metric_is_that_of_the_highest_step_then_time_then_value():
    points = [
        entities.Point("a", 1.0, 2, 5),
        entities.Point("a", 9.0, 1, 9),
        entities.Point("b", 1.0, 0, 1),
        entities.Point("b", 2.0, 0, 2),
        entities.Point("c", 3.0, 0, 1),
        entities.Point("c", float("nan"), 0, 1),
        entities.Point("c", None, 0, 1),
    ]
    assert [(point.key, point.value) for point in entities.last_points(points)] == [
        ("a", 1.0),
        ("b", 2.0),
        ("c", 3.0),
    ]


MODEL = "m-" + "0" * 32


@pytest.mark.parametrize(
    ("source", "run_id", "origin"),
    [
        (None, "r", ("r", None, None)),
        (f"models:/{MODEL}", None, (None, MODEL, None)),
        (f"s3://bucket/1/models/{MODEL}/artifacts", "r", ("r", MODEL, None)),
        ("runs:/other/path/model/", "r", ("other", None, "path/model")),
        ("s3://bucket/1/r/artifacts/model", "r", ("r", None, "model")),
        ("s3://bucket/1/r/artifacts/", "r", ("r", None, None)),
        ("/somewhere/else", "r", ("r", None, None)),
        (f"models:/{MODEL}0", None, (None, None, None)),
    ],
)
def test_the_source_of_a_version_names_its_origin(source, run_id, origin):
    assert entities.version_origin(source, run_id) == origin
