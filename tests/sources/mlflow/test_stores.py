"""The same store, read three ways: by its server, by its database, by its files."""

import hashlib
from pathlib import Path

import pytest

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.mlflow import ReadOptions, read_store

# What is in the store that tests/mlflow_store.py makes.
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


def read(url, **options):
    facts = Facts()
    info = read_store(url, facts, ReadOptions(**options))
    return info, facts


def rows(facts, table):
    return sorted(map(repr, facts.query(f"SELECT * FROM {{{table}}}")))


def tables_that_differ(one, other):
    return {name for name in TABLES if rows(one, name) != rows(other, name)}


@pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server", "file_server"])
def test_everything_is_read(store, request):
    _, facts = read(request.getfixturevalue(store))
    assert {name: len(rows(facts, name)) for name in COUNTS} == COUNTS


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_server_says_what_its_store_says_but_for_what_it_hides(kind, request):
    info, direct = read(request.getfixturevalue(f"{kind}_store"))
    _, served = read(request.getfixturevalue(f"{kind}_server"))
    # A server tells neither when a run was deleted nor of deleted versions.
    assert tables_that_differ(direct, served) == {"stores", "runs", "registered_model_versions"}
    hidden = "SELECT * EXCLUDE deleted_at FROM {runs} ORDER BY run_id"
    assert direct.query(hidden) == served.query(hidden)
    shown = "SELECT * FROM {registered_model_versions} WHERE NOT is_deleted ORDER BY ALL"
    assert direct.query(shown) == served.query(shown)
    fingerprint = "SELECT fingerprint FROM {stores}"
    assert direct.query(fingerprint) == served.query(fingerprint)
    assert info.left_out == []


@pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server"])
def test_C5_metric_history_is_every_step(store, request):
    _, facts = read(request.getfixturevalue(store), metric_history=True)
    assert facts.query("SELECT step, value FROM {metrics} WHERE key = 'loss' AND value > 0.3") and (
        facts.query("SELECT count(*) FROM {metrics} WHERE key = 'loss'") == [(12,)]
    )


@pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server"])
def test_C2_C5_artifacts_of_every_depth_are_listed_with_their_sizes(store, request):
    _, facts = read(request.getfixturevalue(store))
    assert facts.query(
        "SELECT path, is_dir, file_size, is_model FROM {artifacts} "
        "WHERE run_id = (SELECT min(run_id) FROM {artifacts}) ORDER BY path"
    ) == [
        ("model", True, None, True),
        ("model/MLmodel", False, 33, False),
        ("model/deep", True, None, False),
        ("model/deep/er", True, None, False),
        ("model/deep/er/weights.bin", False, 100, False),
        ("model/requirements.txt", False, 51, False),
        ("top.txt", False, 3, False),
    ]


@pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server"])
def test_numbers_that_are_none_and_infinite_ones(store, request):
    _, facts = read(request.getfixturevalue(store))
    found = dict(
        facts.query("SELECT key, value::VARCHAR FROM {metrics} WHERE key IN ('nan', 'up', 'down')")
    )
    assert found == {"nan": "nan", "up": "inf", "down": "-inf"}


@pytest.mark.parametrize("store", ["sqlite_store", "file_store"])
def test_deleted_versions_are_seen_where_the_store_is_open(store, request):
    _, facts = read(request.getfixturevalue(store))
    found = facts.query(
        "SELECT name, version, stage, deleted_at IS NOT NULL FROM {registered_model_versions} "
        "WHERE is_deleted"
    )
    assert found == [("fraud", "3", None, True)]


def test_what_a_deletion_redacted_is_never_a_fact(sqlite_store):
    _, facts = read(sqlite_store)
    assert not any("REDACTED" in row for name in TABLES for row in rows(facts, name))


@pytest.mark.parametrize("store", ["sqlite_store", "file_store", "sqlite_server"])
def test_C4_a_version_knows_what_it_was_registered_from(store, request):
    _, facts = read(request.getfixturevalue(store))
    found = facts.query(
        "SELECT name, version, source_path, source_model_id IS NOT NULL "
        "FROM {registered_model_versions} WHERE NOT is_deleted AND NOT is_prompt ORDER BY ALL"
    )
    assert found == [
        ("fraud", "1", "model", False),
        ("fraud", "2", None, True),
        ("other", "1", "model", False),
    ]


