"""The section of a report on experiments and runs, in HTML and in Markdown."""

import re

import pytest
from lxml import html

from mlflow2prov import SelectionError, load, report
from mlflow2prov.analysis import experiments
from mlflow2prov.render.report import runs
from tests.analysis.graphs import document, project, relation, thing
from tests.analysis.test_experiments import experiment, metric, run
from tests.golden import HERE as GOLDEN

FORMATS = pytest.mark.parametrize("format_", ["html", "markdown"])


def flat(*parts):
    """Return the statements of parts, each a statement or a generator of some, as a document."""
    return document(*(s for part in parts for s in ([part] if hasattr(part, "kind") else part)))


def tuning():
    """Return a project of two experiments and no registered model."""
    history = (s for step in range(5) for s in metric(2, "auc", str(step / 10), step))
    return flat(
        experiment("0"),
        experiment("1"),
        run(
            1, metrics={"auc": "0.25", "loss": "7.123456789"}, commit="ab" * 20, source_name="x.py"
        ),
        run(2, status="failed"),
        history,
        run(3, "1", metrics={"f1": "NaN"}),
    )


def rows(text, heading):
    """Return the cells of the rows of the first table after a heading of a page."""
    page = html.document_fromstring(text)
    (table, *_) = page.xpath(f"//h3[.='{heading}']/following::table[thead/tr/th[1]='Run']")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.iter("tr")]


@FORMATS
def test_a_graph_without_models_gives_a_report_on_its_runs(format_):
    text = report(tuning(), format_)
    assert "Provenance of runs" in text and "3" in text and "no registered models" in text
    if format_ == "html":
        text = text.partition("<script>")[0]
    assert "no finite value" in text
    for words in ("e0", "e1", "run 1", "0.25", "0.4", "7.12346", "NaN", "failed", "ab" * 5, "x.py"):
        assert words in text, words
    assert "Registry" not in text and "Rules" not in text


def test_a_run_has_its_start_status_source_and_metrics():
    head, second, first = rows(report(tuning()), "e0")
    assert head == ["Run", "Start", "Status", "User", "Commit", "Script", "auc", "loss"]
    assert second == ["run 2", "2024-01-02 00:00:00 UTC", "failed", "", "", "", "0.4", ""]
    commit, script = "ababababab not in the graph", "x.py as recorded"
    assert first[2:] == ["finished", "", commit, script, "0.25", "7.12346"]


def test_metrics_are_plotted_over_runs_and_over_steps():
    page = html.document_fromstring(report(tuning()))
    labels = [plot.get("aria-label") for plot in page.find_class("plot")]
    assert "from 0.25 to 0.4, lowest 0.25, highest 0.4" in labels
    assert "from 0.0 to 0.4, lowest 0.0, highest 0.4" in labels
    assert "▁" in report(tuning(), "markdown")


@FORMATS
def test_both_ends_of_a_metric_are_labelled_and_none_is_called_the_best(format_):
    text = report(tuning(), format_)
    assert "Lowest" in text and "Highest" in text and "does not record whether" in text
    assert not re.search(r"\bbest\b", text.partition("</style>")[2] if format_ == "html" else text)
    if format_ == "html":
        page = html.document_fromstring(text)
        (row,) = page.xpath("//tr[td[1]='auc']")
        targets = [page.get_element_by_id(a.get("href")[1:]) for a in row.iter("a")]
        assert [a.text for a in row.iter("a")] == ["run 1", "run 2"]
        assert [target[0].text_content() for target in targets] == ["run 1", "run 2"]


@FORMATS
def test_runs_experiments_and_code_are_linked(format_):
    text = report(
        load(GOLDEN / "result.json"),
        format_,
        mlflow_ui="https://mlflow.example",
        repository_url="https://code.example/wine",
    )
    section = text[text.rindex("8 runs in 2 experiments") :]
    for address in (
        "https://mlflow.example/#/experiments/1",
        "https://mlflow.example/#/experiments/1/runs/6bc48fdf1b464a3d899fee22087f63bf",
        "https://code.example/wine/commit/4a7c56168ad3cdcf134f54bf5922126fe8ca73e1",
        "https://code.example/wine/blob/4a7c56168ad3cdcf134f54bf5922126fe8ca73e1/search.py",
    ):
        assert f'"{address}"' in section or f"({address})" in section, address


def test_the_repository_that_a_run_recorded_takes_precedence():
    statements = run(1, commit="ab" * 20, repository_url="git@code.org:a/b.git")
    text = report(flat(statements), repository_url="https://example.org/other")
    assert f"https://code.org/a/b/commit/{'ab' * 20}" in text and "example.org/other/c" not in text


@FORMATS
def test_with_models_the_runs_follow_folded(format_):
    text = report(load(GOLDEN / "result.json"), format_)
    summary = "<summary>8 runs in 2 experiments</summary>"
    assert text.index("wine-kernel") < text.index(summary) < text.rindex("Rules")
    if format_ == "html":
        page = html.document_fromstring(text)
        folds = [article.getparent() for article in page.find_class("experiment")]
        assert [fold.tag for fold in folds] == ["details"] * 2
        assert all("open" not in fold.attrib for fold in folds)


@FORMATS
def test_a_report_on_selected_versions_has_no_section_on_runs(format_):
    text = report(load(GOLDEN / "result.json"), format_, "wine@champion")
    assert "8 runs in" not in text and "## Runs" not in text


