"""Exact renames and copies are those that git finds."""

import random

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.git import log, read_history
from tests.repositories import Repository
from tests.sources.git.plain_log import read_plainly

CONTENTS = ["", "one\n", "two\n", "three\n"]
PATHS = ["a", "b", "x/a", "x/b", "x.c", "y/a", "y/z/a"]


def random_history(repository, seed, commits=200):
    """Make a history in which few contents wander between few paths, with branches and merges."""
    chance = random.Random(seed)
    trees: list[dict[str, tuple[str, str]]] = []
    lines = []
    for number in range(commits):
        parents = [] if number == 0 else [number - 1]
        if number > 3 and chance.random() < 0.2:
            parents.append(chance.randrange(number - 1))
        tree = dict(trees[parents[0]]) if parents else {}
        for _ in range(chance.choice([1, 2, 3, 4])):
            path = chance.choice(PATHS)
            if path in tree and chance.random() < 0.5:
                del tree[path]
            else:
                mode = chance.choice(["100644", "100644", "100755", "120000"])
                tree[path] = (mode, chance.choice(CONTENTS[1:] if mode == "120000" else CONTENTS))
        trees.append(tree)
        lines += [
            "commit refs/heads/main",
            f"mark :{number + 1}",
            f"committer A <a@example.org> {1_500_000_000 + number} +0000",
            "data 0",
            *(f"{'merge' if n else 'from'} :{parent + 1}" for n, parent in enumerate(parents)),
            "deleteall",
        ]
        for path, (mode, content) in tree.items():
            lines += [f"M {mode} inline {path}", f"data {len(content)}", content]
    repository.git("fast-import", "--quiet", stdin="\n".join([*lines, ""]).encode())


def changes(facts):
    return facts.query(
        "SELECT sha, status, path, mode, blob, previous_path, previous_mode, previous_blob FROM {changes} "
        "ANTI JOIN (SELECT ordinal FROM {parents} WHERE position > 0) USING (ordinal) "
        "ORDER BY ordinal, path"
    )


@pytest.mark.parametrize("seed", range(12))
def test_exact_renames_are_those_that_git_finds(tmp_path, seed):
    repository = Repository(tmp_path / "repository")
    random_history(repository, seed)
    ours, theirs = Facts(), Facts()
    read_history(repository.path, ours, renames="exact")
    read_plainly(repository.path, theirs, "-M100%", "-C100%", "--combined-all-paths")
    found = changes(ours)
    assert found == changes(theirs)
    assert {row[1] for row in found} >= {"A", "C", "D", "M", "R"}


TABLES = ("commits", "parents", "coauthors", "changes")


@pytest.mark.parametrize(
    "detection", [("none", "--no-renames"), ("similar", "-M -C -l1000 --combined-all-paths")]
)
@pytest.mark.parametrize("seed", range(4))
def test_side_by_side_and_by_columns_is_the_same_as_plainly(tmp_path, monkeypatch, seed, detection):
    monkeypatch.setattr(log, "_TURN", 7)
    # Smaller than a commit, so that one is looked for in several blocks.
    monkeypatch.setattr(log, "_BLOCK", 200)
    monkeypatch.setattr(log, "_processes", lambda: 3)
    renames, options = detection
    repository = Repository(tmp_path / "repository")
    random_history(repository, seed)
    ours, theirs = Facts(), Facts()
    read_history(repository.path, ours, renames=renames)
    read_plainly(repository.path, theirs, *options.split())
    for table in TABLES:
        query = f"SELECT * FROM {{{table}}} ORDER BY ALL"
        assert ours.query(query) == theirs.query(query)


def test_what_git_cannot_read_costs_similar_renames_only(tmp_path):
    """B3: one missing object does not cost the history."""
    repository = Repository(tmp_path / "repository")
    repository.commit("first", a="1\n" * 50)
    repository.git("mv", "a", "b")
    repository.commit("moved")
    blob = repository.git("rev-parse", "HEAD:b")
    repository.write("b", "2\n" * 50)
    repository.git("mv", "b", "c")
    repository.commit("moved and rewritten")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    facts = Facts()
    history = read_history(repository.path, facts)
    assert history.commits == 3
    assert facts.query("SELECT status, path FROM {changes} ORDER BY ordinal, path") == [
        ("A", "a"),
        ("R", "b"),
        ("D", "b"),
        ("A", "c"),
    ]
    assert any("unable to read" in n and "only exact renames" in n for n in history.notices)
