"""``check``, ``report``, ``validate`` and ``statistics --by``: exit codes, files, waivers, SARIF."""

import json
import subprocess

import pytest

from mlflow2prov.analysis.check import REMEDIES
from tests.cli.conftest import is_one_line


@pytest.fixture
def waivers(project_folder):
    """Return a function that writes a file of waivers and returns its name."""

    def write(text):
        (project_folder / "waivers.yaml").write_text(text, "utf-8")
        return "waivers.yaml"

    return write


# Check


def test_a_check_passes_fails_or_cannot_be_made(run_on):
    code, output, _ = run_on("check")
    assert code == 0
    assert output.splitlines()[-1].startswith("passed: 3 versions, 0 errors, 2 warnings")
    code, output, _ = run_on("check", "--fail-on", "warning")
    assert code == 1 and output.splitlines()[-1].startswith("failed: ")
    for arguments in (["check", "nobody@here"], ["check", "--require", "colour"]):
        code, output, error = run_on(*arguments)
        assert code == 2 and output == "" and error.startswith("mlflow2prov: error: ")
    code, _, error = run_on("check", file="empty.json")
    assert code == 2 and "registered model" in error


def test_requirements_are_separated_by_commas_and_may_be_repeated(run_on):
    requirements = ["--require", "commit, dataset", "--require", "environment"]
    code, output, _ = run_on("check", "fraud@live", *requirements)
    assert code == 1
    assert "models:/fraud/2: error: " in output and "[missing-environment]" in output
    assert "missing-commit" not in output and "missing-datasets" not in output


def test_waivers_are_printed_with_their_reason_and_unused_ones_are_noted(run_on, waivers):
    name = waivers(
        "- {finding: shared-run, of: 'models:/fraud/?', reason: registered twice by mistake}\n"
        "- {finding: no-dataset, reason: none is needed}\n"
    )
    options = ["--fail-on", "warning", "--allow", name]
    code, output, error = run_on("check", *options)
    assert code == 0
    assert output.count("allowed: ") == output.count("(registered twice by mistake)") == 2
    assert "no finding no-dataset of *" in error
    code, output, _ = run_on("check", *options, "--format", "json")
    result = json.loads(output)
    assert result["passed"] and result["findings"] == []
    assert {waiver["reason"] for waiver in result["allowed"]} == {"registered twice by mistake"}
    assert [waiver["finding"] for waiver in result["unused_allowances"]] == ["no-dataset"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("finding: x", 1, "list"),
        ("- shared-run", 1, "finding, of, reason"),
        ("- finding: shared-run", 1, "reason"),
        ("- finding: shared-run\n  reason:", 2, "'reason'"),
        ("- finding: shared-run\n  reason: [a]", 2, "'reason'"),
        ("- finding: shared-runs\n  reason: a", 1, "did you mean shared-run?"),
        ("- finding: shared-run\n  reasons: a", 2, "did you mean reason?"),
        ("- [", 1, "not YAML"),
    ],
)
def test_an_invalid_file_of_waivers_is_an_error_of_one_line(run_on, waivers, text, line, message):
    code, output, error = run_on("check", "--allow", waivers(text))
    assert (code, output) == (2, "")
    assert is_one_line(error) and f"waivers.yaml:{line}: " in error and message in error


def test_an_empty_file_waives_nothing(run_on, waivers):
    assert run_on("check", "--allow", waivers("")).code == 0


