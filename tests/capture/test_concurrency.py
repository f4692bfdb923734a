"""Several callers of one key: threads, tasks and processes compute it once, and all get the result."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import execution

TOP = Path(__file__).parents[2]
CALLERS = 4


@p.provenance()
def slow_square(x, log):
    """Append a line to a file for each time it runs."""
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.2)
    return x * x


def runs(log):
    return len(Path(log).read_text().splitlines())


def in_threads(function, *calls):
    barrier = threading.Barrier(len(calls))

    def call(args):
        barrier.wait()
        return function(*args)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


# --- threads


def test_threads_compute_a_key_once(repo, tmp_path):
    log = tmp_path / "log"
    results = in_threads(slow_square, *[(3, str(log))] * CALLERS)
    assert results == [9] * CALLERS
    assert runs(log) == 1
    assert len({result.artifact.id for result in results}) == 1
    assert sorted(call.cached for call in p.calls()) == [False] + [True] * (CALLERS - 1)


def test_threads_compute_different_keys_at_the_same_time(repo):
    barrier = threading.Barrier(CALLERS, timeout=30)

    @p.provenance()
    def meet(x):
        barrier.wait()
        return x

    assert in_threads(meet, *[(x,) for x in range(CALLERS)]) == list(range(CALLERS))


def test_threads_that_do_not_store_do_not_wait_for_each_other(repo):
    barrier = threading.Barrier(CALLERS, timeout=30)

    @p.provenance(read_only=True)
    def meet(x):
        barrier.wait()
        return x

    assert in_threads(meet, *[(1,)] * CALLERS) == [1] * CALLERS


def test_after_a_failure_the_next_thread_computes(repo):
    attempts = []

    @p.provenance()
    def flaky(x):
        attempts.append(x)
        time.sleep(0.02)
        if len(attempts) == 1:
            raise ValueError("first")
        return x

    def call(x):
        try:
            return flaky(x)
        except ValueError as error:
            return str(error)

    assert sorted(map(str, in_threads(call, *[(1,)] * CALLERS))) == ["1"] * 3 + ["first"]
    assert len(attempts) == 2


def test_threads_without_a_cache_all_compute_and_share_the_artifact(repo):
    @p.provenance(use_cache=False)
    def f(x):
        return x

    results = in_threads(f, *[(1,)] * CALLERS)
    assert results == [1] * CALLERS
    assert len({result.artifact.id for result in results}) == 1


def test_threads_make_one_composite_and_one_file(repo, tmp_path):
    (tmp_path / "file").write_text("content")

    @p.provenance(returns_composite=True)
    def split(x):
        time.sleep(0.01)
        return {"a": x, "b": [x]}

    @p.provenance(archive_file=True)
    def path_of(x):
        return tmp_path / "file"

    assert {result["a"] + result["b"][0] for result in in_threads(split, *[(1,)] * CALLERS)} == {2}
    files = in_threads(path_of, *[(1,)] * CALLERS)
    assert {Path(file).read_text() for file in files} == {"content"}


def test_calls_that_need_each_others_results_do_not_wait_for_ever(memory, monkeypatch):
    monkeypatch.setattr(execution, "MAX_NESTED_WAIT", 0.05)
    meeting = threading.Barrier(2, timeout=30)

    @p.provenance(ignore=["depth"])
    def left(depth):
        if depth == 0:
            meeting.wait()
            return right(1)
        return "left"

    @p.provenance(ignore=["depth"])
    def right(depth):
        if depth == 0:
            meeting.wait()
            return left(1)
        return "right"

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(left, 0), pool.submit(right, 0)]
        results = [future.result(timeout=30) for future in futures]
    assert set(map(str, results)) <= {"left", "right"}


def test_a_nested_call_of_the_same_key_does_not_wait_for_itself(memory):
    @p.provenance(ignore=["depth"])
    def f(depth):
        return depth if depth == 0 else f(depth - 1)

    assert f(3) == 0


def test_generators_in_threads_all_yield_all_items(repo):
    @p.provenance()
    def items(n):
        for i in range(n):
            time.sleep(0.001)
            yield i

    results = in_threads(lambda n: list(items(n)), *[(5,)] * CALLERS)
    assert results == [[0, 1, 2, 3, 4]] * CALLERS


# --- tasks


def test_tasks_compute_a_key_once_and_do_not_block_the_others(repo):
    computed = []

    @p.provenance(remove=["event"])
    async def fetch(x, event):
        computed.append(x)
        await asyncio.wait_for(event.wait(), 30)
        return x

    async def main():
        event = asyncio.Event()
        callers = [asyncio.create_task(fetch(1, event)) for _ in range(CALLERS)]
        for _ in range(5):
            await asyncio.sleep(0.005)  # all callers have begun, and none blocks this task
        event.set()
        return await asyncio.gather(*callers)

    assert asyncio.run(main()) == [1] * CALLERS
    assert computed == [1]


def test_a_cancelled_task_lets_the_next_one_compute(repo):
    computed = []

    @p.provenance()
    async def fetch(x):
        computed.append(x)
        await asyncio.sleep(0.05 if len(computed) > 1 else 60)
        return x

    async def main():
        first = asyncio.create_task(fetch(1))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(fetch(1))
        third = asyncio.create_task(fetch(1))
        await asyncio.sleep(0.02)
        third.cancel()
        first.cancel()
        return await second

    assert asyncio.run(main()) == 1
    assert computed == [1, 1]


# --- processes


def start_worker(folder):
    os.chdir(folder)


def square_in_worker(arguments):
    result = slow_square(*arguments)
    return int(result), result.artifact.id, result.artifact.run_info["process"]["pid"], os.getpid()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_compute_a_key_once(tmp_path, method):
    log = str(tmp_path / "log")
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(3, context, start_worker, (str(tmp_path),)) as pool:
        results = list(pool.map(square_in_worker, [(3, log)] * 3))
    assert {(value, identifier) for value, identifier, *_ in results} == {
        (9, p.explain_miss(slow_square, 3, log).artifact_id)
    }
    assert runs(log) == 1
    assert sorted(call.cached for call in p.calls()) == [False, True, True]
    assert slow_square(3, log) == 9


def send_back(arguments):
    return slow_square(*arguments)


def test_a_proxy_comes_back_from_another_process_with_its_artifact(tmp_path):
    log = str(tmp_path / "log")
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        result = pool.submit(send_back, (4, log)).result()
        assert result == 16
        assert pool.submit(slow_square, result, log).result() == 256
    again = slow_square(result, log)
    assert again.artifact.input_artifact_ids == {result.artifact.id}
    assert runs(log) == 2


def test_a_forked_process_has_a_description_of_its_own(memory):
    parent = p.provenance()(os.getpid)().artifact.run_info
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        child, pid = pool.submit(describe_in_worker).result()
    assert parent["process"]["pid"] == os.getpid() != pid
    assert child["process"]["pid"] == pid
    assert child["id"] != parent["id"]


def describe_in_worker():
    result = p.provenance(version=2)(os.getpid)()
    return result.artifact.run_info, int(result)


def test_a_process_can_be_forked_while_other_threads_hold_claims(tmp_path):
    log = str(tmp_path / "log")
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(slow_square, 5, log)
        while not Path(log).exists():
            time.sleep(0.001)
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
            assert pool.submit(square_in_worker, (5, log)).result(timeout=20)[0] == 25
        assert held.result() == 25
    assert runs(log) == 1


# --- killed processes

PROGRAM = """
import os, sys, time
import mlflow2prov.capture as p
from mlflow2prov.capture.repos import values

