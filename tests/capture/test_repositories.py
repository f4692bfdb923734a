"""Repositories: artifacts, their inputs, sets of them, and calls, wherever they are kept."""

import datetime
import itertools
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture.blobstores import DiskStore
from mlflow2prov.capture.environment import run_info
from mlflow2prov.capture.errors import KeyExistsError, MissingKeyError, PermissionDeniedError
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.records import Argument, ArtifactRecord, Call, Output
from mlflow2prov.capture.repos import ChainedRepo, DbRepo, MemoryRepo
from mlflow2prov.capture.sets import ArtifactSet

_numbers = itertools.count()


def memory(**permissions):
    return MemoryRepo(**permissions)


def sqlite(**permissions):
    number = next(_numbers)
    store = DiskStore(f"blobs-{number}", delete=True)
    return DbRepo(f"sqlite:///calls-{number}.db", store, **permissions)


def chained(**permissions):
    return ChainedRepo([MemoryRepo(), sqlite()], **permissions)


@pytest.fixture(scope="module")
def server():
    from tests.services.databases import postgresql

    with postgresql() as server:
        yield server


@pytest.fixture(
    params=["memory", "sqlite", "chained", pytest.param("postgresql", marks=pytest.mark.slow)]
)
def make(request):
    """A function that returns a new repository."""
    if request.param != "postgresql":
        return {"memory": memory, "sqlite": sqlite, "chained": chained}[request.param]
    url = request.getfixturevalue("server").url()

    def make(**permissions):
        number = next(_numbers)
        store = DiskStore(f"blobs-{number}", delete=True)
        return DbRepo(url, store, schema=f"test_{number}", **permissions)

    return make


@pytest.fixture
def repo(make):
    return make()


def record(number=0, **changes):
    """Return the record of an artifact whose value is its number."""
    value = changes.get("value", number)
    fields = {
        "id": digest(["artifact", number]),
        "value_id": digest(value),
        "inputs": {"kargs": {"a": number, "b": "text"}, "varargs": (1.5, None)},
        "fn_module": "wine",
        "fn_name": "train",
        "value": value,
        "name": "wine.train",
        "version": 2,
        "composite": False,
        "compute_duration": 0.25,
        "computed_at": datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
        "custom_fields": {"stage": "raw", "tags": ["red"]},
        "input_artifact_ids": [],
        "run_info": run_info(),
    }
    return ArtifactRecord(**{**fields, **changes})


# --- artifacts


def test_an_artifact_is_read_as_it_was_stored(repo):
    stored = record()
    repo.put(stored)
    artifact = repo.get_by_id(stored.id)
    assert artifact.value == 0
    assert artifact.inputs == {"kargs": {"a": 0, "b": "text"}, "varargs": (1.5, None)}
    for name in ("id", "value_id", "fn_module", "fn_name", "name", "version", "composite"):
        assert getattr(artifact, name) == getattr(stored, name)
    assert artifact.computed_at == stored.computed_at
    assert artifact.compute_duration == 0.25
    assert artifact.custom_fields == {"stage": "raw", "tags": ["red"]}
    assert artifact.tags == ["red"]
    assert artifact.run_info["process"]["pid"] == run_info()["process"]["pid"]
    assert artifact.run_info["created_at"].utcoffset() == datetime.timedelta(0)


def test_an_artifact_is_found_by_itself_its_proxy_and_its_identifier(repo):
    artifact = repo.put(record())
    assert artifact in repo
    assert artifact.proxy() in repo
    assert artifact.id in repo
    assert repo[artifact.id] == artifact
    assert repo.get_by_value_id(artifact.value_id) == artifact
    assert repo.get_value(artifact) == repo.get_value(artifact.id) == 0


def test_several_artifacts_are_read_in_the_order_of_their_identifiers(repo):
    ids = [repo.put(record(number)).id for number in range(3)]
    assert [one.id for one in repo.batch_get_by_id(reversed(ids))] == ids[::-1]
    with pytest.raises(MissingKeyError):
        repo.batch_get_by_id([*ids, "nothing"])


