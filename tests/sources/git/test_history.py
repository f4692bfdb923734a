"""What a history becomes as facts: every odd history in which a reader of Git can go wrong."""

import os
import shutil
import subprocess
from contextlib import suppress

import pytest

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.revisions import derive_revisions
from mlflow2prov.sources.git import read_history
from mlflow2prov.sources.git.log_parser import Layout, Parser, format_of
from tests.repositories import ADA, BOB, Repository


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")


def read(path, **options):
    facts = Facts()
    with facts:
        history = read_history(path, facts, **options)
    derive_revisions(facts)
    return history, facts


def changes(path, **options):
    """Return status, path and the replaced revision's (title of commit, path) of every change."""
    _, facts = read(path, **options)
    return facts.query(
        """
        SELECT c.title, r.status, r.path, p.title, r.previous_path
        FROM {revisions} r JOIN {commits} c ON c.sha = r.sha
        LEFT JOIN {commits} p ON p.sha = r.previous_sha ORDER BY r.ordinal, r.path, r.position
        """
    )


def test_B1_root_commits_are_read(repository):
    repository.commit("root", a="1\n")
    assert changes(repository.path) == [("root", "A", "a", None, None)]


def test_B1_two_roots_are_read(repository):
    repository.commit("one", a="1\n")
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit("two", b="2\n")
    assert [row[0] for row in changes(repository.path) if row[1] == "A"] == ["one", "two", "two"]


def test_B2_a_path_that_was_a_file_and_then_a_folder(repository):
    repository.commit("file", x="1\n")
    repository.git("rm", "--quiet", "x")
    repository.commit("gone")
    repository.write("x/y", "2\n")
    repository.commit("folder")
    assert [row[:3] for row in changes(repository.path)] == [
        ("file", "A", "x"),
        ("gone", "D", "x"),
        ("folder", "A", "x/y"),
    ]


def test_B2_a_submodule_is_a_revision(repository, tmp_path):
    inner = Repository(tmp_path / "inner")
    inner_head = inner.commit("inner", i="1\n")
    repository.commit("root", a="1\n")
    repository.git("submodule", "--quiet", "add", str(inner.path), "lib")
    repository.commit("add lib")
    _, facts = read(repository.path)
    assert facts.query("SELECT mode, blob FROM {revisions} WHERE path = 'lib'") == [
        ("160000", inner_head)
    ]


def test_B3_a_shallow_clone_keeps_its_boundary_apart(repository, tmp_path):
    first = repository.commit("first", a="1\n")
    second = repository.commit("second", a="2\n")
    third = repository.commit("third", b="3\n")
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--depth", "2", source, str(clone))
    history, facts = read(clone)
    assert history.is_shallow
    assert any("shallow" in notice for notice in history.notices)
    assert facts.query("SELECT path, is_boundary FROM {revisions} ORDER BY path") == [
        ("a", True),
        ("b", False),
    ]
    assert facts.query("SELECT sha, parent FROM {parents} ORDER BY ordinal") == [
        (second, first),
        (third, second),
    ]


def test_a_partial_clone_finds_exact_renames_and_says_so(repository, tmp_path):
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("first", a="1\n" * 50)
    repository.git("mv", "a", "b")
    repository.commit("renamed")
    clone = tmp_path / "clone"
    repository.git(
        "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repository.path}", str(clone)
    )
    history, facts = read(clone)
    assert any("partial clone" in notice for notice in history.notices)
    assert facts.query("SELECT status FROM {revisions} ORDER BY ordinal") == [("A",), ("R",)]


@pytest.mark.parametrize(
    "name",
    [
        "my dir/my file.txt",
        "tab\there",
        "new\nline",
        'quo"te',
        "gr\u00fc\u00df/\u6f22.txt",
        "-rf",
        ":(top)x",
        "a\\b",
    ],
)
def test_B4_B5_paths_of_any_characters(repository, name):
    repository.write(name)
    repository.commit("add")
    repository.write(name, "changed\n")
    repository.commit("change")
    assert changes(repository.path) == [
        ("add", "A", name, None, None),
        ("change", "M", name, "add", name),
    ]