EVERYWHERE = pytest.mark.parametrize(
    "store", ["sqlite_store", "file_store", "sqlite_server", "file_server"]
)


@EVERYWHERE
def test_traces_are_counted_by_run_and_read_if_asked(store, request):
    url = request.getfixturevalue(store)
    counts = (
        "SELECT r.name, n.traces, n.assessments FROM {run_traces} n JOIN {runs} r USING (run_id)"
    )
    _, facts = read(url)
    assert facts.query(counts) == [("evaluation", 2, 2)]
    _, facts = read(url, traces=True)
    assert facts.query(counts) == [("evaluation", 2, 2)]
    assert facts.query(
        'SELECT t.name, t.state, r.name, t."user", t.requested_at FROM {traces} t '
        "LEFT JOIN {runs} r USING (run_id) ORDER BY requested_at"
    ) == [
        ("answer", "ok", "evaluation", "dave", "2023-11-14T22:14:31+00:00"),
        ("answer", "ok", "evaluation", "dave", "2023-11-14T22:14:31.001000+00:00"),
        ("answer", "ok", None, "dave", "2023-11-14T22:14:31.002000+00:00"),
    ]
    assert facts.query(
        "SELECT name, kind, value, source_type, source_id FROM {assessments} ORDER BY name"
    ) == [
        ("exact", "feedback", "true", "code", "exactness"),
        ("expected", "expectation", "yes", "human", "erin"),
    ]


@EVERYWHERE
def test_environments_are_read_if_asked(store, request):
    _, facts = read(request.getfixturevalue(store), environments=True)
    found = facts.query(
        "SELECT path, name, count(*), count(DISTINCT digest) FROM {environments} GROUP BY ALL ORDER BY ALL"
    )
    # Of two runs, and of the logged model, which has it at its root.
    assert found == [("", "requirements.txt", 1, 1), ("model", "requirements.txt", 2, 1)]
    assert facts.query("SELECT name, version FROM {environment_packages} ORDER BY ALL") == [
        ("numpy", "<3,>=2"),
        ("scikit-learn", "1.5"),
    ]


@EVERYWHERE
@pytest.mark.parametrize(
    ("artifacts", "of_runs", "of_models"),
    [
        ("none", set(), set()),
        ("top", {"model", "top.txt"}, {"MLmodel", "deep", "requirements.txt"}),
    ],
)
def test_artifacts_are_listed_as_deep_as_is_wished(store, artifacts, of_runs, of_models, request):
    _, facts = read(request.getfixturevalue(store), artifacts=artifacts)
    assert {path for (path,) in facts.query("SELECT path FROM {artifacts}")} == of_runs
    assert {
        path for (path,) in facts.query("SELECT path FROM {logged_model_artifacts}")
    } == of_models


def test_what_sql_redacted_is_restored_if_asked(sqlite_store):
    _, facts = read(sqlite_store, restore_redacted=True)
    deleted = (
        "SELECT v.source_path, r.name FROM {registered_model_versions} v "
        "LEFT JOIN {runs} r ON r.run_id = v.source_run_id WHERE v.is_deleted"
    )
    assert facts.query(deleted) == [("model", "trial 0")]
    _, facts = read(sqlite_store)
    assert facts.query(deleted) == [(None, None)]


@EVERYWHERE
def test_no_credential_of_a_repository_s_url_is_a_fact(store, request):
    _, facts = read(request.getfixturevalue(store))
    found = "SELECT value FROM {run_tags} WHERE key = 'mlflow.source.git.repoURL'"
    assert facts.query(found) == [("https://example.org/team/fraud.git",)]
    assert not any("t0ps3cret" in row for name in TABLES for row in rows(facts, name))


@EVERYWHERE
def test_the_longest_values_that_mlflow_takes_are_read_whole(store, request):
    _, facts = read(request.getfixturevalue(store))
    assert facts.query("SELECT max(length(value)) FROM {params}") == [(6000,)]
    assert facts.query("SELECT max(length(value)) FROM {run_tags}") == [(8000,)]


