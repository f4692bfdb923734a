"""Rows of elements, one row each, for the queries of lists and of the runs of a report."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type, is_any_of


def attribute(key: str, of: str = "element") -> str:
    """Return the SQL for an attribute of the row of a table."""
    return f"attr({of}.attributes, {literal(key)})"


def elements(document: Document, types: Iterable[str], kind: str = "entity") -> str:
    """Return the table of the elements of some types, one row each: that of the document itself comes first."""
    return f"""
        (
            SELECT *
            FROM {document.tables.of(KIND[kind])}
            WHERE {is_any_of("attributes", types)}
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY bundle) = 1
        )
        """


def agent_names(document: Document, activity: str) -> str:
    """Return the query for the names of the agents of an activity, as one text."""
    association, agent = (document.tables.of(KIND[name]) for name in ("wasAssociatedWith", "agent"))
    return f"""
        (
            SELECT string_agg(DISTINCT name, ', ' ORDER BY name)
            FROM (
                SELECT coalesce({attribute("name", "agent")}, {attribute("username", "agent")}) AS name
                FROM {association} AS association
                JOIN {agent} AS agent ON agent.id = association.agent
                WHERE association.activity = {activity}
            )
        )
        """


def run_rows(document: Document) -> Sql:
    """Return the table of the runs.

    Its columns are ``id``, ``run_id``, ``name``, ``uri``, ``status``, ``lifecycle_stage``; ``experiment``, an
    identifier, ``experiment_id`` and ``experiment_name``; ``activity``, which created the run, ``started_at``,
    ``ended_at`` and ``user``; ``commit``, the hash of a commit that the document describes, and ``recorded_commit``,
    ``repository_url`` and ``source_name``, as the run recorded them.
    """
    tables = document.tables
    return Sql(
        f"""
        (
            WITH creations AS (
                SELECT generation.entity AS run, min(generation.activity) AS activity
                FROM {tables.of(KIND["wasGeneratedBy"])} AS generation
                WHERE generation.activity IN {ids_of_type(document, "activity", ["Creation"])}
                GROUP BY generation.entity
            ),
            experiments AS (
                SELECT
                    membership.entity AS run,
                    min(experiment.id) AS id,
                    arg_min({attribute("name", "experiment")}, experiment.id) AS name,
                    arg_min({attribute("experiment_id", "experiment")}, experiment.id) AS experiment_id
                FROM {tables.of(KIND["hadMember"])} AS membership
                JOIN {elements(document, ["Experiment"])} AS experiment
                    ON experiment.id = membership.collection
                GROUP BY membership.entity
            ),
            commits AS (
                SELECT communication.informed AS activity, min({attribute("sha", "source")}) AS sha
                FROM {tables.of(KIND["wasInformedBy"])} AS communication
                JOIN {elements(document, ["Commit"], "activity")} AS source
                    ON source.id = communication.informant
                GROUP BY communication.informed
            )
            SELECT
                element.id,
                {attribute("run_id")} AS run_id,
                {attribute("name")} AS name,
                {attribute("uri")} AS uri,
                {attribute("status")} AS status,
                {attribute("lifecycle_stage")} AS lifecycle_stage,
                experiments.id AS experiment,
                experiments.experiment_id,
                experiments.name AS experiment_name,
                creations.activity,
                activity.startTime AS started_at,
                activity.endTime AS ended_at,
                {agent_names(document, "creations.activity")} AS user,
                commits.sha AS commit,
                {attribute("commit", "activity")} AS recorded_commit,
                {attribute("repository_url", "activity")} AS repository_url,
                {attribute("source_name", "activity")} AS source_name
            FROM {elements(document, ["Run"])} AS element
            LEFT JOIN creations ON creations.run = element.id
            LEFT JOIN {elements(document, ["Creation"], "activity")} AS activity
                ON activity.id = creations.activity
            LEFT JOIN experiments ON experiments.run = element.id
            LEFT JOIN commits ON commits.activity = creations.activity
        )
        """
    )
