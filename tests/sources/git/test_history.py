"""Histories as facts: commits, parents, people, files and their revisions."""

import os

import pytest

from mlflow2prov.git.text import decode_path
from tests.repositories import ADA, BOB, Repository
from tests.sources.git.histories import read, revisions


def test_a_root_commit_adds_its_files(repository):
    repository.commit("root", a="1\n")
    assert revisions(repository.path) == [("root", "A", "a", None, None)]


def test_a_history_may_have_two_roots(repository):
    repository.commit("one", a="1\n")
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit("two", b="2\n")
    additions = [row[0] for row in revisions(repository.path) if row[1] == "A"]
    assert additions == ["one", "two", "two"]


def test_a_path_may_be_a_file_and_later_a_folder(repository):
    repository.commit("file", x="1\n")
    repository.git("rm", "--quiet", "x")
    repository.commit("gone")
    repository.write("x/y", "2\n")
    repository.commit("folder")
    assert [row[:3] for row in revisions(repository.path)] == [
        ("file", "A", "x"),
        ("gone", "D", "x"),
        ("folder", "A", "x/y"),
    ]


def test_a_submodule_has_revisions(repository, tmp_path):
    inner = Repository(tmp_path / "inner")
    inner_head = inner.commit("inner", i="1\n")
    repository.commit("root", a="1\n")
    repository.git("submodule", "--quiet", "add", str(inner.path), "lib")
    repository.commit("add lib")
    _, facts = read(repository.path)
    assert facts.rows("SELECT mode, blob FROM revisions WHERE path = 'lib'") == [
        ("160000", inner_head)
    ]


def test_an_empty_repository_has_no_commits(repository):
    report, facts = read(repository.path)
    assert facts.rows("SELECT * FROM commits") == []
    assert any("no commits" in notice for notice in report.notices)


def test_an_empty_commit_is_a_commit(repository):
    repository.commit("one", a="1\n")
    repository.commit("empty")
    _, facts = read(repository.path)
    assert facts.rows("SELECT title FROM commits ORDER BY ordinal") == [("one",), ("empty",)]


