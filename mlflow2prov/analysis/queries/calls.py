"""The queries behind the questions about captured calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.queries.parts import Query, attributes, elements
from mlflow2prov.analysis.subject_tables import SubjectTables
from mlflow2prov.prov.sql import after_join


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
        WHERE NOT calls.is_shared
        """,
        ["Argument"],
        "pairs.function || '(' || attr(element.attributes, 'name') || ')'",
        attributes("value", "digest", "type_name", "ignored"),
    )


def input_files(tables: SubjectTables) -> str:
    """Return the query for the input files, with the columns ``path`` and ``file_size``."""
    return _inputs(tables).sql


def _inputs(tables: SubjectTables) -> Query:
    """Return the query for the contents of the files that captured calls used, which runs once."""
    query = _contents_of_files(tables)
    return query._replace(sql=tables.shared("input_files", query.sql))


def _contents_of_files(tables: SubjectTables) -> Query:
    """Return the query for the contents of the files that captured calls used.

    These are the files that were arguments of the calls, or of calls that made the results which they used, directly or
    not; and archived files among these results.
    """
    captured = tables.ids_of_type("activity", ["Call"])
    return elements(
        tables,
        f"""
        WITH RECURSIVE calls AS (
            SELECT subject, activity FROM {tables.calls} WHERE NOT is_shared
            UNION
            SELECT calls.subject, generation.activity
            FROM calls
            JOIN {tables.statements("used")} AS usage ON usage.activity = calls.activity
            JOIN {tables.statements("wasGeneratedBy")} AS generation
                ON generation.entity = usage.entity
            WHERE generation.activity IN {captured}
        ),
        usages AS (
            SELECT
                calls.subject,
                usage.entity,
                is_named(attr(usage.attributes, 'prov:role'), 'InputFile') AS is_input_file
            FROM calls
            JOIN {tables.statements("used")} AS usage ON usage.activity = calls.activity
        )
        SELECT subject, entity AS identifier FROM usages WHERE is_input_file
        UNION
        SELECT usages.subject, specialization.generalEntity
        FROM usages
        JOIN {tables.statements("entity")} AS result ON result.id = usages.entity
        JOIN {tables.statements("specializationOf")} AS specialization
            ON specialization.specificEntity = usages.entity
        WHERE attr({after_join("result.attributes", "usages.entity")}, 'serializer') = 'file'
        """,
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
