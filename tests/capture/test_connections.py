"""The connections of a repository that wait for its next transaction."""

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.event import listen

import mlflow2prov.capture as p
from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.repos import DbRepo, connections

TOP = Path(__file__).parents[2]
FORK = multiprocessing.get_context("fork")


def repository(**options):
    return DbRepo("sqlite:///calls.db", p.MemoryStore(), **options)


def count_uses(repo):
    """Return two lists, which grow by an item for each connection that the pool lends, and that it closes."""
    lent, closed = [], []
    listen(repo._db_engine, "checkout", lambda *_: lent.append(1))
    listen(repo._db_engine, "close", lambda *_: closed.append(1))
    listen(repo._db_engine, "close_detached", lambda *_: closed.append(1))
    return lent, closed


def double(x):
    return 2 * x


def test_the_transactions_of_a_call_share_a_connection():
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    captured(1)
    lent, _ = count_uses(repo)
    captured(2)
    assert lent == []


def test_connections_that_are_not_to_be_kept_are_closed():
    repo = repository(persistent_connections=False)
    captured = p.provenance(repo=repo)(double)
    captured(1)
    lent, closed = count_uses(repo)
    captured(2)
    assert len(lent) == len(closed) > 0
    assert repo._connections._idle == []


def test_a_database_in_memory_has_a_connection_for_each_thread():
    repo = DbRepo("sqlite://", p.MemoryStore())
    captured = p.provenance(repo=repo)(double)
    captured(1)
    assert repo._connections._idle == []


def test_more_connections_are_returned_to_the_pool():
    repo = repository()
    repo.create_tables()
    transactions = [repo._transaction() for _ in range(connections.MAX_IDLE + 2)]
    for transaction in transactions:
        transaction.__enter__()
    for transaction in transactions:
        transaction.__exit__(None, None, None)
    assert len(repo._connections._idle) == connections.MAX_IDLE
    assert repo._db_engine.pool.checkedout() == connections.MAX_IDLE


def test_a_connection_is_not_kept_after_an_error():
    repo = repository()
    repo.create_tables()
    with pytest.raises(CaptureError), repo._transaction() as connection:
        connection.execute("INSERT INTO runs (id) VALUES ('lost')")
        raise TypeError
    assert repo._connections._idle == []
    with repo._transaction() as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_disposing_of_the_engine_closes_the_connections_that_wait():
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    captured(1)
    _, closed = count_uses(repo)
    [idle] = [connection.dbapi_connection for connection in repo._connections._idle]
    repo._db_engine.dispose()
    assert closed
    with pytest.raises(Exception, match="closed"):
        idle.execute("SELECT 1")
    assert captured(2) == 4


def test_threads_do_not_use_a_connection_at_the_same_time():
    repo = repository()
    repo.create_tables()
    barrier, used = threading.Barrier(4), []

    def use():
        with repo._transaction() as connection:
            used.append(id(connection))
            barrier.wait()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(used)) == 4


def _count_shared(repo, parents, queue):
    with repo._transaction() as connection:
        is_shared = id(connection) in parents
    queue.put((is_shared, len(repo.calls())))


def test_a_forked_process_has_connections_of_its_own():
    repo = repository()
    captured = p.provenance(repo=repo)(double)
    captured(1)
    parents = {id(connection.dbapi_connection) for connection in repo._connections._idle}
    assert parents
    queue = FORK.Queue()
    process = FORK.Process(target=_count_shared, args=(repo, parents, queue))
    process.start()
    assert queue.get(timeout=60) == (False, 1)
    process.join()
    assert captured(2) == 4


PROGRAM = """
import mlflow2prov.capture as p
repo = p.DbRepo("sqlite:///calls.db", p.MemoryStore())
p.provenance(repo=repo)(lambda x: x)(1)
assert repo._connections._idle
repo.cycle = repo
"""


def test_connections_are_closed_at_the_end_of_the_program(tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "default", "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    # SQLite removes its log when the last connection is closed.
    assert {path.name for path in tmp_path.glob("calls.db*")} == {"calls.db", "calls.db.lock"}


def test_connections_are_closed_with_their_repository():
    repo = repository()
    repo.create_tables()
    with repo._transaction() as connection:
        pass
    del repo
    gc.collect()
    with pytest.raises(Exception, match="closed"):
        connection.execute("SELECT 1")
