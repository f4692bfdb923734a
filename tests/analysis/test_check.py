"""A check: requirements, waivers, and the findings that fail it."""

import re
from pathlib import Path

import pytest

from mlflow2prov import check
from mlflow2prov.analysis.check import MEANINGS, REMEDIES, Waiver, unused_waivers
from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.analysis.waivers import read_waivers
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.render import FORMATS
from tests.analysis.graphs import document, project, relation, thing


@pytest.fixture(scope="module")
def fraud():
    return project()


def codes(result):
    return [(finding.version.about["version"], finding.code) for finding in result.findings]


def test_a_warning_fails_a_check_only_if_the_check_fails_on_warnings(fraud):
    result = check(fraud)
    assert codes(result) == [("2", "shared-run"), ("3", "shared-run")]
    assert result.has_passed and result.failures == ()
    assert check(fraud, fail_on="warning").failures == result.findings
    assert not check(fraud, fail_on="warning").has_passed
    assert not check(fraud, fail_on="note").has_passed
    assert check(fraud, fail_on="never", require=["environment"]).has_passed


def test_a_required_answer_that_is_unknown_is_an_error(fraud):
    result = check(fraud, "models:/fraud/1", require=["commit", "dataset", "environment"])
    assert codes(result) == [("1", "missing-environment")] and not result.has_passed
    assert check(fraud, "models:/fraud/1", require="environment").findings == result.findings


def test_an_answer_that_is_known_to_be_empty_satisfies_a_requirement(fraud):
    assert check(fraud, "models:/fraud/1", require=["parent_run", "coauthors"]).has_passed


def test_a_minimum_share_of_the_questions_must_be_answered(fraud):
    assert check(fraud, "models:/fraud/1", minimum=88).has_passed  # 16 of 18 are answered
    result = check(fraud, "models:/fraud/1", minimum=89)
    assert codes(result) == [("1", "incomplete")]
    assert result.findings[0].message == (
        "16 of 18 questions are answered (89 %); 89 % are required"
    )


@pytest.mark.parametrize(
    ("versions", "waived"),
    [
        ("*", 2),
        ("models:/fraud/*", 2),
        ("models:/fraud/2", 1),
        ("models:/fraud@live", 1),
        ("models:/fraud@*", 1),
        ("models:/x/*", 0),
    ],
)
def test_a_waiver_accepts_the_findings_in_the_versions_that_it_names(fraud, versions, waived):
    waiver = Waiver("shared-run", "a retry of the registration", versions)
    result = check(fraud, fail_on="warning", waivers=[waiver])
    assert len(result.waived_findings) == waived and len(result.findings) == 2 - waived
    assert result.has_passed == (waived == 2)
    assert result.unused_waivers == (() if waived else (waiver,))
    assert {used for _, used in result.waived_findings} <= {waiver}


def test_a_waiver_accepts_no_other_finding(fraud):
    result = check(fraud, fail_on="warning", waivers=[Waiver("no-dataset", "not needed")])
    assert not result.has_passed and len(result.unused_waivers) == 1


def test_a_waiver_is_unused_if_none_of_several_checks_uses_it(fraud):
    used, unused = Waiver("shared-run", "a retry"), Waiver("no-dataset", "not needed")
    results = [
        check(fraud, selector, waivers=[used, unused])
        for selector in ("models:/fraud/1", "models:/fraud/2")
    ]
    assert [result.unused_waivers for result in results] == [(used, unused), (unused,)]
    assert unused_waivers(results) == [unused]


def test_deleted_versions_are_not_checked():
    deletions = [relation("wasInvalidatedBy", f"Version.{n}", "Deletion.v", None) for n in (2, 3)]
    result = check(project(*deletions), fail_on="note")
    assert result.findings == ()


def test_a_check_without_a_version_is_an_error():
    with pytest.raises(SelectionError, match="no version"):
        check(document(thing("entity", "e")))


@pytest.mark.parametrize(
    "options", [{"require": "commit"}, {"minimum": 1}, {"selectors": "models:/fraud/1"}]
)
def test_a_store_without_a_registered_model_passes_unless_something_is_required(options):
    store = document(thing("entity", "Run.x", "Run", run_id="x"))
    result = check(store)
    assert result.has_passed and result.findings == ()
    summary = FORMATS["check"]["text"]([result])
    assert summary.startswith("passed: 0 versions, 0 errors")
    assert summary.endswith("the store has no version of a registered model\n")
    with pytest.raises(SelectionError):
        check(store, **options)


