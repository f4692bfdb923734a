"""The tables of a report in headless Chromium: filter, search, sort, and everything without scripts."""

import pytest

from mlflow2prov import load
from mlflow2prov.render.report import report
from tests import browser as chromium
from tests.analysis.graphs import document, thing
from tests.analysis.test_experiments import experiment, run
from tests.golden import HERE as GOLDEN
from tests.render.test_runs import flat

pytestmark = chromium.REQUIRED


@pytest.fixture(scope="module")
def demo_report():
    return report(load(GOLDEN / "result.json"))


@pytest.fixture(scope="module")
def runs_report():
    """A report on four runs: one failed, one without a value, one with a value that is not finite."""
    return report(
        flat(
            experiment("0"),
            run(1, metrics={"auc": "0.9"}),
            run(2, metrics={"auc": "10"}),
            run(3, status="failed"),
            run(4, metrics={"auc": "-1e-3"}, source_name="tune.py"),
        )
    )


RUNS = "[data-filter=runs]"
ROWS = "[...document.querySelectorAll('{} tbody tr')]"
SHOWN = f"{ROWS}.filter(row => row.checkVisibility()).map(row => row.cells[0].textContent)"
COUNT = "document.querySelector('{} [role=status]').textContent"


def shown(page, region=RUNS):
    return page.evaluate(SHOWN.format(region))


def count(page, region=RUNS):
    return page.evaluate(COUNT.format(region))


def test_a_search_shows_the_rows_with_all_of_its_words_and_their_number(show, page, runs_report):
    show(runs_report)
    assert shown(page) == ["run 4", "run 3", "run 2", "run 1"] and count(page) == ""
    page.click(f"{RUNS} input")
    page.insert("TUNE finished")
    assert shown(page) == ["run 4"] and count(page) == "1 of 4 runs"
    page.insert(" nothing")
    assert shown(page) == [] and count(page) == "0 of 4 runs"
    page.press("Escape")
    assert len(shown(page)) == 4 and count(page) == ""
    assert page.errors == []


def test_a_choice_shows_the_rows_with_this_value(show, page, runs_report):
    show(runs_report)
    select = f"document.querySelector('{RUNS} select[aria-label=Status]')"
    options = page.evaluate(f"[...{select}.options].map(option => option.textContent)")
    assert options == ["Status: all", "failed", "finished"]
    page.evaluate(f"{select}.focus()")
    page.press("ArrowDown")
    assert shown(page) == ["run 3"] and count(page) == "1 of 4 runs"
    # A column whose rows have the same value is nothing to choose from.
    assert page.evaluate(f"document.querySelectorAll('{RUNS} select').length") == 1


def test_a_heading_sorts_its_column_in_both_directions(show, page, runs_report):
    show(runs_report)
    heading = f"{RUNS} th:last-child"
    state = f"document.querySelector('{heading}').getAttribute('aria-sort')"
    assert page.evaluate(state) is None
    page.click(f"{heading} button")
    # Numbers as numbers; the run without a value is the last in both directions.
    assert shown(page) == ["run 4", "run 1", "run 2", "run 3"]
    assert page.evaluate(state) == "ascending"
    page.press("Enter")  # The button has the focus.
    assert shown(page) == ["run 2", "run 1", "run 4", "run 3"]
    assert page.evaluate(state) == "descending"
    page.click(f"{RUNS} th button")
    assert shown(page) == ["run 1", "run 2", "run 3", "run 4"]
    assert page.evaluate(f"document.querySelectorAll('{RUNS} [aria-sort]').length") == 1


def test_findings_are_filtered_with_their_rules(show, page, demo_report):
    show(demo_report)
    region = "[data-filter=findings]"
    groups = (
        f"[...document.querySelectorAll('{region} .group')].filter(g => g.checkVisibility()).length"
    )
    page.click(f"{region} input")
    page.insert("deleted")
    assert shown(page, region) == ["wine 3"] and count(page, region) == "1 of 4 findings"
    assert page.evaluate(groups) == 1
    page.press("Escape")
    assert page.evaluate(groups) == 2


def test_a_filter_unfolds_the_findings_that_it_shows(show, page):
    versions = [
        thing("entity", f"V{n}", "RegisteredModelVersion", name="m", version=str(n))
        for n in range(8)
    ]
    show(report(document(*versions)))
    region = "[data-filter=findings]"
    assert shown(page, region) == []
    page.click(f"{region} input")
    page.insert("7")
    assert shown(page, region) == ["m 7"]
    page.press("Escape")
    assert shown(page, region) == []


def test_versions_are_filtered_by_everything_in_their_row(show, page, demo_report):
    show(demo_report)
    page.click("[data-filter=versions] input")
    page.insert("@champion")
    assert shown(page, "[data-filter=versions]") == ["wine 2"]


def test_controls_are_reached_by_keys_and_have_names(show, page, runs_report):
    show(runs_report)
    page.evaluate(f"document.querySelector('{RUNS} input').focus()")
    page.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Status"
    page.press("Tab")  # the table, which can be scrolled by keys
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Runs of e0"
    page.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    controls = "[...document.querySelectorAll('input, select, button')]"
    assert page.evaluate(f"{controls}.filter(e => !(e.ariaLabel || e.textContent)).length") == 0


def test_without_scripts_everything_is_shown_and_nothing_is_in_vain(show, page, runs_report):
    page.allow_scripts(False)
    try:
        show(runs_report)
        assert shown(page) == ["run 4", "run 3", "run 2", "run 1"]
        assert page.evaluate("document.querySelectorAll('input, select, button').length") == 0
    finally:
        page.allow_scripts()


def test_a_filter_is_stated_in_print(show, page, runs_report):
    show(runs_report)
    page.click(f"{RUNS} input")
    page.insert("tune")
    page.emulate(media="print")
    is_visible = f"document.querySelector('{RUNS} {{}}').checkVisibility()"
    assert page.evaluate(is_visible.format("[role=status]"))
    assert not page.evaluate(is_visible.format("input"))
    page.emulate()
    page.click(f"{RUNS} input")
    page.press("Escape")
    page.emulate(media="print")
    assert not page.evaluate(is_visible.format("form"))


@pytest.mark.parametrize(
    "name", ["</script><b>", "<img src=x onerror=alert(1)>", "\u202e" + "x" * 500]
)
def test_hostile_values_are_choices_and_rows_as_text(show, page, name):
    show(report(flat(experiment("0"), run(1, status=name), run(2, status="finished"))))
    assert page.evaluate(f"document.querySelectorAll('{RUNS} option').length") == 3
    assert page.evaluate("document.querySelectorAll('img, b:not(.tiles b), script').length") == 1
    page.evaluate(f"document.querySelector('{RUNS} select').value = 'finished'")
    page.evaluate(
        f"document.querySelector('{RUNS} select').dispatchEvent(new Event('input', {{bubbles: true}}))"
    )
    assert shown(page) == ["run 2"]
    assert page.errors == []
