"""The whole way: a repository and a store in, one graph out."""

import io
import re
import shutil

import pytest

from mlflow2prov import Findings, MLflow2ProvError, extract, formats, merge, statistics, transform
from tests.golden import rebuild
from tests.repositories import Repository


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_store_gives_the_same_graph_by_its_server_but_for_what_that_hides(kind, request):
    direct = set(extract(None, request.getfixturevalue(f"{kind}_store")).statements())
    served = set(extract(None, request.getfixturevalue(f"{kind}_server")).statements())
    # When runs were deleted, and the version that was deleted.
    timeless = {
        s for s in direct if s.kind == "wasInvalidatedBy" and "Deletion.Run." in s.arguments[1]
    }
    version = {
        s
        for s in direct
        if any(
            "RegisteredModelVersion" in str(n) and str(n).endswith(".3")
            for n in (s.id, *s.arguments)
        )
    }
    assert timeless and version
    assert direct - served == timeless | version
    assert {s._replace(arguments=(*s.arguments[:2], None)) for s in timeless} == served - direct


def test_neither_source_is_an_error():
    with pytest.raises(MLflow2ProvError, match="nothing to extract from"):
        extract()


def test_runs_at_commits_that_are_not_here_are_counted(sqlite_store, tmp_path):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    findings = Findings()
    extract(repository.path, sqlite_store, findings=findings)
    assert any("6 runs name 1 commits" in notice for notice in findings.notices)


def test_the_namespace_is_the_one_that_is_asked_for(tmp_path):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    document = extract(repository.path, namespace="https://example.org/ours/")
    assert document.namespaces.declared == {"": "https://example.org/ours/"}


def test_extracts_do_not_share_facts(tmp_path):
    repository, store = rebuild(tmp_path.resolve() / "one")
    both = extract(repository, store)
    assert set(extract(repository).statements()) <= set(both.statements())
    assert len(extract(repository)) + len(extract(None, store)) < len(both)


def test_progress_is_told_by_phase(tmp_path):
    repository, store = rebuild(tmp_path.resolve() / "one")
    told = []
    extract(
        repository, store, progress=lambda phase, done, total: told.append((phase, done, total))
    )
    assert ("commits", 8, 8) in told
    assert any(phase == "runs" for phase, _, _ in told)


# What extraction makes of the store that tests/mlflow_store.py fills: by type, and by relation.
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


def counted(document):
    """Count what a document says, by PROV type and by kind of relation."""
    found = dict.fromkeys(COUNTS, 0)
    for kind, type_, count in statistics(document, "fine").rows:
        name = kind if type_ == "-" else type_
        # The file store keeps no prompts.
        if not name.startswith(("Prompt", "prov:")):
            found[name] = found.get(name, 0) + count
    return found


EVERYTHING = {
    "metric_history": True,
    "traces": True,
    "environments": True,
    "restore_redacted": True,
}


@pytest.fixture(scope="module")
def rich(sqlite_store):
    """All that the rich store in SQLite gives, with everything that there is to ask for."""
    return extract(None, sqlite_store, **EVERYTHING, findings=Findings())


def test_every_type_and_relation_is_as_often_there_as_the_store_has_it(file_store):
    document = extract(None, file_store, traces=True, environments=True, findings=Findings())
    assert counted(document) == COUNTS


def test_a_database_gives_what_a_file_store_gives_but_for_prompts_and_what_sql_redacts(
    sqlite_store,
):
    document = extract(None, sqlite_store, traces=True, environments=True, findings=Findings())
    found = counted(document)
    # Two prompts' creations and generations, three of their members, their specialization and alias ...
    prompts = {
        "Creation": 2,
        "wasGeneratedBy": 2,
        "hadMember": 6,
        "specializationOf": 1,
        "alternateOf": 1,
    }
    # ... and the deleted version's run, model and derivation.
    redacted = {"wasInformedBy": 1, "used": 1, "wasDerivedFrom": 1}
    for name, count in prompts.items():
        found[name] -= count
    for name, count in redacted.items():
        found[name] += count
    assert found == COUNTS


@pytest.mark.parametrize("name", formats.READABLE)
def test_a_store_full_of_hostile_values_comes_back_from_every_format(rich, name):
    stream = io.BytesIO()
    formats.get(name).write(rich, stream)
    assert formats.read(stream.getvalue(), format=name) == rich


def test_two_extractions_of_a_store_are_the_same_bytes(rich, sqlite_store):
    again = extract(None, sqlite_store, **EVERYTHING, findings=Findings())
    for name in formats.READABLE:
        one, other = io.BytesIO(), io.BytesIO()
        formats.get(name).write(rich, one)
        formats.get(name).write(again, other)
        assert one.getvalue() == other.getvalue(), name


def test_A9_nobody_of_a_store_is_left_under_pseudonyms_in_any_format(rich):
    hidden = transform(rich, use_pseudonyms=True)
    for name in formats.MODULES:
        if name in ("png", "pdf") or (name == "svg" and not shutil.which("dot")):
            continue
        stream = io.BytesIO()
        formats.get(name).write(hidden, stream)
        content = stream.getvalue().lower()
        for person in (b"alice", b"bob", b"carol", b"dave", b"erin"):
            assert not re.search(rb"(?<![0-9a-z])" + person + rb"(?![0-9a-z])", content), (
                name,
                person,
            )


def test_each_run_is_linked_to_the_repository_that_has_its_commit(tmp_path):
    one, two = Repository(tmp_path / "one"), Repository(tmp_path / "two")
    commits = [
        one.commit("one", train__py="1\n"),
        two.commit("two", train__py="2\n"),
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
    told = Findings()
    document = merge([extract(r.path, str(store), findings=told) for r in (one, two)])
    informed = {s.arguments for s in document.statements() if s.kind == "wasInformedBy"}
    assert informed == {(f"Creation.Run.r{n}", f"Commit.{sha}") for n, sha in enumerate(commits)}
    used = {s.arguments[0]: s.arguments[1] for s in document.statements() if s.kind == "used"}
    assert [used[f"Creation.Run.r{n}"].split(".")[1] for n in (0, 1)] == commits
    assert sum("1 runs name 1 commits" in notice for notice in told.notices) == 2


def test_what_is_left_out_is_a_warning_unless_somebody_listens(tmp_path):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    (repository.path / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
    with pytest.warns(UserWarning, match="left out: 1 branches or tags lead to nothing"):
        extract(repository.path)


@pytest.mark.parametrize(
    "options", [{"renames": "all"}, {"artifacts": "some"}, {"namespace": "no uri"}]
)
def test_arguments_that_are_none_of_those_there_are(tmp_path, options):
    repository = Repository(tmp_path / "r")
    repository.commit("root", a="1\n")
    with pytest.raises(MLflow2ProvError):
        extract(repository.path, **options)
