"""The experiments that the code of notebooks names."""

import json

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository as GitRepository
from mlflow2prov.sources.git import notebooks
from tests.repositories import Repository


def notebook(*sources, cell_type="code", **more):
    cells = [{"cell_type": cell_type, "source": source, **more} for source in sources]
    return json.dumps({"nbformat": 4, "cells": cells})


@pytest.fixture
def names_in(tmp_path):
    """Return a function that returns the experiments among "wine" and "beer" that a file names."""
    repository = Repository(tmp_path / "r")

    def names_in(content):
        repository.commit(**{"notebook.ipynb": content, "other.ipynb": "other"})
        blobs = [
            repository.git("rev-parse", f"HEAD:{name}.ipynb") for name in ("notebook", "other")
        ]
        facts = Facts()
        notebooks.read_notebook_names(
            GitRepository(repository.path), facts, ["0" * 40, *blobs], ["wine", "beer"]
        )
        rows = facts.rows("SELECT blob, name FROM notebook_names ORDER BY name")
        assert {blob for blob, _ in rows} <= {blobs[0]}
        return [name for _, name in rows]

    return names_in


@pytest.mark.parametrize(
    "content",
    [
        notebook("import mlflow\nmlflow.set_experiment('wine')"),
        notebook(["import mlflow\n", "NAME = \"wine\""]),
        notebook("import mlflow", "NAME = 'wine'"),
        json.dumps(
            {
                "worksheets": [
                    {"cells": [{"cell_type": "code", "input": "import mlflow\nx('wine')"}]}
                ]
            }
        ),
    ],
)  # fmt: skip
def test_code_that_names_mlflow_and_the_experiment_counts(names_in, content):
    assert names_in(content) == ["wine"]


def test_a_notebook_may_name_several_experiments(names_in):
    assert names_in(notebook("import mlflow; x = ['wine', 'beer']")) == ["beer", "wine"]


@pytest.mark.parametrize(
    "content",
    [
        notebook("mlflow.set_experiment(wine)"),
        notebook("import mlflow; read('data/wine.csv')"),
        notebook("set_experiment('wine')"),
        notebook("import mlflow; x('wine')", cell_type="markdown"),
        notebook("import mlflow", outputs=["'wine'"]),
        "import mlflow; mlflow.set_experiment('wine')",
        "[" * 100_000,
        "[]",
        '{"cells": [1, {"cell_type": "code", "source": [1, {}]}, {"cell_type": "code"}]}',
        '{"cells": 1, "worksheets": [1]}',
        "",
    ],
    ids=range(11),
)
def test_other_text_and_files_do_not(names_in, content):
    assert names_in(content) == []


def test_a_large_file_is_not_read(names_in, monkeypatch):
    content = notebook("import mlflow; x('wine')")
    monkeypatch.setattr(notebooks, "MAX_BYTES", len(content))
    assert names_in(content) == ["wine"]
    monkeypatch.setattr(notebooks, "MAX_BYTES", len(content) - 1)
    assert names_in(content) == []
