"""Excluding files from a history: the other files read as if those did not exist."""

import pytest

from mlflow2prov.sources.git import GitHistory, HistoryOptions
from tests.sources.git.histories import read_changes


def changes(path, *excluded, **options):
    """Return (commit, status, path, previous path) for each change of the files that are not excluded."""
    _, facts = read_changes(path, **options)
    GitHistory(path, HistoryOptions(**options)).exclude(facts, excluded)
    return facts.rows(
        """
        SELECT commits.title, status, path, CASE WHEN status IN ('R', 'C') THEN previous_path END
        FROM changes
        JOIN commits USING (ordinal, sha)
        ORDER BY ordinal, path, position
        """
    )


def test_files_and_folders_are_excluded(repository):
    for path in ("store/1", "store/2/3", "store.txt", "log", "log.old", "a"):
        repository.write(path, path)
    repository.commit("one")
    assert [row[2] for row in changes(repository.path, "store", "log")] == [
        "a", "log.old", "store.txt",
    ]  # fmt: skip


def test_no_path_excludes_nothing(repository):
    repository.commit("one", a="1\n")
    assert changes(repository.path) == [("one", "A", "a", None)]


@pytest.mark.parametrize("renames", ["similar", "exact"])
def test_a_file_is_no_rename_and_no_copy_of_an_excluded_one(repository, renames):
    repository.write("store/x", "same content\n")
    repository.commit("one")
    repository.git("mv", "store/x", "a")
    repository.commit("two")
    assert changes(repository.path, "store", renames=renames) == [("two", "A", "a", None)]


def test_a_file_that_moves_into_an_excluded_folder_is_deleted(repository):
    repository.commit("one", a="content\n")
    repository.git("mv", "a", "b")
    repository.write("store/x", "1\n")
    repository.commit("two")
    (repository.path / "store").mkdir(exist_ok=True)
    repository.git("mv", "b", "store/b")
    repository.commit("three")
    assert changes(repository.path, "store")[1:] == [
        ("two", "R", "b", "a"),
        ("three", "D", "b", None),
    ]


def test_a_merge_keeps_the_revisions_of_other_files(repository):
    repository.write("store/x", "0\n")
    repository.commit("root", a="1\n2\n3\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("left", a="1\n2\nleft\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("right", a="1\n2\nright\n")
    repository.git("merge", "--quiet", "--no-commit", "--strategy", "ours", "side")
    repository.write("store/x", "1\n")
    repository.commit("merge", a="1\n2\nboth\n")
    rows = changes(repository.path, "store")
    assert [row for row in rows if row[0] == "merge"] == [("merge", "M", "a", None)] * 2
    assert not any(row[2] == "store/x" for row in rows)


def test_patterns_in_a_path_have_no_meaning(repository):
    for path in ("*/x", "a/x", ":(top)/x", "ünï/x"):
        repository.write(path, path)
    repository.commit("one")
    assert [row[2] for row in changes(repository.path, "*", ":(top)", "ünï")] == ["a/x"]


def test_a_path_that_is_not_utf_8_is_excluded(repository):
    repository.write(b"store/\xff", "1\n")
    repository.commit("one", a="1\n")
    assert [row[2] for row in changes(repository.path, "store", '"store/\\377"')] == ["a"]
