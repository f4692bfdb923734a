"""Scripts that the commit of their run lacks: facts in, missing scripts out."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.facts.missing_scripts import find_missing_scripts

RUN = "1" * 32
SHAS = [f"{ordinal:040x}" for ordinal in range(3)]


def missing_scripts(source, *files, tree=(), source_type="LOCAL"):
    """Return the missing scripts of a run at the first commit, which has the files ``tree``.

    ``files`` are the (ordinal, path) of revisions.
    """
    tags = {
        "mlflow.source.name": source,
        "mlflow.source.type": source_type,
        "mlflow.source.git.commit": SHAS[0],
    }
    facts = Facts()
    with facts:
        for ordinal, sha in enumerate(SHAS):
            facts.add(
                "commits", ordinal=ordinal, sha=sha, committed_epoch=ordinal, is_selected=True
            )
        for ordinal, path in [*files, *((0, path) for path in tree), (0, "README.md")]:
            facts.add(
                "revisions",
                ordinal=ordinal,
                sha=SHAS[ordinal],
                path=path,
                status="A",
                is_boundary=False,
            )
        for path in tree:
            facts.add("tree_files", sha=SHAS[0], path=path, blob="b")
        facts.add("runs", run_id=RUN)
        for key, value in tags.items():
            facts.add("run_tags", run_id=RUN, key=key, value=value)
    find_missing_scripts(facts)
    rows = facts.rows("SELECT path, added_by FROM missing_scripts")
    return [(path, added_by and SHAS.index(added_by)) for path, added_by in rows]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("src/train.py", "src/train.py"),
        ("./train.py", "src/train.py"),
        ("/home/ada/wine/src/train.py", "src/train.py"),
        ("C:\\wine\\src\\train.py", "src/train.py"),
        ("scripts/train.R", "scripts/train.R"),
        ("fit.ipynb", "notebooks/fit.ipynb"),
    ],
)
def test_the_commit_that_adds_a_missing_script_is_found(source, path):
    assert missing_scripts(source, (2, path), (1, path)) == [(path, 1)]


def test_the_earliest_of_several_files_counts():
    files = (2, "a/train.py"), (1, "b/train.py")
    assert missing_scripts("train.py", *files) == [("b/train.py", 1)]


def test_the_file_that_the_name_equals_is_preferred():
    files = (2, "train.py"), (1, "b/train.py")
    assert missing_scripts("train.py", *files) == [("train.py", 2)]


def test_a_script_that_no_commit_has_is_missing():
    assert missing_scripts("src/train.py", (1, "other.py")) == [("src/train.py", None)]


def test_the_folders_of_a_machine_are_not_part_of_a_script_that_no_commit_has():
    assert missing_scripts("/home/ada/wine/fit.py", (1, "other.py")) == [("fit.py", None)]


def test_a_script_in_another_folder_than_its_namesake_is_missing_if_a_commit_adds_it():
    tree = ["a/train.py"]
    assert missing_scripts("b/train.py", tree=tree) == []
    assert missing_scripts("b/train.py", (1, "b/train.py"), tree=tree) == [("b/train.py", 1)]


@pytest.mark.parametrize(
    "source",
    [
        "train.py",
        "wine/src/train.py",
        "Train.PY",
        "/home/ada/wine/src/train.py",
        "C:\\wine\\SRC\\train.py",
        "/tmp/copy/train.py",
        "other/train.py",
    ],
)
def test_a_script_that_may_be_a_file_of_the_commit_is_not_missing(source):
    assert missing_scripts(source, tree=["src/train.py"]) == []


@pytest.mark.parametrize(
    "source",
    [
        "/usr/lib/python3/dist-packages/ipykernel_launcher.py",
        "/databricks/python_shell/scripts/db_ipykernel_launcher.py",
        "/home/ada/env/lib/python3.11/site-packages/train.py",
        "/home/ada/.venv/train.py",
        "/usr/local/bin/train.py",
        "bin/fit.py",
        "C:\\Python39\\Scripts\\train.py",
        "C:\\env\\Scripts\\fit.exe\\__main__.py",
        "/tmp/ipykernel_17/1234.py",
        "ipykernel_launcher.py",
        "/usr/local/bin/kedro",
        "https://example.org/train.py",
        "two\nlines.py",
        "<stdin>",
        "-c",
        "..",
    ],
)
def test_names_that_are_not_those_of_scripts_are_exempt(source):
    assert missing_scripts(source, (1, "train.py")) == []


def test_projects_are_exempt():
    source = "https://example.org/wine#fit"
    assert missing_scripts(source, (1, "fit/MLproject"), source_type="PROJECT") == []


def test_a_copy_among_artifacts_does_not_add_the_script():
    copy = f"mlruns/1/{RUN}/artifacts/train.py"
    assert missing_scripts("train.py", (1, copy), (2, "train.py")) == [("train.py", 2)]
