"""The size of reports in headless Chromium: no overflow in narrow windows, and few screens before unfolding."""

import pytest

from mlflow2prov import load
from mlflow2prov.render.report import report
from tests import browser as chromium
from tests.analysis.graphs import STATEMENTS, document, relation, thing
from tests.analysis.graphs import run as run_of
from tests.analysis.graphs import version as version_of
from tests.analysis.test_experiments import experiment, metric, run
from tests.golden import HERE as GOLDEN
from tests.render.test_runs import flat

pytestmark = chromium.REQUIRED


@pytest.fixture(scope="module")
def reports():
    long = "x" * 10_000
    metrics = {f"metric_{n}": str(n / 7) for n in range(9)}
    return {
        "models": report(load(GOLDEN / "result.json")),
        "runs": report(flat(*(run(n, metrics=metrics) for n in range(1, 20)))),
        "long names": report(
            flat(
                thing("entity", "Experiment.0", "Experiment", name=long, experiment_id=long),
                run(1, status=long, commit=long, source_name=long),
                thing("entity", "Run.1", "Run", name=long),
                metric(1, long, long),
                metric(1, long[:9], "0.1"),
                run(2),
                thing("entity", "M", "RegisteredModel", name=long),
                thing("entity", "V", "RegisteredModelVersion", name=long, version=long),
                thing("entity", "A", "RegisteredModelAlias", name=long),
                relation("alternateOf", "A", "V"),
            ),
            mlflow_ui="https://mlflow.example",
        ),
    }


@pytest.mark.parametrize("media", ["", "print"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("name", ["models", "runs", "long names"])
def test_no_report_is_wider_than_the_window(show, page, reports, name, width, scheme, media):
    page.resize(width, 900)
    try:
        show(reports[name], scheme=scheme, media=media)
        for unfold in (
            "",
            "document.querySelectorAll('details').forEach(fold => fold.open = true)",
        ):
            page.evaluate(unfold)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        page.resize(1200, 1600)


def test_tables_scroll_on_the_screen_and_are_printed_as_a_whole(show, page, reports):
    hidden = "[...document.querySelectorAll('.pane')].map(e => e.scrollHeight - e.clientHeight)"
    show(reports["runs"])
    assert max(page.evaluate(hidden)) > 0
    show(reports["runs"], media="print")
    assert max(page.evaluate(hidden)) == 0


@pytest.mark.parametrize("count", [1, 54])
def test_many_versions_take_at_most_five_screens(show, page, count):
    runs = [s for n in range(100, 154) for s in run_of(f"r{n}", "c2", "c1", "Dataset.a")]
    versions = [s for n in range(100, 154) for s in version_of(f"{n}", f"r{n}")]
    aliases = [
        statement
        for n in range(100, 100 + count)
        for statement in (
            thing("entity", f"Alias.{n}", "RegisteredModelAlias", name=f"live-{n}"),
            relation("alternateOf", f"Alias.{n}", f"Version.{n}"),
        )
    ]
    show(report(document(*STATEMENTS, *runs, *versions, *aliases)))
    page.resize(1280, 900)
    try:
        assert page.evaluate("document.documentElement.scrollHeight") <= 5 * 900
    finally:
        page.resize(1200, 1600)


@pytest.mark.parametrize(("experiments", "runs"), [(1, 120), (3, 18), (27, 2)])
def test_many_runs_take_at_most_five_screens(show, page, experiments, runs):
    metrics = {f"metric_{n}": "1" for n in range(9)}
    parts = [experiment(str(n)) for n in range(experiments)]
    parts += [run(n + 1, str(n % experiments), metrics=metrics) for n in range(experiments * runs)]
    show(report(flat(*parts)))
    page.resize(1280, 900)
    try:
        assert page.evaluate("document.documentElement.scrollHeight") <= 5 * 900
        # In a narrow window, tables of the same height have the same rows.
        page.resize(420, 900)
        assert page.evaluate("document.documentElement.scrollHeight") <= 7 * 900
    finally:
        page.resize(1200, 1600)