def test_a_known_artifact_is_not_replaced(repo):
    repo.put(record(0))
    with pytest.raises(KeyExistsError, match=record(0).id) as caught:
        repo.put(record(0, value="other"))
    assert caught.value.key == record(0).id
    assert repo.get_value(record(0).id) == 0


def test_a_missing_artifact_is_a_key_error(repo):
    actions = (
        repo.get_by_id,
        repo.get_by_value_id,
        repo.get_value,
        repo.get_inputs,
        repo.delete,
        repo.get_set_by_id,
        repo.get_set_by_labels,
        repo.delete_set,
    )
    for action in actions:
        with pytest.raises(MissingKeyError, match="has no ") as caught:
            action("nothing")
        assert isinstance(caught.value, KeyError)
    assert "nothing" not in repo
    assert not repo.contains_set("nothing")


@pytest.mark.parametrize(
    ("permission", "action"),
    [
        ("read", lambda repo: repo.get_by_id("x")),
        ("read", lambda repo: repo.get_by_value_id("x")),
        ("read", lambda repo: repo.get_value("x")),
        ("read", lambda repo: repo.get_inputs("x")),
        ("read", lambda repo: repo.get_set_by_id("x")),
        ("read", lambda repo: repo.get_set_by_labels("x")),
        ("read", lambda repo: repo.contains_set("x")),
        ("read", lambda repo: "x" in repo),
        ("write", lambda repo: repo.put(record())),
        ("write", lambda repo: repo.put_set(ArtifactSet([]))),
        ("read_through_write", lambda repo: repo.put(record(), read_through=True)),
        ("delete", lambda repo: repo.delete("x")),
        ("delete", lambda repo: repo.delete_set("x")),
    ],
)
def test_an_action_needs_its_permission(make, permission, action):
    with pytest.raises(PermissionDeniedError, match=f"{permission}=True"):
        action(make(**{permission: False}))


VALUES = {
    "number": 1.5,
    "text": "Käse \0 🧀",
    "nothing": None,
    "tuple": (1, "a"),
    "set": {1, 2},
    "nested": {"a": [1, {"b": None}]},
    "not a number": float("nan"),
    "big": 2**5000,
    "array": np.arange(6).reshape(2, 3),
    "objects": np.array([1, "a"], dtype=object),
    "frame": pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    "series": pd.Series([1.5, 2.5], name="s"),
    "lambda": lambda x: x + 1,
}


@pytest.mark.parametrize("name", VALUES)
def test_every_value_is_read_as_it_was_stored(repo, name):
    value = VALUES[name]
    stored = repo.put(record(value=value, value_id=digest(value), version="1.2rc1"))
    read = repo.get_by_id(stored.id)
    assert digest(read.value) == digest(value)
    assert type(read.value) is type(value)
    assert read.version == "1.2rc1"


@pytest.mark.parametrize("name", VALUES)
def test_every_input_is_read_as_it_was_given(repo, name):
    value = VALUES[name]
    inputs = {"kargs": {"x": value, "y": "z" * 5000}, "varargs": (value,)}
    artifact = repo.get_by_id(repo.put(record(inputs=inputs)).id)
    assert digest(artifact.inputs) == digest(inputs)


def test_inputs_that_no_serializer_takes_are_described(repo):
    inputs = {"kargs": {"stream": (n for n in ()), "n": 1}, "varargs": ()}
    artifact = repo.get_by_id(repo.put(record(inputs=inputs)).id)
    assert artifact.inputs["kargs"]["n"] == 1
    assert "generator" in str(artifact.inputs["kargs"]["stream"])


def test_an_input_that_is_an_artifact_is_read_as_one(repo):
    first = repo.put(record(0))
    inputs = {"kargs": {"proxy": first.proxy(), "itself": first}, "varargs": (first.proxy(),)}
    second = repo.put(record(1, inputs=inputs, input_artifact_ids=[first.id]))
    read = repo.get_by_id(second.id)
    assert read.input_artifact_ids == {first.id}
    kargs = read.inputs["kargs"]
    assert (p.is_proxy(kargs["proxy"]), kargs["proxy"].artifact) == (True, first)
    assert (type(kargs["itself"]), kargs["itself"]) == (p.Artifact, first)
    assert read.inputs["varargs"][0].artifact == first