def test_reading_reports_progress(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    calls = []
    read(repository.path, progress=lambda *call: calls.append(call))
    assert calls[-1] == ("commits", 2, 2)


# Paths


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
def test_a_path_may_have_any_characters(repository, name):
    repository.write(name)
    repository.commit("add")
    repository.write(name, "changed\n")
    repository.commit("change")
    assert revisions(repository.path) == [
        ("add", "A", name, None, None),
        ("change", "M", name, "add", name),
    ]


def test_a_path_that_is_not_utf8_is_quoted_as_git_does(repository):
    repository.write(b"caf\xe9.txt")
    repository.write("other.txt")
    repository.commit("add")
    assert [row[2] for row in revisions(repository.path)] == ['"caf\\351.txt"', "other.txt"]


def test_a_path_that_begins_with_a_quote_differs_from_a_quoted_path(repository):
    repository.write('"caf\\351.txt"')
    repository.write(b"caf\xe9.txt", "other\n")
    repository.commit("add")
    assert len({row[2] for row in revisions(repository.path)}) == 2


def test_paths_do_not_depend_on_the_locale(repository, monkeypatch):
    repository.write("gr\u00fc\u00df.txt")
    repository.commit("add")
    monkeypatch.setenv("LC_ALL", "C")
    assert revisions(repository.path)[0][2] == "gr\u00fc\u00df.txt"


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
    assert facts.rows("SELECT name FROM file_changes") == [(name,)]


# Renames, copies and the identity of files


def test_a_rename_keeps_the_file_and_replaces_the_revision_at_the_old_path(repository):
    repository.commit("add", old="1\n2\n3\n4\n")
    repository.git("mv", "old", "new")
    repository.commit("rename")
    repository.commit("modify", new="1\n2\n3\n4\n5\n")
    repository.git("rm", "--quiet", "new")
    repository.commit("delete")
    assert revisions(repository.path) == [
        ("add", "A", "old", None, None),
        ("rename", "R", "new", "add", "old"),
        ("modify", "M", "new", "rename", "new"),
        ("delete", "D", "new", "modify", "new"),
    ]
    _, facts = read(repository.path)
    assert facts.rows("SELECT DISTINCT file_path FROM revisions") == [("old",)]


def test_a_copy_begins_a_file_and_replaces_its_source(repository):
    text = "".join(f"{n}\n" for n in range(30))
    repository.commit("add", a=text)
    repository.write("a", text + "more\n")
    repository.write("b", text)
    repository.commit("copy")
    _, facts = read(repository.path)
    assert facts.rows(
        "SELECT status, previous_path, file_path FROM revisions WHERE path = 'b'"
    ) == [("C", "a", "b")]


def test_a_change_of_type_is_a_revision(repository):
    repository.commit("file", a="target\n")
    (repository.path / "a").unlink()
    (repository.path / "a").symlink_to("target")
    repository.commit("link")
    assert [row[1] for row in revisions(repository.path)] == ["A", "T"]


def test_a_path_that_is_added_again_is_another_file(repository):
    first = repository.commit("add", a="1\n")
    repository.git("rm", "--quiet", "a")
    repository.commit("delete")
    again = repository.commit("again", a="1\n")
    repository.commit("modify", a="2\n")
    _, facts = read(repository.path)
    assert facts.rows("SELECT file_sha FROM revisions ORDER BY ordinal") == [
        (first,),
        (first,),
        (again,),
        (again,),
    ]


def test_renames_among_too_many_files_are_reported(repository):
    for number in range(1100):
        repository.write(f"old/{number}", f"{number}\n" * 20)
    repository.commit("many")
    repository.git("mv", "old", "new")
    for number in range(1100):
        repository.write(f"new/{number}", f"{number}\n" * 19 + "more\n")
    repository.commit("moved")
    report, _ = read(repository.path)
    assert any("too many files for git to compare" in notice for notice in report.notices)


# Branches and merges


def branch_and_merge(repository, *, evil=False):
    repository.commit("base", a="1\n", b="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", b="2\n")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    if evil:
        repository.write("evil.txt")
    return repository.commit("merge")


def test_a_clean_merge_has_no_revisions(repository):
    branch_and_merge(repository)
    assert sorted(row[0] for row in revisions(repository.path)) == ["base", "base", "main", "side"]
    _, facts = read(repository.path)
    assert len(facts.rows("SELECT * FROM parents WHERE position = 1")) == 1


def test_a_file_that_a_merge_adds_has_a_row_for_each_parent(repository):
    branch_and_merge(repository, evil=True)
    merge = [row for row in revisions(repository.path) if row[0] == "merge"]
    assert merge == [("merge", "A", "evil.txt", None, None)] * 2


def test_an_octopus_merge_has_three_parents(repository):
    repository.commit("base", a="1\n")
    for name in ("x", "y"):
        repository.git("checkout", "--quiet", "-b", name, "main")
        repository.commit(name, **{name: "1\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", z="1\n")
    repository.git("merge", "--quiet", "--no-ff", "--message", "octopus", "x", "y")
    _, facts = read(repository.path)
    assert facts.rows(
        "SELECT max(position) FROM parents JOIN commits USING (ordinal) WHERE title = 'octopus'"
    ) == [(2,)]


def test_the_rows_of_a_merge_have_one_status(repository):
    repository.commit("base", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", new="1\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", a="2\n")
    repository.git("merge", "--quiet", "--no-commit", "side")
    repository.write("new", "2\n")
    repository.commit("merge")
    assert {row[1] for row in revisions(repository.path) if row[0] == "merge"} == {"M"}


def test_a_revision_replaces_one_of_an_ancestor_not_of_another_branch(repository):
    repository.commit("base", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", a="2\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("same", a="2\n")
    repository.commit("next", a="3\n")
    assert ("next", "M", "a", "same", "a") in revisions(repository.path)


# People and messages


def write_commit(repository, ref, content):
    """Write a commit object as it is, also a malformed one, and let ``ref`` point to it."""
    sha = repository.git(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content
    )
    repository.git("update-ref", f"refs/heads/{ref or sha}", sha)


def test_authors_may_lack_a_name_or_an_address_or_be_in_latin_1(repository):
    repository.commit("named", ADA, a="1\n")
    tree = repository.git("write-tree").encode()
    for author in (b" <>", b" <only@example.org>", b"Only <>", b"J\xfcrgen <J@Example.org>"):
        lines = [
            b"tree " + tree,
            b"author " + author + b" 1600000000 +0000",
            b"committer " + author + b" 1600000000 +0000",
            b"",
            b"m\n",
        ]
        write_commit(repository, None, b"\n".join(lines))
    _, facts = read(repository.path)
    authors = facts.rows("SELECT author_name, author_email FROM commits WHERE title = 'm'")
    assert set(authors) == {
        (None, None),
        (None, "only@example.org"),
        ("Only", None),
        ("J\u00fcrgen", "j@example.org"),
    }


@pytest.mark.parametrize("line", ["A <x 1600000000 +0000", "1600000000 +0000"])
def test_a_malformed_author_line_does_not_become_a_name(repository, line):
    repository.commit("one", a="1\n")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    commit = f"tree {tree}\nauthor {line}\ncommitter {line}\n\nodd\n"
    write_commit(repository, "odd", commit.encode())
    _, facts = read(repository.path)
    people = facts.rows(
        "SELECT author_name, author_email, committer_email FROM commits WHERE title = 'odd'"
    )
    assert len(people) == 1
    assert not any("%" in str(value) for row in people for value in row)


def test_a_message_may_have_windows_line_ends(repository):
    repository.write("a")
    repository.git("add", "a")
    message = b"Fix it\r\n\r\nlong body\r\n\r\nCo-authored-by: Bob B <bob@x.org>\r\n"
    repository.git("commit", "--quiet", "--cleanup=verbatim", "-F", "-", stdin=message)
    _, facts = read(repository.path)
    assert facts.rows("SELECT title FROM commits") == [("Fix it",)]
    assert facts.rows("SELECT name, email FROM coauthors") == [("Bob B", "bob@x.org")]


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff\xfe", "é'x;--".encode()])
def test_a_ref_may_have_any_bytes(repository, name):
    sha = repository.commit(a="1\n")
    for folder in (b"refs/heads/", b"refs/tags/"):
        repository.git("update-ref", os.fsdecode(folder + name), sha)
    _, facts = read(repository.path)
    names = [decode_path(folder + name) for folder in (b"refs/heads/", b"refs/tags/")]
    rows = facts.rows("SELECT name FROM refs WHERE NOT ends_with(name, '/main') ORDER BY name")
    assert rows == [(each,) for each in names]
    _, facts = read(repository.path, branches=(os.fsdecode(name),))
    assert (names[0],) in facts.rows("SELECT name FROM refs")


def test_a_mailmap_may_be_in_latin_1(repository):
    (repository.path / ".mailmap").write_bytes(b"Ren\xe9 <rene@x.org> <bob@example.org>\n")
    repository.commit("one\n\nCo-authored-by: Bob <bob@example.org>", BOB, a="1\n")
    _, facts = read(repository.path)
    assert facts.rows("SELECT author_name FROM commits") == [("René",)]
    assert facts.rows("SELECT name, email FROM coauthors") == [("René", "rene@x.org")]


def test_the_mailmap_applies_to_authors_and_coauthors(repository):
    repository.write(".mailmap", "Robert <robert@example.org> <bob@example.org>\n")
    repository.commit("one\n\nCo-authored-by: Bobby <Bob@example.org>", BOB, a="1\n")
    _, facts = read(repository.path)
    assert facts.rows("SELECT author_name FROM commits") == [("Robert",)]
    assert facts.rows("SELECT name, email FROM coauthors") == [("Robert", "robert@example.org")]
    _, facts = read(repository.path, mailmap=False)
    assert facts.rows("SELECT author_name FROM commits") == [("Bob",)]
    assert facts.rows("SELECT name, email FROM coauthors") == [("Bobby", "bob@example.org")]
