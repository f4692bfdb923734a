"""The database of a repository: its tables for users, its version, its writers, and its loss."""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.event import listen
from sqlalchemy.orm import sessionmaker

import mlflow2prov.capture as p
from mlflow2prov.capture.blobstores import DiskStore, MemoryStore
from mlflow2prov.capture.errors import CaptureError, InvalidOptionError, KeyExistsError
from mlflow2prov.capture.records import Argument, Call, Output
from mlflow2prov.capture.repos import DbRepo, call_log, engine, schema

FORK = multiprocessing.get_context("fork")
SECRET = "hunter2-of-ada"


def repository(url="sqlite:///calls.db", **options):
    return DbRepo(url, DiskStore("blobs", delete=True), **options)


def rows(query, database="calls.db"):
    with sqlite3.connect(database) as connection:
        return connection.execute(query).fetchall()


# --- tables


@pytest.fixture
def pipeline():
    """Two additions and a multiplication, as in the introduction to such libraries."""
    repo = repository()
    with p.using_repo(repo):

        @p.provenance(version=3, name="add", custom_fields={"stage": "raw"}, tags=["sum"])
        def expensive_add(a, b, *more, **named):
            return a + b

        @p.provenance(name="multiply")
        def expensive_mult(a, b):
            return a * b

        yield repo, expensive_mult(expensive_add(4, 3), expensive_add(1, 1, 9, c=None))
    repo.flush()


def test_artifacts_are_rows_that_sql_selects(pipeline):
    repo, result = pipeline
    frame = pd.read_sql("select * from artifacts order by added_at", repo._db_engine)
    assert list(frame["name"]) == ["add", "add", "multiply"]
    assert list(frame["fn_name"].str.rpartition(".")[2]) == 2 * ["expensive_add"] + [
        "expensive_mult"
    ]
    assert set(frame["fn_module"]) == {__name__}
    assert set(frame["run_id"]) == {result.artifact.run_info["id"]}
    assert list(frame["composite"]) == [False] * 3
    assert frame["compute_duration"].ge(0).all()
    assert {
        "id", "value_id", "run_id", "name", "version", "fn_module", "fn_name", "composite",
        "value_id_duration", "compute_duration", "hash_duration", "computed_at", "added_at",
        "input_artifact_ids", "inputs_json", "serializer", "load_kwargs", "dump_kwargs",
        "custom_fields",
    } <= set(frame.columns)  # fmt: skip


def test_inputs_and_custom_fields_are_json(pipeline):
    _, result = pipeline
    by_input = "select id from artifacts where json_extract(inputs_json, '$.b') = 1"
    assert len(rows(by_input)) == 1
    (inputs,) = rows("select inputs_json from artifacts where name = 'multiply'")[0]
    first = result.artifact.inputs["kargs"]["a"].artifact
    assert json.loads(inputs)["a"] == {"id": first.id, "type": "ArtifactProxy", "name": "add"}
    (inputs,) = rows("select inputs_json from artifacts where inputs_json like '%\"c\"%'")[0]
    assert json.loads(inputs) == {"a": 1, "b": 1, "c": None, "__varargs": [9]}
    fields = "select distinct custom_fields from artifacts where name = 'add'"
    assert json.loads(rows(fields)[0][0]) == {"stage": "raw", "tags": ["sum"]}
    by_field = "select count(*) from artifacts where json_extract(custom_fields, '$.stage') = 'raw'"
    assert rows(by_field) == [(2,)]
    (ids,) = rows("select input_artifact_ids from artifacts where name = 'multiply'")[0]
    assert set(json.loads(ids)) == result.artifact.input_artifact_ids


def expensive_add(a, b):
    return a + b


def test_the_query_of_the_introduction():
    repo = repository()
    captured = p.provenance(repo=repo)(expensive_add)
    artifacts = [captured(a, b).artifact for a, b in [(4, 3), (1, 1), (5, 5)]]
    query = """select id from artifacts
    where fn_name = 'expensive_add' and cast(json_extract(inputs_json, '$.a') as int) in (1, 4)
    order by added_at"""
    assert rows(query) == [(artifact.id,) for artifact in artifacts[:2]]


