"""Short forms of the command line: extensions decide formats, lists have commas, files and stores are arguments."""

import json

import pytest

from mlflow2prov import load
from tests.cli.conftest import run_program
from tests.golden import HERE as GOLDEN
from tests.repositories import Repository


@pytest.fixture
def fraud(run, project_folder, tmp_path):
    """Run the program on ``fraud.json`` in an empty folder."""
    return lambda *arguments: run("load", project_folder / "fraud.json", *arguments)


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["--output", "y.ttl"], ["y.ttl"]),
        (["--output", "y.nt"], ["y.nt"]),
        (["--output", "y"], ["y.json"]),
        (["--output", "y.v2"], ["y.v2.json"]),
        (["--output", "y.ttl", "--format", "json"], ["y.ttl.json"]),
        (["--output", "y", "--format", "ttl,nt", "--format=xml"], ["y.nt", "y.ttl", "y.xml"]),
        (["--output", "y", "--format", "json, json,"], ["y.json"]),
    ],
)
def test_extensions_and_lists_decide_the_files_of_save(fraud, tmp_path, arguments, files):
    assert fraud("save", *arguments).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert len({len(load(tmp_path / name)) for name in files}) == 1


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["report", "--output", "r.md"], "# "),
        (["report", "--output", "r.html"], "<!doctype html>"),
        (["report", "--output", "r.md", "--format", "md"], "# "),
        (["check", "--output", "r.sarif"], '{\n "$schema"'),
        (["check", "--output", "r.json"], "{"),
        (["check", "--output", "r.json", "--format", "text"], "models:/"),
        (["check", "--output", "r.txt"], "models:/"),
        (["check", "--output", "r.log"], "models:/"),
        (["validate", "--output", "r.json"], "{"),
    ],
    ids=" ".join,
)
def test_the_extension_decides_the_format_of_a_result(fraud, tmp_path, arguments, beginning):
    fraud(*arguments)
    (file,) = tmp_path.iterdir()
    assert file.read_text("utf-8").lower().startswith(beginning.lower())


def test_md_is_markdown(fraud):
    long, short = (fraud("statistics", "--format", name).output for name in ("markdown", "md"))
    assert short == long and "| ---" in short


def test_a_list_of_dimensions_is_one_table(fraud):
    once = fraud("statistics", "--by", "agent,month").output
    assert once == fraud("statistics", "--by", "agent", "--by", "month").output
    assert once.startswith("agent")


def test_a_list_without_values_is_an_error(fraud):
    assert fraud("save", "--format", ",").code == 2


def test_files_are_arguments(run, project_folder):
    files = [project_folder / name for name in ("fraud.json", "empty.json")]
    words = run("load", *files, "statistics").output
    assert words == run("load", "--input", files[0], "--input", files[1], "statistics").output
    assert words.startswith("document")
    mixed = run("load", files[0], "--format", "json", files[1], "merge", "statistics")
    assert mixed.code == 0 and mixed.output


def test_a_file_may_be_named_like_a_command(run, project_folder, tmp_path):
    for name in ("reports", "merged"):
        (tmp_path / name).write_bytes((project_folder / "fraud.json").read_bytes())
    assert run("load", "reports", "merged", "statistics").code == 0
    error = run("load", "reports", "mergee").error
    assert "unknown command 'mergee'" in error and "did you mean merge?" in error


def test_the_url_of_a_store_is_an_argument(fraud):
    closed = "http://127.0.0.1:9/dataset"
    error = fraud("export", closed).error
    assert error == fraud("export", "--to", closed).error and closed in error
    assert "unknown command" in fraud("export", "http://127.0.0.1:9/x", "http://x/y").error


def test_branches_are_a_list(run, tmp_path):
    repository = Repository(tmp_path / "repository")
    repository.commit("root", a="1\n")
    for name in ("dev", "one,two"):
        repository.git("branch", name)
    extract = ["extract", "--repository-path", "repository", "--branch"]
    for value in ("main,dev", "one,two", "main, dev,"):
        assert run(*extract, value, "statistics").code == 0
    assert "unknown branch 'nope'" in run(*extract, "dev,nope", "statistics").error
    assert "unknown branch 'one'" in run(*extract, "one,dev", "statistics").error


# Chains


@pytest.mark.parametrize("words", [["merge"], ["transform"], ["lineage", "fraud@live"]])
def test_a_chain_that_saves_nothing_says_so(fraud, words):
    result = fraud(*words)
    assert result.code == 0 and result.output == ""
    assert "nothing was saved or printed" in result.error


@pytest.mark.parametrize("words", [["save"], ["statistics"], ["transform", "--suggest-aliases=-"]])
def test_a_chain_with_a_result_says_nothing(fraud, words):
    assert fraud(*words).error == ""


@pytest.mark.parametrize(
    "words", [["check", "--min", "80"], ["check", "fraud@live"], ["check", "--require", "commit"]]
)
def test_a_check_without_versions_keeps_what_the_chain_has_made(run, project_folder, words):
    (folder := project_folder / "checked").mkdir(exist_ok=True)
    result = run_program(
        folder, "load", "../empty.json", *words, "statistics", "save", "--output", "kept"
    )
    assert result.code == 2 and result.error.count("error:") == 1
    assert "entity" in result.output
    assert json.loads((folder / "kept.json").read_text("utf-8"))
    (folder / "kept.json").unlink()


# list, and explain without a selector


def test_list_has_full_values_except_on_a_terminal(run):
    golden = GOLDEN / "result.json"
    rows = json.loads(run("load", golden, "list", "runs", "--format", "json").output)
    assert all(len(row["run_id"]) == 32 and row["selector"].startswith("runs:/") for row in rows)
    table = run("load", golden, "list", "runs", "--where", "name=gamma 0.1").output
    row = next(row for row in rows if row["name"] == "gamma 0.1")
    assert row["selector"] in table and row["started_at"] in table


def test_list_takes_its_kind_as_an_argument_or_an_option(fraud):
    assert fraud("list", "runs").output == fraud("list", "--kind", "runs").output
    assert "models" in fraud("list").output
    assert fraud("list", "statistics").output.count("entity") == 1
    assert "is not one of" in fraud("list", "rnus").error
    assert "unknown command 'versions'" in fraud("list", "runs", "versions").error


def test_an_empty_list_says_so(fraud):
    assert fraud("list", "runs", "--where", "name=nothing").output == "nothing of this kind\n"


def test_explain_without_a_selector_lists_what_can_be_explained(fraud):
    result = fraud("explain")
    assert (
        result.code == 0 and "models:/fraud/2" in result.output and "Commit:" not in result.output
    )
    assert "Commit:" in fraud("explain", "--impact").output
    rows = json.loads(fraud("explain", "--format", "json").output)
    assert {row["kind"] for row in rows} == {"version", "run"}
    assert fraud("explain", "").code == 2
