"""Which file of a tree a run's source name means."""

import pytest

from mlflow2prov.facts.run_sources import source_path


@pytest.mark.parametrize(
    ("source", "paths", "meant"),
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
def test_C3_the_longest_end_that_fits_one_file(source, paths, meant):
    assert source_path(source, paths) == meant