def test_sarif_has_rules_results_locations_and_suppressions(run_on, waivers):
    name = waivers("- {finding: shared-run, of: 'models:/fraud/2', reason: known}\n")
    options = ["--fail-on", "warning", "--allow", name, "--format", "sarif"]
    code, output, _ = run_on("check", *options)
    log = json.loads(output)
    assert code == 1 and log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["shared-run"]
    page = "docs/findings/shared-run.md of MLflow2PROV"
    assert rules[0]["help"]["text"] == f"{REMEDIES['shared-run']}. See {page}."
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "warning"
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "train.py"
    failing, suppressed = run["results"]
    names = failing["locations"][0]["logicalLocations"]
    assert names[0]["fullyQualifiedName"] == "models:/fraud/3"
    assert "suppressions" not in failing
    assert suppressed["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_findings_are_written_to_a_file_whole_or_not_at_all(run_on, project_folder):
    code, output, _ = run_on("check", "--format", "sarif", "--output", "findings.sarif")
    assert code == 0 and output == ""
    assert json.loads((project_folder / "findings.sarif").read_text())
    code, _, error = run_on("check", "--output", "nowhere/findings.txt")
    assert code == 2 and "nowhere" in error


def test_check_and_report_pass_documents_on(run_on):
    code, output, _ = run_on("check", "report", "--output", "registry", "save")
    document = json.loads("{" + output.partition("\n{")[2])
    assert code == 0 and "Version.1" in document["entity"]


# Report


def test_a_report_is_a_file_for_each_format_and_document(run_on, project_folder):
    formats = ["--format", "html", "--format", "markdown"]
    assert run_on("report", "--output", "one", *formats).code == 0
    assert (project_folder / "one.html").read_text().startswith("<!DOCTYPE html>")
    assert (project_folder / "one.md").read_text().startswith("# Provenance of registered models")
    assert run_on("load", "--input", "empty.json", "report", "--output", "two").code == 0
    assert "no registered model" in (project_folder / "two-2.html").read_text()
    assert "fraud" in (project_folder / "two-1.html").read_text()


def test_the_extension_of_a_report_is_not_repeated(run_on, project_folder):
    assert run_on("report", "--output", "three.html").code == 0
    assert [path.name for path in project_folder.glob("three*")] == ["three.html"]


def test_standard_output_takes_one_report(run_on):
    code, output, _ = run_on("report")
    assert code == 0 and output.startswith("<!DOCTYPE html>")
    code, output, error = run_on("report", "--format", "html", "--format", "markdown")
    assert (code, output) == (1, "")
    assert "standard output takes one report, not 2" in error


def test_an_invalid_repository_url_is_refused_and_credentials_are_not_repeated(run_on):
    code, output, error = run_on("report", "--repository-url", "javascript:secret")
    assert (code, output) == (1, "")
    assert "secret" not in error and "https://<host>/<path>" in error
    code, output, _ = run_on("report", "--repository-url", "https://me:secret@example.org/x.git")
    assert code == 0 and "secret" not in output
    assert f'href="https://example.org/x/commit/{"c2" * 20}"' in output


def test_a_report_names_its_sources(run, tmp_path):
    history = tmp_path / "history"
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(history)]
    subprocess.run(["git", "init", "-q", str(history)], check=True)
    arguments = (
        "extract",
        "--repository-path",
        str(history),
        "--no-calls",
        "--since",
        "2001-01-01",
    )
    _, output, _ = run(*arguments, "report", "--format", "markdown")
    assert "HEAD" not in output
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    _, output, _ = run(*arguments, "report", "--format", "markdown")
    lines = output.replace("\\", "").splitlines()
    assert f"- HEAD: {head.stdout.strip()}" in lines
    assert f"- Repository folder: {history}" in lines
    assert "- Options: --no-calls; --since 2001-01-01" in lines
    _, output, _ = run(
        *arguments, "transform", "--use-pseudonyms", "report", "--format", "markdown"
    )
    assert str(history) not in output.replace("\\", "")


# Statistics and validation


def test_statistics_by_several_dimensions_are_one_table(run_on):
    code, output, _ = run_on("statistics", "--by", "month", "--by", "type", "--format", "csv")
    assert code == 0 and output.splitlines()[0] == "month,type,made,deleted,first,last"
    code, _, error = run_on("statistics", "--by", "agent", "--fine")
    assert code == 2 and "--by" in error


def test_validate_distinguishes_valid_documents_from_missing_ones(run_on):
    assert run_on("validate").code == 0
    assert run_on("validate", file="nowhere.json").code == 2
