"""Experiments with their runs and metrics: what is counted as a whole, what is listed, and how much of it."""

import math
from datetime import date, timedelta

import pytest

from mlflow2prov import load
from mlflow2prov.analysis import experiments
from mlflow2prov.analysis.experiments import summarize_experiments
from mlflow2prov.prov.merge import unified
from tests.analysis.graphs import document, relation, thing
from tests.golden import HERE as GOLDEN


def metric(run, name, value, step=0, timestamp="2024-01-01T00:00:00+00:00"):
    """Yield the statements about a value of a metric."""
    identifier = f"Metric.{run}.{name}.{step}.{timestamp}"
    yield thing(
        "entity", identifier, "Metric", name=name, value=value, step=str(step), timestamp=timestamp
    )
    yield relation("hadMember", f"Run.{run}", identifier)


def run(number, experiment="0", status="finished", metrics=(), **creation):
    """Yield the statements about a run that started on day ``number`` of 2024, with the last values of metrics."""
    time = f"{date(2024, 1, 1) + timedelta(number - 1)}T00:00:00+00:00"
    entity, activity = f"Run.{number}", f"Creation.Run.{number}"
    yield thing("entity", entity, "Run", run_id=f"id{number}", name=f"run {number}", status=status)
    yield thing("activity", activity, "Creation", arguments=(time, time), **creation)
    yield relation("wasGeneratedBy", entity, activity, time)
    if experiment is not None:
        yield relation("hadMember", f"Experiment.{experiment}", entity)
    for name, value in dict(metrics).items():
        yield from metric(number, name, value)


def experiment(number):
    return thing("entity", f"Experiment.{number}", "Experiment", name=f"e{number}", experiment_id=number)  # fmt: skip


def summarize(*statements):
    flat = [s for part in statements for s in (part if hasattr(part, "__next__") else [part])]
    return summarize_experiments(unified(document(*flat)))


def labels(summary):
    return [run.item.label for run in summary.runs]


def test_the_experiments_of_the_demo_are_summarized():
    wine, first_steps = summarize_experiments(unified(load(GOLDEN / "result.json")))
    assert (wine.item.label, wine.run_count, wine.commit_count) == ("wine", 7, 7)
    assert wine.statuses == {"finished": 7} and first_steps.statuses == {"running": 1}
    accuracy = wine.metrics[0]
    assert (accuracy.name, accuracy.run_count) == ("accuracy", 6)
    assert (min(accuracy.values), max(accuracy.values)) == (0.8333333333333334, 1.0)
    about = {run.item.label: run.item.about for run in wine.runs}["gamma 0.1"]
    assert (about["script"], about["user"], about["status"]) == ("search.py", "grace", "finished")
    assert about["script_commit"] == about["commit"] == about["recorded_commit"]


def test_experiments_and_runs_begin_with_the_latest():
    first, second = summarize(
        experiment("0"), experiment("1"), run(1), run(2), run(3, "1"), experiment("2")
    )
    assert (first.item.label, second.item.label) == ("e1", "e0")
    assert labels(second) == ["run 2", "run 1"]
    assert second.started_at == ("2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00")


def test_runs_without_an_experiment_are_listed_without_one():
    (summary,) = summarize(run(1, None))
    assert summary.item.identifier is None and labels(summary) == ["run 1"]


def test_a_document_without_runs_has_no_experiments():
    assert summarize(experiment("0")) == ()


def test_the_range_of_a_metric_names_the_first_run_at_each_end():
    values = ["0.5", "0.9", "0.1", "0.9", "0.1"]
    (summary,) = summarize(*(run(n, metrics={"auc": v}) for n, v in enumerate(values, start=1)))
    (auc,) = summary.metrics
    assert auc.values == (0.5, 0.9, 0.1, 0.9, 0.1)
    assert (auc.lowest, auc.highest) == ("Run.3", "Run.2")


