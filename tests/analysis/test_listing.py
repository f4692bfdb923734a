"""Lists: each kind of element with its columns, filters, sorting, and selectors that work."""

import re

import pytest

from mlflow2prov import Document, impact, list_elements, load
from mlflow2prov.analysis.explanation import select_subject
from mlflow2prov.analysis.listing import list_subjects
from mlflow2prov.analysis.options import LISTED_KINDS
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.graph.selectors import select
from tests.analysis.graphs import project, relation, thing
from tests.golden import HERE as GOLDEN


@pytest.fixture(scope="module")
def wine() -> Document:
    return load(GOLDEN / "result.json")


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


def records(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_without_a_kind_the_elements_of_each_kind_are_counted(wine):
    counts = dict(list_elements(wine).rows)
    assert tuple(counts) == LISTED_KINDS
    assert counts == {kind: len(list_elements(wine, kind).rows) for kind in LISTED_KINDS}
    assert counts["models"] == 2 and counts["runs"] == 8 and counts["commits"] == 8


@pytest.mark.parametrize("kind", LISTED_KINDS)
def test_each_row_has_a_selector_of_its_element(wine, kind):
    selectors = column(list_elements(wine, kind), "selector")
    assert len(set(selectors)) == len(selectors) > 0
    identifiers = [select(wine, selector) for selector in selectors]
    assert all(len(names) == 1 for names in identifiers) and len(set(identifiers)) == len(
        identifiers
    )


def test_a_version_has_its_aliases_its_run_and_the_main_metric(wine):
    champion = next(
        row for row in records(list_elements(wine, "versions")) if row["aliases"] == "champion"
    )
    assert champion["selector"] == "models:/wine/2" and champion["run"] == "logistic C=1.0"
    assert (champion["metric"], champion["value"]) == ("accuracy", "0.9814814814814815")


def test_a_run_has_its_experiment_its_user_and_its_commit(wine):
    run = next(row for row in records(list_elements(wine, "runs")) if row["name"] == "gamma 0.1")
    assert (run["experiment"], run["status"], run["user"]) == ("wine", "finished", "grace")
    assert select(wine, f"Commit:{run['commit']}") == (f"Commit.{run['commit']}",)
    assert run["started_at"].startswith("20")


def test_runs_and_commits_begin_with_the_latest(wine):
    for kind, key in (("runs", "started_at"), ("commits", "committed_at")):
        times = column(list_elements(wine, kind), key)
        assert times == sorted(times, reverse=True)


def test_a_model_counts_its_versions_and_a_person_the_commits_and_runs(wine):
    models = {row["name"]: row for row in records(list_elements(wine, "models"))}
    assert (models["wine"]["versions"], models["wine"]["latest"]) == (3, "3")
    people = {row["selector"]: row for row in records(list_elements(wine, "people"))}
    assert people["User:ada@example.org"]["commits"] == 4 and people["User:grace"]["runs"] == 5
    experiments = {row["name"]: row["runs"] for row in records(list_elements(wine, "experiments"))}
    assert experiments == {"Default": 0, "wine": 7, "first steps": 1}


@pytest.mark.parametrize("kind", LISTED_KINDS)
def test_a_document_without_such_elements_has_an_empty_list(kind):
    empty = Document.from_statements([thing("entity", "a")], {"": "http://x/"})
    table = list_elements(empty, kind)
    assert table.rows == [] and "selector" in table.columns


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        (["experiment=wine", "user=ada"], {"logistic C=1000.0", "logistic C=0.01"}),
        (["name=LOGISTIC*", "value>0.95"], {"logistic C=1.0", "logistic C=0.01"}),
        (["value>=1", "metric!=best_*"], {"gamma 0.1", "gamma 0.01"}),
        (["value < 0.9"], {"gamma 0.001"}),
        (["value=-"], {"hello"}),
        (["status!=finished"], {"hello"}),
        (["started_at<1999"], set()),
        (["started_at>1999", "user=ada", "status=running"], {"hello"}),
        (["name=nothing"], set()),
    ],
)
def test_conditions_filter_rows(wine, conditions, names):
    assert set(column(list_elements(wine, "runs", where=conditions), "name")) == names


