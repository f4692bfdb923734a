"""The queries behind the questions about the code of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.queries.parts import (
    PATH,
    Query,
    agents,
    attributes,
    elements,
    recorded,
    used,
)
from mlflow2prov.analysis.subject_tables import SubjectTables


def _commit(tables: SubjectTables) -> Query:
    """Return the query for the commits of the repository; without one, for the hash that the run recorded."""
    recorded_values = recorded(tables, "commit", "repository_url")
    commits = elements(
        tables,
        f"""
        WITH recorded AS ({recorded_values})
        SELECT
            commits.subject,
            commits.commit AS identifier,
            max(recorded.repository_url) AS repository_url
        FROM {tables.commits} AS commits
        LEFT JOIN recorded ON recorded.subject = commits.subject
        GROUP BY commits.subject, commits.commit
        """,
        ["Commit"],
        "attr(element.attributes, 'sha')",
        {
            **attributes("title", "message", "authored_at", "committed_at", "pushed", "sha"),
            "repository_url": "pairs.repository_url",
        },
        "activity",
    )
    return Query(
        commits.keys,
        f"""
        WITH commits AS ({commits.sql}),
        recorded AS ({recorded_values})
        SELECT * FROM commits
        UNION ALL BY NAME
        SELECT
            subject,
            commit AS label,
            commit AS sha,
            max(repository_url) AS repository_url
        FROM recorded
        WHERE commit IS NOT NULL AND subject NOT IN (SELECT subject FROM {tables.commits})
        GROUP BY subject, commit
        """,
    )


def _authors(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "Author")


def _committers(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "Committer")


def _coauthors(tables: SubjectTables) -> Query:
    return _agents_of_commit(tables, "CoAuthor")


def _agents_of_commit(tables: SubjectTables, role: str) -> Query:
    return agents(tables, f"SELECT subject, commit AS activity FROM {tables.commits}", role)


def _dirty(tables: SubjectTables) -> Query:
    """Return the query for uncommitted changes: the run recorded them, or the commit lacks the run's script."""
    keys = ("uncommitted_script", "script_added_by", "script_added_at")
    columns = ",\n".join(f"max({key}) AS {key}" for key in keys)
    return Query(
        keys,
        f"""
        WITH recorded AS ({recorded(tables, "dirty", *keys)})
        SELECT
            subject,
            NULL AS identifier,
            CASE
                WHEN bool_or(uncommitted_script IS NOT NULL OR lower(dirty) = 'true') THEN 'yes'
                ELSE 'no'
            END AS label,
            {columns}
        FROM recorded
        WHERE lower(dirty) IN ('true', 'false') OR uncommitted_script IS NOT NULL
        GROUP BY subject
        """,
    )


def _script(tables: SubjectTables) -> Query:
    """Return the query for the revisions of scripts that the run executed; without one, for the name that it recorded.

    They have the entry point of a project. Inferred revisions count only without others.
    """
    sources = f"""
        WITH recorded AS ({recorded(tables, "source_name", "entry_point")})
        SELECT subject, max(source_name) AS label, max(entry_point) AS entry_point
        FROM recorded
        GROUP BY subject
        """
    revisions = elements(
        tables,
        f"""
        WITH used AS ({used(tables)})
        SELECT used.subject, used.identifier, used.inferred, sources.entry_point
        FROM used
        LEFT JOIN ({sources}) AS sources USING (subject)
        WHERE is_named(role, 'Source')
        QUALIFY used.inferred IS NULL OR bool_and(used.inferred IS NOT NULL) OVER (PARTITION BY subject)
        """,
        ["FileRevision"],
        PATH,
        {
            **attributes("commit", "blob", "status"),
            "entry_point": "pairs.entry_point",
            "inferred": "pairs.inferred",
        },
    )
    return Query(
        revisions.keys,
        f"""
        WITH revisions AS ({revisions.sql})
        SELECT * FROM revisions
        UNION ALL BY NAME
        SELECT *
        FROM ({sources})
        WHERE label IS NOT NULL AND subject NOT IN (SELECT subject FROM revisions)
        """,
    )


QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "commit": _commit,
    "authors": _authors,
    "committers": _committers,
    "coauthors": _coauthors,
    "dirty": _dirty,
    "script": _script,
}