def test_runs_and_calls_are_rows(pipeline):
    _, result = pipeline
    info = result.artifact.run_info
    ((hostname, facts),) = rows("select hostname, info from runs")
    assert hostname == info["host"]["nodename"]
    assert json.loads(facts)["process"]["pid"] == os.getpid()
    query = "select name, status, cached, artifact_id from calls order by started_at"
    assert rows(query) == [
        ("add", "FINISHED", 0, rows("select id from artifacts order by added_at")[0][0]),
        ("add", "FINISHED", 0, rows("select id from artifacts order by added_at")[1][0]),
        ("multiply", "FINISHED", 0, result.artifact.id),
    ]


def test_a_blob_has_the_digest_and_the_size_of_its_file(pipeline):
    from mlflow2prov.capture.hashing import file_hash

    repo, _ = pipeline
    blobs = rows("select id, digest, size from blobs")
    assert len(blobs) == 3
    for key, digest, size in blobs:
        path = repo.blobstore.path(key)
        assert (digest, size) == (file_hash(path), os.path.getsize(path))


def test_large_inputs_are_described_in_the_table_and_whole_in_a_blob():
    repo = repository()
    array = np.arange(10_000.0)

    @p.provenance(repo=repo)
    def mean(values, label):
        return float(values.mean())

    artifact = repo.get_by_id(mean(array, "x" * 5000).artifact.id)
    (inputs,) = rows("select inputs_json from artifacts")[0]
    assert len(inputs) < 2000
    assert json.loads(inputs)["values"] == {
        "type": "ndarray", "shape": [10_000], "dtype": "float64",
    }  # fmt: skip
    assert (artifact.inputs["kargs"]["values"] == array).all()
    assert artifact.inputs["kargs"]["label"] == "x" * 5000


def test_a_session_of_the_user_is_used():
    engine_of_user = create_engine("sqlite:///calls.db")
    with sessionmaker(engine_of_user)() as session:
        repo = DbRepo(session, MemoryStore())
        call = Call("f", "m", "f")
        repo.start_call(call)
        assert repo.calls() == [call]
        with repo.session() as own:
            assert own is session
    with pytest.raises(InvalidOptionError, match="schema: needs a URL"):
        DbRepo(session, MemoryStore(), schema="x")


@pytest.mark.parametrize(
    "action",
    [
        lambda repo: repo.find("x"),
        lambda repo: "x" in repo,
        lambda repo: repo.contains_set("x"),
        lambda repo: repo.calls(),
        lambda repo: repo.put_set(p.ArtifactSet(["x"])),
        lambda repo: repo.end_call(Call("f", "m", "f")),
        lambda repo: p.provenance(repo=repo)(double)(1),
        lambda repo: repo.db_revision,
    ],
)
def test_the_first_action_on_a_session_creates_the_tables(action):
    with sessionmaker(create_engine("sqlite:///calls.db"))() as session:
        action(DbRepo(session, MemoryStore()))
    assert rows("select version from mlflow2prov_schema") == [(schema.VERSION,)]


def test_a_session_of_the_repository_is_committed():
    repo = repository()
    repo.start_call(Call("f", "m", "f"))
    with repo.session() as session:
        session.execute(text("update calls set name = 'g'"))
    assert rows("select name from calls") == [("g",)]


def test_a_database_in_memory_has_its_own_tables():
    one, other = (DbRepo("sqlite://", MemoryStore()) for _ in range(2))
    one.start_call(Call("f", "m", "f"))
    assert (len(one.calls()), len(other.calls())) == (1, 0)
    assert not one.is_shared
    assert repository().is_shared


# --- version


def test_a_database_knows_the_version_of_its_tables():
    repo = repository()
    assert repo.db_revision == schema.VERSION
    assert rows("select version from mlflow2prov_schema") == [(schema.VERSION,)]


def test_a_database_of_a_newer_version_is_refused_and_left_alone():
    repository().start_call(Call("f", "m", "f"))
    with sqlite3.connect("calls.db") as connection:
        connection.execute("update mlflow2prov_schema set version = 99")
    with pytest.raises(CaptureError, match=r"version 99.*upgrade mlflow2prov"):
        repository().calls()
    assert rows("select version from mlflow2prov_schema") == [(99,)]


