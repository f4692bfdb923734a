"""``explain``, ``diff`` and ``lineage`` on a project: selectors, formats, exit codes."""

import json

import pytest
from click.testing import CliRunner

from mlflow2prov import Document, save
from mlflow2prov.cli import cli
from tests.analysis.graphs import STATEMENTS, relation, thing
from tests.cli.conftest import is_one_line, run_program
from tests.prov.statements import PREFIXES

# Lineage


def test_lineage_passes_the_reduced_document_on(run_on):
    code, output, _ = run_on("lineage", "--of", "fraud@live", "--without", "*Tag", "save")
    entities = json.loads(output)["entity"]
    assert code == 0
    assert "Version.2" in entities and "RunTag.r2" not in entities


def test_lineage_accepts_repeated_options(run_on):
    relations = ["--relations", "wasDerivedFrom", "--relations", "wasGeneratedBy"]
    code, output, _ = run_on(
        "lineage", "--of", "Version.1", "--of", "Version.2", *relations, "save"
    )
    assert code == 0
    assert {"Version.1", "Version.2", "LoggedModel.r1"} <= set(json.loads(output)["entity"])
    assert "used" not in json.loads(output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lineage", "--of", "fraud@life", "statistics"], "'models:/fraud@live'"),
        (["lineage", "--of", "Run:fit", "statistics"], "Run.r2"),
        (
            ["lineage", "--of", "a", "--relations", "wasMadeBy", "statistics"],
            "unknown relation 'wasMadeBy'",
        ),
        (["explain", "User:bob"], "--impact"),
        (["explain", "--impact", "User:eve"], "'User:eve'"),
    ],
)
def test_a_selector_without_a_match_is_an_error_of_one_line(run_on, arguments, message):
    code, output, error = run_on(*arguments)
    assert (code, output) == (1, "")
    assert message in error and is_one_line(error)


# Explain


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "fraud@live", "--format", "json"],
        ["explain", "--format", "json", "fraud@live"],
        ["explain", "--format", "json", "--of", "fraud@live"],
    ],
)
def test_a_selector_stands_before_or_after_options(run_on, arguments):
    code, output, _ = run_on(*arguments)
    assert code == 0
    assert json.loads(output)["subject"]["identifier"] == "Version.2"


def test_the_chain_continues_after_an_explanation(run_on):
    code, output, _ = run_on("explain", "fraud@live", "statistics", "--format", "csv")
    assert code == 0 and "Script's revision" in output and "entity," in output


def test_several_explanations_are_one_json_array(run_on):
    code, output, _ = run_on(
        "explain", "--of", "fraud@live", "--of", "models:/fraud/1", "--format", "json"
    )
    assert code == 0
    identifiers = [item["subject"]["identifier"] for item in json.loads(output)]
    assert identifiers == ["Version.2", "Version.1"]


def test_the_table_distinguishes_unknown_from_none(run_on):
    _, output, _ = run_on("explain", "models:/fraud/1")
    rows = {line[:20].strip(): line[20:].split("  ")[0].strip() for line in output.splitlines()}
    assert rows["Environment"] == "unknown" and rows["Co-authors"] == "none"
    assert rows["Authors"] == "bob" and rows["Commit"] == "c2" * 20
    assert "16 of 18 questions" in output


def test_impact_is_a_table(run_on):
    code, output, _ = run_on("explain", "Dataset:loans@aaaa", "--impact", "--format", "markdown")
    assert code == 0
    assert output.splitlines()[0] == "| type | name | uri | through |"
    assert "models:/fraud/1" in output and "models:/fraud/2" not in output


def test_lineage_without_a_selector_is_wrong_usage(run_on):
    code, _, error = run_on("lineage")
    assert code == 2 and "lineage needs a selector" in error


def test_the_help_of_explain_shows_its_selectors():
    assert "[SELECTOR]..." in CliRunner().invoke(cli, ["explain", "--help"]).output


def test_selectors_in_a_configuration_file_are_named_of(project_folder):
    (project_folder / "c.yaml").write_text(
        "- load: {input: fraud.json}\n"
        "- lineage: {of: 'fraud@live', depth: 9, without: ['*Tag']}\n"
        "- explain: {of: 'fraud@live', format: json}\n"
    )
    code, output, error = run_program(project_folder, "--config", "c.yaml")
    assert code == 0, error
    assert json.loads(output)["subject"]["identifier"] == "Version.2"


def test_hostile_names_break_neither_the_table_nor_the_terminal(run_on, project_folder):
    name = "x\n| <script> \x1b[31m\u202e|"
    hostile = (
        thing("entity", "V", "RegisteredModelVersion", uri="models:/m/1", **{"prov:label": name}),
        thing("entity", "S", "LoggedModel", **{"prov:label": name}),
        relation("wasDerivedFrom", "V", "S", None, None, None),
    )  # fmt: skip
    document = Document.from_statements([*STATEMENTS, *hostile], PREFIXES)
    save(document, project_folder / "hostile", "json")
    for form in ("table", "markdown"):
        code, output, _ = run_on("explain", "models:/m/1", "--format", form, file="hostile.json")
        assert code == 0 and "\x1b" not in output and "\u202e" not in output
        assert len(output.splitlines()) == 22
        assert form == "table" or "<script>" not in output


