"""The queries behind the questions about the registration of a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.queries.parts import (
    LABEL,
    Query,
    agents,
    attributes,
    elements,
    missing_elements,
)
from mlflow2prov.analysis.subject_tables import SubjectTables

_ARTIFACT_OF_RUN = r"'^.*/([0-9a-f]{32})/artifacts/(.+)$'"
"""The SQL of a regular expression: the location of an artifact, with the id of its run."""


def _source(tables: SubjectTables) -> Query:
    """Return the query for the models and versions behind a version; without one, for the source that it names.

    A source among the artifacts of a run has the name that users write, ``runs:/<id>/<path>``.
    """
    types = ["LoggedModel", "ModelArtifact", "RegisteredModelVersion", "PromptVersion", "Artifact"]
    pairs = (
        f"SELECT subject, model AS identifier, distance FROM {tables.models} WHERE model <> subject"
    )
    sources = elements(
        tables,
        pairs,
        types,
        LABEL,
        {
            **attributes("model_id", "uri", "path", "model_type", "status", "lifecycle_stage"),
            "distance": "pairs.distance",
        },
        has_missing=False,
    )
    return Query(
        (*(key for key in sources.keys if key != "distance"), "missing"),
        f"""
        WITH sources AS ({sources.sql}),
        missing_sources AS ({missing_elements(tables, pairs, types)}),
        locations AS (
            SELECT versions.subject, max(attr(entity.attributes, 'source_path')) AS location
            FROM {tables.versions} AS versions
            JOIN {tables.statements("entity")} AS entity ON entity.id = versions.version
            WHERE versions.subject = versions.version
            GROUP BY versions.subject
        ),
        named_sources AS (
            SELECT
                subject,
                regexp_replace(location, {_ARTIFACT_OF_RUN}, 'runs:/\\1/\\2') AS label,
                nullif(location, label) AS uri
            FROM locations
            WHERE location IS NOT NULL AND subject NOT IN (SELECT subject FROM sources)
        )
        SELECT * FROM sources
        UNION ALL BY NAME
        SELECT named_sources.*, missing_sources.missing
        FROM named_sources
        LEFT JOIN missing_sources USING (subject)
        UNION ALL BY NAME
        SELECT *
        FROM missing_sources
        WHERE subject NOT IN (SELECT subject FROM named_sources)
        """,
        order="min(distance)",
    )


def _registered_by(tables: SubjectTables) -> Query:
    return agents(tables, f"SELECT subject, activity FROM {tables.registrations}")


def _registered_at(tables: SubjectTables) -> Query:
    return Query(
        (),
        f"""
        SELECT subject, NULL AS identifier, time AS label
        FROM {tables.registrations}
        WHERE time IS NOT NULL
        """,
    )


QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "source": _source,
    "registered_by": _registered_by,
    "registered_at": _registered_at,
}