def test_a_database_of_an_older_version_is_migrated_step_by_step(monkeypatch):
    call = Call("f", "m", "f")
    repository().start_call(call)
    steps = []

    def step(number):
        def migrate(connection):
            steps.append(number)
            connection.execute(text(f"alter table calls add column added_by_{number} text"))

        return migrate

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 2)
    numbers = [schema.VERSION - 2, schema.VERSION - 1]
    monkeypatch.setattr(schema, "MIGRATIONS", {number: step(number) for number in numbers})
    repo = repository()
    assert repo.db_revision == schema.VERSION
    assert steps == numbers
    assert repository().calls()[0].id == call.id
    assert steps == numbers
    assert rows(f"select added_by_{numbers[-1]} from calls") == [(None,)]


def test_a_migration_that_fails_changes_nothing(monkeypatch):
    repository().start_call(Call("f", "m", "f"))

    def half(connection):
        connection.execute(text("alter table calls add column half text"))
        connection.execute(text("nonsense"))

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(schema, "MIGRATIONS", {schema.VERSION - 1: half})
    with pytest.raises(CaptureError, match="nonsense"):
        repository().calls()
    assert rows("select version from mlflow2prov_schema") == [(schema.VERSION - 1,)]
    columns = rows("select name from pragma_table_info('calls')")
    assert ("half",) not in columns


def test_every_migration_leads_to_the_current_version():
    assert sorted(schema.MIGRATIONS) == list(range(1, schema.VERSION))


def test_the_tables_of_another_program_are_left_alone():
    with sqlite3.connect("calls.db") as connection:
        connection.execute("create table artifacts (id text, title text)")
    with pytest.raises(CaptureError, match="table artifacts of another program"):
        repository().calls()
    assert rows("select name from sqlite_master") == [("artifacts",)]


def test_tables_of_other_names_do_not_matter():
    with sqlite3.connect("calls.db") as connection:
        connection.execute("create table wines (name text)")
    repository().start_call(Call("f", "m", "f"))
    assert rows("select name from calls") == [("f",)]


# --- several processes


def double(number):
    return number * 2


def _work(position, barrier, errors):
    warnings.simplefilter("error")
    try:
        repo = repository()
        captured = p.provenance(repo=repo)(double)
        barrier.wait(60)
        for number in range(10):
            assert captured(number) == number * 2
            assert captured(1000 * position + number) == 2 * (1000 * position + number)
        repo.put_set(p.ArtifactSet(["a", "b"], f"set of {position}"))
        repo.flush()
    except BaseException as error:
        errors.put(f"{type(error).__name__}: {error}")
        raise


