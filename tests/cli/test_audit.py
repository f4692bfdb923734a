"""The commands of an audit, as they are called: lineage, explain."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mlflow2prov import Document, save
from mlflow2prov.cli import cli
from tests.analysis.graphs import STATEMENTS, project, relation, thing
from tests.prov.statements import PREFIXES


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


@pytest.fixture(scope="module")
def changed(folder):
    """Another state of ``fraud.json``: a run's parameter has another value."""
    document = json.loads((folder / "fraud.json").read_text())
    document["entity"]["Param.r1"]["value"] = "\x1b[31mred"
    (folder / "changed.json").write_text(json.dumps(document))
    return "changed.json"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_diff_says_what_differs_and_exits_as_diff_does(run, folder, changed, form):
    code, out, error = run("diff", "--input", changed, "--format", form)
    assert (code, error) == (1, "")
    assert "Param.r1" in out and "red" in out and "\x1b" not in out and "Param.r2" not in out
    code, out, _ = run("diff", "--input", "fraud.json", "--format", form)
    assert code == 0
    assert out == {"text": "", "markdown": "No difference.\n"}.get(form, out)
    assert form != "json" or json.loads(out)["same"] is True


def test_diff_may_come_first_and_lets_the_chain_go_on(folder, changed):
    command = [
        sys.executable,
        "-m",
        "mlflow2prov",
        "diff",
        "--input",
        "fraud.json",
        "--input",
        changed,
    ]
    done = subprocess.run([*command, "merge", "statistics"], cwd=folder, capture_output=True)
    assert done.returncode == 1
    assert b"~ entity Param.r1 (Param C)" in done.stdout and b"relation" in done.stdout


def test_diff_reads_a_pipe(folder, changed):
    command = [sys.executable, "-m", "mlflow2prov", "diff", "--input", "-", "--input", changed]
    piped = (folder / "fraud.json").read_bytes()
    done = subprocess.run(command, cwd=folder, input=piped, capture_output=True)
    assert done.returncode == 1 and b"value = r1" in done.stdout
    command[-1] = "-"
    assert subprocess.run(command, input=piped, capture_output=True).returncode == 2


def test_diff_has_colours_where_they_are_wanted(run, changed):
    _, out, _ = run("diff", "--input", changed, "--color", "always")
    assert "\x1b[33m~ entity Param.r1" in out and "\x1b[31m    - value = r1\x1b[0m" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--input", "nowhere.json"], "no such file"),
        ([], "compares two documents"),
        (["--of", "models:/fraud/1"], "--against"),
        (["--of", "models:/fraud/9", "--against", "fraud@live"], "no 'models:/fraud/9'"),
        (["--of", "Run:fit", "--against", "fraud@live"], "2 things"),
        (["--against", "fraud@live"], "--of"),
        (["--of", "a", "--input", "fraud.json", "--input", "fraud.json"], "merge"),
    ],
)
def test_trouble_is_exit_code_2(run, arguments, says):
    code, out, error = run("diff", *arguments)
    assert (code, out) == (2, "")
    assert says in error and error.count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_two_versions_are_compared(run, form):
    arguments = ["diff", "--of", "models:/fraud/1", "--against", "fraud@live", "--format", form]
    code, out, _ = run(*arguments)
    assert code == 1
    for said in ("change c3", "train.py", "aaaa", "bbbb", "Ada <ada@example.org>"):
        assert said in out or said.replace("<", "&lt;") in out


def test_a_version_is_compared_with_what_it_was_in_another_document(run, changed):
    code, out, _ = run("diff", "--input", changed, "--of", "models:/fraud/1", "--format", "json")
    assert code == 1
    assert list(json.loads(out)["differences"]) == ["parameters"]
    assert run("diff", "--input", changed, "--of", "models:/fraud/2")[0] == 0


def test_of_other_things_the_lineages_are_compared(run):
    code, out, _ = run("diff", "--of", "Commit:c1c1", "--against", "Commit:c2c2")
    assert code == 1
    assert "+ wasInformedBy(Commit.c2, Commit.c1)" in out and "- " not in out


def test_explanations_are_one_csv(run):
    code, out, _ = run("explain", "--of", "Version.1", "--of", "Version.2", "--format", "csv")
    lines = out.splitlines()
    assert code == 0 and lines[0] == "number,question,answer,more"
    assert {line.split(",")[0] for line in lines[1:]} == {"1", "2"}
    code, out, _ = run("explain", "Commit.c1", "--impact", "--format", "csv")
    assert code == 0 and out.startswith("type,name,uri,through\r\n")
