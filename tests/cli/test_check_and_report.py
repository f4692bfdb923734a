"""``check`` and ``report`` as they are called: exit codes, files, allowances, SARIF."""

import json
import subprocess
import sys

import pytest

from mlflow2prov import save
from tests.analysis.graphs import document, project, thing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("check")
    save(project(), made / "fraud", "json")
    save(document(thing("entity", "e")), made / "empty", "json")
    return made


@pytest.fixture
def run(folder):
    """Run the program in a folder that holds ``fraud.json``; gives exit code, output, errors."""

    def run(*arguments, file="fraud.json"):
        command = [sys.executable, "-m", "mlflow2prov", "load", "--input", file, *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.fixture
def allow(folder):
    """Write a file of allowances; gives its name."""

    def written(text):
        (folder / "allowed.yaml").write_text(text, "utf-8")
        return "allowed.yaml"

    return written


def test_a_check_passes_fails_or_cannot_tell(run):
    code, out, _ = run("check")
    assert code == 0 and out.splitlines()[-1].startswith("passed: 3 versions, 0 errors, 2 warnings")
    code, out, _ = run("check", "--fail-on", "warning")
    assert code == 1 and out.splitlines()[-1].startswith("failed: ")
    for arguments in (["check", "nobody@here"], ["check", "--require", "colour"]):
        code, out, errors = run(*arguments)
        assert code == 2 and out == "" and errors.startswith("mlflow2prov: error: ")
    code, _, errors = run("check", file="empty.json")
    assert code == 2 and "no version of a registered model" in errors


def test_requirements_are_told_apart_by_commas_and_may_be_repeated(run):
    code, out, _ = run(
        "check", "fraud@live", "--require", "commit, dataset", "--require", "environment"
    )
    assert code == 1
    assert "models:/fraud/2: error: not known: environment [missing-environment]" in out
    assert "missing-commit" not in out and "missing-datasets" not in out


def test_what_is_allowed_is_told_with_its_reason_and_what_need_not_be_is_noted(run, allow):
    name = allow(
        "- {finding: shared-run, of: 'models:/fraud/?', reason: registered twice by mistake}\n"
        "- {finding: no-dataset, reason: none is needed}\n"
    )
    code, out, errors = run("check", "--fail-on", "warning", "--allow", name)
    assert (
        code == 0
        and out.count("allowed: ") == 2
        and out.count("(registered twice by mistake)") == 2
    )
    assert "no no-dataset of * is found" in errors
    code, out, _ = run("check", "--fail-on", "warning", "--allow", name, "--format", "json")
    said = json.loads(out)
    assert said["passed"] and said["findings"] == []
    assert {one["reason"] for one in said["allowed"]} == {"registered twice by mistake"}
    assert [one["finding"] for one in said["unused_allowances"]] == ["no-dataset"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("finding: x", "allowed.yaml:1: a list of allowances is expected"),
        ("- shared-run", "allowed.yaml:1: an allowance has the keys finding, of, reason"),
        ("- finding: shared-run", "allowed.yaml:1: an allowance needs its reason"),
        ("- finding: shared-run\n  reason:", "allowed.yaml:2: 'reason' has to be some text"),
        ("- finding: shared-run\n  reason: [a]", "allowed.yaml:2: 'reason' has to be some text"),
        ("- finding: shared-runs\n  reason: a", "did you mean shared-run?"),
        ("- finding: shared-run\n  reasons: a", "allowed.yaml:2: there is no key 'reasons'; did you mean reason?"),
        ("- [", "allowed.yaml:1: not YAML"),
    ],
)  # fmt: skip
def test_a_file_of_allowances_that_says_something_else_is_one_line(run, allow, text, said):
    code, out, errors = run("check", "--allow", allow(text))
    assert code == 2 and out == "" and errors.count("\n") == 1 and said in errors


def test_an_empty_file_of_allowances_allows_nothing(run, allow):
    assert run("check", "--allow", allow(""))[0] == 0


def test_sarif_has_rules_results_places_and_suppressions(run, allow):
    name = allow("- {finding: shared-run, of: 'models:/fraud/2', reason: known}\n")
    code, out, _ = run("check", "--fail-on", "warning", "--allow", name, "--format", "sarif")
    said = json.loads(out)
    assert code == 1 and said["version"] == "2.1.0"
    (one,) = said["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["shared-run"]
    open_, suppressed = one["results"]
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "warning"
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "train.py"
    assert open_["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "models:/fraud/3"
    assert "suppressions" not in open_
    assert suppressed["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_findings_go_to_a_file_whole_or_not_at_all(run, folder):
    code, out, _ = run("check", "--format", "sarif", "--output", "findings.sarif")
    assert code == 0 and out == "" and json.loads((folder / "findings.sarif").read_text())
    code, _, errors = run("check", "--output", "nowhere/findings.txt")
    assert code == 2 and "nowhere" in errors


def test_documents_are_passed_on(run):
    code, out, _ = run("check", "report", "--output", "passed", "save")
    assert (
        code == 0 and "Version.1" in json.loads(out.partition("\n{")[2].join(["{", ""]))["entity"]
    )


def test_a_report_is_a_file_for_each_format_and_document(run, folder):
    formats = ["--format", "html", "--format", "markdown"]
    assert run("report", "--output", "one", *formats)[0] == 0
    assert (folder / "one.html").read_text().startswith("<!DOCTYPE html>")
    assert (folder / "one.md").read_text().startswith("# Provenance of registered models")
    assert run("load", "--input", "empty.json", "report", "--output", "two")[0] == 0
    assert "The graph has no registered model." in (folder / "two-2.html").read_text()
    assert "fraud" in (folder / "two-1.html").read_text()


def test_standard_output_takes_one_report(run):
    code, out, _ = run("report")
    assert code == 0 and out.startswith("<!DOCTYPE html>")
    code, out, errors = run("report", "--format", "html", "--format", "markdown")
    assert code == 1 and out == "" and "standard output takes one report, not 2" in errors


def test_a_url_that_is_none_is_refused_and_not_repeated(run):
    code, out, errors = run("report", "--repository_url", "javascript:secret")
    assert code == 1 and out == "" and "secret" not in errors and "https://<host>/<path>" in errors
    code, out, _ = run("report", "--repository_url", "https://me:secret@example.org/x.git")
    assert code == 0 and "secret" not in out
    assert f'href="https://example.org/x/commit/{"c2" * 20}"' in out


def test_statistics_by_more_than_one_thing_are_one_table(run):
    code, out, _ = run("statistics", "--by", "month", "--by", "type", "--format", "csv")
    assert code == 0 and out.splitlines()[0] == "month,type,made,deleted,first,last"
    code, _, errors = run("statistics", "--by", "agent", "--fine")
    assert code == 2 and "--by" in errors


def test_validate_tells_what_is_not_valid_from_what_it_cannot_tell(run):
    assert run("validate")[0] == 0
    assert run("validate", file="nowhere.json")[0] == 2
