"""Repositories: their places, their isolation, missing objects, shallow and partial clones."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlflow2prov.errors import RepositoryError
from mlflow2prov.git.messages import failure
from mlflow2prov.git.repository import Repository as OpenRepository
from mlflow2prov.sources.git import history
from tests.repositories import Repository
from tests.sources.git.histories import read, revisions

# Places


@pytest.mark.parametrize("place", ["", "folder", "folder/a", ".git", ".git/refs"])
def test_a_path_within_a_repository_means_the_repository(repository, place):
    repository.write("folder/a")
    repository.write(".mailmap", "Lovelace <ada@example.org>\n")
    repository.commit("add")
    assert len(revisions(repository.path / place)) == 2
    _, facts = read(repository.path / place)
    assert facts.rows("SELECT author_name FROM commits") == [("Lovelace",)]


def test_bare_repositories_and_linked_worktrees_have_the_same_history(repository, tmp_path):
    repository.commit("add", a="1\n")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare"))
    expected = revisions(repository.path)
    assert revisions(tmp_path / "bare") == expected
    assert revisions(tmp_path / "linked") == expected
    assert revisions(repository.path / ".git/worktrees/linked") == expected


@pytest.mark.parametrize("place", ["", "refs", "objects/info"])
def test_a_bare_repository_is_read_where_git_wants_it_to_be_named_explicitly(
    repository, tmp_path, monkeypatch, place
):
    repository.commit("add", a="1\n")
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare"))
    configuration = tmp_path / "configuration"
    configuration.write_text("[safe]\n\tbareRepository = explicit\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    assert revisions(tmp_path / "bare" / place) == revisions(repository.path)


def test_a_folder_outside_of_a_repository_is_an_error(tmp_path):
    with pytest.raises(RepositoryError, match="not a Git repository"):
        read(tmp_path)


@pytest.mark.parametrize("path", ["nothing", "x" * 5000, "nul\0byte"])
def test_a_missing_folder_is_an_error(tmp_path, path):
    with pytest.raises(RepositoryError, match="no such folder"):
        read(tmp_path / path)


def test_a_system_without_git_is_an_error(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="git is not installed"):
        read(repository.path)


def test_git_in_a_relative_folder_of_the_path_is_not_run(repository, monkeypatch):
    repository.commit("one", a="1\n")
    executable = repository.path / "git"
    executable.write_text("#!/bin/sh\ntouch executed\n")
    executable.chmod(0o755)
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    read(repository.path)
    assert not (repository.path / "executed").exists()


# Isolation


def test_a_hostile_configuration_runs_nothing(repository, tmp_path):
    trap = tmp_path / "sprung"
    command = f"touch {trap}; false"
    repository.write(".gitattributes", "* diff=evil filter=evil\n")
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    for key, value in {
        "core.fsmonitor": command,
        "core.pager": command,
        "core.sshCommand": command,
        "diff.external": command,
        "diff.evil.command": command,
        "diff.evil.textconv": command,
        "filter.evil.smudge": command,
        "filter.evil.clean": command,
        "gpg.program": str(trap),
        "log.showSignature": "true",
        "diff.renames": "false",
        "log.decorate": "full",
        "color.ui": "always",
        "log.mailmap": "false",
        "diff.noprefix": "true",
    }.items():
        repository.git("config", key, value)
    hook = repository.path / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\n{command}\n")
    hook.chmod(0o755)
    assert [row[:3] for row in revisions(repository.path)][-1] == ("two", "M", "a")
    assert not trap.exists()


def test_variables_of_a_running_git_do_not_lead_to_another_repository(
    repository, tmp_path, monkeypatch
):
    repository.commit("here", a="1\n")
    other = Repository(tmp_path / "other")
    other.commit("there", b="1\n")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_COMMON_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git" / "objects"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    assert [row[0] for row in revisions(repository.path)] == ["here"]


def test_the_environment_of_the_process_stays_as_it_is(repository, monkeypatch):
    repository.commit("here", a="1\n")
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    before = dict(os.environ)
    with OpenRepository(repository.path).stream("rev-list", "--all") as output:
        assert dict(os.environ) == before
        assert output.read()
    read(repository.path)
    assert dict(os.environ) == before


def test_reading_does_not_change_the_repository(repository, tmp_path):
    repository.commit("one", a="1\n")
    shutil.copytree(repository.path, tmp_path / "before")
    read(repository.path)
    comparison = subprocess.run(["diff", "-r", tmp_path / "before", repository.path], check=False)
    assert comparison.returncode == 0


# Git's reasons and advice


def test_the_owner_of_a_repository_must_be_trusted(repository, monkeypatch):
    repository.commit("one", a="1\n")
    # Git assumes another owner (its own tests use this variable).
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    advice = f"run `git config --global --add safe.directory {repository.path}`"
    with pytest.raises(RepositoryError, match=f"dubious ownership.*{re.escape(advice)}"):
        read(repository.path)


def test_unknown_extensions_are_named(repository):
    repository.git("config", "core.repositoryFormatVersion", "1")
    with (repository.path / ".git/config").open("a") as configuration:
        configuration.write("[extensions]\n\tfirstNew = 1\n\tsecondNew = 1\n")
    with pytest.raises(RepositoryError, match="firstnew secondnew; install a later git"):
        read(repository.path)


def test_a_later_format_of_repositories_needs_a_later_git(repository):
    repository.git("config", "core.repositoryFormatVersion", "2")
    with pytest.raises(RepositoryError, match="version <= 1, found 2; install a later git"):
        read(repository.path)


def test_missing_alternates_are_named(repository, tmp_path):
    repository.commit("one", a="1\n")
    repository.git("clone", "--quiet", "--shared", str(repository.path), str(tmp_path / "clone"))
    repository.path.rename(tmp_path / "moved")
    reason = (
        f"{repository.path}/.git/objects.*; restore the folder that objects/info/alternates names"
    )
    with pytest.raises(RepositoryError, match=reason):
        read(tmp_path / "clone")


def test_a_worktree_whose_repository_moved_can_be_repaired(repository, tmp_path):
    repository.commit("one", a="1\n")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    moved = Repository(tmp_path / "other")
    shutil.rmtree(moved.path)
    repository.path.rename(moved.path)
    command = f"git worktree repair {tmp_path / 'linked'}"
    with pytest.raises(RepositoryError, match=f"{repository.path}/.git.*; run `{command}`"):
        read(tmp_path / "linked")
    moved.git(*command.split()[1:])
    assert len(revisions(tmp_path / "linked")) == 1


def test_a_worktree_that_moved_is_read(repository, tmp_path):
    repository.commit("one", a="1\n")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    (tmp_path / "linked").rename(tmp_path / "moved")
    assert revisions(tmp_path / "moved") == revisions(repository.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", r"invalid gitfile format: .*; correct the path in the file .git there"),
        (
            "gitdir: ../nowhere",
            r"not a git repository: .*nowhere; correct the path in the file .git",
        ),
        ("gitdir: ../.git/modules/m", "modules/m; run `git submodule update --init`"),
    ],
)
def test_a_file_that_does_not_lead_to_a_repository_is_named(tmp_path, content, message):
    (tmp_path / ".git").write_text(content)
    with pytest.raises(RepositoryError, match=message):
        read(tmp_path)


def test_a_damaged_folder_is_not_reported_as_missing(repository):
    (repository.path / ".git/HEAD").write_text("garbage")
    with pytest.raises(RepositoryError, match=r"git does not accept the folder .git there"):
        read(repository.path)


def test_a_malformed_configuration_is_named(repository):
    (repository.path / ".git/config").write_text("[core\n")
    with pytest.raises(RepositoryError, match=r"bad config line 1 in file .*; correct that file"):
        read(repository.path)


def test_the_cause_of_a_failure_is_not_replaced_by_its_consequence(repository):
    sha = repository.commit("one", a="1\n")
    loose = repository.path / ".git" / "objects" / sha[:2] / sha[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"")
    with pytest.raises(
        RepositoryError, match=f"{sha[2:]} is empty, .* is corrupt.*; run `git fsck`"
    ):
        read(repository.path)


def test_a_reason_is_one_short_line_without_control_characters():
    reason = failure(b"error: \x1b[31m" + b"a" * 5_000 + b"\nfatal: the end\x07\n", Path("r"))
    assert reason.startswith("\ufffd[31ma")
    assert reason.endswith("the end\ufffd; run `git fsck` there")
    assert len(reason) < 700
    assert failure(b"", Path("r")) == "no reason given; run `git fsck` there"


# Missing objects


def test_a_missing_commit_is_an_error_of_one_line(repository):
    repository.commit("one", a="1\n")
    first = repository.head()
    repository.commit("two", a="2\n")
    (repository.path / ".git" / "objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(RepositoryError, match="git rev-list failed") as error:
        read(repository.path)
    assert "\n" not in str(error.value)


def test_a_ref_to_a_missing_object_is_an_omission(repository):
    repository.commit("one", a="1\n")
    broken = repository.path / ".git" / "refs" / "heads" / "broken"
    broken.write_text("1234567890123456789012345678901234567890\n")
    report, facts = read(repository.path)
    assert facts.rows("SELECT title FROM commits") == [("one",)]
    assert report.omissions == [f"{repository.path}: refs to missing objects: refs/heads/broken"]


def test_a_message_lists_some_refs_to_missing_objects(repository, monkeypatch):
    monkeypatch.setattr(history, "MAX_NAMES", 1)
    repository.commit("one", a="1\n")
    for name in ("first", "second"):
        (repository.path / ".git" / "refs" / "heads" / name).write_text("1" * 40 + "\n")
    report, _ = read(repository.path)
    (omission,) = report.omissions
    assert omission.endswith(": refs/heads/first and more")


def test_a_missing_tree_loses_the_files_but_not_the_commits(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    tree = repository.git("rev-parse", "HEAD~1^{tree}")
    (repository.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    report, facts = read(repository.path)
    assert facts.rows("SELECT title FROM commits ORDER BY ordinal") == [("one",), ("two",)]
    assert facts.rows("SELECT count(*) FROM parents") == [(1,)]
    (omission,) = report.omissions
    assert "the files of all commits are unknown" in omission


def test_a_missing_blob_loses_renames_by_similar_content_only(repository):
    repository.commit("first", a="1\n" * 50)
    repository.git("mv", "a", "b")
    repository.commit("moved")
    blob = repository.git("rev-parse", "HEAD:b")
    repository.write("b", "2\n" * 50)
    repository.git("mv", "b", "c")
    repository.commit("moved and rewritten")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    report, facts = read(repository.path)
    assert facts.rows("SELECT count(*) FROM commits") == [(3,)]
    assert facts.rows("SELECT status, path FROM revisions ORDER BY ordinal, path") == [
        ("A", "a"),
        ("R", "b"),
        ("D", "b"),
        ("A", "c"),
    ]
    assert any(
        "unable to read" in notice and "only exact renames" in notice for notice in report.notices
    )


# Shallow and partial clones


def test_a_shallow_clone_marks_its_boundary_and_names_hidden_parents(repository, tmp_path):
    first = repository.commit("first", a="1\n")
    second = repository.commit("second", a="2\n")
    third = repository.commit("third", b="3\n")
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--depth", "2", source, str(clone))
    report, facts = read(clone)
    assert OpenRepository(clone).is_shallow
    assert any("shallow" in notice for notice in report.notices)
    assert facts.rows("SELECT path, is_boundary FROM revisions ORDER BY path") == [
        ("a", True),
        ("b", False),
    ]
    assert facts.rows("SELECT sha, parent FROM parents ORDER BY ordinal") == [
        (second, first),
        (third, second),
    ]


def test_a_malformed_list_of_boundary_commits_is_an_error_of_one_line(repository):
    repository.commit("one", a="1\n")
    (repository.path / ".git" / "shallow").write_bytes(b"zz\n\xff\n")
    with pytest.raises(RepositoryError) as error:
        read(repository.path)
    assert "\n" not in str(error.value)


def test_a_partial_clone_has_exact_renames_only(repository, tmp_path):
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("first", a="1\n" * 50)
    repository.git("mv", "a", "b")
    repository.commit("renamed")
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--bare", "--filter=blob:none", source, str(clone))
    report, facts = read(clone)
    assert any("partial clone" in notice for notice in report.notices)
    assert facts.rows("SELECT status FROM revisions ORDER BY ordinal") == [("A",), ("R",)]


def test_a_clone_without_trees_has_commits_only(repository, tmp_path):
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--bare", "--filter=tree:0", source, str(clone))
    report, facts = read(clone)
    assert facts.rows("SELECT title FROM commits ORDER BY ordinal") == [("one",), ("two",)]
    assert any("the files of all commits are unknown" in notice for notice in report.notices)
    assert report.omissions == []
