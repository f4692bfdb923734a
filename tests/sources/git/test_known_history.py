"""Reading a history with the facts of an earlier reading: the same facts, of new commits only."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.facts import Facts
from mlflow2prov.facts.revisions import derive_revisions
from mlflow2prov.sources.git import GitHistory, HistoryOptions, history
from tests.repositories import ADA, BOB, Repository

TABLES = (
    *("commits", "refs", "histories", "unpushed_commits"),
    *("parents", "coauthors", "revisions", "changes"),
)


def read(path, previous=None, **options):
    """Return the facts of a repository with its revisions, as an extraction has them."""
    facts = Facts()
    GitHistory(path, HistoryOptions(**options)).read(facts, previous)
    derive_revisions(facts)
    return facts


def rows(facts):
    return {table: facts.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}


def read_both(path, previous, **options):
    """Read a repository with and without ``previous``, expect the same facts, and return them."""
    facts = read(path, previous, **options)
    assert rows(facts) == rows(read(path, **options))
    return facts


@pytest.fixture
def described(monkeypatch):
    """The commits that git described, in a list for each reading."""
    lists = []
    original = history.read_commits

    def read_commits(repository, commits, *arguments, **options):
        lists.append(list(commits))
        return original(repository, commits, *arguments, **options)

    monkeypatch.setattr(history, "read_commits", read_commits)
    return lists


def test_git_describes_no_commit_of_an_unchanged_history(repository, described):
    repository.commit("one", a="1\n")
    previous = read(repository.path)
    described.clear()
    facts = read(repository.path, previous)
    assert described == [[]]
    assert rows(facts) == rows(previous)


def test_git_describes_new_commits_only(repository, described):
    repository.commit("one", a="1\n")
    previous = read(repository.path)
    head = repository.commit("two", a="2\n")
    described.clear()
    read(repository.path, previous)
    assert described == [[head]]


def test_a_new_revision_continues_a_known_file(repository):
    repository.commit("add", old="1\n2\n3\n4\n")
    repository.commit("modify", old="1\n2\n3\n4\n5\n")
    previous = read(repository.path)
    repository.git("mv", "old", "new")
    repository.commit("rename", new="1\n2\n3\n4\n5\n6\n")
    facts = read_both(repository.path, previous)
    assert len(facts.rows("SELECT DISTINCT file_sha, file_path FROM revisions")) == 1


def test_a_new_commit_may_be_older_than_known_ones(repository):
    repository.commit("one", a="1\n")
    repository.git("branch", "side")
    repository.commit("two", a="2\n")
    previous = read(repository.path)
    repository._clock -= 5000
    repository.git("checkout", "--quiet", "side")
    repository.commit("three", a="2\n")
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "main")
    repository.commit("four", a="4\n")
    read_both(repository.path, previous)


def test_a_parent_comes_before_its_children_even_if_its_clock_was_fast(repository):
    for number in range(6):
        repository.commit(str(number), a=f"{number}\n")
        repository._clock -= 50_000
    facts = read(repository.path)
    commits = facts.rows("SELECT ordinal, title FROM commits ORDER BY ordinal")
    assert commits == [(number, str(number)) for number in range(6)]


def test_commits_that_a_force_push_removed_are_dropped(repository, described):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n", b="2\n")
    previous = read(repository.path)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    head = repository.commit("other", a="2\n")
    described.clear()
    read(repository.path, previous)
    assert described == [[head]]
    facts = read_both(repository.path, previous)
    assert facts.rows("SELECT title FROM commits ORDER BY ordinal") == [("one",), ("other",)]


def test_a_history_is_read_again_if_git_pruned_a_known_commit(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    previous = read(repository.path)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("update-ref", "-d", "ORIG_HEAD")
    repository.git("gc", "--quiet", "--prune=now")
    read_both(repository.path, previous)


def test_a_deleted_branch_takes_its_commits_along(repository):
    repository.commit("one", a="1\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("two", a="2\n")
    repository.git("checkout", "--quiet", "main")
    previous = read(repository.path)
    repository.git("branch", "--quiet", "-D", "side")
    facts = read_both(repository.path, previous)
    assert facts.rows("SELECT name FROM refs") == [("refs/heads/main",)]


def test_an_edited_mailmap_applies_to_known_commits(repository):
    repository.commit("one\n\nCo-authored-by: Bobby <bob@example.org>", a="1\n")
    previous = read(repository.path)
    repository.write(
        ".mailmap", "Grace <grace@example.org> <ada@example.org>\nBob <bob@example.org>\n"
    )
    facts = read_both(repository.path, previous)
    assert facts.rows("SELECT author_name FROM commits") == [("Grace",)]
    assert facts.rows("SELECT name FROM coauthors") == [("Bob",)]


def test_new_coauthors_are_mapped_once(repository):
    repository.write(
        ".mailmap", "B <b@example.org> <a@example.org>\nC <c@example.org> <b@example.org>\n"
    )
    repository.commit("one\n\nCo-authored-by: A <a@example.org>")
    previous = read(repository.path)
    repository.commit("two\n\nCo-authored-by: A <a@example.org>", b="1\n")
    facts = read_both(repository.path, previous)
    assert facts.rows("SELECT DISTINCT name FROM coauthors") == [("B",)]


def test_the_mailmap_of_a_bare_repository_is_that_of_its_head(repository, tmp_path):
    repository.commit("one", a="1\n")
    bare = tmp_path / "bare"
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(bare))
    previous = read(bare)
    repository.write(".mailmap", "Grace <grace@example.org> <ada@example.org>\n")
    repository.commit("two")
    repository.git("push", "--quiet", str(bare), "main")
    facts = read_both(bare, previous)
    assert facts.rows("SELECT DISTINCT author_name FROM commits") == [("Grace",)]


def test_a_selection_may_move_with_time(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    dates = read(repository.path).rows("SELECT committed_epoch FROM commits ORDER BY ordinal")
    previous = read(repository.path, since=str(dates[0][0]))
    for since in (str(dates[1][0]), str(dates[0][0])):
        previous = read_both(repository.path, previous, since=since)


def test_a_shallow_clone_may_be_deepened(repository, tmp_path):
    for number in range(4):
        repository.commit(str(number), a=f"{number}\n")
    clone = Repository(tmp_path / "clone")
    clone.git("remote", "add", "origin", f"file://{repository.path}")
    clone.git("fetch", "--quiet", "--depth=1", "origin")
    previous = read(clone.path)
    for deeper in ("--deepen=1", "--unshallow"):
        clone.git("fetch", "--quiet", deeper, "origin")
        previous = read_both(clone.path, previous)
    assert len(previous.rows("SELECT * FROM commits")) == 4


def test_a_branch_may_begin_at_the_boundary_of_a_shallow_clone(repository, tmp_path):
    for number in range(3):
        repository.commit(str(number), a=f"{number}\n")
    clone = Repository(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth=2", f"file://{repository.path}", "main:copy")
    clone.git("checkout", "--quiet", "copy")
    previous = read(clone.path)
    clone.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    clone.commit("side", b="1\n")
    read_both(clone.path, previous)


def test_pushed_commits_are_no_longer_unpushed(repository, tmp_path):
    repository.commit("one", a="1\n")
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", str(repository.path), str(clone))
    clone = Repository(clone)
    clone.commit("two", a="2\n")
    previous = read(clone.path)
    assert previous.rows("SELECT count(*) FROM unpushed_commits") == [(1,)]
    clone.git("push", "--quiet", "origin", "HEAD:pushed")
    clone.git("fetch", "--quiet")
    assert read_both(clone.path, previous).is_empty("unpushed_commits")


def test_facts_without_changes_of_a_damaged_history_are_read_again(repository):
    repository.commit("one", a="1\n")
    repository.commit("two", a="2\n")
    blob = repository.git("rev-parse", "HEAD^{tree}")
    file = repository.path / ".git" / "objects" / blob[:2] / blob[2:]
    content = file.read_bytes()
    file.unlink()
    previous = read(repository.path)
    assert previous.is_empty("revisions")
    previous = read_both(repository.path, previous)
    file.write_bytes(content)
    assert not read_both(repository.path, previous).is_empty("revisions")


def test_refs_have_full_names(repository):
    head = repository.commit("one", a="1\n")
    repository.git("tag", "--annotate", "--message", "v1", "v1")
    repository.git("tag", "tree", "HEAD^{tree}")
    repository.git("notes", "add", "--message", "note")
    refs = "SELECT name, sha FROM refs ORDER BY name"
    assert read(repository.path).rows(refs) == [("refs/heads/main", head), ("refs/tags/v1", head)]
    assert read(repository.path, branches=("v1",)).rows(refs) == [("refs/tags/v1", head)]
    assert read(repository.path, branches=("v1,main",)).rows("SELECT count(*) FROM refs") == [(2,)]
    assert read(repository.path, branches=(head,)).rows(refs) == []


CONTENTS = ["1\n2\n3\n", "1\n2\n3\n4\n", "x\n", "y\n"]


class Actions:
    """Random changes of a repository, each a method that a number decides about."""

    def __init__(self, path):
        self.repository = Repository(path)
        self.repository.commit("root", a=CONTENTS[0])
        self.git = self.repository.git

    def commit(self, number):
        message = f"change\n\nCo-authored-by: Eve <e{number % 3}@example.org>"
        name = "abc"[number % 3]
        self.repository.commit(message, (ADA, BOB)[number % 2], **{name: CONTENTS[number % 4]})

    def rename(self, number):
        files = self.git("ls-files").split()
        if files and self._try("mv", "--force", files[number % len(files)], f"d{number % 3}"):
            self.repository.commit("rename")

    def branch(self, number):
        self.git("checkout", "--quiet", "-B", f"branch{number % 3}")

    def checkout(self, number):
        self.git("checkout", "--quiet", "--force", self._branch(number))

    def merge(self, number):
        self._try("merge", "--quiet", "--no-ff", "--strategy-option=ours", self._branch(number))

    def back_in_time(self, number):
        self.repository._clock -= 3600 * (number % 9)

    def force_push(self, number):
        if self._try("reset", "--quiet", "--hard", f"HEAD~{1 + number % 2}"):
            self.commit(number)

    def delete_branch(self, number):
        self._try("branch", "--quiet", "-D", self._branch(number))

    def mailmap(self, number):
        names = [
            "Grace <g@example.org> <bob@example.org>\n",
            "E <e@example.org> <e1@example.org>\n",
        ]
        self.repository.write(".mailmap", names[number % 2])

    def prune(self, _):
        self.git("reflog", "expire", "--expire=now", "--all")
        self.git("prune", "--expire=now")

    def detach(self, _):
        self.git("checkout", "--quiet", "--detach")

    def _branch(self, number):
        branches = self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        return branches[number % len(branches)] if branches else "HEAD"

    def _try(self, *arguments):
        try:
            self.git(*arguments)
        except subprocess.CalledProcessError:
            self.git("reset", "--quiet", "--hard")
            return False
        return True


ACTIONS = [name for name in vars(Actions) if not name.startswith("_")]


@given(
    actions=st.lists(
        st.tuples(st.sampled_from(["commit", "merge", *ACTIONS]), st.integers(0, 100)),
        min_size=4,
        max_size=20,
    ),
    chances=st.randoms(use_true_random=False),
)
def test_a_chain_of_readings_has_the_facts_of_one(actions, chances, tmp_path_factory):
    random = Actions(tmp_path_factory.mktemp("history") / "repository")
    facts = read(random.repository.path)
    for name, number in actions:
        getattr(random, name)(number)
        if chances.random() < 0.5:
            facts = read_both(random.repository.path, facts)
    read_both(random.repository.path, facts)