def test_B10_a_name_that_is_not_utf8_is_quoted_as_git_does(repository):
    repository.write(b"caf\xe9.txt")
    repository.write("other.txt")
    repository.commit("add")
    assert [row[2] for row in changes(repository.path)] == ['"caf\\351.txt"', "other.txt"]


def test_a_path_that_begins_with_a_quote_differs_from_a_quoted_one(repository):
    repository.write('"caf\\351.txt"')
    repository.write(b"caf\xe9.txt", "other\n")
    repository.commit("add")
    assert len({row[2] for row in changes(repository.path)}) == 2


def test_B10_names_do_not_depend_on_the_locale(repository, monkeypatch):
    repository.write("gr\u00fc\u00df.txt")
    repository.commit("add")
    monkeypatch.setenv("LC_ALL", "C")
    assert changes(repository.path)[0][2] == "gr\u00fc\u00df.txt"


def test_B6_a_rename_keeps_the_file_and_derives_from_the_old_path(repository):
    repository.commit("add", old="1\n2\n3\n4\n")
    repository.git("mv", "old", "new")
    repository.commit("rename")
    repository.commit("modify", new="1\n2\n3\n4\n5\n")
    repository.git("rm", "--quiet", "new")
    repository.commit("delete")
    assert changes(repository.path) == [
        ("add", "A", "old", None, None),
        ("rename", "R", "new", "add", "old"),
        ("modify", "M", "new", "rename", "new"),
        ("delete", "D", "new", "modify", "new"),
    ]
    _, facts = read(repository.path)
    assert facts.query("SELECT DISTINCT file_path FROM {revisions}") == [("old",)]


def test_B6_a_copy_begins_a_file_and_derives_from_its_source(repository):
    text = "".join(f"{n}\n" for n in range(30))
    repository.commit("add", a=text)
    repository.write("a", text + "more\n")
    repository.write("b", text)
    repository.commit("copy")
    _, facts = read(repository.path)
    assert facts.query(
        "SELECT status, previous_path, file_path FROM {revisions} WHERE path = 'b'"
    ) == [("C", "a", "b")]


def test_B6_a_type_change_is_a_revision(repository):
    repository.commit("file", a="target\n")
    (repository.path / "a").unlink()
    (repository.path / "a").symlink_to("target")
    repository.commit("link")
    assert [row[1] for row in changes(repository.path)] == ["A", "T"]


def test_B7_a_path_added_again_is_another_file(repository):
    first = repository.commit("add", a="1\n")
    repository.git("rm", "--quiet", "a")
    repository.commit("delete")
    again = repository.commit("again", a="1\n")
    repository.commit("modify", a="2\n")
    _, facts = read(repository.path)
    assert facts.query("SELECT file_sha FROM {revisions} ORDER BY ordinal") == [
        (first,),
        (first,),
        (again,),
        (again,),
    ]


def test_B8_empty_commits_are_commits(repository):
    repository.commit("one", a="1\n")
    repository.commit("empty")
    _, facts = read(repository.path)
    assert facts.query("SELECT title FROM {commits} ORDER BY ordinal") == [("one",), ("empty",)]


def branch_and_merge(repository, evil=False):
    repository.commit("base", a="1\n", b="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", b="2\n")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    if evil:
        repository.write("evil.txt")
    return repository.commit("merge")


def test_B8_a_clean_merge_changes_nothing(repository):
    branch_and_merge(repository)
    assert sorted(row[0] for row in changes(repository.path)) == ["base", "base", "main", "side"]
    _, facts = read(repository.path)
    assert len(facts.query("SELECT * FROM {parents} WHERE position = 1")) == 1


def test_B8_an_evil_merge_adds_its_file_once_a_parent(repository):
    branch_and_merge(repository, evil=True)
    merged = [row for row in changes(repository.path) if row[0] == "merge"]
    assert merged == [("merge", "A", "evil.txt", None, None)] * 2


