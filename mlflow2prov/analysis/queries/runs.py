"""The queries behind the questions about the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.queries.parts import (
    LABEL,
    NAME,
    Query,
    agents,
    attributes,
    elements,
    members,
)
from mlflow2prov.analysis.subject_tables import SubjectTables


def _run(tables: SubjectTables) -> Query:
    """Return the query for the runs; for one that the document does not describe, for its id."""
    runs = elements(
        tables,
        f"""
        SELECT
            runs.subject,
            runs.run AS identifier,
            activity.startTime AS started_at,
            activity.endTime AS ended_at
        FROM {tables.runs} AS runs
        LEFT JOIN {tables.statements("activity")} AS activity ON activity.id = runs.activity
        """,
        ["Run"],
        LABEL,
        {
            **attributes("run_id", "uri", "status", "lifecycle_stage"),
            "started_at": "pairs.started_at",
            "ended_at": "pairs.ended_at",
        },
    )
    return Query(
        runs.keys,
        f"""
        WITH runs AS ({runs.sql})
        SELECT * FROM runs
        UNION ALL BY NAME
        SELECT subject, run_id AS label, run_id, 'runs:/' || run_id AS uri
        FROM {tables.missing_runs}
        """,
    )


def _run_by(tables: SubjectTables) -> Query:
    return agents(tables, f"SELECT subject, activity FROM {tables.run_creations}")


def _experiment(tables: SubjectTables) -> Query:
    return _collections(tables, "Experiment", "experiment_id", "lifecycle_stage")


def _parent_run(tables: SubjectTables) -> Query:
    return _collections(tables, "Run", "run_id", "uri")


def _collections(tables: SubjectTables, collection_type: str, *keys: str) -> Query:
    """Return the query for the collections of a type that the run is a member of."""
    return elements(
        tables,
        f"""
        SELECT runs.subject, membership.collection AS identifier
        FROM {tables.runs} AS runs
        JOIN {tables.statements("hadMember")} AS membership ON membership.entity = runs.run
        """,
        [collection_type],
        LABEL,
        attributes(*keys),
    )


def _parameters(tables: SubjectTables) -> Query:
    return elements(tables, members(tables), ["Param"], NAME, attributes("value"))


def _metrics(tables: SubjectTables) -> Query:
    columns = attributes("step", "value", "timestamp")
    return elements(tables, members(tables), ["Metric"], NAME, columns)


def _stored_by(tables: SubjectTables) -> Query:
    """Return the query for the commits that added the run's files to the repository, with the authors of each."""
    storages = f"""
        SELECT runs.subject, usage.activity AS identifier
        FROM {tables.runs} AS runs
        JOIN {tables.statements("used")} AS usage ON usage.entity = runs.run
        WHERE is_named(attr(usage.attributes, 'prov:role'), 'StoredRun')
        """
    authors = agents(
        tables, f"SELECT identifier AS subject, identifier AS activity FROM ({storages})", "Author"
    )
    return elements(
        tables,
        f"""
        WITH authors AS ({authors.sql}),
        author_names AS (
            SELECT DISTINCT subject, label || coalesce(' <' || email || '>', '') AS name
            FROM authors
        ),
        authors_of_commits AS (
            SELECT subject AS identifier, string_agg(name, ', ' ORDER BY name) AS authors
            FROM author_names
            GROUP BY subject
        )
        SELECT * FROM ({storages}) LEFT JOIN authors_of_commits USING (identifier)
        """,
        ["Commit"],
        "attr(element.attributes, 'sha')",
        {**attributes("title", "committed_at", "sha"), "authors": "pairs.authors"},
        "activity",
    )


QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "run": _run,
    "run_by": _run_by,
    "experiment": _experiment,
    "parent_run": _parent_run,
    "parameters": _parameters,
    "metrics": _metrics,
    "stored_by": _stored_by,
}
