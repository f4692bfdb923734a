"""The folder of the outputs: which one it is, and how the function is given it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlflow2prov.capture import (
    CaptureError,
    FolderExistsError,
    InvalidArgumentError,
    InvalidOptionError,
    MissingFolderError,
    WriteError,
    tracked,
)
from tests.capture.record_files.conftest import record_in

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_the_folder_is_the_same_for_all_calls(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(rate):
        return rate * 2

    assert train(0.5) == 1.0
    assert (tmp_path / "train_record.json").exists()


@pytest.mark.parametrize("kind", [str, Path])
def test_the_folder_is_an_argument(tmp_path, kind):
    @tracked(directory_parameter="folder")
    def train(folder):
        return folder

    folder = kind(tmp_path / "first")
    assert train(folder) is folder
    assert (tmp_path / "first" / "train_record.json").exists()


def test_an_argument_names_a_folder_below(tmp_path):
    @tracked(literal_directory=tmp_path, subdirectory_name_parameter="model")
    def train(model):
        return model

    assert train("wine") == "wine"
    assert (tmp_path / "wine" / "train_record.json").exists()


def test_a_parameter_is_given_the_folder(tmp_path):
    @tracked(literal_directory=tmp_path / "out", directory_injection_parameter="folder")
    def train(folder):
        return folder

    assert train() == tmp_path / "out"
    function = record_in(tmp_path)["called_function"]
    assert function["parameters"] == {"folder": None}
    assert function["altered_parameters"] == {"folder": repr(tmp_path / "out")}


def test_the_identifier_of_the_call_makes_its_folder_unique(tmp_path):
    @tracked(directory_parameter="folder", include_uuid=True)
    def train(folder):
        return folder

    first, second = train(tmp_path / "model"), train(tmp_path / "model")
    assert first != second
    assert first.name == f"model_{record_in(first)['uuid']}"
    assert UUID.search(second.name)


def test_the_name_of_the_folder_below_is_the_one_that_changes(tmp_path):
    @tracked(
        literal_directory=tmp_path, subdirectory_name_parameter="model", include_timestamp=True
    )
    def train(model):
        return model

    name = train("wine")
    stamp = datetime.strptime(name, "wine_%Y_%m_%d_%H_%M_%S").astimezone()
    assert abs((datetime.now(UTC) - stamp).total_seconds()) < 60
    assert (tmp_path / name / "train_record.json").exists()


def test_two_calls_of_one_second_have_two_folders(tmp_path):
    @tracked(directory_parameter="folder", include_timestamp=True)
    def train(folder):
        return folder

    assert len({train(tmp_path / "model") for _ in range(3)}) == 3


def test_threads_that_start_in_one_second_have_a_folder_each(tmp_path):
    @tracked(
        literal_directory=tmp_path / "x",
        include_timestamp=True,
        directory_injection_parameter="folder",
        include_package_inventory=False,
    )
    def train(folder=None):
        return folder

    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: train(), range(16)))
    assert len(set(folders)) == 16


@pytest.mark.parametrize("name", ["x" * 300, "file/below"])
def test_a_folder_that_the_system_refuses_is_an_error(tmp_path, name):
    (tmp_path / "file").write_text("")

    @tracked(directory_parameter="folder")
    def train(folder):
        pass

    with pytest.raises(WriteError, match="cannot be created"):
        train(tmp_path / name)


def test_only_the_injected_parameter_changes(tmp_path):
    @tracked(
        literal_directory=tmp_path,
        subdirectory_name_parameter="model",
        directory_injection_parameter="folder",
        include_uuid=True,
    )
    def train(model, folder=None):
        return model, folder

    model, folder = train("wine")
    assert model == "wine"
    assert folder.parent == tmp_path
    assert folder.name.startswith("wine_")


@pytest.mark.parametrize("name", ["../escape", "..", ".", "", "a/../../b", "/etc"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    @tracked(literal_directory=tmp_path / "models", subdirectory_name_parameter="model")
    def train(model):
        raise AssertionError

    with pytest.raises(InvalidArgumentError, match="model: "):
        train(name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder", [None, 3, b"x", "a\0b"])
def test_a_folder_is_a_path(folder):
    @tracked(directory_parameter="folder")
    def train(folder):
        raise AssertionError

    with pytest.raises(InvalidArgumentError, match=r"folder: .* is not a path"):
        train(folder)


def test_folders_above_are_created_on_demand_only(tmp_path):
    def train(folder):
        return folder

    folder = tmp_path / "a" / "b"
    with pytest.raises(MissingFolderError) as error:
        tracked(directory_parameter="folder")(train)(folder)
    assert isinstance(error.value, FileNotFoundError)
    tracked(directory_parameter="folder", create_parents=True)(train)(folder)
    assert (folder / "train_record.json").exists()


def test_a_folder_has_to_be_empty_on_demand_only(tmp_path):
    def train():
        return 1

    (tmp_path / "old.txt").touch()
    with pytest.raises(FolderExistsError, match="not empty") as error:
        tracked(literal_directory=tmp_path, require_empty_directory=True)(train)()
    assert isinstance(error.value, FileExistsError)
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    assert tracked(literal_directory=tmp_path)(train)() == 1


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderExistsError, match="not a folder"):
        tracked(literal_directory=tmp_path / "file")(lambda: 1)()


@pytest.mark.parametrize(
    ("options", "python_error"),
    [
        ({}, TypeError),
        ({"literal_directory": ".", "directory_parameter": "folder"}, TypeError),
        ({"literal_directory": ".", "include_uuid": True}, TypeError),
        ({"directory_parameter": "nothing"}, ValueError),
        ({"literal_directory": ".", "subdirectory_name_parameter": "nothing"}, ValueError),
        ({"literal_directory": ".", "directory_injection_parameter": "nothing"}, ValueError),
        ({"literal_directory": ".", "seed_parameter": "nothing"}, ValueError),
        ({"literal_directory": ".", "seed_parameter": "seed", "seed": True}, ValueError),
        (
            {"directory_parameter": "folder", "include_uuid": True, "include_timestamp": True},
            ValueError,
        ),
    ],
)
def test_options_are_checked_when_a_function_is_decorated(options, python_error):
    def train(folder, seed=None):
        raise AssertionError

    with pytest.raises(InvalidOptionError) as error:
        tracked(**options)(train)
    assert isinstance(error.value, python_error)


def test_an_error_of_the_arguments_is_that_of_the_function(tmp_path):
    @tracked(literal_directory=tmp_path)
    def train(rate):
        raise AssertionError

    with pytest.raises(TypeError) as error:
        train(rat=1)
    assert not isinstance(error.value, CaptureError)
