"""Failures: of the function, of its arguments and its result, and of the repository. Results are never lost."""

import errno
import itertools
import re
import threading
import types
import warnings
from contextlib import nullcontext
from pathlib import Path

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture.locks import Claim

# --- arguments and results that have no digest


def stream():
    return (letter for letter in "ab")


def test_an_argument_that_cannot_be_hashed_does_not_break_the_call(repo):
    computed = []

    @p.provenance()
    def f(x, lines):
        computed.append(x)
        return [x, *lines]

    results = [f(1, stream()), f(1, stream())]
    assert results == [[1, "a", "b"]] * 2
    assert computed == [1, 1], "no look-up without a digest"
    for call in p.calls():
        assert (call.status, call.cached) == ("FINISHED", False)
        assert call.uncacheable.startswith("lines: builtins.generator: has no value")
        assert [(a.name, a.digest) for a in call.arguments] == [("x", p.hash(1)), ("lines", None)]
    assert len({result.artifact.id for result in results}) == 2, "each belongs to its call"


@pytest.mark.parametrize(
    "value",
    [threading.Lock(), stream(), iter([1]), map(str, [1]), itertools.count(), threading.local()],
    ids=lambda value: type(value).__name__,
)
def test_locks_streams_and_files_make_a_call_uncacheable(memory, value):
    @p.provenance()
    def f(x, *more):
        return 1

    assert [f(value), f(0, value), f({"deep": [value]})] == [1, 1, 1]
    reasons = [call.uncacheable.partition(":")[0] for call in p.calls()]
    assert reasons == ["x", "*0", "x"]


def test_an_argument_whose_methods_fail_does_not_break_the_call(repo):
    class Hostile:
        def __reduce_ex__(self, protocol):
            raise RuntimeError("no pickle")

        def __repr__(self):
            raise RuntimeError("no repr")

        @property
        def shape(self):
            raise RuntimeError("no shape")

        def __eq__(self, other):
            raise RuntimeError("no comparison")

        __hash__ = None

    assert p.provenance()(callable)(Hostile()) == False  # noqa: E712 - a proxy
    assert "no pickle" in p.calls()[0].uncacheable


def test_a_result_that_cannot_be_hashed_is_returned_as_it_is(repo):
    @p.provenance()
    def f():
        return threading.Lock()

    assert f().acquire(blocking=False)
    assert not p.is_proxy(f())
    assert [call.status for call in p.calls()] == ["FINISHED"] * 2
    assert p.calls()[0].uncacheable.startswith("result: _thread.lock: has no value")
    assert p.calls()[0].artifact_id is None


class Unpicklable:
    def value_repr(self):
        return 1

    def __reduce_ex__(self, protocol):
        raise TypeError("secret handle")


def test_a_result_that_cannot_be_stored_is_returned_with_the_reason_in_its_record(repo):
    if isinstance(repo, p.MemoryRepo):
        pytest.skip("objects in memory are stored as they are")

    @p.provenance()
    def f():
        return Unpicklable()

    with pytest.warns(p.CaptureWarning, match="the result is not stored .*Unpicklable"):
        result = f()
    assert isinstance(result, Unpicklable)
    assert "secret handle" in p.calls()[0].uncacheable
    assert result.artifact.id not in repo


# --- functions that fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("bad value"), "FAILED"),
        (KeyError("k"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(3), "KILLED"),
    ],
    ids=repr,
)
def test_an_exception_is_recorded_and_reaches_the_caller(repo, error, status):
    @p.provenance()
    def f(x):
        raise error

    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            f(1)
        assert raised.value is error
    for call in p.calls():
        assert call.status == status
        assert call.exception_type == f"builtins.{type(error).__name__}"
        assert call.exception_message == str(error)
        assert call.ended_at >= call.started_at
        assert call.artifact_id is None
        assert [argument.value for argument in call.arguments] == [1]


def test_a_message_is_recorded_without_credentials(memory):
    @p.provenance()
    def f():
        raise OSError("cannot reach https://ann:hunter2@example.org/x")

    with pytest.raises(OSError, match="hunter2"):
        f()
    assert "hunter2" not in p.calls()[0].exception_message


def test_a_failure_is_not_a_result(memory):
    outcomes = iter([ValueError(), 1])

    @p.provenance()
    def f():
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with pytest.raises(ValueError):
        f()
    assert [f(), f()] == [1, 1]
    assert [call.status for call in p.calls()] == ["FAILED", "FINISHED", "FINISHED"]