def test_a_dictionary_that_looks_like_a_reference_is_a_dictionary(repo):
    first = repo.put(record(0))
    lookalike = {"id": first.id, "type": "Artifact", "name": "x"}
    second = repo.put(record(1, inputs={"kargs": {"x": lookalike}, "varargs": ()}))
    assert repo.get_by_id(second.id).inputs["kargs"]["x"] == lookalike


# --- blobs that artifacts share


def test_artifacts_with_equal_values_share_a_blob_until_the_last_is_deleted(repo):
    value = {"content": [1, 2, 3]}
    one, other = (repo.put(record(number, value=value)) for number in range(2))
    repo.delete(one)
    assert one not in repo
    assert repo.get_by_id(other.id).value == value
    repo.delete(other)
    assert other not in repo
    with pytest.raises(MissingKeyError):
        repo.delete(other)


def test_the_blob_is_deleted_with_its_last_artifact():
    repo = sqlite()
    value, inputs = {1, 2}, {"kargs": {"x": {3, 4}}, "varargs": ()}
    artifacts = [repo.put(record(number, value=value, inputs=inputs)) for number in range(3)]
    for artifact in artifacts:
        assert repo.get_by_id(artifact.id).value == value
        repo.delete(artifact)
    assert [name.name for name in repo.blobstore.folder.iterdir()] == [".store"]


def test_an_artifact_stays_if_its_blob_may_not_be_deleted():
    repo = DbRepo("sqlite:///calls.db", DiskStore("blobs", delete=False))
    artifact = repo.put(record())
    with pytest.raises(PermissionDeniedError, match="delete=True"):
        repo.delete(artifact)
    assert repo.get_by_id(artifact.id).value == 0


def test_one_value_under_two_serializers_is_two_blobs(repo):
    one = repo.put(record(0, value=[1], serializer="json"))
    other = repo.put(record(1, value=[1], serializer="joblib"))
    assert repo.get_by_id(one.id).value == repo.get_by_id(other.id).value == [1]
    repo.delete(one)
    assert repo.get_by_id(other.id).value == [1]


def test_an_archived_file_is_kept_until_its_last_artifact_is_deleted(repo, tmp_path):
    (tmp_path / "model.txt").write_text("content")
    with p.using_repo(repo):
        one = p.archive_file("model.txt", custom_fields={"n": 1})
        other = p.archive_file("model.txt", custom_fields={"n": 2})
        assert one.artifact.id != other.artifact.id
        repo.delete(one)
        read = repo.get_by_id(other.artifact.id).value
        with open(read) as stream:
            assert stream.read() == "content"
        assert read.original_filename == "model.txt"
        repo.delete(other)
        with pytest.raises(MissingKeyError):
            _ = read.__fspath__()


# --- composites


def test_a_composite_refers_to_its_parts(repo):
    with p.using_repo(repo):

        @p.provenance(returns_composite=True)
        def split():
            return {"train": [1, 2], "test": np.arange(3)}

        stored = split().artifact
    composite = repo.get_by_id(stored.id)
    assert composite.composite
    assert set(composite.value) == {"train", "test"}
    assert composite.value["train"].value == [1, 2]
    assert composite.value["test"].serializer == "npy"
    repo.delete(composite)
    assert composite.value["train"] in repo


# --- sets


def test_a_set_is_found_by_its_identifier_and_its_labels(repo):
    ids = [repo.put(record(number)).id for number in range(3)]
    stored = ArtifactSet(ids, {"name": "wine", "stage": 1}).put(repo)
    for found in (
        repo.get_set_by_id(stored.id),
        repo.get_set_by_labels({"stage": 1, "name": "wine"}),
    ):
        assert found.artifact_ids == frozenset(ids)
        assert found.labels == {"name": "wine", "stage": 1}
        assert found.created_at == stored.created_at
    assert repo.contains_set(stored.id)
    for labels in ("wine", {"name": "wine"}, {"name": "wine", "stage": 2}, {}):
        with pytest.raises(MissingKeyError):
            repo.get_set_by_labels(labels)