def test_eight_processes_write_one_file():
    barrier, errors = FORK.Barrier(8), FORK.Queue()
    children = [FORK.Process(target=_work, args=(n, barrier, errors)) for n in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert errors.empty(), errors.get()
    assert [child.exitcode for child in children] == [0] * 8
    repo = repository()
    assert rows("select count(*) from artifacts") == [(10 + 7 * 10,)]
    assert rows("select count(*) from calls") == [(8 * 20,)]
    assert rows("select count(*) from calls where not cached") == [(10 + 7 * 10,)]
    assert rows("select count(*) from runs") == [(8,)]
    assert rows("select count(*) from artifact_sets") == [(8,)]
    assert rows("pragma integrity_check") == [("ok",)]
    for (identifier,) in rows("select id from artifacts"):
        artifact = repo.get_by_id(identifier)
        assert artifact.value == artifact.inputs["kargs"]["number"] * 2


PROGRAM = """
import warnings
import mlflow2prov.capture as p

warnings.simplefilter("error")

@p.provenance(repo=p.DbRepo("sqlite:///calls.db", p.DiskStore("blobs")))
def words(text, ignored):
    return set(text.split())

for number in ({numbers}):
    assert len(words("apple pear plum cherry grape", number)) == 5
"""


def test_processes_with_other_orders_of_sets_share_a_blob():
    top = str(Path(__file__).parents[2])
    for seed, numbers in [("1", "1, 2"), ("2", "2, 3"), ("3", "1, 2, 3")]:
        subprocess.run(
            [sys.executable, "-c", PROGRAM.format(numbers=numbers)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": top},
            check=True,
        )
    assert rows("select count(*) from artifacts") == [(3,)]
    assert rows("select count(*) from blobs where serializer = 'joblib'") == [(1,)]


def _call_for_ever(started):
    captured = p.provenance(repo=repository())(double)
    for number in range(10_000):
        captured(number)
        started.set()


def test_a_killed_process_leaves_results_that_are_whole_or_absent():
    moments = random.Random(15)
    repository().flush()
    for _ in range(15):
        started = FORK.Event()
        child = FORK.Process(target=_call_for_ever, args=(started,))
        child.start()
        assert started.wait(30)
        time.sleep(moments.random() * 0.02)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    repo = repository()
    artifacts = rows("select id from artifacts")
    assert artifacts
    for (identifier,) in artifacts:
        artifact = repo.get_by_id(identifier)
        assert artifact.value == artifact.inputs["kargs"]["number"] * 2
    statuses = {status for (status,) in rows("select distinct status from calls")}
    assert statuses <= {"RUNNING", "FINISHED"}
    assert "FINISHED" in statuses
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert p.provenance(repo=repo)(double)(3) == 6


# --- loss


def lose_by_garbage():
    for name in ("calls.db-wal", "calls.db-shm"):
        Path(name).unlink(missing_ok=True)
    Path("calls.db").write_bytes(b"this is no database" * 1000)


def lose_by_folder():
    for name in ("calls.db-wal", "calls.db-shm", "calls.db"):
        Path(name).unlink(missing_ok=True)
    Path("calls.db").mkdir()


def lose_by_tables():
    with sqlite3.connect("calls.db") as connection:
        for table in ("calls", "artifacts", "blobs", "runs"):
            connection.execute(f"drop table {table}")


@pytest.mark.parametrize("lose", [lose_by_garbage, lose_by_folder, lose_by_tables])
def test_a_lost_database_is_a_warning_and_loses_no_result(lose):
    repo = repository(persistent_connections=False)
    captured = p.provenance(repo=repo)(double)
    assert captured(1) == 2
    lose()
    with pytest.warns(p.CaptureWarning, match="double: "):
        assert captured(1) == 2
        assert captured(5) == 10


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////proc/nothing/calls.db",
        f"postgresql://ada:{SECRET}@127.0.0.1:9/nothing",
        f"oracle://ada:{SECRET}@127.0.0.1/x",
        f"nothing://ada:{SECRET}@127.0.0.1/x",
    ],
)
def test_a_database_that_cannot_be_reached_is_a_warning_without_credentials(url):
    captured = p.provenance(repo=DbRepo(url, MemoryStore()))(double)
    with pytest.warns(p.CaptureWarning) as caught:
        assert captured(5) == 10
    assert SECRET not in "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("url", ["", "calls.db", f"ada:{SECRET}@127.0.0.1", "sqlite:/x"])
def test_an_address_that_is_none_is_reported_without_its_text(url):
    with pytest.raises((CaptureError, InvalidOptionError)) as caught:
        DbRepo(url, MemoryStore()).calls()
    assert SECRET not in str(caught.value)