def test_a_registered_model_without_versions_is_an_error():
    statements = thing("entity", "Run.x", "Run"), thing("entity", "M", "RegisteredModel", name="m")
    with pytest.raises(SelectionError, match="no version"):
        check(document(*statements))


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"selectors": None}, "selectors: NoneType"),
        ({"selectors": [1]}, "selectors: "),
        ({"require": ["colour"]}, "unknown question 'colour'; choose from source"),
        ({"require": [None]}, "require: "),
        ({"minimum": 500}, "minimum: '500' is out of range; pass a whole number from 0 to 100"),
        ({"minimum": -1}, "minimum: '-1' is out of range"),
        ({"minimum": "80"}, "minimum: '80'"),
        ({"minimum": None}, "minimum: .*None"),
        ({"fail_on": "fatal"}, "unknown severity 'fatal'; choose from error, warning, note, never"),
        ({"fail_on": None}, "None"),
        ({"waivers": None}, "waivers: NoneType"),
        ({"waivers": ["shared-run"]}, "waivers: .*Waiver"),
    ],
)
def test_an_argument_of_a_wrong_type_or_value_is_refused(fraud, argument, message):
    with pytest.raises(ConfigurationError, match=message):
        check(fraud, **argument)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("dirty", "why not"), "unknown finding 'dirty'; choose from .*; did you mean dirty-tree"),
        ((None, "why not"), "unknown finding 'None'"),
        (("dirty-tree", None), "reason of a waiver: NoneType"),
        (("dirty-tree", "why not", 7), "versions of a waiver: int"),
        (("dirty-tree", "\ud800"), "reason of a waiver: "),
    ],
)
def test_a_waiver_needs_the_code_of_a_finding_and_text(values, message):
    with pytest.raises(ConfigurationError, match=message):
        Waiver(*values)


def test_every_code_has_a_severity_and_a_meaning():
    assert {"dirty-tree", "version-deleted", "incomplete", "missing-datasets"} <= set(MEANINGS)
    assert all(severity in SEVERITIES and meaning for severity, meaning in MEANINGS.values())


def test_a_file_of_waivers_has_a_finding_a_reason_and_optionally_versions(tmp_path):
    path = tmp_path / "waivers.yaml"
    path.write_text(
        "- {finding: dirty-tree, reason: a comment}\n"
        "- {finding: shared-run, of: 'models:/fraud/*', reason: 2024}\n"
    )
    assert read_waivers(str(path)) == [
        Waiver("dirty-tree", "a comment"),
        Waiver("shared-run", "2024", "models:/fraud/*"),
    ]
    path.write_text("")
    assert read_waivers(str(path)) == []


@pytest.mark.parametrize("path", [None, b"waivers.yaml", "waivers\0.yaml", "no such file.yaml"])
def test_a_file_of_waivers_that_cannot_be_read_is_an_error(path):
    with pytest.raises(ConfigurationError):
        read_waivers(path)


DOCS = Path(__file__).parents[2] / "docs"
PAGE_SECTIONS = ["Why it matters", "Example", "How to fix it", "How to accept it"]


def page_name(code):
    """Return the name of the page about a code; one page is about all questions that may be required."""
    return "missing-question" if code.startswith("missing-") else code


def test_every_code_has_a_page_and_every_page_a_code():
    pages = {path.stem for path in (DOCS / "findings").iterdir()}
    assert pages == set(map(page_name, MEANINGS)) and set(REMEDIES) == set(MEANINGS)
    index = (DOCS / "findings.md").read_text("utf-8")
    # Links to the sections of earlier versions still work.
    assert set(re.findall(r"^## (\S+)$", index, re.M)) == pages
    assert set(re.findall(r"\]\(findings/(.+)\.md\)", index)) == pages


@pytest.mark.parametrize("code", MEANINGS)
def test_the_page_of_a_code_has_its_meaning_its_remedy_an_example_and_a_waiver(code, tmp_path):
    text = (DOCS / "findings" / f"{page_name(code)}.md").read_text("utf-8")
    severity, meaning = MEANINGS[code]
    assert text.startswith(f"# {page_name(code)}\n\n{meaning.partition(':')[0]} ({severity}).\n")
    assert re.findall("^## (.+)$", text, re.M) == PAGE_SECTIONS
    remedy = text.partition("## How to fix it\n\n")[2]
    assert " ".join(remedy.split()).startswith(f"{REMEDIES[code]}. ")
    example = re.search(r"```text\nmodels:/\S+: (\w+): .+ \[(.+)\]\n```", text)
    assert example and (example[1], page_name(example[2])) == (severity, page_name(code))
    (tmp_path / "waivers.yaml").write_text(re.search(r"```yaml\n(.+?)```", text, re.S)[1], "utf-8")
    (waiver,) = read_waivers(str(tmp_path / "waivers.yaml"))
    assert page_name(waiver.code) == page_name(code) and waiver.reason
    assert not REMEDIES[code].endswith(".") and REMEDIES[code][0].isupper()
