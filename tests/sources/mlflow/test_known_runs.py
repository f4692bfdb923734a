"""Reading a server with the facts of an earlier reading: the same facts, with fewer requests."""

import random
import sqlite3
import time

import httpx
import pytest

from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.mlflow import ReadOptions, TrackingStore
from mlflow2prov.sources.mlflow.rest import known_runs
from mlflow2prov.sources.mlflow.rest.transport import Transport
from tests.conftest import mlflow_server

pytestmark = pytest.mark.slow

API = "/api/2.0/mlflow"
TABLES_OF_RUNS = (
    *("tags", "params", "metrics", "latest_metrics", "runs"),
    *("registered_model_aliases", "model_versions", "registered_models"),
)


class Server:
    """A server of MLflow with experiments, runs, versions and models, and what its users do."""

    def __init__(self, url, database):
        self.url = url
        self._database = database
        self._client = httpx.Client(base_url=url)
        self._names = 0

    def post(self, path, method="POST", **body):
        answer = self._client.request(method, f"{API}/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def create_experiment(self):
        self._names += 1
        return self.post("experiments/create", name=f"e{self._names}")["experiment_id"]

    def create_run(self, experiment="0", start=None, status="FINISHED"):
        now = int(time.time() * 1000)
        body = {"experiment_id": experiment, "start_time": start or now, "run_name": "run"}
        run_id = self.post("runs/create", **body)["run"]["info"]["run_id"]
        self.post("runs/log-parameter", run_id=run_id, key="p", value="1")
        if status:
            self.post("runs/update", run_id=run_id, status=status, end_time=start or now)
        return run_id

    def purge(self, run_id):
        """Remove a run, as ``mlflow gc`` does."""
        with sqlite3.connect(self._database) as database:
            for table in TABLES_OF_RUNS[:5]:
                database.execute(f"DELETE FROM {table} WHERE run_uuid = ?", [run_id])

    def execute(self, sql):
        with sqlite3.connect(self._database) as database:
            database.execute(sql)

    def clear(self):
        """Remove everything but the default experiment."""
        with sqlite3.connect(self._database) as database:
            for table in TABLES_OF_RUNS:
                database.execute(f"DELETE FROM {table}")
            database.execute("DELETE FROM experiments WHERE experiment_id <> 0")


@pytest.fixture(scope="module")
def one_server(tmp_path_factory):
    database = tmp_path_factory.mktemp("server") / "mlflow.db"
    with mlflow_server(f"sqlite:///{database}") as url:
        yield Server(url, database)


@pytest.fixture
def server(one_server):
    one_server.clear()
    return one_server


@pytest.fixture(autouse=True)
def _recent_runs_are_known(monkeypatch):
    monkeypatch.setattr(known_runs, "MARGIN", 0)


@pytest.fixture
def requests(monkeypatch):
    """The paths of all requests."""
    paths = []
    original = Transport._send

    def send(self, method, path, *arguments, **options):
        paths.append(path)
        return original(self, method, path, *arguments, **options)

    monkeypatch.setattr(Transport, "_send", send)
    return paths


def read(server, previous=None, **options):
    facts = Facts()
    TrackingStore(server.url, ReadOptions(**options)).read(facts, previous)
    return facts


def rows(facts, query=None):
    if query:
        return facts.rows(query)
    return {
        table: facts.rows(f"SELECT * FROM {table} ORDER BY ALL")
        for table in TABLES.keys() - {"stores", "kept_runs"}
    }


def read_both(server, previous, **options):
    """Read a server with and without ``previous``, expect the same facts, and return them."""
    facts = read(server, previous, reread=2, **options)
    expected = rows(read(server, **options))
    assert rows(facts) == expected
    return facts


OLD = 1_600_000_000_000


@pytest.fixture
def old_runs(server):
    """Six runs of long ago."""
    return [server.create_run(start=OLD + 1000 * number) for number in range(6)]


def searches(requests):
    return requests.count(f"{API}/runs/search")


@pytest.mark.usefixtures("old_runs")
def test_an_unchanged_server_is_not_read_again(server, requests):
    previous = read(server)
    requests.clear()
    facts = read(server, previous, reread=2)
    assert rows(facts) == rows(previous)
    assert f"{API}/artifacts/list" not in requests
    assert len(requests) < 20


def test_all_kinds_of_changes_that_can_be_searched_for_are_seen_at_once(server, old_runs):
    running = server.create_run(start=OLD - 5, status=None)
    server.post("runs/delete", run_id=old_runs[0])
    previous = read(server)
    server.post("runs/delete", run_id=old_runs[1])
    server.post("runs/restore", run_id=old_runs[0])
    server.post("runs/update", run_id=running, status="FAILED", end_time=OLD)
    server.post("runs/update", run_id=old_runs[5], status="RUNNING")
    server.create_run()
    server.create_run(server.create_experiment(), status=None)
    read_both(server, previous)


def test_deleted_and_restored_runs_are_seen_among_many_deleted_ones(server, old_runs, monkeypatch):
    monkeypatch.setattr(known_runs, "MAX_IDS", 2)
    for run_id in old_runs[:4]:
        server.post("runs/delete", run_id=run_id)
    previous = read(server)
    server.post("runs/restore", run_id=old_runs[3])
    server.post("runs/delete", run_id=old_runs[5])
    read_both(server, previous)


def test_a_purged_run_is_gone(server, old_runs):
    previous = read(server)
    server.purge(old_runs[3])
    read_both(server, previous)


def test_a_run_that_started_long_ago_may_be_new(server, old_runs):
    previous = read(server)
    server.purge(old_runs[4])
    server.create_run(start=OLD + 5500)
    read_both(server, previous)
    server.create_run(start=OLD)
    read_both(server, previous)


@pytest.mark.usefixtures("old_runs")
def test_runs_of_a_server_that_was_reset_do_not_come_back(server):
    previous = read(server)
    server.execute("UPDATE experiments SET creation_time = creation_time + 1")
    server.execute("UPDATE params SET value = '2'")
    read_both(server, previous)


@pytest.mark.usefixtures("old_runs")
def test_a_previous_reading_that_was_incomplete_is_not_used(server):
    previous = read(server)
    previous.execute("UPDATE stores SET is_complete = false")
    server.execute("UPDATE params SET value = '2'")
    read_both(server, previous)


def test_edits_are_seen_after_some_readings(server, old_runs):
    facts = read(server)
    for run_id in old_runs:
        server.post("runs/set-tag", run_id=run_id, key="late", value="1")
    counts = []
    for _ in range(4):
        facts = read(server, facts, reread=2)
        counts.append(len(facts.rows("SELECT * FROM run_tags WHERE key = 'late'")))
    assert counts == [2, 4, 6, 6]


def test_the_time_of_the_last_reading_of_a_run_is_known(server, old_runs):
    readings = [read(server)]
    for _ in range(3):
        readings.append(read(server, readings[-1], reread=2))
    times = [facts.rows("SELECT read_at FROM stores")[0][0] for facts in readings]
    last_times = dict(readings[-1].rows("SELECT run_id, read_at FROM kept_runs"))
    assert last_times == dict(
        zip(old_runs[:4], [times[1], times[1], times[2], times[2]], strict=True)
    )


def test_all_runs_are_read_again_on_request(server, old_runs):
    previous = read(server)
    server.post("runs/set-tag", run_id=old_runs[3], key="late", value="1")
    assert rows(read(server, previous, reread=None)) == rows(read(server))


@pytest.mark.usefixtures("old_runs")
def test_artifacts_of_runs_that_had_not_ended_are_listed_again(server):
    running = server.create_run(status=None)
    server.post("runs/set-tag", run_id=running, key="p", value="1")
    previous = read(server)
    info = server._client.get(f"{API}/runs/get", params={"run_id": running}).json()["run"]["info"]
    folder = "/".join(info["artifact_uri"].split("/")[1:]).removeprefix("/")
    server._client.put(
        f"/api/2.0/mlflow-artifacts/artifacts/{folder}/a.txt", content=b"1"
    ).raise_for_status()
    facts = read_both(server, previous)
    assert facts.rows("SELECT path FROM artifacts") == [("a.txt",)]
    read_both(server, facts)


class Users:
    """What users do at random, each a method."""

    def __init__(self, server, seed):
        self._server = server
        self._random = random.Random(seed)
        self.runs = [server.create_run(start=OLD + number) for number in range(8)]
        self.experiments = ["0", server.create_experiment()]

    def act(self):
        actions = [name for name in vars(Users) if not name.startswith(("_", "act"))]
        getattr(self, self._random.choice(actions))()

    def create(self):
        status = self._random.choice(["FINISHED", "FAILED", None])
        experiment = self._random.choice(self.experiments)
        self._try(lambda: self.runs.append(self._server.create_run(experiment, status=status)))

    def import_old_run(self):
        start = OLD + self._random.randrange(20)
        self._try(lambda: self.runs.append(self._server.create_run(start=start)))

    def finish(self):
        now = int(time.time() * 1000)
        self._post("runs/update", status="FINISHED", end_time=now)

    def resume(self):
        self._post("runs/update", status="RUNNING")

    def rename(self):
        self._post("runs/update", run_name=str(self._random.random()))

    def tag(self):
        self._post("runs/set-tag", key="t", value=str(self._random.random()))

    def log_late_metric(self):
        values = {"key": "m", "value": self._random.random(), "timestamp": OLD, "step": 1}
        self._post("runs/log-metric", **values)

    def delete(self):
        self._post("runs/delete")

    def restore(self):
        self._post("runs/restore")

    def purge(self):
        if len(self.runs) > 5:
            run_id = self.runs.pop(self._random.randrange(len(self.runs)))
            self._server.purge(run_id)

    def delete_experiment(self):
        body = {"experiment_id": self.experiments[1]}
        self._try(lambda: self._server.post("experiments/delete", **body))

    def restore_experiment(self):
        body = {"experiment_id": self.experiments[1]}
        self._try(lambda: self._server.post("experiments/restore", **body))

    def register(self):
        self._try(lambda: self._server.post("registered-models/create", name="model"))
        body = {"name": "model", "source": "s3://bucket/x"}
        self._server.post("model-versions/create", **body)
        body = {"name": "model", "alias": "champion", "version": "1"}
        self._try(lambda: self._server.post("registered-models/alias", **body))

    def _post(self, path, **body):
        run_id = self._random.choice(self.runs)
        self._try(lambda: self._server.post(path, run_id=run_id, **body))

    def _try(self, action):
        try:
            action()
        except httpx.HTTPStatusError as error:
            assert error.response.status_code < 500


PRESENCE = "SELECT run_id, status, lifecycle_stage, ended_at FROM runs ORDER BY run_id"


@pytest.mark.parametrize("seed", range(2))
def test_a_chain_of_readings_has_the_facts_of_one(server, seed):
    users = Users(server, seed)
    facts = read(server)
    for _ in range(12):
        for _ in range(users._random.randrange(4)):
            users.act()
        facts = read(server, facts, reread=3)
        assert rows(facts, PRESENCE) == rows(read(server), PRESENCE)
    for _ in range(len(users.runs) // 3 + 2):
        facts = read(server, facts, reread=3)
    assert rows(facts) == rows(read(server))