def test_a_locked_database_is_a_warning(monkeypatch):
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    assert captured(1) == 2
    monkeypatch.setattr(engine, "CONNECTION_STATEMENTS", ("PRAGMA busy_timeout = 10",))
    repo._db_engine.dispose()
    with sqlite3.connect("calls.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.warns(p.CaptureWarning, match="locked"):
            assert captured(2) == 4
        other.execute("ROLLBACK")
    assert captured(3) == 6
    repo.flush()
    assert rows("select count(*) from calls where status = 'FINISHED'") == [(3,)]


def test_calls_are_kept_until_the_database_works_again(monkeypatch):
    monkeypatch.setattr(call_log, "MAX_PENDING", 3)
    repo = repository()
    repo.flush()
    write = repo._log._write

    def fail(_):
        raise engine.UnavailableError("the database is lost")

    monkeypatch.setattr(repo._log, "_write", fail)
    for number in range(5):
        with pytest.raises(CaptureError):
            repo.end_call(Call(f"f{number}", "m", "f"))
    monkeypatch.setattr(repo._log, "_write", write)
    assert [call.name for call in repo.calls()] == ["f2", "f3", "f4"]


def test_a_call_that_cannot_be_represented_does_not_hold_up_the_others():
    repo = repository()
    for name in ("f", "g"):
        call = Call(name, "m", "f", cached=True)
        call.dependencies = {"x": object()} if name == "f" else None
        repo.end_call(call)
    with pytest.raises(CaptureError):
        repo.flush()
    assert [call.name for call in repo.calls()] == ["g"]


@pytest.mark.parametrize("where", ["start_call", "end_call"])
def test_a_number_beyond_the_database_is_an_error_of_capture(where):
    repo = repository()
    call = Call("f", "m", "f", seed=2**70)
    with pytest.raises(CaptureError, match=r"DbRepo: .*large"):
        getattr(repo, where)(call)
    assert repo.calls() == []


def test_a_computed_call_is_seven_statements_in_three_transactions():
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    captured(1)
    statements = []
    listen(
        repo._db_engine, "connect", lambda driver, _: driver.set_trace_callback(statements.append)
    )
    repo._db_engine.dispose()
    captured(2)
    verbs = [statement.split()[0] for statement in statements]
    commits = [verb for verb in verbs if verb in ("BEGIN", "COMMIT")]
    queries = [verb for verb in verbs if verb not in ("BEGIN", "COMMIT", "PRAGMA")]
    # Two look-ups, the start of the call, the look-up of the blob, the artifact with its blob, the end of the call.
    assert queries == ["SELECT", "SELECT", "INSERT", "SELECT", "INSERT", "INSERT", "UPDATE"]
    assert commits == ["BEGIN", "COMMIT"] * 3


def test_an_artifact_that_exists_leaves_no_other_blob_behind():
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    record = captured(1).artifact.record
    blobs = sorted(Path("blobs").iterdir())
    other = record._replace(value=3, value_id=p.hash(3))
    with pytest.raises(KeyExistsError):
        repo.put(other)
    assert sorted(Path("blobs").iterdir()) == blobs
    assert rows("select count(*) from blobs") == [(1,)]


def test_the_end_of_a_call_replaces_its_start():
    repo = repository()
    call = Call("f", "m", "f", version=[1, "b"])
    repo.start_call(call)
    assert [one.status for one in repo.calls()] == ["RUNNING"]
    call.end("FAILED", ValueError("é"))
    call.custom_fields = {"a": [None, 1.5]}
    repo.end_call(call)
    assert repo.calls() == [call]


def test_the_end_of_a_call_writes_its_outcome_only():
    repo = repository()
    call = Call("f", "m", "f", arguments=[Argument("x", value=0)])
    repo.start_call(call)
    with sqlite3.connect("calls.db") as connection:
        connection.execute("UPDATE calls SET source_path = 'kept'")
    call.outputs = [Output(digest="sha256:1", size=0)]
    call.end("FINISHED")
    repo.end_call(call)
    call.source_path = "kept"
    assert repo.calls() == [call]


def test_the_end_of_a_call_without_a_row_inserts_it():
    repo = repository()
    call = Call("f", "m", "f")
    repo.start_call(call)
    with sqlite3.connect("calls.db") as connection:
        connection.execute("DELETE FROM calls")
    call.end("FINISHED")
    repo.end_call(call)
    assert repo.calls() == [call]


def test_times_are_written_as_sqlalchemy_writes_them():
    repo = repository()
    call = Call("f", "m", "f", started_at=datetime(26, 1, 2, 3, 4, 5, tzinfo=UTC))
    call.ended_at = datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=timezone(timedelta(hours=1)))
    repo.end_call(call)
    assert rows("SELECT started_at, ended_at FROM calls") == [
        ("0026-01-02 03:04:05.000000", "2026-01-02 02:04:05.000060")
    ]


