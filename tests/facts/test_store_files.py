"""The paths of a committed store: changes and runs in, folders and files of the store out."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.facts.store_files import store_paths

RUN, GONE, OTHER = "1" * 32, "2" * 32, "3" * 32


def paths(*changed, location=None):
    """Return the store's paths in a history that changed files, with the run :data:`RUN` in experiment 1."""
    with Facts() as facts:
        for path in changed:
            facts.add("changes", ordinal=0, sha="0" * 40, status="A", path=path)
        facts.add("runs", run_id=RUN, experiment_id="1")
        facts.add("experiments", experiment_id="1")
        facts.add("registered_models", name="wine")
    return store_paths(facts, location)


def test_a_folder_that_holds_nothing_but_the_store_is_the_store():
    files = ("mlruns/0/meta.yaml", f"mlruns/1/{RUN}/meta.yaml", "mlruns/.trash/2/meta.yaml")
    assert paths("train.py", *files) == ["mlruns"]


@pytest.mark.parametrize("root", ["", "work/"])
def test_only_the_store_is_left_out_of_a_folder_that_holds_other_files_too(root):
    files = [
        "train.py", "1/meta.yaml", f"1/{RUN}/params/depth", f"7/{GONE}/meta.yaml", "8/meta.yaml",
        "9/notes.txt", "recipe/meta.yaml", "models/wine/meta.yaml", "models/gone/version-1/meta.yaml",
        "models/net/meta.yaml", ".trash/3/meta.yaml",
    ]  # fmt: skip
    names = [".trash", "1", "7", "8", "models/gone", "models/wine"]
    assert paths(*(root + file for file in files)) == [root + name for name in names]


def test_the_folder_that_was_read_is_the_store_even_if_no_run_of_it_was_committed():
    assert paths(f"mlruns/5/{GONE}/meta.yaml", location="mlruns") == ["mlruns"]
    assert paths(f"mlruns/5/{GONE}/meta.yaml") == []


def test_another_store_is_part_of_the_project():
    files = (f"mlruns/1/{RUN}/meta.yaml", f"example/mlruns/1/{OTHER}/meta.yaml")
    assert paths(*files) == ["mlruns"]


def test_a_store_that_was_moved_is_left_out_at_both_places():
    files = (f"mlruns/1/{RUN}/meta.yaml", f"src/mlruns/1/{RUN}/meta.yaml", "src/train.py")
    assert paths(*files) == ["mlruns", "src/mlruns"]


def test_a_database_is_left_out_with_its_log_and_the_artifacts_of_its_runs():
    files = (
        "mlflow.db", "mlflow.db-wal", "mlflow.db.md", "train.py", "data.csv",
        f"mlartifacts/1/{RUN}/artifacts/model/MLmodel", "mlartifacts/1/models/m-1/artifacts/MLmodel",
        f"own/{RUN}/artifacts/plot.png", "own/read.me",
    )  # fmt: skip
    expected = ["mlartifacts", "mlflow.db", "mlflow.db-wal", f"own/{RUN}"]
    assert paths(*files, location="mlflow.db") == expected
