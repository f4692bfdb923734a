"""The commands of an audit, as they are called: lineage, explain."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mlflow2prov import Document, save
from mlflow2prov.cli import cli
from tests.operations.audit import STATEMENTS, project, relation, thing
from tests.operations.statements import PREFIXES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("audit")
    save(project(), made / "fraud", "json")
    return made


@pytest.fixture
def run(folder):
    """Run the program in a folder that holds ``fraud.json``; gives exit code, output, errors."""

    def run(*arguments, file="fraud.json"):
        command = [sys.executable, "-m", "mlflow2prov", "load", "--input", file, *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


def test_lineage_passes_the_part_on(run):
    code, out, _ = run("lineage", "--of", "fraud@live", "--without", "*Tag", "save")
    part = json.loads(out)
    assert code == 0
    assert "Version.2" in part["entity"] and "RunTag.r2" not in part["entity"]


def test_lineage_takes_several_options_twice(run):
    relations = ["--relations", "wasDerivedFrom", "--relations", "wasGeneratedBy"]
    code, out, _ = run("lineage", "--of", "Version.1", "--of", "Version.2", *relations, "save")
    assert code == 0
    assert {"Version.1", "Version.2", "LoggedModel.r1"} <= set(json.loads(out)["entity"])
    assert "used" not in json.loads(out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lineage", "--of", "fraud@life", "statistics"], "'models:/fraud@live'"),
        (["lineage", "--of", "Run:fit", "statistics"], "Run.r2"),
        (
            ["lineage", "--of", "a", "--relations", "wasMadeBy", "statistics"],
            "no relation 'wasMadeBy'",
        ),
        (["explain", "User:bob"], "--impact"),
        (["explain", "--impact", "User:eve"], "there is no 'User:eve'"),
    ],
)
def test_what_cannot_be_named_is_one_line(run, arguments, says):
    code, out, error = run(*arguments)
    assert (code, out) == (1, "")
    assert says in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "fraud@live", "--format", "json"],
        ["explain", "--format", "json", "fraud@live"],
        ["explain", "--format", "json", "--of", "fraud@live"],
    ],
)
def test_what_is_explained_may_stand_anywhere(run, arguments):
    code, out, _ = run(*arguments)
    assert code == 0
    assert json.loads(out)["subject"]["identifier"] == "Version.2"


def test_a_chain_goes_on_after_an_explanation(run):
    code, out, _ = run("explain", "fraud@live", "statistics", "--format", "csv")
    assert code == 0 and "Script's revision" in out and "entity," in out


def test_several_explanations_are_one_json(run):
    code, out, _ = run(
        "explain", "--of", "fraud@live", "--of", "models:/fraud/1", "--format", "json"
    )
    assert code == 0
    assert [e["subject"]["identifier"] for e in json.loads(out)] == ["Version.2", "Version.1"]


def test_the_table_says_what_is_unknown(run):
    _, out, _ = run("explain", "models:/fraud/1")
    rows = {line[:20].strip(): line[20:].split("  ")[0].strip() for line in out.splitlines()}
    assert rows["Environment"] == "unknown" and rows["Co-authors"] == "none"
    assert rows["Authors"] == "bob" and rows["Commit"] == "c2" * 20
    assert "16 of 18 questions" in out


def test_impact_is_a_table_too(run):
    code, out, _ = run("explain", "Dataset:loans@aaaa", "--impact", "--format", "markdown")
    assert code == 0
    assert out.splitlines()[0] == "| type | name | uri | through |"
    assert "models:/fraud/1" in out and "models:/fraud/2" not in out


def test_nothing_to_explain_is_wrong_use(run):
    code, _, error = run("explain")
    assert code == 2 and "explain what?" in error


def test_the_help_shows_the_word():
    assert "SELECTOR" in CliRunner().invoke(cli, ["explain", "--help"]).output


def test_a_file_says_the_same(run, folder):
    chain = (
        "- load: {input: fraud.json}\n- lineage: {of: 'fraud@live', depth: 9, without: ['*Tag']}\n"
    )
    (folder / "c.yaml").write_text(chain + "- explain: {of: 'fraud@live', format: json}\n")
    command = [sys.executable, "-m", "mlflow2prov", "--config", "c.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["subject"]["identifier"] == "Version.2"


def test_hostile_names_neither_break_the_table_nor_the_terminal(run, folder):
    name = "x\n| <script> \x1b[31m\u202e|"
    hostile = (
        thing("entity", "V", "RegisteredModelVersion", uri="models:/m/1", **{"prov:label": name}),
        thing("entity", "S", "LoggedModel", **{"prov:label": name}),
        relation("wasDerivedFrom", "V", "S", None, None, None),
    )  # fmt: skip
    save(Document.from_statements([*STATEMENTS, *hostile], PREFIXES), folder / "hostile", "json")
    for form in ("table", "markdown"):
        code, out, _ = run("explain", "models:/m/1", "--format", form, file="hostile.json")
        assert code == 0 and "\x1b" not in out and "\u202e" not in out
        assert len(out.splitlines()) == 22
        assert form == "table" or "<script>" not in out
