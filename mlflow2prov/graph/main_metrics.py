"""The main metric of a run: the one metric that a list shows, because neither PROV nor MLflow names one."""

from __future__ import annotations

from mlflow2prov.engine import Sql
from mlflow2prov.prov import KIND, Document

SIGNIFICANT_DIGITS = 4
"""The number of digits of a value in a message."""

_PREFERENCE = """
    CASE
        WHEN regexp_matches(lower(name), '(^|[^a-z])(time|duration|epochs?|steps?|lr|learning_rate)([^a-z]|$)') THEN 4
        WHEN regexp_matches(lower(name), '(^|[^a-z])test') THEN 0
        WHEN regexp_matches(lower(name), '(^|[^a-z])(val|eval)') THEN 1
        WHEN regexp_matches(lower(name), '(^|[^a-z])train') THEN 3
        ELSE 2
    END
    """


def main_metrics(document: Document) -> Sql:
    """Return a table with the columns ``run``, ``metric`` and ``value``: the main metric of each run that has metrics.

    It is the metric that most runs have. Among several, those of a test come before those of a validation, others and
    those of the training, and then the first by name. MLflow's metrics of the system do not count.
    """
    members, entities = (document.tables.of(KIND[name]) for name in ("hadMember", "entity"))
    return Sql(
        f"""
        (
            WITH points AS (
                SELECT
                    membership.collection AS run,
                    attr(metric.attributes, 'name') AS name,
                    attr(metric.attributes, 'value') AS value,
                    coalesce(TRY_CAST(attr(metric.attributes, 'step') AS BIGINT), 0) AS step
                FROM {members} AS membership
                JOIN {entities} AS metric ON metric.id = membership.entity
                WHERE is_a(metric.attributes, 'Metric')
            ),
            last_points AS (
                SELECT run, name, arg_max(value, step) AS value
                FROM points
                WHERE name IS NOT NULL AND NOT starts_with(name, 'system/')
                GROUP BY run, name
            ),
            counts AS (SELECT name, count(*) AS runs FROM last_points GROUP BY name)
            SELECT run, name AS metric, value
            FROM last_points
            JOIN counts USING (name)
            QUALIFY row_number() OVER (PARTITION BY run ORDER BY runs DESC, {_PREFERENCE}, name) = 1
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
