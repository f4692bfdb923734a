"""The whole way: a repository and a store in, one graph out."""

import pytest

from mlflow2prov import MLflow2ProvError, extract
from mlflow2prov.extraction import Findings
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