def test_numbers_are_sorted_as_numbers_and_missing_values_come_last(wine):
    values = column(list_elements(wine, "runs", sort="-value"), "value")
    assert values[-1] == "-" and values[0] == "1.0"
    known = [float(value) for value in values[:-1]]
    assert known == sorted(known, reverse=True)
    ascending = column(list_elements(wine, "runs", sort="value"), "value")
    assert ascending[0] == "0.8333333333333334" and ascending[-1] == "-"
    assert column(list_elements(wine, "runs", sort="name"), "name")[0] == "gamma 0.001"


def test_a_limit_keeps_the_first_rows(wine):
    table = list_elements(wine, "runs", sort="-value", limit=2)
    assert table.rows == list_elements(wine, "runs", sort="-value").rows[:2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "rnus"}, "unknown kind 'rnus'; .*did you mean runs"),
        ({"where": "nme=x"}, "unknown column 'nme'; .*did you mean name"),
        ({"where": "x"}, "not a condition; write column=value"),
        ({"sort": "-x"}, "unknown column 'x'"),
        ({"limit": 0}, "limit"),
    ],
)
def test_a_wrong_argument_is_an_error(wine, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        list_elements(wine, **{"kind": "runs", **arguments})


def metrics(run, **values):
    for key, value in values.items():
        yield thing("entity", f"Metric.{run}.{key}", "Metric", name=key, value=str(value))
        yield relation("hadMember", f"Run.{run}", f"Metric.{run}.{key}")


@pytest.mark.parametrize(
    ("first", "second", "metric"),
    [
        ({"loss": 1, "zeta": 2}, {"zeta": 3}, "zeta"),
        ({"train_f1": 1, "f1": 2, "val_f1": 3, "test_f1": 4}, {}, "test_f1"),
        ({"train_f1": 1, "f1": 2, "val_f1": 3}, {}, "val_f1"),
        ({"train_f1": 1, "f1": 2, "latest_time": 3}, {}, "f1"),
        ({"learning_rate": 1, "rmse": 2}, {}, "rmse"),
        ({"system/cpu": 1, "rmse": 2}, {"system/cpu": 1}, "rmse"),
    ],
)
def test_the_main_metric_is_the_one_that_most_runs_have(first, second, metric):
    runs = [thing("entity", f"Run.{n}", "Run", run_id=n, name=n) for n in ("a", "b")]
    graph = Document.from_statements(
        [*runs, *metrics("a", **first), *metrics("b", **second)], {"": "http://x/"}
    )
    rows = {row["name"]: row["metric"] for row in records(list_elements(graph, "runs"))}
    assert rows["a"] == metric


# What can be explained


def test_everything_that_is_listed_can_be_explained(wine):
    selectors = column(list_subjects(wine), "selector")
    assert {select_subject(wine, selector) for selector in selectors}
    assert len(selectors) == 12
    for selector in column(list_subjects(wine, impact=True), "selector"):
        assert impact(wine, selector)


def test_an_ambiguous_name_is_answered_with_the_start_and_the_main_metric(wine):
    with pytest.raises(SelectionError) as error:
        select(wine, "status=finished")
    assert re.search(
        r", started 20\d\d-\d\d-\d\d \d\d:\d\d, accuracy 0\.\d{3,4}\)", str(error.value)
    )


@pytest.mark.parametrize("selector", ["wine", "models:/wine", "RegisteredModel:wine"])
def test_a_registered_model_is_answered_with_its_versions_and_aliases(wine, selector):
    with pytest.raises(SelectionError) as error:
        select_subject(wine, selector)
    assert "models:/wine/3, models:/wine/2 (@champion), models:/wine/1" in str(error.value)


def test_the_name_of_a_registered_model_selects_it():
    graph = project()
    for selector in ("fraud", "models:/fraud"):
        assert select(graph, selector) == ("Model.fraud",)