def test_a_result_whose_blob_is_damaged_is_computed_again():
    repo = repository()
    runs = []

    @p.provenance(repo=repo)
    def compute(x):
        runs.append(x)
        return {"content": list(range(x))}

    key = compute(100).artifact.value_id
    for damage in (
        lambda path: os.truncate(path, 10),
        lambda path: os.truncate(path, 0),
        lambda path: path.write_bytes(path.read_bytes().replace(b"7", b"8")),
    ):
        damage(Path(repo.blobstore.path(key)))
        with pytest.warns(p.CaptureWarning, match="computed again"):
            assert compute(100) == {"content": list(range(100))}
        before = len(runs)
        assert compute(100)["content"][-1] == 99
        assert len(runs) == before, "the blob was repaired"
    assert runs == [100] * 4


def test_a_result_whose_blob_was_deleted_is_computed_again_without_a_warning():
    repo = DbRepo("sqlite:///calls.db", DiskStore("blobs", delete=True, max_count=2))
    captured = p.provenance(repo=repo)(double)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [captured(number) for number in range(10)] == [2 * number for number in range(10)]
        assert len(rows("select id from artifacts")) == 10
        assert len([name for name in os.listdir("blobs") if name != ".store"]) == 2
        artifact = captured(0).artifact
        assert repo.get_by_id(artifact.id).value == 0
    assert len(rows("select id from artifacts")) == 10


def test_a_full_disk_is_a_warning_and_loses_no_result(monkeypatch):
    repo = repository()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(repo.blobstore, "_put", full)
    captured = p.provenance(repo=repo)(double)
    with pytest.warns(p.CaptureWarning, match="No space left"):
        assert captured(5) == 10
    repo.flush()
    assert rows("select status, uncacheable from calls") == [
        ("FINISHED", "result: [Errno 28] No space left on device")
    ]
    assert rows("select count(*) from artifacts") == [(0,)]


# --- PostgreSQL


@pytest.fixture(scope="module")
def server():
    from tests.services.databases import postgresql

    with postgresql() as server:
        yield server


@pytest.mark.slow
def test_postgresql_has_json_that_can_be_searched(server):
    repo = DbRepo(server.url(), MemoryStore())

    @p.provenance(repo=repo, custom_fields={"stage": "raw"})
    def add(a, b):
        return a + b

    add(1, 2), add(3, 4)
    query = text(
        "select inputs_json ->> 'a' from artifacts where inputs_json @> '{\"b\": 4}'"
        ' and custom_fields @> \'{"stage": "raw"}\''
    )
    with repo.session() as session:
        assert session.execute(query).scalars().all() == ["3"]
        assert session.execute(text("select count(*) from runs")).scalar() == 1


@pytest.mark.slow
def test_the_query_of_the_introduction_in_postgresql(server):
    repo = DbRepo(server.url(), MemoryStore(), schema="introduction")
    captured = p.provenance(repo=repo)(expensive_add)
    artifacts = [captured(a, b).artifact for a, b in [(4, 3), (1, 1), (5, 5)]]
    query = text("""select id from introduction.artifacts
    where fn_name = 'expensive_add' and (inputs_json ->> 'a')::int IN (1, 4)
    order by added_at""")
    with repo.session() as session:
        found = session.execute(query).scalars().all()
    assert found == [artifact.id for artifact in artifacts[:2]]


@pytest.mark.slow
def test_a_database_of_postgresql_is_created(server):
    url = server.url(database="new_database")
    repo = DbRepo(url, MemoryStore(), create_db=True)
    repo.start_call(Call("f", "m", "f"))
    assert len(DbRepo(url, MemoryStore(), create_db=True).calls()) == 1
    with pytest.raises(CaptureError) as caught:
        DbRepo(server.url(database="missing"), MemoryStore()).calls()
    assert "s3cret" not in str(caught.value)


@pytest.mark.slow
def test_schemas_of_postgresql_are_separate(server):
    one, other = (DbRepo(server.url(), MemoryStore(), schema=name) for name in ("one", "other"))
    one.start_call(Call("f", "m", "f"))
    assert (len(one.calls()), len(other.calls())) == (1, 0)
    assert one.db_revision == schema.VERSION
    absent = DbRepo(server.url(), MemoryStore(), schema="absent", create_schema=False)
    with pytest.raises(CaptureError):
        absent.start_call(Call("f", "m", "f"))