stage = sys.argv[1]

def stop():
    print("ready", flush=True)
    time.sleep(60)

@p.provenance(name="make")
def make(n):
    if stage == "computing":
        stop()
    return list(range(n))

if stage == "storing":
    original = p.DiskStore.put
    def put(self, *args, **kwargs):
        original(self, *args, **kwargs)
        stop()
    p.DiskStore.put = put
if stage == "writing":
    import pathlib
    replace = os.replace
    os.replace = os.link = os.rename = lambda *args, **kwargs: stop()
    pathlib.Path.replace = pathlib.Path.rename = lambda *args, **kwargs: stop()
if stage == "waiting":
    print("ready", flush=True)
print(make(1000)[-1], flush=True)
"""


def start_program(folder, stage):
    (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    process = subprocess.Popen(
        [sys.executable, "program.py", stage],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    if stage != "nothing":
        assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("stage", ["computing", "writing", "storing"])
def test_a_killed_process_leaves_no_claim_and_no_half_result(tmp_path, stage):
    killed = start_program(tmp_path, stage)
    waiting = start_program(tmp_path, "waiting")
    killed.kill()
    assert waiting.communicate(timeout=30)[0] == "999\n"
    killed.communicate()
    calls = p.calls()
    assert [call.status for call in calls] == ["RUNNING", "FINISHED"]
    assert not calls[1].cached
    assert p.load_proxy(calls[1].artifact_id) == list(range(1000))


def test_a_process_that_is_killed_while_it_waits_leaves_the_others_alone(tmp_path):
    log = str(tmp_path / "log")
    code = (
        "import sys; sys.path[0:0] = sys.argv[1:2]; print('ready', flush=True);"
        "from tests.capture.test_concurrency import slow_square; slow_square(6, sys.argv[2])"
    )
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(slow_square, 6, log)
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(TOP), log], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        process.kill()
        process.communicate()
        assert held.result() == 36
    assert slow_square(6, log) == 36
    assert runs(log) == 1
