"""The parser of git's output, given complete and incomplete output."""

import subprocess
from contextlib import suppress

import pytest

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.git.log_parser import Layout, LogParser, log_format

OPTIONS = ["--stdin", "--always", "--raw", "-r", "-c", "--root", "-z", "--no-abbrev", "-M"]


@pytest.fixture
def output(repository):
    """Return the commits of a small history, and git's description of them."""
    repository.commit("one\n\nCo-authored-by: Bob <bob@example.org>", a="1\n")
    repository.git("mv", "a", "b")
    repository.commit("two")
    shas = repository.git("rev-list", "--all").split()
    process = subprocess.run(
        ["git", "diff-tree", *OPTIONS, "--date=raw", f"--format={log_format(mailmap=True)}"],
        cwd=repository.path,
        input="".join(f"{sha}\n" for sha in shas).encode(),
        capture_output=True,
        check=True,
    )
    return shas, process.stdout


@pytest.fixture
def facts():
    return Facts()


def parse(facts, shas, *blocks):
    facts.discard(["commits", "parents", "coauthors", "changes"])
    commits = [(len(shas) - 1 - n, sha) for n, sha in enumerate(shas)]
    parser = LogParser(facts, Layout(40, has_all_paths=True), set(), commits)
    for block in blocks:
        parser.feed(block)
    parser.close()
    return facts.rows(
        "SELECT title, status, path FROM commits JOIN changes USING (sha) ORDER BY ALL"
    )


def test_complete_output_becomes_commits_and_changes(facts, output):
    assert parse(facts, *output) == [("one", "A", "a"), ("two", "R", "b")]


def test_blocks_may_end_anywhere(facts, output):
    shas, content = output
    whole = parse(facts, shas, content)
    for end in range(1, len(content), 7):
        assert parse(facts, shas, content[:end], content[end:]) == whole


def test_incomplete_output_is_an_error_wherever_it_ends(facts, output):
    shas, content = output
    for end in range(1, len(content), 3):
        with suppress(RepositoryError):
            parse(facts, shas, content[:end])
    with pytest.raises(RepositoryError, match="broke off"):
        parse(facts, shas, content[: len(content) // 2])


def test_output_on_other_commits_is_an_error(facts, output):
    shas, content = output
    with pytest.raises(RepositoryError, match="broke off"):
        parse(facts, shas[::-1], content)
