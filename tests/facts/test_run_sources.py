"""Which file of a tree a run's source name means."""

import pytest

from mlflow2prov.facts.run_sources import source_path
from mlflow2prov.sources.urls import without_credentials


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.org/x?token=1&a=2", "https://example.org/x?a=2"),
        ("git@example.org:team/x.git", "git@example.org:team/x.git"),
        ("me:secret@example.org:x.git", "me@example.org:x.git"),
        ("postgresql://me:p%40ss@db/mlflow", "postgresql://db/mlflow"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
        ("/a/folder", "/a/folder"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_urls_are_shown_without_credentials(url, shown):
    assert without_credentials(url) == shown
