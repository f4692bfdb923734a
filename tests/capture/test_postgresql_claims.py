"""Claims among callers that share a database of PostgreSQL: as in a file, also beyond the size of its pool."""

import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture.repos.advisory_locks import AdvisoryLocks

pytestmark = pytest.mark.slow
TOP = Path(__file__).parents[2]

PROGRAM = """
import sys, time
import mlflow2prov.capture as p

p.set_default_repo(p.DbRepo(sys.argv[1], p.DiskStore("blobs")))

@p.provenance(name="make")
def make(x):
    print("computing", flush=True)
    time.sleep(float(sys.argv[2]))
    return x

print(make(1), flush=True)
"""


@pytest.fixture(scope="module")
def server():
    from tests.services.databases import postgresql

    with postgresql() as server:
        yield server


@pytest.fixture
def url(server, tmp_path):
    database = f"claims_{time.monotonic_ns()}"
    server._execute("postgres", f"CREATE DATABASE {database}")
    return server.url(database=database)


@pytest.fixture
def repo(url, tmp_path):
    made = p.DbRepo(url, p.DiskStore(tmp_path / "blobs"))
    p.set_default_repo(made)
    yield made
    made._db_engine.dispose()


def start_program(folder, url, seconds):
    (folder / "program.py").write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, "program.py", url, str(seconds)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_threads_compute_a_key_once(repo):
    computed = []

    @p.provenance()
    def f(x):
        computed.append(x)
        time.sleep(0.05)
        return x

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(f, [1] * 20)) == [1] * 20
    assert computed == [1]


def test_more_threads_than_connections_compute_at_the_same_time(repo, recwarn):
    count = 24
    barrier = threading.Barrier(count, timeout=20)

    @p.provenance()
    def meet(x):
        barrier.wait()
        return x

    with ThreadPoolExecutor(count) as pool:
        assert list(pool.map(meet, range(count))) == list(range(count))
    assert not recwarn.list
    assert len(p.calls(status="FINISHED")) == count


def test_processes_compute_a_key_once(url, tmp_path):
    processes = [start_program(tmp_path, url, 1) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert sorted(outputs) == ["1\n", "1\n", "computing\n1\n"]


def test_a_killed_process_gives_up_its_claim(url, tmp_path):
    killed = start_program(tmp_path, url, 60)
    assert killed.stdout.readline() == "computing\n"
    waiting = start_program(tmp_path, url, 0)
    time.sleep(0.5)
    killed.kill()
    killed.communicate()
    assert waiting.communicate(timeout=60)[0] == "computing\n1\n"


def test_a_forked_process_has_locks_of_its_own(repo, url, tmp_path):
    claim = repo.claim("key")
    assert claim.acquire()
    child = os.fork()
    if not child:
        other = repo.claim("other")
        is_right = other.try_acquire() and not repo.claim("key").try_acquire()
        other.release()
        os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    other = AdvisoryLocks(p.DbRepo(url, p.DiskStore(tmp_path / "blobs"))._db_engine)
    assert not other.try_acquire("key"), "the parent still has it"
    assert other.try_acquire("other"), "the child has given it up"
    claim.release()
    assert other.try_acquire("key")


def test_a_lost_connection_loses_the_locks_and_nothing_else(repo):
    @p.provenance()
    def f(x):
        with repo._connect() as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.exec_driver_sql(query)
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", p.CaptureWarning)
        assert f(1) == 1
    assert p.provenance()(abs)(-2) == 2
    assert p.calls()[-1].uncacheable is None
