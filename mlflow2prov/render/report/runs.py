"""The experiments and runs of a report as plain data for its templates: summaries with anchors and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from mlflow2prov.analysis.experiments import (
    MAX_COLUMNS,
    ExperimentSummary,
    MetricRange,
    RunSummary,
    summarize_experiments,
)
from mlflow2prov.analysis.item import Item
from mlflow2prov.prov import Document
from mlflow2prov.render.report import links
from mlflow2prov.render.report.links import Link

MAX_OPEN_EXPERIMENTS = 3
"""This many experiments are unfolded at first, if there are no models."""

MAX_COUNTED_EXPERIMENTS = 200
"""This many experiments are listed with the number of their runs only."""


@dataclass(frozen=True)
class RunContent:
    """A run in a report."""

    summary: RunSummary
    anchor: str
    """The identifier of its row."""
    url: str | None
    """Its address in MLflow's UI."""
    commit: Link | None
    """The commit that the document describes, or else the one that the run recorded."""
    script: Link | None
    """The revision that the document describes, or else the name of the source that the run recorded."""

    @property
    def item(self) -> Item:
        """The run itself."""
        return self.summary.item

    @property
    def is_deleted(self) -> bool:
        """Whether the run was deleted."""
        return self.item.about.get("lifecycle_stage") == "deleted"

    @property
    def is_commit_described(self) -> bool:
        """Whether the document describes the commit."""
        return "commit" in self.item.about

    @property
    def is_script_described(self) -> bool:
        """Whether the document describes the revision of the script."""
        return "script" in self.item.about


@dataclass(frozen=True)
class MetricContent:
    """The range of a metric, with the runs at its ends, if it has finite values."""

    range: MetricRange
    lowest: RunContent | None
    highest: RunContent | None


@dataclass(frozen=True)
class ExperimentContent:
    """An experiment in a report."""

    summary: ExperimentSummary
    anchor: str
    """The identifier of its section."""
    url: str | None
    """Its address in MLflow's UI."""
    runs: tuple[RunContent, ...]
    metrics: tuple[MetricContent, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the metrics whose values are listed with each run."""
        return tuple(metric.range.name for metric in self.metrics[:MAX_COLUMNS])

    @property
    def label(self) -> str:
        """The name of the experiment."""
        return self.summary.item.label or "Runs without an experiment"

    @property
    def is_deleted(self) -> bool:
        """Whether the experiment was deleted."""
        return self.summary.item.about.get("lifecycle_stage") == "deleted"


@dataclass(frozen=True)
class RunsContent:
    """The experiments of a report that have runs."""

    experiments: tuple[ExperimentContent, ...] = ()

    @property
    def listed_experiments(self) -> tuple[ExperimentContent, ...]:
        """The experiments whose runs are listed."""
        return tuple(experiment for experiment in self.experiments if experiment.runs)

    @property
    def other_experiments(self) -> tuple[ExperimentContent, ...]:
        """The experiments that are only counted."""
        return tuple(experiment for experiment in self.experiments if not experiment.runs)

    @property
    def counted_experiments(self) -> tuple[ExperimentContent, ...]:
        """The first of these, for a table."""
        return self.other_experiments[:MAX_COUNTED_EXPERIMENTS]

    @property
    def run_count(self) -> int:
        """The number of all runs."""
        return sum(experiment.summary.run_count for experiment in self.experiments)

    @property
    def commit_count(self) -> int:
        """The number of runs whose commit the document describes."""
        return sum(experiment.summary.commit_count for experiment in self.experiments)

    @property
    def max_open_experiments(self) -> int:
        """The number of experiments that are unfolded at first."""
        return MAX_OPEN_EXPERIMENTS


def gather_runs(
    document: Document,
    repository_url: str | None = None,
    mlflow_ui: str | None = None,
    selection: Iterable[str] | None = None,
) -> RunsContent:
    """Return the experiments and runs of a unified document.

    Args:
        document: the document.
        repository_url: the repository of the runs that recorded none.
        mlflow_ui: the address of MLflow's UI.
        selection: the identifiers of the experiments; all of them if it is None.
    """
    summaries = summarize_experiments(document, selection)
    numbers = count(1)
    return RunsContent(
        tuple(
            _experiment_content(summary, f"experiment-{number}", numbers, repository_url, mlflow_ui)
            for number, summary in enumerate(summaries, start=1)
        )
    )


def _experiment_content(
    summary: ExperimentSummary,
    anchor: str,
    numbers: Iterator[int],
    repository_url: str | None,
    mlflow_ui: str | None,
) -> ExperimentContent:
    runs = {
        run.item.identifier: _run_content(run, f"run-{next(numbers)}", repository_url, mlflow_ui)
        for run in summary.runs
    }
    metrics = (
        MetricContent(metric, runs.get(metric.lowest), runs.get(metric.highest))
        for metric in summary.metrics
        if runs
    )
    url = links.experiment_url(mlflow_ui, summary.item.about.get("experiment_id"))
    return ExperimentContent(summary, anchor, url, tuple(runs.values()), tuple(metrics))


def _run_content(
    run: RunSummary, anchor: str, repository_url: str | None, mlflow_ui: str | None
) -> RunContent:
    about = run.item.about
    recorded_page = links.web_page(about.get("repository_url"))
    page = recorded_page or links.web_page(repository_url)
    url = links.run_url(mlflow_ui, about.get("experiment_id"), about.get("run_id"))
    return RunContent(run, anchor, url, _commit_link(about, page), _script_link(about, page))


def _commit_link(about: dict[str, str], page: str | None) -> Link | None:
    sha = about.get("commit") or about.get("recorded_commit")
    if sha is None:
        return None
    return Link(Item(sha), links.commit_url(page, sha))


def _script_link(about: dict[str, str], page: str | None) -> Link | None:
    script, name = about.get("script"), about.get("source_name")
    if script is not None:
        url = links.file_url(page, about.get("script_commit", ""), script)
        inferred = {key: about[key] for key in ("inferred",) if key in about}
        return Link(Item(script, about=inferred), url)
    return Link(Item(name), None) if name else None
