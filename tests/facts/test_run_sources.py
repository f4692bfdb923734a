"""The file of a tree that a run's source name denotes."""

import pytest

from mlflow2prov.facts.run_sources import source_path


@pytest.mark.parametrize(
    ("source", "paths", "expected"),
    [
        ("src/train.py", ["src/train.py", "train.py"], "src/train.py"),
        ("train.py", ["src/train.py", "train.py"], "train.py"),
        ("/home/ann/project/src/train.py", ["src/train.py", "old/train.py"], "src/train.py"),
        ("C:\\work\\project\\train.py", ["train.py"], "train.py"),
        ("./train.py", ["train.py"], "train.py"),
        ("train.py", ["src/train.py"], "src/train.py"),
        ("train.py", ["a/train.py", "b/train.py"], None),
        ("a/train.py", ["x/a/train.py", "x/b/train.py"], "x/a/train.py"),
        ("other.py", ["train.py"], None),
        ("", ["train.py"], None),
    ],
)
def test_a_source_name_denotes_the_one_file_with_the_longest_common_end(source, paths, expected):
    assert source_path(source, paths) == expected
