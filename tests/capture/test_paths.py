"""Paths as arguments: the call records which content the file had, and nothing else changes."""

import asyncio
import hashlib
import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlflow2prov.capture as p
from mlflow2prov.capture import execution
from mlflow2prov.secrets import MASK


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"1,2\n")
    return path


def content(data=b"1,2\n"):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def contents(repo):
    """Return the contents of the arguments of each call, in order of time."""
    return [{a.name: a.content for a in call.arguments} for call in repo.calls()]


class Somewhere:
    """A path of a user, whose method may do anything."""

    def __init__(self, answer):
        self.answer = answer

    def __fspath__(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_path_is_recorded_with_the_content_of_its_file(repo, file):
    @p.provenance()
    def count(path, *others, sep=","):
        return len(path.read_text().split(sep))

    assert count(file, file) == 2
    assert contents(repo) == [{"path": content(), "sep": None, "*0": content()}]


def test_the_content_is_that_before_the_function_ran(memory, file):
    @p.provenance()
    def clean(path):
        path.write_text("")

    clean(file)
    assert contents(memory) == [{"path": content()}]


def test_a_text_is_not_taken_for_a_path(memory, file):
    p.provenance()(lambda path: repr(path))(str(file))
    assert contents(memory) == [{"path": None}]


@pytest.mark.parametrize("kind", ["generator", "coroutine", "method", "failure"])
def test_every_kind_of_function_records_it(memory, file, kind):
    @p.provenance()
    def generate(path):
        yield path.read_text()

    @p.provenance()
    async def read(path):
        return path.read_text()

    class Reader:
        @p.provenance(ignore=["self"])
        def read(self, path):
            return path.read_text()

    @p.provenance()
    def fail(path):
        raise ValueError(path)

    if kind == "generator":
        list(generate(file))
    elif kind == "coroutine":
        asyncio.run(read(file))
    elif kind == "method":
        Reader().read(file)
    else:
        with pytest.raises(ValueError):
            fail(file)
    assert content() in contents(memory)[0].values()


def test_a_look_up_reads_no_file_and_a_changed_file_is_no_reason_to_compute(memory, file):
    calls = []
    count = p.provenance(version=1)(lambda path: calls.append(path) or 1)
    count(file)
    file.write_bytes(b"3\n")
    count(file)
    assert len(calls) == 1
    assert contents(memory) == [{"path": content()}, {"path": None}]


@pytest.mark.parametrize(
    "path",
    [
        Path("missing"),
        Path(),
        Path("a\0b"),
        PurePosixPath("missing"),
        Somewhere(ValueError("s3cr3t")),
        Somewhere(OSError()),
        Somewhere(RuntimeError()),
        Somewhere(b"data.csv"),
        Somewhere(5),
    ],
)
def test_what_is_not_a_file_has_no_content(memory, file, path):
    assert p.provenance(proxies=False)(lambda path: repr(path))(path) == repr(path)
    assert contents(memory) == [{"path": None}]


def test_a_pipe_is_not_opened(memory, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    p.provenance()(lambda path: repr(path))(tmp_path / "pipe")
    assert contents(memory) == [{"path": None}]


def test_a_large_file_is_not_read(memory, file, monkeypatch):
    monkeypatch.setattr(execution, "MAX_FILE_BYTES", 4)
    show = p.provenance(use_cache=False)(lambda path: repr(path))
    show(file)
    file.write_bytes(b"12345")
    show(file)
    assert contents(memory) == [{"path": content()}, {"path": None}]


def test_the_file_of_a_secret_is_not_read(memory, file):
    p.provenance()(lambda password: repr(password))(file)
    (argument,) = memory.calls()[0].arguments
    assert (argument.value, argument.content) == (MASK, None)


def test_archived_files_and_proxies_are_known_by_their_artifacts(memory, file):
    archived = p.archive_file(file)
    made = p.provenance()(lambda: file)()
    use = p.provenance()(lambda path: repr(path))
    use(archived)
    use(made)
    use(archived.artifact.value)
    found = contents(memory)[-3:]
    assert found == [{"path": None}] * 3
    assert [call.arguments[0].artifacts for call in memory.calls()[-3:-1]] == [
        [archived.artifact.id],
        [made.artifact.id],
    ]


def test_a_call_that_is_not_stored_reads_no_file(memory, file, monkeypatch):
    monkeypatch.setattr("mlflow2prov.capture.arguments.file_hash", lambda _: 1 / 0)
    p.provenance(read_only=True)(lambda path: repr(path))(file)
    assert memory.calls() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_the_digest_is_that_of_the_bytes(memory, file, data):
    file.write_bytes(data)
    p.provenance(use_cache=False)(lambda path: (path, data))(file)
    assert contents(memory)[-1] == {"path": content(data)}
