"""The files of a tree that the recorded names of a run's code denote."""

import pytest

from mlflow2prov.facts.script_names import denoted_path, script_names

RUN = "0123456789abcdef" * 2


def denoted(source, paths, source_type="LOCAL", entry_point=None):
    names = script_names(source, source_type, entry_point)
    return [path for name in names if (path := denoted_path(name, paths))]


@pytest.mark.parametrize(
    ("source", "paths", "expected"),
    [
        ("src/train.py", ["src/train.py", "train.py"], "src/train.py"),
        ("train.py", ["src/train.py", "train.py"], "train.py"),
        ("train.py", ["src/train.py"], "src/train.py"),
        ("./train.py", ["train.py"], "train.py"),
        (".\\src\\train.py", ["src/train.py"], "src/train.py"),
        ("../src/train.py", ["project/src/train.py"], "project/src/train.py"),
        ("notebooks/../src/train.py", ["src/train.py", "notebooks/train.py"], "src/train.py"),
        ("a/train.py", ["x/a/train.py", "x/b/train.py"], "x/a/train.py"),
        ("/home/ann/project/src/train.py", ["src/train.py", "old/train.py"], "src/train.py"),
        ("/home/ann/project/src/train.py", ["src/train.py", "train.py"], "src/train.py"),
        ("C:\\work\\project\\train.py", ["train.py"], "train.py"),
        ("\\\\host\\share\\project\\train.py", ["train.py"], "train.py"),
        ("file:///home/ann/project/train.py", ["train.py"], "train.py"),
        ("~/project/train.py", ["train.py"], "train.py"),
        ("train.py", ["src/train.py", f"mlruns/1/{RUN}/artifacts/train.py"], "src/train.py"),
        ("train.py", ["src/train.py", f"{RUN}/artifacts/code/train.py"], "src/train.py"),
    ],
)
def test_a_source_name_denotes_a_file(source, paths, expected):
    assert denoted(source, paths) == [expected]


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("05-monitoring/train.py", ["04-deployment/train.py"]),
        ("project/src/train.py", ["src/train.py"]),
        ("src/train.py", ["train.py"]),
        ("rain.py", ["train.py"]),
        ("/home/ann/project/train.py", ["src/train.py"]),
        ("d:/ada/projects/example/main.py", ["src/main.py"]),
        ("train.py", ["a/train.py", "b/train.py"]),
        ("other.py", ["train.py"]),
        ("train.py", [f"mlruns/1/{RUN}/artifacts/train.py"]),
        ("https://example.org/train.py", ["train.py"]),
        ("s3://bucket/train.py", ["train.py"]),
        ("..", ["train.py"]),
        (".", ["train.py"]),
        ("/", ["train.py"]),
        ("", ["train.py"]),
    ],
)
def test_a_source_name_that_contradicts_every_path_denotes_no_file(source, paths):
    assert denoted(source, paths) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("file:///home/ann/genre#segregate", "segregate/MLproject"),
        ("https://example.org/ann/genre#segregate", "segregate/MLproject"),
        ("git@example.org:ann/genre.git#steps/fit", "steps/fit/MLproject"),
        ("ssh://example.org/genre#./segregate/", "segregate/MLproject"),
        ("https://example.org/ann/genre", "MLproject"),
        ("file:///home/ann/genre", "MLproject"),
        ("/home/ann/genre", "MLproject"),
        ("/home/ann/genre/segregate", "segregate/MLproject"),
        ("C:\\work\\genre\\segregate", "segregate/MLproject"),
        ("segregate", "segregate/MLproject"),
        (".#segregate", "segregate/MLproject"),
        (".", "MLproject"),
    ],
)
def test_a_project_denotes_its_file(source, expected):
    paths = ["MLproject", "segregate/MLproject", "steps/fit/MLproject", "old/segregate/MLproject"]
    assert denoted(source, paths, "PROJECT") == [expected]


def test_the_folder_of_a_project_is_that_of_the_repository():
    paths = ["old/segregate/MLproject", "old/MLproject"]
    assert denoted("https://example.org/genre#segregate", paths, "PROJECT") == []
    assert denoted("https://example.org/genre", paths, "PROJECT") == []


def test_an_entry_point_that_is_a_script_is_a_file_of_the_project():
    paths = ["fit/MLproject", "fit/train.py", "train.py", "fit/main"]
    source = "https://example.org/genre#fit"
    assert denoted(source, paths, "PROJECT", "train.py") == ["fit/MLproject", "fit/train.py"]
    assert denoted(source, paths[1:], "PROJECT", "train.py") == ["fit/train.py"]
    assert denoted(source, paths, "PROJECT", "main") == ["fit/MLproject"]
    assert denoted(source, paths, "PROJECT", "../train.py") == ["fit/MLproject", "train.py"]
