"""The cases of ProvToolbox's validator, where they are, have the verdicts of the Recommendation."""

from pathlib import Path

import pytest

from mlflow2prov import load, validate

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "prov-constraints"
CASES = sorted(CORPUS.glob("*.provn"))

# ProvToolbox calls these valid. A delegation's responsible agent is no optional argument (PROV-DM 5.3.3), so that
# no definition of PROV-CONSTRAINTS (section 4.1, Definition 4) makes a variable of its dash.
BY_THE_TEXT = {"delegation-success3", "delegation-success4"}

pytestmark = pytest.mark.skipif(
    not CASES, reason="the corpus of PROV-CONSTRAINTS is not beside the checkout"
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_verdict_is_the_recommendation_s(case):
    report = validate(load(case))
    assert report.is_valid is ("-success" in case.stem and case.stem not in BY_THE_TEXT)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.stem in BY_THE_TEXT], ids=lambda case: case.stem
)
def test_where_the_text_differs_it_is_for_the_argument_that_is_not_given(case):
    rules = {str(violation.rule) for violation in validate(load(case)).violations}
    assert "Definition 4 (optional-placeholders)" in rules