def test_values_that_are_not_finite_are_listed_but_have_no_range():
    (summary,) = summarize(
        run(1, metrics={"auc": "NaN", "loss": "Infinity"}), run(2, metrics={"auc": "0.5"})
    )
    auc, loss = summary.metrics
    assert (auc.name, auc.run_count, auc.values, auc.lowest) == ("auc", 2, (0.5,), "Run.2")
    assert (loss.name, loss.values, loss.lowest, loss.highest) == ("loss", (), None, None)
    assert {name: v.value for name, v in summary.runs[1].values.items()} == {
        "auc": "NaN",
        "loss": "Infinity",
    }


def test_the_last_value_is_that_of_the_last_step_and_there_the_latest():
    points = [
        *metric(1, "loss", "3", 1),
        *metric(1, "loss", "1", 2, "2024-01-02T00:00:00+00:00"),
        *metric(1, "loss", "2", 2, "2024-01-03T00:00:00+00:00"),
    ]
    (summary,) = summarize(run(1), *points)
    assert summary.runs[0].values["loss"].value == "2"
    assert summary.runs[0].values["loss"].history == (3.0, 2.0)


def test_a_long_history_keeps_its_ends_and_extremes(monkeypatch):
    monkeypatch.setattr(experiments, "MAX_POINTS", 10)
    values = [math.sin(n) for n in range(100)]
    values[42] = 9.0
    (summary,) = summarize(run(1), *(s for n, v in enumerate(values) for s in metric(1, "a", str(v), n)))  # fmt: skip
    history = summary.runs[0].values["a"].history
    assert len(history) <= 10 and max(history) == 9.0 and min(history) == min(values)
    assert list(history) == sorted(history, key=values.index)


def test_only_the_most_frequent_statuses_are_counted_apart(monkeypatch):
    monkeypatch.setattr(experiments, "MAX_STATUSES", 1)
    (summary,) = summarize(run(1), run(2), run(3, status="failed"), run(4, status="killed"))
    assert summary.statuses == {"finished": 2, "other": 2}


def test_main_metrics_come_first_and_the_others_are_counted(monkeypatch):
    monkeypatch.setattr(experiments, "MAX_METRICS", 2)
    monkeypatch.setattr(experiments, "MAX_COLUMNS", 1)
    every = {"train_loss": "1", "test_loss": "1", "system/cpu": "1"}
    (summary,) = summarize(run(1, metrics=every | {"rare": "1"}), run(2, metrics=every))
    assert [metric.name for metric in summary.metrics] == ["test_loss", "train_loss"]
    assert summary.metric_count == 3
    assert list(summary.runs[0].values) == ["test_loss"]


def test_of_many_runs_the_latest_and_the_ends_of_ranges_are_listed(monkeypatch):
    monkeypatch.setattr(experiments, "MAX_RUNS", 2)
    values = [0.5, 0.1, 0.5, 0.9, 0.5, 0.5]
    (summary,) = summarize(*(run(n, metrics={"auc": str(v)}) for n, v in enumerate(values, 1)))
    assert labels(summary) == ["run 6", "run 5", "run 4", "run 2"]
    assert summary.run_count == 6 and len(summary.metrics[0].values) == 6


def test_of_many_experiments_the_runs_of_the_latest_are_listed(monkeypatch):
    monkeypatch.setattr(experiments, "MAX_EXPERIMENTS", 1)
    first, second = summarize(experiment("0"), experiment("1"), run(1), run(2, "1"), run(3, "1"))
    assert labels(first) == ["run 3", "run 2"]
    assert second.runs == () and second.run_count == 1


@pytest.mark.parametrize("inferred", [None, "name"])
def test_a_recorded_script_takes_precedence_over_an_inferred_one(inferred):
    revisions = [
        thing("entity", "R.b", "FileRevision", path="b.py", commit="c1"),
        relation("used", "Creation.Run.1", "R.b", None, role="Source", **({"inferred": inferred} if inferred else {})),
    ]  # fmt: skip
    others = [
        thing("entity", "R.a", "FileRevision", path="a.py", commit="c1"),
        relation("used", "Creation.Run.1", "R.a", None, role="Source", inferred="name"),
    ]
    (summary,) = summarize(run(1, source_name="x.py"), *revisions, *others)
    about = summary.runs[0].item.about
    assert about["source_name"] == "x.py"
    assert (about["script"], about.get("inferred")) == (("a.py" if inferred else "b.py"), inferred)
