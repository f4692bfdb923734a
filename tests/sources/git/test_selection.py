"""The part of a history that is read: dates, branches, and commits that were not pushed."""

import pytest

from mlflow2prov.errors import RepositoryError
from tests.repositories import Repository
from tests.sources.git.histories import read, revisions


def test_dates_select_commits_and_keep_the_identity_of_files(repository):
    repository.commit("old", a="1\n")
    repository.commit("new", a="2\n")
    _, facts = read(repository.path, since="2020-09-13T15:30:00Z")
    assert facts.rows("SELECT title, is_selected FROM commits ORDER BY ordinal") == [
        ("old", False),
        ("new", True),
    ]
    assert facts.rows("SELECT count(previous_sha) FROM revisions WHERE is_selected") == [(1,)]


def test_commits_after_the_last_date_are_not_selected(repository):
    repository.commit("old", a="1\n")
    repository.commit("new", a="2\n")
    _, facts = read(repository.path, until="2020-09-13T15:30:00Z")
    assert facts.rows("SELECT title FROM commits WHERE is_selected") == [("old",)]


@pytest.mark.parametrize("date", ["gibberish", "2024-13-45", "2024-31-01", "2023-02-30 10:00"])
@pytest.mark.parametrize("option", ["since", "until"])
def test_impossible_dates_are_an_error(repository, option, date):
    repository.commit("one", a="1\n")
    with pytest.raises(RepositoryError, match=f"--{option}: .* is not a date"):
        read(repository.path, **{option: date})


def test_dates_that_select_nothing_are_reported(repository):
    repository.commit("one", a="1\n")
    report, _ = read(repository.path, since="2030-01-01")
    assert any("no commit is between --since and --until" in notice for notice in report.notices)


def test_branches_narrow_the_history(repository):
    repository.commit("main", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    assert len(revisions(repository.path, branches=("main",))) == 1


@pytest.mark.parametrize("branch", ["nope", "--output=owned", "-x", "^HEAD~1"])
def test_an_unknown_branch_is_an_error_and_never_an_option_of_git(repository, branch):
    repository.commit("main", a="1\n")
    repository.git("branch", "side")
    with pytest.raises(RepositoryError, match=r"unknown branch .*; choose from main, side"):
        read(repository.path, branches=(branch,))
    assert not (repository.path / "owned").exists()


def test_a_branch_of_an_empty_repository_is_an_error(repository):
    with pytest.raises(RepositoryError, match="the repository has no branches"):
        read(repository.path, branches=("main",))


def test_a_branch_wins_over_a_tag_of_the_same_name(repository):
    repository.commit("one", a="1\n")
    repository.git("tag", "v1")
    repository.git("checkout", "--quiet", "-b", "v1")
    repository.commit("two", a="2\n")
    _, facts = read(repository.path, branches=("v1",))
    assert facts.rows("SELECT count(*) FROM commits") == [(2,)]


# Commits that were not pushed


def unpushed(path, **options):
    _, facts = read(path, **options)
    titles = facts.rows(
        "SELECT title FROM commits JOIN unpushed_commits USING (sha) ORDER BY ordinal"
    )
    return [title for (title,) in titles]


def test_commits_that_no_remote_branch_reaches_are_unpushed(repository, tmp_path):
    repository.commit("first", a="1\n")
    other = Repository(tmp_path / "other")
    other.git("remote", "add", "origin", str(repository.path))
    other.git("fetch", "--quiet", "origin")
    other.git("reset", "--quiet", "--hard", "origin/main")
    assert unpushed(other.path) == []
    other.commit("second", b="2\n")
    other.git("switch", "--quiet", "--create", "topic")
    other.commit("third", c="3\n")
    assert unpushed(other.path) == ["second", "third"]
    assert unpushed(other.path, branches=("main",)) == ["second"]
    other.git("push", "--quiet", "origin", "main:shared")
    assert unpushed(other.path) == ["third"]


def test_no_commit_is_unpushed_without_remote_branches(repository):
    repository.commit("first", a="1\n")
    repository.git("remote", "add", "origin", "https://example.org/nowhere.git")
    assert unpushed(repository.path) == []


@pytest.mark.parametrize("target", ["f" * 40, "blob"])
def test_no_commit_is_unpushed_if_a_remote_branch_does_not_lead_to_a_commit(repository, target):
    sha = repository.commit("first", a="1\n")
    if target == "blob":
        target = repository.git("rev-parse", f"{sha}:a")
    ref = repository.path / ".git/refs/remotes/origin/main"
    ref.parent.mkdir(parents=True)
    ref.write_text(f"{target}\n")
    assert unpushed(repository.path) == []


@pytest.mark.parametrize(
    "ref", ["refs/tags/v1", "refs/pull/7/head", "refs/merge-requests/3/head", "refs/changes/01/1/1"]
)
def test_commits_that_a_tag_or_the_ref_of_a_pull_request_reaches_are_not_unpushed(
    repository, tmp_path, ref
):
    clone = clone_with_a_commit(repository, tmp_path)
    assert unpushed(clone.path) == ["second"]
    clone.git("update-ref", ref, "HEAD")
    assert unpushed(clone.path) == []
    clone.commit("third", c="3\n")
    assert unpushed(clone.path) == ["third"]


def test_commits_that_an_annotated_tag_reaches_are_not_unpushed(repository, tmp_path):
    clone = clone_with_a_commit(repository, tmp_path)
    clone.git("tag", "--annotate", "--message", "release", "v1")
    clone.git("tag", "tree", "HEAD^{tree}")
    assert unpushed(clone.path) == []


def test_commits_of_refs_that_a_remote_is_fetched_into_are_not_unpushed(repository, tmp_path):
    clone = clone_with_a_commit(repository, tmp_path)
    clone.git("update-ref", "refs/upstream/main", "HEAD")
    assert unpushed(clone.path) == ["second"]
    clone.git("config", "remote.other.fetch", "+refs/heads/*:refs/upstream/*")
    assert unpushed(clone.path) == []


def test_no_commit_of_a_mirror_is_unpushed(repository, tmp_path):
    repository.commit("first", a="1\n")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.commit("second", a="2\n")
    repository.git("clone", "--quiet", "--mirror", str(repository.path), str(tmp_path / "mirror"))
    assert unpushed(tmp_path / "mirror") == []


def clone_with_a_commit(repository, tmp_path):
    """Return a clone with a commit that was not pushed."""
    repository.commit("first", a="1\n")
    clone = Repository(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(repository.path))
    clone.git("fetch", "--quiet", "origin")
    clone.git("reset", "--quiet", "--hard", "origin/main")
    clone.commit("second", b="2\n")
    return clone
