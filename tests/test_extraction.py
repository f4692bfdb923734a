"""Extraction from a repository and a store to one document."""

import io
import os
import re
import shutil
import warnings
from pathlib import Path

import pytest

from mlflow2prov import (
    MLflow2ProvError,
    explain,
    extract,
    formats,
    merge,
    run_extraction,
    statistics,
    transform,
)
from tests.golden import rebuild
from tests.repositories import BOB, Repository


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_server_gives_the_graph_of_its_store_except_for_the_facts_that_it_hides(kind, request):
    direct = set(extract(None, request.getfixturevalue(f"{kind}_store")).statements())
    served = set(extract(None, request.getfixturevalue(f"{kind}_server")).statements())
    deletion_times = {
        s for s in direct if s.kind == "wasInvalidatedBy" and "Deletion.Run." in s.arguments[1]
    }
    deleted_version = {
        s
        for s in direct
        if any(
            "RegisteredModelVersion" in str(name) and str(name).endswith(".3")
            for name in (s.id, *s.arguments)
        )
    }
    assert deletion_times and deleted_version
    assert direct - served == deletion_times | deleted_version
    without_times = {s._replace(arguments=(*s.arguments[:2], None)) for s in deletion_times}
    assert served - direct == without_times


def test_an_extraction_needs_a_source():
    with pytest.raises(MLflow2ProvError, match="nothing to extract from"):
        extract()


def test_runs_at_commits_that_the_repository_lacks_are_counted(sqlite_store, tmp_path):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    notices = run_extraction(repository.path, sqlite_store).notices
    assert any("lacks 1 commit that 6 runs recorded" in notice for notice in notices)


def test_the_default_namespace_can_be_set(tmp_path):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    document = extract(repository.path, namespace="https://example.org/ours/")
    assert document.namespaces.declared == {"": "https://example.org/ours/"}


def test_extractions_do_not_share_facts(tmp_path):
    repository, store = rebuild(tmp_path.resolve() / "one")
    both = extract(repository, store)
    assert set(extract(repository).statements()) <= set(both.statements())
    assert len(extract(repository)) + len(extract(None, store)) < len(both)


def test_progress_is_reported_by_phase(tmp_path):
    repository, store = rebuild(tmp_path.resolve() / "one")
    calls = []
    extract(repository, store, progress=lambda *call: calls.append(call))
    assert ("commits", 8, 8) in calls
    assert any(phase == "runs" for phase, _, _ in calls)


# The statements for the store that tests/mlflow_store.py fills: by PROV type, and by relation.
COUNTS = {
    "Artifact": 17,
    "Assessment": 2,
    "Commit": 0,
    "Creation": 18,
    "Dataset": 1,
    "Deletion": 3,
    "Experiment": 4,
    "ExperimentTag": 2,
    "LoggedModel": 1,
    "LoggedModelTag": 4,
    "Metric": 12,
    "ModelArtifact": 2,
    "Package": 2,
    "Param": 8,
    "RegisteredModel": 2,
    "RegisteredModelAlias": 2,
    "RegisteredModelTag": 2,
    "RegisteredModelVersion": 4,
    "RegisteredModelVersionTag": 1,
    "Run": 8,
    "RunTag": 41,
    "SoftwareEnvironment": 1,
    "Trace": 3,
    "User": 5,
    "alternateOf": 2,
    "hadMember": 107,
    "specializationOf": 4,
    "used": 15,
    "wasAssociatedWith": 11,
    "wasAttributedTo": 94,
    "wasDerivedFrom": 9,
    "wasGeneratedBy": 47,
    "wasInformedBy": 4,
    "wasInvalidatedBy": 13,
    "wasStartedBy": 3,
}


def count_statements(document):
    """Count the elements of a document by PROV type and its relations by kind, without prompts."""
    counts = dict.fromkeys(COUNTS, 0)
    for kind, type_, count in statistics(document, "fine").rows:
        name = kind if type_ == "-" else type_
        # A file store has no prompts.
        if not name.startswith(("Prompt", "prov:")):
            counts[name] = counts.get(name, 0) + count
    return counts


EVERYTHING = {
    "metric_history": True,
    "traces": True,
    "environments": True,
    "restore_redacted": True,
}


@pytest.fixture(scope="module")
def rich_document(sqlite_store):
    """The document of the rich store in SQLite, with all options that add facts."""
    return run_extraction(None, sqlite_store, **EVERYTHING).document


def test_every_type_and_relation_of_a_store_is_extracted_as_often_as_it_occurs(file_store):
    document = run_extraction(None, file_store, traces=True, environments=True).document
    assert count_statements(document) == COUNTS