@FORMATS
@pytest.mark.parametrize("selector", ["Experiment:e1", "Experiment.1"])
def test_a_report_on_an_experiment_has_its_runs_and_no_others(format_, selector):
    text = report(tuning(), format_, selector)
    assert "Provenance of runs" in text and "run 3" in text and "NaN" in text
    content = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    assert "run 1" not in content and "e0" not in content
    assert "no registered models" not in text, "nothing is stated about other parts of the graph"


@FORMATS
def test_versions_and_experiments_are_selected_together(format_):
    golden = load(GOLDEN / "result.json")
    text = report(golden, format_, ["wine@champion", "Experiment:first steps"])
    assert "Registry" in text and "first steps" in text
    assert "gamma 0.1" not in text, "a run of the other experiment"


def test_an_experiment_without_runs_cannot_be_reported():
    empty = document(*tuning().statements(), experiment("2"))
    with pytest.raises(SelectionError, match=r"'Experiment:e2': Experiment.2 .*has no runs"):
        report(empty, "html", "Experiment:e2")


def test_a_run_cannot_be_reported():
    with pytest.raises(SelectionError, match="cannot be audited"):
        report(tuning(), "html", "Run:id1")


@FORMATS
def test_a_graph_without_runs_and_models_is_reported_as_such(format_):
    text = report(document(thing("entity", "a")), format_)
    assert "The graph contains no registered models and no runs." in text


@FORMATS
def test_of_many_runs_the_report_lists_some_and_their_number(monkeypatch, format_):
    monkeypatch.setattr(experiments, "MAX_RUNS", 1)
    monkeypatch.setattr(experiments, "MAX_METRICS", 1)
    text = report(flat(*(run(n, metrics={"a": str(n), "b": "1"}) for n in range(1, 6))), format_)
    assert "These are 2 of 5 runs: the latest" in text
    assert "and 1 more metric" in text
    assert "run 1" in text and "run 5" in text and "run 3" not in text


@FORMATS
def test_of_many_experiments_the_report_counts_the_runs_of_the_earliest(monkeypatch, format_):
    monkeypatch.setattr(experiments, "MAX_EXPERIMENTS", 1)
    monkeypatch.setattr(runs, "MAX_COUNTED_EXPERIMENTS", 1)
    parts = [part for n in range(1, 5) for part in (experiment(str(n)), run(n, str(n)))]
    text = report(flat(*parts), format_)
    assert "3 more experiments" in text and "run 4" in text and "run 3" not in text
    if format_ == "html":
        assert "e3" in text and ">e2<" not in text and "and 2 more experiments" in text


def test_only_the_latest_experiments_are_unfolded():
    parts = [part for n in range(1, 6) for part in (experiment(str(n)), run(n, str(n)))]
    page = html.document_fromstring(report(flat(*parts)))
    folds = [article.find("details") for article in page.find_class("experiment")]
    assert ["open" in fold.attrib for fold in folds] == [True, True, True, False, False]


@FORMATS
def test_inferred_scripts_deleted_runs_and_deleted_experiments_are_marked(format_):
    text = report(
        flat(
            experiment("0"),
            run(1),
            thing("entity", "Experiment.0", "Experiment", lifecycle_stage="deleted"),
            thing("entity", "Run.1", "Run", lifecycle_stage="deleted"),
            thing("entity", "R", "FileRevision", path="a.py", commit="c1"),
            relation("used", "Creation.Run.1", "R", None, role="Source", inferred="name"),
        ),
        format_,
    )
    assert text.count("deleted") >= 2 and "inferred" in text
    assert "as recorded" not in text


EVIL = (
    "</script><script>alert(1)</script> | [a](javascript:x) `b` \u202e\u2067\x1b[31m" + "x" * 10_000
)


@FORMATS
def test_hostile_names_are_short_and_have_no_effect(format_):
    hostile = flat(
        thing("entity", "Experiment.0", "Experiment", name=EVIL, experiment_id=EVIL),
        run(1, status=EVIL, commit=EVIL, source_name=EVIL, repository_url=f"https://x/{EVIL}"),
        thing("entity", "Run.1", "Run", name=EVIL),
        metric(1, EVIL, EVIL),
        metric(1, EVIL[:50], "0.5"),
        thing("agent", "User.1", "User", name=EVIL),
        relation("wasAssociatedWith", "Creation.Run.1", "User.1", None),
    )
    text = report(hostile, format_, mlflow_ui="https://mlflow.example")
    assert "\u202e" not in text and "\u2067" not in text and "\x1b" not in text
    # The names and the values of this run are cut; the address of the experiment in MLflow is not.
    assert len(text) < 100_000
    if format_ == "html":
        page = html.document_fromstring(text)
        assert len(list(page.iter("script"))) == 1
        addresses = [a.get("href") for a in page.iter("a")]
        assert all(a.startswith(("#", "https://mlflow.example/#/")) for a in addresses)
    else:
        assert "<script" not in text and not re.search(r"(?<!\\)\[a", text)
        assert not re.search(r"(?<!\\)`b", text)


def test_projects_with_models_name_their_runs_too():
    page = html.document_fromstring(report(project()))
    (article,) = page.find_class("experiment")
    assert article.findtext(".//h3") == "fraud"
    assert "2 runs" in article.text_content()
