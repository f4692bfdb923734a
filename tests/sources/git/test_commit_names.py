"""Names of commits: those that keep their meaning are resolved, all others are not."""

import pytest

from mlflow2prov.git.repository import Repository as OpenRepository
from mlflow2prov.sources.git.commit_names import resolve_commit_names


@pytest.fixture
def resolve(repository):
    """Return the function that returns the titles of the commits that names denote."""
    repository.commit("first", a="1\n")
    repository.git("tag", "v1.0")
    repository.git("tag", "--annotate", "--message", "x", "Release/One")
    repository.commit("second", a="2\n")

    def titles(*names):
        hashes = resolve_commit_names(OpenRepository(repository.path), names)
        return {
            name: repository.git("show", "--no-patch", "--format=%s", sha)
            for name, sha in hashes.items()
        }

    return titles


@pytest.mark.parametrize("length", [4, 7, 8, 39, 40])
def test_a_hash_may_be_short_and_in_upper_case(repository, resolve, length):
    sha = repository.head()[:length]
    assert resolve(sha, sha.upper()) == dict.fromkeys([sha, sha.upper()], "second")


@pytest.mark.parametrize("name", ["v1.0", "tags/v1.0", "refs/tags/v1.0", "Release/One"])
def test_a_tag_leads_to_its_commit(resolve, name):
    assert resolve(name) == {name: "first"}


@pytest.mark.parametrize(
    "options", [(), ("--tags",), ("--all",), ("--long", "--tags"), ("--always",), ("--abbrev=4",)]
)
def test_the_output_of_git_describe_leads_to_its_commit(repository, resolve, options):
    name = repository.git("describe", *options)
    expected = {} if name.startswith("heads/") and "-g" not in name else {name: "second"}
    assert resolve(name) == expected


@pytest.mark.parametrize("mark", ["-dirty", "-broken", "+dirty"])
def test_the_mark_of_a_dirty_tree_is_not_part_of_the_name(repository, resolve, mark):
    names = [
        repository.head() + mark,
        repository.head()[:7] + mark,
        repository.git("describe") + mark,
    ]
    assert resolve(*names) == dict.fromkeys(names, "second")
    assert resolve(f"v1.0{mark}") == {f"v1.0{mark}": "first"}


def test_a_tag_wins_over_a_hash_and_a_tag_with_a_mark_over_the_mark(repository, resolve):
    short = repository.head()[:7]
    repository.git("tag", short, "HEAD~1")
    repository.git("tag", "v1.0-dirty", "HEAD")
    assert resolve(short, "v1.0-dirty") == {short: "first", "v1.0-dirty": "second"}


@pytest.mark.parametrize(
    "name",
    [
        "main",
        "HEAD",
        "v1.0~0",
        "v1.0^{commit}",
        ":/first",
        "@{-1}",
        "main@{0}",
        "v2.0",
        "v1.0\nmain",
        "--all",
        "",
        "abc",
        "deadbeef",
        "v1.0-1-gdeadbeef",
        "\N{SNOWMAN}",
        "f" * 5_000,
    ],
)
def test_names_that_may_have_meant_another_commit_are_not_resolved(resolve, name):
    assert resolve(name) == {}


def test_a_tag_of_a_file_is_not_a_commit(repository, resolve):
    repository.git("tag", "file", "HEAD:a")
    assert resolve("file", repository.git("rev-parse", "--short", "HEAD:a")) == {}
