"""The queries behind the questions about captured calls; see :mod:`mlflow2prov.analysis.queries`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.query import Query, attributes, elements, used
from mlflow2prov.analysis.subject_tables import SubjectTables


def _calls(tables: SubjectTables) -> Query:
    """Return the query for the captured calls in and around the run, in order of time."""
    calls = elements(
        tables,
        f"""
        SELECT calls.subject, calls.activity AS identifier, activity.startTime AS started_at
        FROM {tables.calls} AS calls
        JOIN {tables.statements("activity")} AS activity ON activity.id = calls.activity
        """,
        ["Call"],
        "attr(element.attributes, 'module') || '.' || attr(element.attributes, 'name')",
        {
            **attributes("status", "seed", "exception", "cached", "dirty", "commit", "uid"),
            "started_at": "pairs.started_at",
        },
        "activity",
    )
    return calls._replace(order="min(started_at)")


def _arguments(tables: SubjectTables) -> Query:
    """Return the query for the arguments of the captured calls, with the name of the function."""
    return elements(
        tables,
        f"""
        SELECT
            calls.subject,
            usage.entity AS identifier,
            attr(activity.attributes, 'name') AS function
        FROM {tables.calls} AS calls
        JOIN {tables.statements("activity")} AS activity ON activity.id = calls.activity
        JOIN {tables.statements("used")} AS usage ON usage.activity = calls.activity
        """,
        ["Argument"],
        "pairs.function || '(' || attr(element.attributes, 'name') || ')'",
        attributes("value", "digest", "type_name", "ignored"),
    )


def input_files(tables: SubjectTables) -> str:
    """Return the query for the input files, with the columns ``path`` and ``file_size``."""
    return _inputs(tables).sql


def _inputs(tables: SubjectTables) -> Query:
    """Return the query for the contents of the files that were arguments of captured calls."""
    return elements(
        tables,
        f"SELECT subject, identifier FROM ({used(tables)}) WHERE is_named(role, 'InputFile')",
        ["Content"],
        "attr(element.attributes, 'digest')",
        attributes("path", "file_size"),
    )


QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "calls": _calls,
    "arguments": _arguments,
    "inputs": _inputs,
}
"""The function that builds the query of each question about calls."""