def test_a_text_is_the_label_name(repo):
    ArtifactSet(["a"], "wine").put(repo)
    assert repo.get_set_by_labels("wine") == repo.get_set_by_labels({"name": "wine"})
    assert repo.get_set_by_labels("wine").name == "wine"


def test_the_newest_set_with_the_same_labels_is_found(repo):
    ArtifactSet(["a"], "latest").put(repo)
    ArtifactSet(["a", "b"], "latest").put(repo)
    assert repo.get_set_by_labels("latest").artifact_ids == {"a", "b"}


def test_a_set_with_new_labels_is_also_found_by_the_old_ones(repo):
    first = ArtifactSet(["a"], "one").put(repo)
    second = first.relabel("two").put(repo)
    assert first.id == second.id
    assert repo.get_set_by_labels("one").artifact_ids == {"a"}
    assert repo.get_set_by_id(first.id).labels == {"name": "two"}


@pytest.mark.parametrize("labels", [None, "empty"])
def test_a_set_may_be_empty(repo, labels):
    stored = ArtifactSet([], labels).put(repo)
    assert repo.get_set_by_id(stored.id).artifact_ids == frozenset()
    assert repo.get_set_by_id(stored.id).labels == stored.labels


def test_labels_are_not_pasted_into_sql(repo):
    name = "x'; DROP TABLE artifact_sets; --"
    stored = ArtifactSet([name], name).put(repo)
    assert repo.get_set_by_labels(name).artifact_ids == {name}
    assert repo.contains_set(stored.id)


def test_a_deleted_set_is_gone_for_all_and_its_artifacts_are_not(make):
    repo = make()
    artifact = repo.put(record())
    first = ArtifactSet([artifact], "one").put(repo)
    first.relabel("two").put(repo)
    repo.delete_set(first.id)
    assert not repo.contains_set(first.id)
    for name in ("one", "two"):
        with pytest.raises(MissingKeyError):
            repo.get_set_by_labels(name)
    assert artifact in repo


def test_a_deletion_is_committed():
    repo = sqlite()
    stored = ArtifactSet(["a"], "one").put(repo)
    artifact = repo.put(record())
    repo.delete_set(stored.id)
    repo.delete(artifact)
    another = DbRepo(repo._url, repo.blobstore)
    assert not another.contains_set(stored.id)
    assert artifact.id not in another


# --- calls


def test_a_call_is_recorded_when_it_starts_and_when_it_ends(repo):
    call = Call("wine.train", "wine", "train", 3)
    repo.start_call(call)
    assert [one.status for one in repo.calls(name="wine.train")] == ["RUNNING"]
    call.end("FAILED", ValueError("too few grapes"))
    repo.end_call(call)
    repo.flush()
    (read,) = repo.calls()
    assert read == call
    assert read.exception_type == "builtins.ValueError"


@pytest.mark.parametrize("value", [0, 0.0, False, "", [], {}, None, 1, "x", [0]], ids=repr)
def test_the_value_of_an_argument_is_read_as_it_was_recorded(repo, value):
    call = Call("f", "m", "f")
    call.arguments = [Argument("x", "sha256:00", value, "builtins.object")]
    call.outputs = [Output("key", "id", size=0)]
    repo.end_call(call)
    repo.flush()
    (read,) = repo.calls()
    assert read == call
    assert type(read.arguments[0].value) is type(value)


def test_calls_are_in_order_of_time_and_selected_by_their_attributes(repo):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    for hours in (2, 0, 1):
        call = Call(f"f{hours}", "m", "f", cached=hours == 1)
        call.started_at = start + datetime.timedelta(hours=hours)
        repo.end_call(call)
    if not isinstance(repo, MemoryRepo):
        repo.flush()
    assert sorted(call.name for call in repo.calls()) == ["f0", "f1", "f2"]
    assert [call.name for call in repo.calls(cached=True)] == ["f1"]
    assert [call.name for call in repo.calls()] == ["f0", "f1", "f2"]


