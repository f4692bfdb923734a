"""A check: what is required, what is allowed, and when it fails."""

import pytest

from mlflow2prov import check
from mlflow2prov.analysis.check import MEANINGS, Waiver
from mlflow2prov.errors import ConfigurationError, SelectionError
from tests.analysis.graphs import document, project, relation, thing


@pytest.fixture(scope="module")
def fraud():
    return project()


def codes(verdict):
    return [(finding.version.about["version"], finding.code) for finding in verdict.findings]


def test_warnings_do_not_fail_unless_they_are_to(fraud):
    verdict = check(fraud)
    assert codes(verdict) == [("2", "shared-run"), ("3", "shared-run")] and verdict.has_passed
    assert not check(fraud, fail_on="warning").has_passed
    assert not check(fraud, fail_on="note").has_passed
    assert check(fraud, fail_on="never", require=["environment"]).has_passed


def test_what_is_required_and_unknown_is_an_error(fraud):
    verdict = check(fraud, "models:/fraud/1", require=["commit", "dataset", "environment"])
    assert codes(verdict) == [("1", "missing-environment")] and not verdict.has_passed
    # What is known to be none is known.
    assert check(fraud, "models:/fraud/1", require=["parent_run", "coauthors"]).has_passed


def test_so_many_questions_have_to_be_answered(fraud):
    assert check(fraud, "models:/fraud/1", minimum=88).has_passed  # 16 of 18 are
    verdict = check(fraud, "models:/fraud/1", minimum=89)
    assert codes(verdict) == [("1", "incomplete")]
    assert verdict.findings[0].message.startswith("16 of 18 questions are answered (89 %)")


@pytest.mark.parametrize(
    ("of", "allowed"),
    [
        ("*", 2),
        ("models:/fraud/*", 2),
        ("models:/fraud/2", 1),
        ("models:/fraud@live", 1),
        ("models:/x/*", 0),
    ],
)
def test_what_is_allowed_does_not_fail_and_is_told_with_its_reason(fraud, of, allowed):
    allowance = Waiver("shared-run", "a retry of the registration", of)
    verdict = check(fraud, fail_on="warning", waivers=[allowance])
    assert len(verdict.waived_findings) == allowed and len(verdict.findings) == 2 - allowed
    assert verdict.has_passed == (allowed == 2)
    assert verdict.unused_waivers == (() if allowed else (allowance,))
    assert all(by is allowance for _, by in verdict.waived_findings)


def test_an_allowance_is_for_its_own_finding(fraud):
    verdict = check(fraud, fail_on="warning", waivers=[Waiver("no-dataset", "none is needed")])
    assert not verdict.has_passed and len(verdict.unused_waivers) == 1


def test_deleted_versions_are_not_judged():
    gone = [relation("wasInvalidatedBy", f"Version.{n}", "Deletion.v", None) for n in (2, 3)]
    verdict = check(project(*gone), fail_on="note")
    assert verdict.findings == ()


def test_nothing_to_check_is_no_reason_to_pass():
    with pytest.raises(SelectionError, match="no version"):
        check(document(thing("entity", "e")))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"require": ["colour"]}, "unknown question 'colour'"),
        ({"fail_on": "fatal"}, "unknown severity 'fatal'"),
        ({"waivers": [Waiver("dirty", "why not")]}, "unknown finding 'dirty'"),
    ],
)
def test_what_there_is_not_is_refused(fraud, arguments, said):
    with pytest.raises(ConfigurationError, match=said):
        check(fraud, **arguments)


def test_every_code_has_a_meaning():
    assert {"dirty-tree", "version-deleted", "incomplete", "missing-datasets"} <= set(MEANINGS)
    assert all(severity and meaning for severity, meaning in MEANINGS.values())
