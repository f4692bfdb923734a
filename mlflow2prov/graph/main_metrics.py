"""The metrics of runs, and the main one, which a list shows, because neither PROV nor MLflow names one.

Neither do they state whether a metric is better if it is high or if it is low, so nothing here decides it.
"""

from __future__ import annotations

from mlflow2prov.engine import Sql
from mlflow2prov.prov import KIND, Document

SIGNIFICANT_DIGITS = 4
"""The number of digits of a value in a message."""

PREFERENCE = """
    CASE
        WHEN regexp_matches(lower(name), '(^|[^a-z])(time|duration|epochs?|steps?|lr|learning_rate)([^a-z]|$)') THEN 4
        WHEN regexp_matches(lower(name), '(^|[^a-z])test') THEN 0
        WHEN regexp_matches(lower(name), '(^|[^a-z])(val|eval)') THEN 1
        WHEN regexp_matches(lower(name), '(^|[^a-z])train') THEN 3
        ELSE 2
    END
    """
"""The SQL of the order of metrics by ``name``: those of a test, of a validation, others, of the training, times."""


def metric_points(document: Document) -> Sql:
    """Return the table of the recorded values of metrics, except for those of the system that MLflow measures itself.

    Its columns are ``run``, ``name``, ``value``, a text, ``step`` and ``timestamp``.
    """
    members, entities = (document.tables.of(KIND[name]) for name in ("hadMember", "entity"))
    return Sql(
        f"""
        (
            SELECT
                membership.collection AS run,
                attr(metric.attributes, 'name') AS name,
                attr(metric.attributes, 'value') AS value,
                coalesce(TRY_CAST(attr(metric.attributes, 'step') AS BIGINT), 0) AS step,
                coalesce(attr(metric.attributes, 'timestamp'), '') AS timestamp
            FROM {members} AS membership
            JOIN {entities} AS metric ON metric.id = membership.entity
            WHERE is_a(metric.attributes, 'Metric')
                AND attr(metric.attributes, 'name') IS NOT NULL
                AND NOT starts_with(attr(metric.attributes, 'name'), 'system/')
        )
        """
    )


def last_values(document: Document) -> Sql:
    """Return a table with the columns ``run``, ``name`` and ``value``: that of the last step, and there the latest."""
    return Sql(
        f"""
        (
            SELECT run, name, arg_max(value, (step, timestamp, value)) AS value
            FROM {metric_points(document)}
            GROUP BY run, name
        )
        """
    )


def main_metrics(document: Document) -> Sql:
    """Return a table with the columns ``run``, ``metric`` and ``value``: the main metric of each run that has metrics.

    It is the metric that most runs have. Among several, those of :data:`PREFERENCE` come first, and then the first by
    name. MLflow's metrics of the system do not count.
    """
    return Sql(
        f"""
        (
            WITH last_values AS (SELECT * FROM {last_values(document)}),
            counts AS (SELECT name, count(*) AS runs FROM last_values GROUP BY name)
            SELECT run, name AS metric, value
            FROM last_values
            JOIN counts USING (name)
            QUALIFY row_number() OVER (PARTITION BY run ORDER BY runs DESC, {PREFERENCE}, name) = 1
        )
        """
    )


def short_value(value: str) -> str:
    """Return the value of a metric with few digits.

    >>> short_value("0.3703703670370368"), short_value("12"), short_value("NaN")
    ('0.3704', '12', 'NaN')
    """
    try:
        return f"{float(value):.{SIGNIFICANT_DIGITS}g}" if "." in value else value
    except ValueError:
        return value


def short_time(time: str) -> str:
    """Return an ``xsd:dateTime`` without seconds and zone, as a list shows it.

    >>> short_time("2024-01-31T12:30:45.5+00:00")
    '2024-01-31 12:30'
    """
    return time[:16].replace("T", " ")