def test_a_database_gives_the_graph_of_a_file_store_except_for_prompts_and_redacted_facts(
    sqlite_store,
):
    document = run_extraction(None, sqlite_store, traces=True, environments=True).document
    counts = count_statements(document)
    # The creations and generations of two prompts, three of their members, their specialization and alias ...
    prompts = {
        "Creation": 2,
        "wasGeneratedBy": 2,
        "hadMember": 6,
        "specializationOf": 1,
        "alternateOf": 1,
    }
    # ... and the run, model and derivation of the deleted version.
    redacted = {"wasInformedBy": 1, "used": 1, "wasDerivedFrom": 1}
    for name, count in prompts.items():
        counts[name] -= count
    for name, count in redacted.items():
        counts[name] += count
    assert counts == COUNTS


@pytest.mark.parametrize("name", formats.READABLE)
def test_a_store_full_of_hostile_values_survives_a_round_trip_through_every_format(
    rich_document, name
):
    stream = io.BytesIO()
    formats.get(name).write(rich_document, stream)
    assert formats.read(stream.getvalue(), format=name) == rich_document


def test_two_extractions_of_a_store_give_the_same_bytes(rich_document, sqlite_store):
    again = run_extraction(None, sqlite_store, **EVERYTHING).document
    # The other formats write statements in the same order, as tests/test_golden.py shows.
    for name in ("parquet", "nquads"):
        first, second = io.BytesIO(), io.BytesIO()
        formats.get(name).write(rich_document, first)
        formats.get(name).write(again, second)
        assert first.getvalue() == second.getvalue(), name


def test_pseudonyms_leave_no_user_name_of_a_store_in_any_format(rich_document):
    document = transform(rich_document, use_pseudonyms=True)
    for name in formats.MODULES:
        if name in ("png", "pdf") or (name == "svg" and not shutil.which("dot")):
            continue
        stream = io.BytesIO()
        formats.get(name).write(document, stream)
        content = stream.getvalue().lower()
        for person in (b"alice", b"bob", b"carol", b"dave", b"erin"):
            word = rb"(?<![0-9a-z])" + person + rb"(?![0-9a-z])"
            assert not re.search(word, content), (name, person)


def test_each_run_is_linked_to_the_repository_that_has_its_commit(tmp_path):
    repositories = [Repository(tmp_path / "one"), Repository(tmp_path / "two")]
    commits = [
        repository.commit(f"commit {number}", train__py=f"{number}\n")
        for number, repository in enumerate(repositories)
    ]
    store = tmp_path / "mlruns"
    (store / "0").mkdir(parents=True)
    (store / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    for number, commit in enumerate(commits):
        tags = store / "0" / f"r{number}" / "tags"
        tags.mkdir(parents=True)
        (tags.parent / "meta.yaml").write_text(f"run_id: r{number}\n")
        (tags / "mlflow.source.git.commit").write_text(commit)
        (tags / "mlflow.source.name").write_text("train.py")
    extractions = [run_extraction(repository.path, store) for repository in repositories]
    document = merge([extraction.document for extraction in extractions])
    informed = {s.arguments for s in document.statements() if s.kind == "wasInformedBy"}
    assert informed == {(f"Creation.Run.r{n}", f"Commit.{sha}") for n, sha in enumerate(commits)}
    used = {s.arguments[0]: s.arguments[1] for s in document.statements() if s.kind == "used"}
    assert [used[f"Creation.Run.r{n}"].split(".")[1] for n in (0, 1)] == commits
    for extraction in extractions:
        assert any("lacks 1 commit that 1 run recorded" in notice for notice in extraction.notices)


@pytest.fixture
def broken_repository(tmp_path):
    """A repository with a branch that leads to a missing commit."""
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    (repository.path / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
    return repository.path


def test_extract_warns_of_omissions(broken_repository):
    with pytest.warns(UserWarning, match="left out: .*refs/heads/broken"):
        extract(broken_repository)


def test_run_extraction_returns_omissions_and_does_not_warn(broken_repository):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extraction = run_extraction(broken_repository)
    (omission,) = extraction.omissions
    assert "refs/heads/broken" in omission
    assert extraction.document.statements()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"renames": "all"}, "'all'; choose from similar, exact, none"),
        ({"artifacts": "some"}, "'some'; choose from all, top, none"),
        ({"artifacts": None}, "choose from all, top, none"),
        ({"namespace": "no uri"}, "no uri"),
        ({"namespace": 3}, "namespace: int is not a string"),
        ({"since": 2020}, "since: int is not a string"),
        ({"branches": 3}, "branches: int is not a list of strings"),
        ({"branches": [b"main"]}, "branches: bytes is not a string"),
        ({"workers": 0}, "workers: '0' is out of range; pass a whole number of at least 1"),
        ({"workers": "many"}, "workers: 'many' is out of range"),
        ({"mlflow_url": b"http://example.org"}, "mlflow_url: bytes is not a string"),
    ],
)
def test_invalid_arguments_are_errors(tmp_path, options, message):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    with pytest.raises(MLflow2ProvError, match=re.escape(message)):
        extract(repository.path, **options)