def test_nested_failures_are_recorded_for_each_call(memory):
    @p.provenance()
    def inner():
        raise ValueError("deep")

    @p.provenance()
    def outer():
        inner()

    with pytest.raises(ValueError, match="deep"):
        outer()
    assert {call.fn_name: call.status for call in p.calls()} == {
        "outer": "FAILED",
        "inner": "FAILED",
    }


# --- functions that change their arguments


def test_a_function_that_changes_its_arguments_is_reported_with_their_names(repo):
    @p.provenance()
    def grow(a, b, c, *rest, **more):
        a.append(1), b.add(1), rest[0].append(1), more["d"].append(1)

    name = re.escape(f"{__name__}.grow")
    with pytest.raises(
        p.ImpureFunctionError, match=rf"The {name} function modified arguments: \(a,b,d,varargs\)"
    ):
        grow([], set(), [], [], d=[])
    (call,) = p.calls()
    assert call.status == "FAILED"
    assert call.exception_type.endswith("ImpureFunctionError")


def test_a_change_inside_a_proxy_is_reported(repo):
    @p.provenance()
    def make():
        return [[1], [2]]

    @p.provenance()
    def grow(values):
        values[0].append(9)

    with pytest.raises(p.ImpureFunctionError, match=r"\(values\)"):
        grow(make())


def test_removed_arguments_may_change(memory):
    @p.provenance(remove=["log"])
    def f(x, log):
        log.append(x)
        return x

    log = []
    assert f(1, log) == 1
    assert log == [1]


def test_a_hit_is_not_checked_as_the_function_does_not_run(memory):
    @p.provenance()
    def grow(a, change):
        if change:
            a.append(1)
        return 1

    ignoring = p.provenance(ignore=["change"], name="grow")(grow.__wrapped__)
    ignoring([], False)
    assert ignoring([], True) == 1


def test_changed_values_of_artifacts_are_reported_before_they_are_used(repo):
    @p.provenance()
    def make():
        return [1, 2]

    @p.provenance()
    def total(array, other=None):
        return sum(array)

    p.set_check_mutations(True)
    assert p.get_check_mutations()
    array = make()
    assert total(array) == 3
    array.append(3)
    identifier = re.escape(array.artifact.id)
    message = (
        rf"Artifact {identifier}, of type <class 'list'> was mutated before being "
        rf"passed to {re.escape(__name__)}.total as arguments \(array\)"
    )
    with pytest.raises(p.MutatedArtifactValueError, match=message):
        total(array)
    with pytest.raises(p.MutatedArtifactValueError, match=r"\(array,other\)"):
        total([array], other={"k": array})
    p.set_check_mutations(False)
    assert total(array) == 6


# --- repositories that fail


class Failing(p.MemoryRepo):
    """A repository one of whose methods fails, as if its database were lost."""

    def __init__(self, method):
        super().__init__()
        error = p.CaptureError("db: connection lost; check that the database can be reached")

        def fail(*args, **kwargs):
            raise error

        if method in ("acquire", "release"):
            lock = types.SimpleNamespace(try_acquire=bool, release=bool)
            setattr(lock, "try_acquire" if method == "acquire" else "release", fail)
            self.claim = lambda key: Claim(id(self), key, lock)
        else:
            setattr(self, method, fail)


@pytest.mark.parametrize(
    "method", ["find", "claim", "acquire", "release", "start_call", "_put", "end_call"]
)
def test_a_lost_database_loses_no_result(method):
    p.set_default_repo(Failing(method))
    computed = []

    @p.provenance()
    def f(x):
        computed.append(x)
        return x + 1

    with pytest.warns(p.CaptureWarning, match="connection lost"):
        assert f(1) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert f(1) == 2
    assert len(computed) == (2 if method in ("find", "_put") else 1)


def test_a_lost_database_loses_no_result_of_a_coroutine_or_a_generator():
    import asyncio

    @p.provenance()
    async def later(x):
        return x

    @p.provenance()
    def items(x):
        yield x

    for method in ("find", "claim", "acquire", "release", "start_call", "_put", "end_call"):
        p.set_default_repo(Failing(method))
        with pytest.warns(p.CaptureWarning):
            assert asyncio.run(later(1)) == 1
        p.set_default_repo(Failing(method))
        if method not in ("claim", "acquire", "release"):  # generators do not claim
            with pytest.warns(p.CaptureWarning):
                assert list(items(1)) == [1]


def test_warnings_can_be_silenced(recwarn):
    p.Config.set_current(p.Config(default_repo=Failing("_put"), silence_warnings=True))
    assert p.provenance()(lambda: 1)() == 1
    assert not recwarn.list


