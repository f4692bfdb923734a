"""Random histories, read as git reads them: exact renames, and the columnar parser."""

import random

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.git import log
from tests.repositories import Repository
from tests.sources.git.histories import read_changes
from tests.sources.git.plain_log import read_plainly

CONTENTS = ["", "one\n", "two\n", "three\n"]
PATHS = ["a", "b", "x/a", "x/b", "x.c", "y/a", "y/z/a"]
TABLES = ("commits", "parents", "coauthors", "changes")


def seeds(fast, all):  # noqa: A002
    """Return the seeds of ``all`` histories, of which `make test` reads the first ``fast`` ones."""
    return [
        *range(fast),
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(fast, all)),
    ]


@pytest.fixture
def history(tmp_path, seed):
    """Return a repository in which few contents move between few paths, with branches and merges."""
    repository = Repository(tmp_path / "history")
    write_random_history(repository, seed)
    return repository


def write_random_history(repository, seed, commits=200):
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


def changes_without_merges(facts):
    return facts.rows(
        """
        SELECT sha, status, path, mode, blob, previous_path, previous_mode, previous_blob
        FROM changes
        ANTI JOIN (SELECT ordinal FROM parents WHERE position > 0) USING (ordinal)
        ORDER BY ordinal, path
        """
    )


@pytest.mark.parametrize("seed", seeds(4, 12))
def test_exact_renames_are_those_of_git(history):
    _, facts = read_changes(history.path, renames="exact")
    expected = Facts()
    read_plainly(history.path, expected, "-M100%", "-C100%", "--combined-all-paths")
    changes = changes_without_merges(facts)
    assert changes == changes_without_merges(expected)
    assert {row[1] for row in changes} >= {"A", "C", "D", "M", "R"}


@pytest.mark.parametrize(
    ("renames", "options"),
    [("none", "--no-renames"), ("similar", "-M -C -l1000 --combined-all-paths")],
)
@pytest.mark.parametrize("seed", seeds(1, 4))
def test_parallel_columnar_reading_gives_the_facts_of_plain_reading(
    history, monkeypatch, renames, options
):
    monkeypatch.setattr(log, "TURN_COMMITS", 7)
    # A commit may be larger than a block, so that several blocks are parsed for it.
    monkeypatch.setattr(log, "BLOCK_BYTES", 200)
    monkeypatch.setattr(log, "_process_count", lambda: 3)
    _, facts = read_changes(history.path, renames=renames)
    expected = Facts()
    read_plainly(history.path, expected, *options.split())
    for table in TABLES:
        query = f"SELECT * FROM {table} ORDER BY ALL"
        assert facts.rows(query) == expected.rows(query)