def test_several_explanations_are_one_csv_table(run_on):
    code, output, _ = run_on("explain", "--of", "Version.1", "--of", "Version.2", "--format", "csv")
    lines = output.splitlines()
    assert code == 0 and lines[0] == "number,question,answer,more"
    assert {line.split(",")[0] for line in lines[1:]} == {"1", "2"}
    code, output, _ = run_on("explain", "Commit.c1", "--impact", "--format", "csv")
    assert code == 0 and output.startswith("type,name,uri,through\r\n")


# Diff


@pytest.fixture(scope="module")
def changed_file(project_folder):
    """Another state of ``fraud.json``: a parameter of a run has another value."""
    document = json.loads((project_folder / "fraud.json").read_text())
    document["entity"]["Param.r1"]["value"] = "\x1b[31mred"
    (project_folder / "changed.json").write_text(json.dumps(document))
    return "changed.json"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_diff_prints_changes_and_has_the_exit_codes_of_diff(run_on, changed_file, form):
    code, output, error = run_on("diff", "--input", changed_file, "--format", form)
    assert (code, error) == (1, "")
    assert "Param.r1" in output and "red" in output
    assert "\x1b" not in output and "Param.r2" not in output
    code, output, _ = run_on("diff", "--input", "fraud.json", "--format", form)
    assert code == 0
    assert output == {"text": "", "markdown": "No difference.\n"}.get(form, output)
    assert form != "json" or json.loads(output)["same"] is True


def test_diff_with_two_inputs_begins_a_chain(project_folder, changed_file):
    inputs = ["--input", "fraud.json", "--input", changed_file]
    code, output, _ = run_program(project_folder, "diff", *inputs, "merge", "statistics")
    assert code == 1
    assert "~ entity Param.r1 (Param C)" in output and "relation" in output


def test_diff_reads_standard_input_once(project_folder, changed_file):
    content = (project_folder / "fraud.json").read_bytes()
    code, output, _ = run_program(
        project_folder, "diff", "--input", "-", "--input", changed_file, stdin=content
    )
    assert code == 1 and "value = r1" in output
    code, _, error = run_program(
        project_folder, "diff", "--input", "-", "--input", "-", stdin=content
    )
    assert code == 2 and "only once" in error


def test_diff_prints_colours_on_request(run_on, changed_file):
    _, output, _ = run_on("diff", "--input", changed_file, "--color", "always")
    assert "\x1b[33m~ entity Param.r1" in output and "\x1b[31m    - value = r1\x1b[0m" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "nowhere.json"], "no such file"),
        ([], "compares two documents"),
        (["--of", "models:/fraud/1"], "--against"),
        (["models:/fraud/1"], "--against"),
        (["--of", "models:/fraud/9", "--against", "fraud@live"], "'models:/fraud/9'"),
        (["--of", "Run:fit", "--against", "fraud@live"], "Run.r2"),
        (["--against", "fraud@live"], "--of"),
        (["a", "b", "c"], "two selectors, not 3"),
        (["a", "b", "--against", "c"], "two selectors, not 3"),
        (["--of", "a", "--input", "fraud.json", "--input", "fraud.json"], "merge"),
    ],
)
def test_a_comparison_that_cannot_be_made_has_exit_code_2(run_on, arguments, message):
    code, output, error = run_on("diff", *arguments)
    assert (code, output) == (2, "")
    assert message in error and is_one_line(error)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_diff_compares_two_versions(run_on, form):
    options = ["--of", "models:/fraud/1", "--against", "fraud@live", "--format", form]
    code, output, _ = run_on("diff", *options)
    assert code == 1
    for text in ("change c3", "train.py", "aaaa", "bbbb", "Ada <ada@example.org>"):
        assert text in output or text.replace("<", "&lt;") in output


def test_diff_compares_a_version_in_two_documents(run_on, changed_file):
    options = ["--input", changed_file, "--of", "models:/fraud/1", "--format", "json"]
    code, output, _ = run_on("diff", *options)
    assert code == 1
    assert list(json.loads(output)["differences"]) == ["parameters"]
    assert run_on("diff", "--input", changed_file, "--of", "models:/fraud/2").code == 0


def test_diff_compares_the_lineages_of_other_elements(run_on):
    code, output, _ = run_on("diff", "--of", "Commit:c1c1", "--against", "Commit:c2c2")
    assert code == 1
    assert "+ wasInformedBy(Commit.c2, Commit.c1)" in output and "- " not in output
