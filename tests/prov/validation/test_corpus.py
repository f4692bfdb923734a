"""The test cases of ProvToolbox's validator have the verdicts of the Recommendation."""

from pathlib import Path

import pytest

from mlflow2prov import load, validate

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "prov-constraints"
CASES = sorted(CORPUS.glob("*.provn"))

# ProvToolbox considers these valid. The responsible agent of a delegation is not optional (PROV-DM 5.3.3), so
# Definition 4 of PROV-CONSTRAINTS (section 4.1) does not replace its dash by a variable.
INVALID_BY_THE_RECOMMENDATION = {"delegation-success3", "delegation-success4"}

pytestmark = pytest.mark.skipif(
    not CASES, reason="the corpus of PROV-CONSTRAINTS is not beside the checkout"
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_has_the_verdict_of_the_recommendation(case):
    report = validate(load(case))
    assert report.is_valid is (
        "-success" in case.stem and case.stem not in INVALID_BY_THE_RECOMMENDATION
    )


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.stem in INVALID_BY_THE_RECOMMENDATION],
    ids=lambda case: case.stem,
)
def test_a_case_with_another_verdict_lacks_an_argument_that_is_not_optional(case):
    rules = {str(violation.rule) for violation in validate(load(case)).violations}
    assert "Definition 4 (optional-placeholders)" in rules
