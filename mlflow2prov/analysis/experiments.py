"""The experiments of a document with their runs and metrics, in a size that a page can show.

Large experiments are cut: to the latest runs, to those with the lowest or the highest value of a metric, and to the
main metrics. Everything is counted as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mlflow2prov import engine
from mlflow2prov.analysis.element_rows import attribute, elements, run_rows
from mlflow2prov.analysis.item import Item, non_empty
from mlflow2prov.engine import Sql, identifier
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.main_metrics import PREFERENCE, last_values, metric_points
from mlflow2prov.graph.selectors import describe, quoted, select
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type, names_table

MAX_EXPERIMENTS = 20
"""The number of experiments whose runs are listed: those that have the latest runs."""

MAX_RUNS = 100
"""The number of latest runs of an experiment that are listed."""

MAX_STATUSES = 5
"""The number of statuses that are counted apart; MLflow has this many."""

MAX_METRICS = 8
"""The number of metrics of an experiment that are summarized: the main ones."""

MAX_COLUMNS = 3
"""The number of metrics whose values are listed with each run."""

MAX_POINTS = 80
"""The number of steps of a metric that are listed; of more, the extremes of equal stretches."""


@dataclass(frozen=True)
class MetricValue:
    """The last value of a metric in a run, and the finite values at its steps if there are several."""

    value: str
    history: tuple[float, ...] = ()


@dataclass(frozen=True)
class RunSummary:
    """A run of an experiment.

    Attributes:
        item: the run. Its ``about`` has its times, ``user``, ``commit`` and ``script`` if the document describes
            them, and ``recorded_commit`` and ``source_name`` as the run recorded them.
        values: the values of the first metrics of the experiment, by name.
    """

    item: Item
    values: Mapping[str, MetricValue] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricRange:
    """The last values of a metric in the runs of an experiment. Which of them is best is not known.

    Attributes:
        name: the name of the metric.
        run_count: the number of runs that have the metric.
        values: the finite values in the order in which the runs started.
        lowest: the identifier of the first run with the lowest of these values; None without values.
        highest: the identifier of the first run with the highest of these values; None without values.
    """

    name: str
    run_count: int
    values: tuple[float, ...]
    lowest: str | None
    highest: str | None


@dataclass(frozen=True)
class ExperimentSummary:
    """An experiment that has runs.

    Attributes:
        item: the experiment; without identifier for the runs that belong to no experiment.
        run_count: the number of all its runs.
        commit_count: the number of runs whose commit the document describes.
        started_at: the start of the first run and of the last one, as far as they are known.
        statuses: the number of runs with each status, the most frequent first, and that of all others as ``other``.
        metrics: the ranges of the main metrics.
        metric_count: the number of all metrics.
        runs: the listed runs, the latest first; empty if the experiment itself is beyond :data:`MAX_EXPERIMENTS`.
    """

    item: Item
    run_count: int
    commit_count: int
    started_at: tuple[str, str] | None
    statuses: Mapping[str, int] = field(default_factory=dict)
    metrics: tuple[MetricRange, ...] = ()
    metric_count: int = 0
    runs: tuple[RunSummary, ...] = ()


def select_experiments(document: Document, selector: str) -> tuple[str, ...]:
    """Return the identifier of the experiment that ``selector`` names; empty if it names another element.

    Raises:
        SelectionError: the selector matches nothing, several elements, or an experiment without runs.
    """
    identifiers = select(document, selector)
    matches = engine.rows(
        f"""
        SELECT experiment.name, count(membership.entity)
        FROM {names_table(identifiers)} AS experiment
        LEFT JOIN {document.tables.of(KIND["hadMember"])} AS membership
            ON membership.collection = experiment.name
        WHERE experiment.name IN {ids_of_type(document, "entity", ["Experiment"])}
        GROUP BY experiment.name
        """
    )
    if any(run_count == 0 for _, run_count in matches):
        (experiment,) = describe(document, identifiers)
        raise SelectionError(f"selector {quoted(selector)}: {experiment} has no runs")
    return tuple(name for name, _ in matches)


def summarize_experiments(
    document: Document, selection: Iterable[str] | None = None
) -> tuple[ExperimentSummary, ...]:
    """Return the experiments of a unified document that have runs, those with the latest runs first.

    Args:
        document: the document.
        selection: the identifiers of the experiments to summarize; all of them if it is None.
    """
    schema = engine.Schema("experiments")
    runs = schema.create("runs", _runs(document, selection))
    experiments = schema.create("experiments", _experiments(document, runs))
    values = schema.create("last_values", _last_values(document, runs))
    metrics = schema.create("metrics", _metrics(values))
    listed_runs = schema.create("listed_runs", _listed_runs(document, runs, experiments, metrics))
    columns = f"(SELECT experiment, name FROM {metrics} WHERE place <= {MAX_COLUMNS})"
    histories = _histories(document, listed_runs, columns)
    values_of_runs = _values_of_runs(values, listed_runs, columns, histories)
    summaries_of_runs = _summaries_of_runs(listed_runs, values_of_runs)
    ranges, metric_counts = _ranges(metrics)
    statuses = _statuses(runs)
    return tuple(
        replace(
            summary,
            statuses=statuses[name],
            metrics=ranges.get(name, ()),
            metric_count=metric_counts.get(name, 0),
            runs=summaries_of_runs.get(name, ()),
        )
        for name, summary in _counts(experiments)
    )


# The tables. The column experiment is an identifier, and empty for runs that belong to no experiment.


def _runs(document: Document, selection: Iterable[str] | None) -> str:
    """Return the query for the runs, with their ``place`` in their experiment: the latest is the first."""
    names = None if selection is None else names_table(selection)
    condition = "" if names is None else f"WHERE experiment IN (SELECT name FROM {names})"
    return f"""
        WITH runs AS (
            SELECT * REPLACE (coalesce(experiment, '') AS experiment)
            FROM {run_rows(document)}
            {condition}
        )
        SELECT
            *,
            row_number() OVER (PARTITION BY experiment ORDER BY started_at DESC NULLS LAST, id) AS place
        FROM runs
        """


def _experiments(document: Document, runs: Sql) -> str:
    return f"""
        WITH counts AS (
            SELECT
                experiment,
                count(*) AS run_count,
                count(commit) AS commit_count,
                min(started_at) AS first_started_at,
                max(started_at) AS last_started_at
            FROM {runs}
            GROUP BY experiment
        )
        SELECT
            counts.*,
            {attribute("name")} AS name,
            {attribute("experiment_id")} AS experiment_id,
            {attribute("lifecycle_stage")} AS lifecycle_stage,
            row_number() OVER (ORDER BY last_started_at DESC NULLS LAST, counts.experiment) AS place
        FROM counts
        LEFT JOIN {elements(document, ["Experiment"])} AS element ON element.id = counts.experiment
        """


def _last_values(document: Document, runs: Sql) -> str:
    return f"""
        SELECT
            runs.experiment,
            runs.id AS run,
            runs.started_at,
            last_value.name,
            last_value.value,
            TRY_CAST(last_value.value AS DOUBLE) AS number
        FROM {last_values(document)} AS last_value
        JOIN {runs} AS runs ON runs.id = last_value.run
        """


def _metrics(values: Sql) -> str:
    """Return the query for the ranges of metrics, with their ``place`` in their experiment: the main one is first."""
    return f"""
        WITH ranges AS (
            SELECT
                experiment,
                name,
                count(*) AS run_count,
                list(number ORDER BY started_at NULLS FIRST, run) FILTER (isfinite(number)) AS numbers,
                first(run ORDER BY number, started_at NULLS LAST, run) FILTER (isfinite(number)) AS lowest,
                first(run ORDER BY number DESC, started_at NULLS LAST, run) FILTER (isfinite(number))
                    AS highest
            FROM {values}
            WHERE value IS NOT NULL
            GROUP BY experiment, name
        )
        SELECT
            *,
            row_number() OVER (PARTITION BY experiment ORDER BY run_count DESC, {PREFERENCE}, name) AS place
        FROM ranges
        """


def _listed_runs(document: Document, runs: Sql, experiments: Sql, metrics: Sql) -> str:
    """Return the query for the latest runs and those at the ends of a range, with their scripts."""
    return f"""
        WITH ends AS (
            SELECT unnest([lowest, highest]) AS id FROM {metrics} WHERE place <= {MAX_METRICS}
        ),
        scripts AS (
            SELECT
                usage.activity,
                {attribute("path", "revision")} AS script,
                {attribute("commit", "revision")} AS script_commit,
                {attribute("inferred", "usage")} AS inferred
            FROM {document.tables.of(KIND["used"])} AS usage
            JOIN {elements(document, ["FileRevision"])} AS revision ON revision.id = usage.entity
            WHERE is_named({attribute("prov:role", "usage")}, 'Source')
            -- Inferred revisions count only without others.
            QUALIFY row_number() OVER (
                PARTITION BY usage.activity ORDER BY inferred NULLS FIRST, script, revision.id
            ) = 1
        )
        SELECT runs.*, scripts.script, scripts.script_commit, scripts.inferred
        FROM {runs} AS runs
        LEFT JOIN scripts USING (activity)
        WHERE (runs.place <= {MAX_RUNS} OR runs.id IN (SELECT id FROM ends))
            AND runs.experiment IN (
                SELECT experiment FROM {experiments} WHERE place <= {MAX_EXPERIMENTS}
            )
        """


# The results, by the identifier of their experiment.


def _counts(experiments: Sql) -> Iterator[tuple[str, ExperimentSummary]]:
    """Yield the experiments with the numbers of their runs, those with the latest runs first."""
    for name, label, run_count, commit_count, first, last, *about in engine.rows(
        f"""
        SELECT
            experiment,
            coalesce(name, experiment_id, experiment),
            run_count,
            commit_count,
            first_started_at,
            last_started_at,
            experiment_id,
            lifecycle_stage
        FROM {experiments}
        ORDER BY place
        """
    ):
        keys = ("experiment_id", "lifecycle_stage")
        item = Item(label, name or None, non_empty(dict(zip(keys, about, strict=True))))
        times = (first, last) if first and last else None
        yield name, ExperimentSummary(item, run_count, commit_count, times)


def _statuses(runs: Sql) -> dict[str, dict[str, int]]:
    statuses: dict[str, dict[str, int]] = {}
    for experiment, status, count in engine.rows(
        f"""
        SELECT experiment, coalesce(status, 'unknown') AS status, count(*) AS runs
        FROM {runs}
        GROUP BY ALL
        ORDER BY experiment, runs DESC, status
        """
    ):
        counts = statuses.setdefault(experiment, {})
        key = status if len(counts) < MAX_STATUSES else "other"
        counts[key] = counts.get(key, 0) + count
    return statuses


def _ranges(metrics: Sql) -> tuple[dict[str, tuple[MetricRange, ...]], dict[str, int]]:
    """Return the ranges of the main metrics, and the number of all metrics."""
    rows = engine.rows(
        f"""
        SELECT experiment, name, run_count, numbers, lowest, highest
        FROM {metrics}
        WHERE place <= {MAX_METRICS}
        ORDER BY experiment, place
        """
    )
    ranges: dict[str, tuple[MetricRange, ...]] = {}
    for experiment, name, run_count, numbers, lowest, highest in rows:
        metric = MetricRange(name, run_count, tuple(numbers or ()), lowest, highest)
        ranges[experiment] = (*ranges.get(experiment, ()), metric)
    counts = engine.rows(f"SELECT experiment, count(*) FROM {metrics} GROUP BY experiment")
    return ranges, dict(counts)


def _histories(
    document: Document, listed_runs: Sql, columns: str
) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the values at the steps of metrics, by run and name; of many, the extremes of equal stretches."""
    rows = engine.rows(
        f"""
        WITH points AS (
            SELECT
                point.run,
                point.name,
                point.step,
                arg_max(TRY_CAST(point.value AS DOUBLE), (point.timestamp, point.value)) AS number
            FROM {metric_points(document)} AS point
            JOIN {listed_runs} AS runs ON runs.id = point.run
            JOIN {columns} AS columns
                ON columns.experiment = runs.experiment AND columns.name = point.name
            WHERE isfinite(TRY_CAST(point.value AS DOUBLE))
            GROUP BY point.run, point.name, point.step
        ),
        places AS (
            SELECT
                *,
                row_number() OVER (PARTITION BY run, name ORDER BY step) - 1 AS place,
                count(*) OVER (PARTITION BY run, name) AS size
            FROM points
        ),
        stretches AS (
            SELECT
                *,
                CASE WHEN size <= {MAX_POINTS} THEN place ELSE place * {MAX_POINTS // 2} // size END AS stretch
            FROM places
        ),
        samples AS (
            SELECT *
            FROM stretches
            WHERE size > 1
            QUALIFY 1 IN (
                row_number() OVER (PARTITION BY run, name, stretch ORDER BY number, step),
                row_number() OVER (PARTITION BY run, name, stretch ORDER BY number DESC, step)
            )
        )
        SELECT run, name, list(number ORDER BY step)
        FROM samples
        GROUP BY run, name
        """
    )
    return {(run, name): tuple(numbers) for run, name, numbers in rows}


