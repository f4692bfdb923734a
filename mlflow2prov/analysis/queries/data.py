"""The queries behind the questions about the data, the environment and the models that the run used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlflow2prov.analysis.queries.calls import input_files
from mlflow2prov.analysis.queries.parts import (
    LABEL,
    NAME,
    PATH,
    Query,
    attributes,
    elements,
    members,
    used,
)
from mlflow2prov.analysis.subject_tables import SubjectTables
from mlflow2prov.engine import literal

_ENVIRONMENT_FILES = ("requirements.txt", "conda.yaml", "python_env.yaml")


def _datasets(tables: SubjectTables) -> Query:
    """Return the query for the datasets of the run; without one, for the files that its captured calls read."""
    columns = {
        **attributes("digest"),
        "context": "pairs.context",
        **attributes("source_type", "source"),
    }
    datasets = elements(tables, used(tables), ["Dataset"], NAME, columns)
    if not tables.has_calls:
        return datasets
    return Query(
        datasets.keys,
        f"""
        WITH datasets AS ({datasets.sql}),
        files AS ({input_files(tables)})
        SELECT * FROM datasets
        UNION ALL BY NAME
        SELECT subject, identifier, coalesce(path, label) AS label, label AS digest
        FROM files
        WHERE subject NOT IN (SELECT subject FROM datasets)
        """,
    )


def _environment(tables: SubjectTables) -> Query:
    """Return the query for the environments that were read; without one, for the files that describe it.

    The files of a logged model are its members. Those of a model in the folder of a run are below its path.
    """
    environments = elements(
        tables,
        f"""
        WITH used AS ({used(tables)})
        SELECT subject, identifier FROM used
        UNION
        SELECT models.subject, derivation.usedEntity
        FROM {tables.models} AS models
        JOIN {tables.statements("wasDerivedFrom")} AS derivation
            ON derivation.generatedEntity = models.model
        """,
        ["SoftwareEnvironment"],
        NAME,
        attributes("digest", "uri"),
    )
    artifacts = elements(
        tables, members(tables), ["Artifact"], PATH, attributes("digest", "uri", "path")
    )
    return Query(
        environments.keys,
        f"""
        WITH environments AS ({environments.sql}),
        artifacts AS ({artifacts.sql}),
        folders AS (
            SELECT '' AS folder, subject FROM {tables.subjects}
            UNION
            SELECT attr(entity.attributes, 'path') || '/', models.subject
            FROM {tables.models} AS models
            JOIN {tables.statements("entity")} AS entity ON entity.id = models.model
        ),
        environment_files AS (
            SELECT subject, folder || unnest([{", ".join(map(literal, _ENVIRONMENT_FILES))}]) AS path
            FROM folders
        )
        SELECT * FROM environments
        UNION ALL BY NAME
        SELECT subject, identifier, label, digest, uri
        FROM artifacts
        SEMI JOIN environment_files USING (subject, path)
        WHERE subject NOT IN (SELECT subject FROM environments)
        """,
    )


def _upstream_models(tables: SubjectTables) -> Query:
    types = ["LoggedModel", "ModelArtifact", "RegisteredModelVersion"]
    return elements(tables, used(tables), types, LABEL, attributes("uri", "model_id"))


QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    "datasets": _datasets,
    "environment": _environment,
    "upstream_models": _upstream_models,
}