def test_prompts_are_told_from_models(sqlite_store, sqlite_server):
    for url in (sqlite_store, sqlite_server):
        _, facts = read(url)
        assert facts.query("SELECT name FROM {registered_models} WHERE is_prompt") == [
            ("greeting",)
        ]


def test_C7_times_do_not_depend_on_the_local_zone(sqlite_store, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    _, facts = read(sqlite_store)
    assert facts.query("SELECT started_at FROM {runs} WHERE name = 'search'") == [
        ("2023-11-14T22:13:20+00:00",)
    ]


def test_reading_a_database_leaves_it_as_it_is(sqlite_store):
    file = Path(sqlite_store.removeprefix("sqlite:///"))
    before = hashlib.sha256(file.read_bytes()).hexdigest(), sorted(file.parent.iterdir())
    read(sqlite_store)
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), sorted(file.parent.iterdir())) == before


def test_a_store_of_an_old_mlflow_is_read_by_what_is_there(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "old.db") as database:
        database.executescript(
            """
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT);
            CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, status TEXT, user_id TEXT);
            CREATE TABLE params (run_uuid TEXT, key TEXT, value TEXT);
            INSERT INTO experiments VALUES (0, 'Default', 'active');
            INSERT INTO runs VALUES ('r', 0, 'FINISHED', 'ann');
            INSERT INTO params VALUES ('r', 'alpha', '');
            """
        )
    _, facts = read(f"sqlite:///{tmp_path}/old.db")
    assert facts.query('SELECT run_id, "user", status FROM {runs}') == [("r", "ann", "finished")]
    assert facts.query("SELECT value FROM {params}") == [("",)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("notaurl", "no such folder"),
        ("sqlite:///nothing.db", "no such file"),
        ("ftp://example.org", "no MLflow store"),
        ("{tmp}", "no file store"),
    ],
)
def test_C9_what_is_no_store_is_one_line_and_nothing_is_made(url, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackingStoreError, match=message):
        read(url.replace("{tmp}", str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_something_else(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE t (a)")
    with pytest.raises(TrackingStoreError, match="no MLflow store"):
        read(f"sqlite:///{tmp_path}/x.db")
    (tmp_path / "y.db").write_text("no database, but long enough to look at" * 50)
    with pytest.raises(TrackingStoreError, match="cannot be read"):
        read(f"sqlite:///{tmp_path}/y.db")


def test_an_artifact_root_outside_the_store_is_not_looked_at(tmp_path):
    import sqlite3

    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "id_rsa").write_text("x")
    store = tmp_path / "store"
    store.mkdir()
    with sqlite3.connect(store / "m.db") as database:
        database.executescript(
            f"""
            CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
            CREATE TABLE runs (run_uuid TEXT, experiment_id INTEGER, artifact_uri TEXT);
            INSERT INTO runs VALUES ('a', 0, '{secret}'), ('b', 0, '{store}/../secret'),
                ('c', 0, 's3://bucket/x'), ('d', 0, 'file://{secret}');
            """
        )
    info, facts = read(f"sqlite:///{store}/m.db")
    assert facts.query("SELECT * FROM {artifacts}") == []
    assert any("of 4 runs" in notice and "s3:" in notice for notice in info.notices)


def test_a_hostile_file_store_neither_hangs_nor_leads_out(tmp_path):
    import os

    secret = tmp_path / "secret"
    secret.write_text("name: leaked\n")
    store = tmp_path / "mlruns"
    run = store / "0" / "r"
    (run / "params").mkdir(parents=True)
    (run / "artifacts").mkdir()
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    (store / "0" / "meta.yaml").write_text(f"{bomb}name: *u\nexperiment_id: '0'\n")
    (run / "meta.yaml").write_text(f"run_id: r\nartifact_uri: {run}/artifacts\nuser_id: [x]\n")
    os.mkfifo(run / "params" / "pipe")
    (run / "params" / "link").symlink_to(secret)
    (run / "artifacts" / "out").symlink_to(tmp_path)
    (run / "artifacts" / "in").write_text("x")
    _, facts = read(str(store))
    assert facts.query("SELECT name FROM {experiments}") == [(None,)]
    assert facts.query("SELECT * FROM {params}") == []
    assert facts.query("SELECT path FROM {artifacts}") == [("in",)]