def _values_of_runs(
    values: Sql,
    listed_runs: Sql,
    columns: str,
    histories: Mapping[tuple[str, str], tuple[float, ...]],
) -> dict[str, dict[str, MetricValue]]:
    """Return the values of the listed metrics by run and name."""
    rows = engine.rows(
        f"""
        SELECT run, name, value
        FROM {values}
        JOIN {columns} AS columns USING (experiment, name)
        WHERE run IN (SELECT id FROM {listed_runs}) AND value IS NOT NULL
        """
    )
    by_run: dict[str, dict[str, MetricValue]] = {}
    for run, name, value in rows:
        by_run.setdefault(run, {})[name] = MetricValue(value, histories.get((run, name), ()))
    return by_run


_RUN_KEYS = (
    *("run_id", "uri", "status", "lifecycle_stage", "experiment_id", "started_at", "ended_at"),
    *("user", "commit", "recorded_commit", "repository_url", "source_name"),
    *("script", "script_commit", "inferred"),
)


def _summaries_of_runs(
    listed_runs: Sql, values: Mapping[str, Mapping[str, MetricValue]]
) -> dict[str, tuple[RunSummary, ...]]:
    rows = engine.rows(
        f"""
        SELECT experiment, id, coalesce(name, run_id, id), {", ".join(map(identifier, _RUN_KEYS))}
        FROM {listed_runs}
        ORDER BY experiment, place
        """
    )
    summaries: dict[str, list[RunSummary]] = {}
    for experiment, name, label, *about in rows:
        item = Item(label, name, non_empty(dict(zip(_RUN_KEYS, about, strict=True))))
        summaries.setdefault(experiment, []).append(RunSummary(item, values.get(name, {})))
    return {experiment: tuple(runs) for experiment, runs in summaries.items()}
