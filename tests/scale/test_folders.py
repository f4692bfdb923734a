"""Folders of data sets: no interruption and no later process deletes the only copy."""

import os
import time

import pytest

from mlflow2prov import Document, FormatError, Statement
from mlflow2prov.output import Output
from mlflow2prov.scale.folders import DatasetFolder
from mlflow2prov.scale.reading import read
from mlflow2prov.scale.saving import stage
from mlflow2prov.temporary import MAX_FOREIGN_AGE, TemporaryFolder
from tests.scale.datasets import datasets, rows_of_dataset


@pytest.fixture(scope="module")
def dataset(spark, tmp_path_factory):
    document = Document.from_statements([Statement("entity", "ex:e")], {"ex": "urn:x:"})
    return datasets(spark, tmp_path_factory.mktemp("input"), document)[0]


def save(dataset, path):
    output = Output()
    output.add_folder(stage(dataset, str(path), "parquet"))
    output.publish_files()
    output.discard()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def make_old(folder):
    """Let all files and folders be older than those that a later process may delete."""
    past = time.time() - 2 * MAX_FOREIGN_AGE
    for parent, *names in os.walk(folder):
        for name in sum(names, [""]):
            os.utime(os.path.join(parent, name), (past, past))


def fail_renames(monkeypatch, *numbers):
    """Let renames with the given numbers fail."""
    rename, calls = DatasetFolder._rename, []

    def failing_rename(folder, source, target):
        calls.append(target)
        if len(calls) in numbers:
            raise FormatError("the rename failed")
        rename(folder, source, target)

    monkeypatch.setattr(DatasetFolder, "_rename", failing_rename)


def test_a_data_set_can_be_replaced_and_nothing_else_is_left(dataset, spark, tmp_path):
    path = tmp_path / "out %20 \u00e9 [1]"
    for _ in range(2):
        save(dataset, path)
        assert names(tmp_path) == [path.name]
    assert rows_of_dataset(read(spark, str(path))) == rows_of_dataset(dataset)


def test_the_previous_data_set_outlives_a_kill_between_the_renames(dataset, monkeypatch, tmp_path):
    save(dataset, tmp_path / "mlflow2prov-out")
    folder = stage(dataset, str(tmp_path / "mlflow2prov-out"), "parquet")
    fail_renames(monkeypatch, 2)
    with pytest.raises(FormatError, match="the rename failed"):
        folder.publish()
    folder.discard()
    (previous,) = names(tmp_path)
    make_old(tmp_path)
    TemporaryFolder(tmp_path).remove()
    assert names(tmp_path) == [previous]
    assert (tmp_path / previous / "_SUCCESS").exists()


def test_a_data_set_that_is_written_for_more_than_a_day_is_not_deleted(dataset, tmp_path):
    folder = stage(dataset, str(tmp_path / "out"), "parquet")
    make_old(tmp_path)
    TemporaryFolder(tmp_path).remove()
    folder.publish()
    folder.complete()
    folder.discard()
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "_SUCCESS").exists()


@pytest.mark.parametrize("number", [1, 2])
def test_the_previous_data_set_is_restored_after_an_error(dataset, monkeypatch, tmp_path, number):
    save(dataset, tmp_path / "out")
    before = names(tmp_path / "out")
    fail_renames(monkeypatch, number)
    with pytest.raises(FormatError, match="the rename failed"):
        save(dataset, tmp_path / "out")
    assert names(tmp_path / "out") == before


def test_an_error_names_the_previous_data_set_if_it_cannot_be_restored(
    dataset, monkeypatch, tmp_path
):
    save(dataset, tmp_path / "out")
    folder = stage(dataset, str(tmp_path / "out"), "parquet")
    fail_renames(monkeypatch, 2, 3)
    with pytest.raises(FormatError):
        folder.publish()
    with pytest.raises(FormatError, match="cannot be restored") as error:
        folder.undo()
    folder.discard()
    (previous,) = names(tmp_path)
    assert str(error.value).endswith(f"move it back from file:{tmp_path / previous}")


def test_a_data_set_is_never_moved_into_another(dataset, tmp_path):
    save(dataset, tmp_path / "out")
    before = names(tmp_path / "out")
    folder = stage(dataset, str(tmp_path / "out"), "parquet")
    with pytest.raises(FormatError, match="cannot be written"):
        folder._rename(folder._temporary, folder._place)
    folder.discard()
    assert names(tmp_path / "out") == before


def test_a_folder_that_cannot_be_written_to_is_an_error(spark, monkeypatch, tmp_path):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mlflow2prov.scale.folders.TemporaryFolder", refuse)
    with pytest.raises(FormatError, match=r"cannot be written to \(Permission denied\)"):
        DatasetFolder(spark, str(tmp_path / "out"))