def test_B8_an_octopus_has_three_parents(repository):
    repository.commit("base", a="1\n")
    for name in ("x", "y"):
        repository.git("checkout", "--quiet", "-b", name, "main")
        repository.commit(name, **{name: "1\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", z="1\n")
    repository.git("merge", "--quiet", "--no-ff", "--message", "octopus", "x", "y")
    _, facts = read(repository.path)
    assert facts.query(
        "SELECT max(position) FROM {parents} p JOIN {commits} c USING (ordinal) "
        "WHERE c.title = 'octopus'"
    ) == [(2,)]


def test_B9_a_revision_derives_from_an_ancestor_not_from_another_branch(repository):
    repository.commit("base", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("same", a="2\n")
    repository.commit("next", a="3\n")
    assert ("next", "M", "a", "same", "a") in changes(repository.path)


@pytest.mark.parametrize("place", ["", "folder"])
def test_B11_a_subfolder_means_its_repository(repository, place):
    repository.write("folder/a")
    repository.commit("add")
    assert len(changes(repository.path / place)) == 1


def test_B11_not_a_repository_is_one_line(tmp_path):
    with pytest.raises(RepositoryError, match="not a Git repository"):
        read(tmp_path)
    with pytest.raises(RepositoryError, match="no such folder"):
        read(tmp_path / "nothing")


def test_an_empty_repository_has_no_commits_and_says_so(repository):
    history, facts = read(repository.path)
    assert facts.query("SELECT * FROM {commits}") == []
    assert any("no commits" in notice for notice in history.notices)


def test_a_bare_repository_and_a_linked_worktree(repository, tmp_path):
    repository.commit("add", a="1\n")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare"))
    assert changes(tmp_path / "bare") == changes(tmp_path / "linked") == changes(repository.path)


def test_authors_without_name_without_address_and_in_latin_1(repository):
    repository.commit("named", ADA, a="1\n")
    tree = repository.git("write-tree")

    def raw(author: bytes) -> None:
        content = b"tree " + tree.encode() + b"\nauthor " + author + b" 1600000000 +0000\n"
        content += b"committer " + author + b" 1600000000 +0000\n\nm\n"
        sha = repository.git(
            "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content
        )
        repository.git("update-ref", f"refs/heads/{sha}", sha)

    for author in (b" <>", b" <only@example.org>", b"Only <>", b"J\xfcrgen <J@Example.org>"):
        raw(author)
    _, facts = read(repository.path)
    found = facts.query("SELECT author_name, author_email FROM {commits} WHERE title = 'm'")
    assert set(found) == {
        (None, None),
        (None, "only@example.org"),
        ("Only", None),
        ("J\u00fcrgen", "j@example.org"),
    }


def test_the_mailmap_holds_for_authors_and_coauthors(repository):
    repository.write(".mailmap", "Robert <robert@example.org> <bob@example.org>\n")
    repository.commit("one\n\nCo-authored-by: Bobby <Bob@example.org>", BOB, a="1\n")
    _, facts = read(repository.path)
    assert facts.query("SELECT author_name FROM {commits}") == [("Robert",)]
    assert facts.query("SELECT name, email FROM {coauthors}") == [("Robert", "robert@example.org")]
    _, facts = read(repository.path, mailmap=False)
    assert facts.query("SELECT author_name FROM {commits}") == [("Bob",)]
    assert facts.query("SELECT name, email FROM {coauthors}") == [("Bobby", "bob@example.org")]


def test_since_and_until_select_and_keep_identities(repository):
    repository.commit("old", a="1\n")
    repository.commit("new", a="2\n")
    _, facts = read(repository.path, since="2020-09-13T15:30:00Z")
    assert facts.query("SELECT title, is_selected FROM {commits} ORDER BY ordinal") == [
        ("old", False),
        ("new", True),
    ]
    assert facts.query("SELECT count(previous_sha) FROM {revisions} WHERE is_selected") == [(1,)]
    with pytest.raises(RepositoryError, match="not a date"):
        read(repository.path, since="gibberish")


def test_branches_narrow_and_cannot_be_options(repository):
    repository.commit("main", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    assert len(changes(repository.path, branches=["main"])) == 1
    for name in ("nope", "--output=owned", "-x"):
        with pytest.raises(RepositoryError, match="no branch"):
            read(repository.path, branches=[name])
    assert not (repository.path / "owned").exists()


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
    rows = changes(repository.path)
    assert [row[:3] for row in rows][-1] == ("two", "M", "a")
    assert not trap.exists()


def test_variables_of_a_running_git_do_not_mislead(repository, tmp_path, monkeypatch):
    repository.commit("here", a="1\n")
    other = Repository(tmp_path / "other")
    other.commit("there", b="1\n")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    assert [row[0] for row in changes(repository.path)] == ["here"]
    assert os.environ["GIT_DIR"] == str(other.path / ".git")


def test_a_broken_repository_is_one_line(repository):
    repository.commit("one", a="1\n")
    first = repository.head()
    repository.commit("two", a="2\n")
    (repository.path / ".git" / "objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(RepositoryError, match="git rev-list failed") as error:
        read(repository.path)
    assert "\n" not in str(error.value)


def test_reading_changes_nothing(repository, tmp_path):
    repository.commit("one", a="1\n")
    shutil.copytree(repository.path, tmp_path / "before")
    read(repository.path)
    same = subprocess.run(["diff", "-r", tmp_path / "before", repository.path], check=False)
    assert same.returncode == 0


def test_B3_a_ref_that_leads_to_nothing_is_left_out_and_said(repository):
    repository.commit("one", a="1\n")
    broken = repository.path / ".git" / "refs" / "heads" / "broken"
    broken.write_text("1234567890123456789012345678901234567890\n")
    history, facts = read(repository.path)
    assert facts.query("SELECT title FROM {commits}") == [("one",)]
    assert history.left_out == ["1 branches or tags lead to nothing: refs/heads/broken"]


def test_B3_a_missing_tree_costs_the_files_and_not_the_commits(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    tree = repository.git("rev-parse", "HEAD~1^{tree}")
    (repository.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    history, facts = read(repository.path)
    assert facts.query("SELECT title FROM {commits} ORDER BY ordinal") == [("one",), ("two",)]
    assert facts.query("SELECT count(*) FROM {parents}") == [(1,)]
    assert (
        len(history.left_out) == 1 and "the files of all commits are unknown" in history.left_out[0]
    )


def test_a_treeless_clone_has_commits_and_says_what_it_lacks(repository, tmp_path):
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--bare", "--filter=tree:0", source, str(clone))
    history, facts = read(clone)
    assert facts.query("SELECT title FROM {commits} ORDER BY ordinal") == [("one",), ("two",)]
    assert any("the files of all commits are unknown" in notice for notice in history.notices)


def test_more_moved_files_than_git_compares_are_said(repository):
    for number in range(1100):
        repository.write(f"old/{number}", f"{number}\n" * 20)
    repository.commit("many")
    repository.git("mv", "old", "new")
    for number in range(1100):
        repository.write(f"new/{number}", f"{number}\n" * 19 + "more\n")
    repository.commit("moved")
    history, _ = read(repository.path)
    assert any("too many files for git to compare" in notice for notice in history.notices)


@pytest.mark.parametrize("line", ["A <x 1600000000 +0000", "1600000000 +0000"])
def test_a_line_that_names_nobody_makes_nobody(repository, line):
    repository.commit("one", a="1\n")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    commit = f"tree {tree}\nauthor {line}\ncommitter {line}\n\nodd\n"
    sha = repository.git(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=commit.encode()
    )
    repository.git("update-ref", "refs/heads/odd", sha)
    _, facts = read(repository.path)
    found = facts.query(
        "SELECT author_name, author_email, committer_email FROM {commits} WHERE title = 'odd'"
    )
    assert not any("%" in str(value) for row in found for value in row) and len(found) == 1


def test_messages_with_line_ends_of_windows(repository):
    repository.write("a")
    repository.git("add", "a")
    message = b"Fix it\r\n\r\nlong body\r\n\r\nCo-authored-by: Bob B <bob@x.org>\r\n"
    repository.git("commit", "--quiet", "--cleanup=verbatim", "-F", "-", stdin=message)
    _, facts = read(repository.path)
    assert facts.query("SELECT title FROM {commits}") == [("Fix it",)]
    assert facts.query("SELECT name, email FROM {coauthors}") == [("Bob B", "bob@x.org")]


def test_a_branch_comes_before_a_tag_of_the_same_name(repository):
    repository.commit("one", a="1\n")
    repository.git("tag", "v1")
    repository.git("checkout", "--quiet", "-b", "v1")
    repository.commit("two", a="2\n")
    _, facts = read(repository.path, branches=["v1"])
    assert facts.query("SELECT count(*) FROM {commits}") == [(2,)]
    with pytest.raises(RepositoryError, match="there is no branch"):
        read(repository.path, branches=["^HEAD~1"])


@pytest.mark.parametrize("date", ["2024-13-45", "2024-31-01", "2023-02-30 10:00"])
def test_dates_that_no_calendar_has(repository, date):
    repository.commit("one", a="1\n")
    with pytest.raises(RepositoryError, match="is not a date"):
        read(repository.path, since=date)


def test_dates_between_which_nothing_lies_are_said(repository):
    repository.commit("one", a="1\n")
    history, _ = read(repository.path, since="2030-01-01")
    assert any("lies between the dates" in notice for notice in history.notices)


def test_a_broken_list_of_where_a_shallow_clone_ends(repository):
    repository.commit("one", a="1\n")
    (repository.path / ".git" / "shallow").write_bytes(b"zz\n\xff\n")
    with pytest.raises(RepositoryError) as error:
        read(repository.path)
    assert "\n" not in str(error.value)


def test_a_merge_s_revision_has_one_status(repository):
    repository.commit("base", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", new="1\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", a="2\n")
    repository.git("merge", "--quiet", "--no-commit", "side")
    repository.write("new", "2\n")
    repository.commit("merge")
    found = changes(repository.path)
    assert {row[1] for row in found if row[0] == "merge"} == {"M"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"d/caf\xe9.txt", '"caf\\351.txt"'),
        (b"caf\xe9/file.txt", "file.txt"),
        (b"caf\xe9.txt", '"caf\\351.txt"'),
        (b'd/say "x".txt', 'say "x".txt'),
    ],
)
def test_the_name_of_a_file_is_the_last_part_of_its_path(repository, path, name):
    repository.write(path)
    repository.commit("one")
    _, facts = read(repository.path)
    assert facts.query("SELECT name FROM {file_changes}") == [(name,)]


def test_a_log_that_breaks_off_is_an_error_wherever_it_does(repository):
    repository.commit("one\n\nCo-authored-by: Bob <bob@example.org>", a="1\n")
    repository.git("mv", "a", "b")
    repository.commit("two")
    shas = repository.git("rev-list", "--all").split()
    options = ["--stdin", "--always", "--raw", "-r", "-c", "--root", "-z", "--no-abbrev", "-M"]
    whole = subprocess.run(
        ["git", "diff-tree", *options, "--date=raw", f"--format={format_of(mailmap=True)}"],
        cwd=repository.path,
        input="".join(f"{sha}\n" for sha in shas).encode(),
        capture_output=True,
    ).stdout

    def parse(content):
        asked = [(len(shas) - 1 - n, sha) for n, sha in enumerate(shas)]
        parser = Parser(Facts(), Layout(40, has_all_paths=True), set(), asked)
        parser.take(content)
        parser.take(None)

    parse(whole)
    for end in range(1, len(whole), 3):
        with suppress(RepositoryError):
            parse(whole[:end])
    with pytest.raises(RepositoryError, match="broke off"):
        parse(whole[: len(whole) // 2])


def unpushed(path, **options):
    _, facts = read(path, **options)
    found = facts.query(
        "SELECT title FROM {commits} JOIN {unpushed_commits} USING (sha) ORDER BY ordinal"
    )
    return [title for (title,) in found]


def test_commits_that_no_remote_branch_reaches_are_known(repository, tmp_path):
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
    assert unpushed(other.path, branches=["main"]) == ["second"]
    other.git("push", "--quiet", "origin", "main:shared")
    assert unpushed(other.path) == ["third"]


def test_without_remote_branches_nothing_is_said_of_pushing(repository):
    repository.commit("first", a="1\n")
    repository.git("remote", "add", "origin", "https://example.org/nowhere.git")
    assert unpushed(repository.path) == []


@pytest.mark.parametrize("broken", ["f" * 40, "blob"])
def test_a_remote_branch_that_leads_to_no_commit_tells_nothing(repository, broken):
    sha = repository.commit("first", a="1\n")
    if broken == "blob":
        broken = repository.git("rev-parse", f"{sha}:a")
    ref = repository.path / ".git/refs/remotes/origin/main"
    ref.parent.mkdir(parents=True)
    ref.write_text(f"{broken}\n")
    assert unpushed(repository.path) == []