def _work_on_server(url, position, barrier, errors):
    warnings.simplefilter("error")
    try:
        repo = DbRepo(url, DiskStore("blobs"), schema="shared")
        captured = p.provenance(repo=repo)(double)
        barrier.wait(60)
        for number in range(10):
            assert captured(number) == number * 2
        repo.flush()
    except BaseException as error:
        errors.put(f"{type(error).__name__}: {error}")
        raise


@pytest.mark.slow
def test_processes_share_a_server(server):
    barrier, errors = FORK.Barrier(4), FORK.Queue()
    children = [
        FORK.Process(target=_work_on_server, args=(server.url(), n, barrier, errors))
        for n in range(4)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert errors.empty(), errors.get()
    repo = DbRepo(server.url(), DiskStore("blobs"), schema="shared")
    calls = repo.calls()
    assert len(calls) == 40
    assert sum(not call.cached for call in calls) == 10


@pytest.mark.slow
def test_a_server_that_stops_is_a_warning_and_loses_no_result():
    from tests.services.databases import postgresql

    with postgresql() as server:
        captured = p.provenance(repo=DbRepo(server.url(), MemoryStore()))(double)
        assert captured(1) == 2
    with pytest.warns(p.CaptureWarning) as caught:
        assert captured(1) == 2
        assert captured(5) == 10
    assert "s3cret" not in "".join(str(warning.message) for warning in caught)


# --- rows that capture has not written

HOSTILE_COLUMNS = {
    "inputs_json": ["{", "[1]", "null", "1", '{"__varargs": 1}'],
    "custom_fields": ["{", "[1]", "1"],
    "load_kwargs": ["{", "[1]", '{"allow_pickle": true}', '{"no_such_option": 1}'],
    "input_artifact_ids": ["{", "1", "[{}]"],
    "version": ["{", ""],
    "computed_at": ["yesterday", "1", ""],
    "serializer": ["nothing", "joblib", "npy", ""],
    "composite": ["1", "maybe"],
    "blob_id": ["../../etc/passwd", "", "nothing"],
    "run_id": ["nothing"],
}


@pytest.mark.parametrize(
    ("column", "text"),
    [(column, text) for column, texts in HOSTILE_COLUMNS.items() for text in texts],
)
def test_a_row_of_another_program_is_a_miss_or_an_error_of_capture(column, text):
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    identifier = captured(4).artifact.id
    with sqlite3.connect("calls.db") as connection:
        connection.execute(f"update artifacts set {column} = ?", (text,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", p.CaptureWarning)
        assert captured(4) == 8
    for read in ("value", "inputs", "run_info", "custom_fields", "tags", "input_artifact_ids"):
        try:
            getattr(repo.get_by_id(identifier), read)
        except p.CaptureError:
            continue


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("arguments", "{"),
        ("arguments", "[1]"),
        ("arguments", '[{"nothing": 1}]'),
        ("outputs", "{}"),
        ("started_at", "x"),
        ("version", "{"),
    ],
)
def test_a_call_of_another_program_is_an_error_of_capture(column, text):
    repo = repository()
    repo.start_call(Call("f", "m", "f"))
    with sqlite3.connect("calls.db") as connection:
        connection.execute(f"update calls set {column} = ?", (text,))
    try:
        repo.calls()
    except p.CaptureError as error:
        assert "calls" in str(error) or "row" in str(error)


def test_texts_that_are_not_unicode_are_recorded():
    repo = repository()
    call = Call("f\udc80", "m\0", "f")
    call.source_path = "src/\udcff.py"
    repo.end_call(call)
    (read,) = repo.calls()
    assert (read.name, read.fn_module, read.source_path) == ("f?", "m ", "src/?.py")


def test_the_first_look_up_through_a_session_creates_the_tables(tmp_path):
    session = sessionmaker(bind=create_engine(f"sqlite:///{tmp_path / 'calls.db'}"))()
    with session:
        assert DbRepo(session, DiskStore(tmp_path / "blobs")).find("sha256:0") is None