# --- chains


def test_a_chain_writes_all_and_reads_the_first():
    near, far = MemoryRepo(), sqlite()
    chain = ChainedRepo([near, far])
    artifact = chain.put(record())
    assert (artifact.id in near, artifact.id in far) == (True, True)
    assert chain.get_by_id(artifact.id).repo is near


def test_an_artifact_that_was_read_is_copied_with_all_that_belongs_to_it():
    near, far = sqlite(), sqlite()
    stored = far.put(record(value={1, 2}))
    ChainedRepo([near, far]).get_by_id(stored.id)
    copy = near.get_by_id(stored.id)
    assert (copy.value, copy.inputs, copy.run_info) == (stored.value, stored.inputs, run_info())


def test_a_composite_is_copied_with_its_parts():
    near, far = MemoryRepo(), sqlite()
    with p.using_repo(far):

        @p.provenance(returns_composite=True)
        def split():
            return {"train": [1, 2], "test": [3]}

        stored = split().artifact
    chain = ChainedRepo([near, far])
    chain.get_by_id(stored.id)
    assert {key: part.value for key, part in near.get_by_id(stored.id).value.items()} == {
        "train": [1, 2],
        "test": [3],
    }


def test_a_set_that_was_read_is_copied():
    near, far = MemoryRepo(), sqlite()
    stored = ArtifactSet(["a"], "one").put(far)
    ChainedRepo([near, far]).get_set_by_labels("one")
    assert near.get_set_by_id(stored.id) == stored


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [({"write": False}, True), ({"read_through_write": False}, False)],
)
def test_permissions_of_members_of_a_chain(permissions, expected):
    near, far = MemoryRepo(**permissions), MemoryRepo()
    far.put(record())
    chain = ChainedRepo([near, far])
    chain.get_by_id(record().id)
    assert (record().id in near) is expected


def test_a_chain_puts_what_some_of_its_members_miss():
    near, far = MemoryRepo(), MemoryRepo()
    far.put(record())
    chain = ChainedRepo([near, far])
    chain.put(record())
    assert record().id in near
    with pytest.raises(KeyExistsError):
        chain.put(record())


def test_a_chain_without_members_for_an_action():
    blind = ChainedRepo([MemoryRepo(read=False)])
    with pytest.raises(PermissionDeniedError):
        _ = "x" in blind
    assert not blind.has("x")
    with pytest.raises(PermissionDeniedError):
        ChainedRepo([MemoryRepo(write=False)]).put(record())


def test_a_chain_deletes_from_the_members_that_may_delete():
    near, far = MemoryRepo(), MemoryRepo(delete=False)
    chain = ChainedRepo([near, far])
    artifact = chain.put(record())
    assert chain.delete(artifact) == [near]
    assert artifact.id in far


@contextmanager
def broken(repo, monkeypatch):
    """Let all actions of a repository fail, as those of a database that is lost."""

    def fail(*_, **__):
        raise p.CaptureError("the database is lost")

    with monkeypatch.context() as context:
        for name in ("_find", "_contains", "_put", "start_call", "end_call", "_find_by_value"):
            context.setattr(repo, name, fail)
        yield


@pytest.mark.parametrize("position", [0, 1])
def test_a_member_that_is_lost_leaves_the_work_to_the_others(monkeypatch, position):
    repos = [MemoryRepo(), MemoryRepo()]
    chain = ChainedRepo(repos)
    runs = []

    @p.provenance(repo=chain)
    def double(x):
        runs.append(x)
        return x * 2

    with broken(repos[position], monkeypatch), pytest.warns(p.CaptureWarning, match="is lost"):
        assert double(3) == double(3) == 6
    assert runs == [3]
    assert double(3) == 6
    assert runs == [3]