def test_a_lost_database_file_loses_no_result(tmp_path):
    folder = tmp_path / "store"
    repo = p.DbRepo(f"sqlite:///{folder / 'calls.db'}", p.DiskStore(tmp_path / "blobs"))
    p.set_default_repo(repo)

    @p.provenance()
    def f():
        for file in folder.iterdir():
            file.unlink()
        (folder / "calls.db").write_bytes(b"not a database" * 100)
        repo._db_engine.dispose()
        return 1

    with pytest.warns(p.CaptureWarning):
        assert f() == 1


def test_a_full_disk_loses_no_result(tmp_path, monkeypatch):
    store = p.DiskStore(tmp_path / "blobs")
    p.set_default_repo(p.DbRepo(f"sqlite:///{tmp_path / 'calls.db'}", store))

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_put", full)
    monkeypatch.setattr(store, "put", full)

    @p.provenance()
    def f():
        return [1]

    with pytest.warns(p.CaptureWarning, match="No space left"):
        assert f() == [1]
    (call,) = p.calls()
    assert (call.status, call.artifact_id) != ("RUNNING", None)
    assert "No space left" in call.uncacheable
    monkeypatch.undo()
    assert f() == [1]
    assert p.calls()[-1].uncacheable is None


def test_a_file_that_is_not_stored_is_not_deleted(tmp_path, monkeypatch):
    p.set_default_repo(Failing("_put"))
    (tmp_path / "model.bin").write_bytes(b"weights")

    @p.provenance(archive_file=True, delete_original_file=True)
    def train():
        return tmp_path / "model.bin"

    with pytest.warns(p.CaptureWarning, match="not stored"):
        result = train()
    assert Path(result).read_bytes() == b"weights"


def test_a_composite_is_not_stored_without_one_of_its_parts(monkeypatch):
    repo = p.MemoryRepo()
    p.set_default_repo(repo)
    put, records = repo._put, []

    def put_one(record):
        records.append(record.name)
        if len(records) > 1:
            raise p.CaptureError("disk: full; delete something")
        return put(record)

    monkeypatch.setattr(repo, "_put", put_one)

    @p.provenance(returns_composite=True, name="split")
    def split():
        return {"a": 1, "b": 2}

    with pytest.warns(p.CaptureWarning, match="full") as caught:
        result = split()
    assert (result["a"], result["b"], len(caught)) == (1, 2, 1)
    assert records == ["split_a", "split_b"]
    assert result.artifact.id not in repo


# --- stored results that are lost or damaged


def blobs(repo):
    return [path for path in Path(repo.blobstore.cachedir).rglob("*") if path.is_file()]


@pytest.mark.parametrize("damage", ["truncate", "delete", "replace"])
@pytest.mark.parametrize("use", ["same process", "another process"])
def test_a_damaged_result_is_computed_again_and_repaired(tmp_path, damage, use):
    url, folder = f"sqlite:///{tmp_path / 'calls.db'}", tmp_path / "blobs"
    repo = p.DbRepo(url, p.DiskStore(folder))
    p.set_default_repo(repo)
    computed = []

    @p.provenance()
    def f(n):
        computed.append(n)
        return list(range(n))

    identifier = f(100).artifact.id
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if damage == "delete":
            path.unlink()
        else:
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:20] if damage == "truncate" else b"[1,2]")
    if use == "another process":
        p.set_default_repo(p.DbRepo(url, p.DiskStore(folder)))
    is_lost = damage == "delete"  # by a limit of the store, or by a user who needs space
    expected = pytest.warns(p.CaptureWarning, match="cannot be loaded")
    with nullcontext() if is_lost else expected:
        assert f(100) == list(range(100))
    assert computed == [100, 100]
    assert f(100) == list(range(100))
    assert computed == [100, 100], "repaired"
    assert p.load_proxy(identifier) == list(range(100))


def test_an_iterator_that_was_returned_is_not_stored_half_used(repo):
    @p.provenance()
    def letters():
        return iter("ab")

    assert [list(letters()), list(letters())] == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    "function", [lambda _: 1 / 0, lambda _: None, lambda info: {**info, "lock": threading.Lock()}]
)
def test_a_description_of_the_process_that_fails_does_not_break_the_call(memory, function):
    p.set_run_info_fn(function)
    with pytest.warns(p.CaptureWarning, match="run_info_fn: adds nothing"):
        result = p.provenance()(abs)(-1)
    assert result == 1
    assert result.artifact.run_info["process"]["pid"]