def test_a_path_need_not_be_utf_8(tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/r\xff")
    repository = Repository(Path(folder))
    repository.commit("root", a="1\n")
    assert len(extract(folder)) == len(extract(Path(folder))) > 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "\0",
        "\n",
        "\ud800",
        "x" * 100_000,
        "file:",
        "http://",
        "http://[",
        "http://127.0.0.1:1/\ud800",
        "http://127.0.0.1:1/\udcff",
        "http://127.0.0.1:port",
        "sqlite:",
        "sqlite:///\0",
        "postgresql://",
    ],
    ids=lambda url: ascii(url[:30]),
)
def test_any_text_as_a_url_is_an_error_in_one_line(url):
    with pytest.raises(MLflow2ProvError) as error:
        extract(mlflow_url=url)
    assert "\n" not in str(error.value)


RUN, LATER_RUN = "1" * 32, "2" * 32


def write_run(repository, run_id, folder="mlruns"):
    """Write a run of a file store, with a parameter, into a repository."""
    store = f"{folder}/" if folder else ""
    meta = "experiment_id: '1'\nname: wine\nlifecycle_stage: active\n"
    repository.write(f"{store}1/meta.yaml", meta)
    run = f"run_id: {run_id}\nexperiment_id: '1'\nstatus: 3\nlifecycle_stage: active\n"
    repository.write(f"{store}1/{run_id}/meta.yaml", run)
    repository.write(f"{store}1/{run_id}/params/depth", "3")


def committed_store(tmp_path, folder="mlruns"):
    """Return a repository with a store: Ada commits a script with a run, Bob a later run."""
    repository = Repository(tmp_path / "r")
    write_run(repository, RUN, folder)
    repository.commit("one", train__py="1\n")
    write_run(repository, LATER_RUN, folder)
    repository.commit("two", who=BOB, train__py="2\n")
    return repository, os.path.join(repository.path, folder)


def revised_paths(document):
    return {
        attribute.value
        for statement in document.statements()
        for attribute in statement.attributes
        if str(statement.id).startswith("FileRevision") and attribute.key == "path"
    }


@pytest.mark.parametrize("folder", ["mlruns", "", "a/b"])
def test_a_committed_store_is_left_out_of_the_history_but_the_commits_that_stored_runs_are_known(
    tmp_path, folder
):
    repository, store = committed_store(tmp_path, folder)
    extraction = run_extraction(repository.path, store)
    assert revised_paths(extraction.document) == {"train.py"}
    assert sum("--include-store" in notice for notice in extraction.notices) == 1
    first, second = (repository.git("rev-parse", name) for name in ("HEAD~1", "HEAD"))
    usages = {
        (str(s.arguments[1]), str(s.arguments[0]))
        for s in extraction.document.statements()
        if s.kind == "used" and any("StoredRun" in a.value for a in s.attributes)
    }
    assert usages == {(f"Run.{RUN}", f"Commit.{first}"), (f"Run.{LATER_RUN}", f"Commit.{second}")}
    (commit,) = explain(extraction.document, f"runs:/{LATER_RUN}").answer("stored_by").items
    assert commit.about["authors"] == "Bob <bob@example.org>"


def test_include_store_keeps_the_files_of_the_store(tmp_path):
    repository, store = committed_store(tmp_path)
    extraction = run_extraction(repository.path, store, include_store=True)
    assert f"mlruns/1/{RUN}/params/depth" in revised_paths(extraction.document)
    assert not any("--include-store" in notice for notice in extraction.notices)
    assert explain(extraction.document, f"runs:/{RUN}").answer("stored_by").items


@pytest.mark.parametrize("is_url", [False, True])
def test_a_store_is_left_out_even_if_none_of_its_runs_was_committed(tmp_path, is_url):
    repository, store = committed_store(tmp_path)
    shutil.rmtree(os.path.join(store, "1"))
    write_run(repository, "3" * 32)
    document = extract(repository.path, f"file://{store}" if is_url else store)
    assert revised_paths(document) == {"train.py"}


def test_a_store_is_recognised_in_a_bare_clone(tmp_path):
    repository, store = committed_store(tmp_path)
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    document = extract(tmp_path / "bare", store)
    assert revised_paths(document) == {"train.py"}
    assert explain(document, f"runs:/{RUN}").answer("stored_by").items


def test_a_committed_database_is_left_out_with_its_artifacts(tmp_path):
    repository, _ = rebuild(tmp_path.resolve() / "golden")
    project = Repository(tmp_path / "r")
    shutil.copy(repository.parent / "mlflow.db", project.path / "mlflow.db")
    store = f"sqlite:///{project.path}/mlflow.db"
    run_id = next(
        attribute.value
        for statement in extract(None, store).statements()
        for attribute in statement.attributes
        if attribute.key == "run_id"
    )
    project.write(f"mlartifacts/1/{run_id}/artifacts/plot.png")
    project.commit("all", train__py="1\n")
    document = extract(project.path, store)
    assert revised_paths(document) == {"train.py"}
    assert explain(document, f"runs:/{run_id}").answer("stored_by").items
