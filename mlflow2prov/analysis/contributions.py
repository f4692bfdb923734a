"""Contributions: how much each agent made and deleted, by month, type and model.

A contribution is an entity that an activity generated or invalidated, a commit, or a captured call. It belongs to the
authors and co-authors of a commit, and to every agent associated with another activity. Agents who only committed the
work of others do not count. Observed changes do not count either, since their agents are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import registered_versions
from mlflow2prov.analysis.options import DIMENSIONS, Dimension
from mlflow2prov.engine import Sql, literal
from mlflow2prov.graph.traversal import create_reachable_of_groups
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import is_any_of
from mlflow2prov.table import Table

COUNTED_TYPES = {
    "commits": ("Commit",),
    "revisions": ("FileRevision",),
    "calls": ("Call",),
    "runs": ("Run",),
    "models": ("LoggedModel", "ModelArtifact"),
    "versions": ("RegisteredModelVersion",),
}
"""The columns of counts, and the types that each counts."""

DELETABLE_TYPES = (
    "File",
    "Experiment",
    "Run",
    "LoggedModel",
    "RegisteredModel",
    "RegisteredModelVersion",
)
"""The types that the column ``deletions`` counts: those that users delete, without the parts that vanish with them."""

UNKNOWN = "-"
"""The label of an unknown agent, month, type or time."""


def contributions(document: Document, by: Sequence[Dimension]) -> Table:
    """Count entities that were made and deleted, by one or several of :data:`DIMENSIONS`.

    Args:
        document: a unified document from ``extract``, or several of them merged.
        by: ``agent``; ``month`` (UTC); ``type`` (the PROV type of the entity); ``model`` (the registered model whose
            versions the entity led to, by :func:`~mlflow2prov.graph.lineage.lineage`; other entities are left out).

    Returns:
        A table with the columns ``by`` in the order of :data:`DIMENSIONS`; with ``type``, ``made`` and ``deleted``,
        else those of :data:`COUNTED_TYPES` and ``deletions``; and ``first`` and ``last``, times in UTC. An entity
        counts once in each row, and in the row of each of its agents and models.
    """
    dimensions = [dimension for dimension in DIMENSIONS if dimension in by]
    schema = engine.Schema("contributions")
    sources = "events"
    if "agent" in dimensions:
        agents = schema.create("agents", _agents(document))
        sources += f" LEFT JOIN {agents} AS agents USING (activity)"
    if "model" in dimensions:
        sources += f" JOIN {_create_causes(schema, document)} AS causes USING (entity)"
    counts = _counts("type" in dimensions)
    names = ", ".join(dimensions)
    columns = [
        *(f"coalesce({dimension}, {literal(UNKNOWN)})" for dimension in dimensions),
        *(f"count(*) FILTER ({name})" for name in counts),
        *(f"coalesce({_utc(time)}, {literal(UNKNOWN)})" for time in ("min(first)", "max(last)")),
    ]
    groups = ", ".join(str(number) for number in range(1, len(dimensions) + 1))
    # The attributes of all entities do not fit into a join, and the distinct entities of a row not into an aggregate.
    types = schema.create("types", _types(document))
    are_counted = ", ".join(f"bool_or({condition}) AS {name}" for name, condition in counts.items())
    rows = engine.rows(
        f"""
        WITH events AS ({_events(document, types)}),
        contributions AS (
            SELECT *, strftime(make_timestamp(epoch_us(time)), '%Y-%m') AS month
            FROM {sources}
        ),
        entities AS (
            SELECT {names}, entity, {are_counted}, min(time) AS first, max(time) AS last
            FROM contributions
            GROUP BY {names}, entity
        )
        SELECT {", ".join(columns)}
        FROM entities
        GROUP BY {groups}
        ORDER BY {groups}
        """
    )
    return Table((*dimensions, *counts, "first", "last"), rows)


def _counts(is_by_type: bool) -> Mapping[str, str]:
    """Return the condition of the entities in each count, by the name of its column."""
    if is_by_type:
        return {"made": "NOT is_deletion", "deleted": "is_deletion"}
    return {
        **{name: f"NOT is_deletion AND {_is_type(types)}" for name, types in COUNTED_TYPES.items()},
        "deletions": f"is_deletion AND {_is_type(DELETABLE_TYPES)}",
    }


def _is_type(types: Sequence[str]) -> str:
    return f"type IN ({', '.join(map(literal, types))})"


def _utc(time: str) -> str:
    return f"strftime(make_timestamp(epoch_us({time})), '%Y-%m-%dT%H:%M:%SZ')"


def _types(document: Document) -> str:
    """Return the query for the types of entities: ``id`` and ``type``. States that were observed are left out."""
    return f"""
        SELECT id, domain_type(attributes) AS type
        FROM {document.tables.of(KIND["entity"])}
        WHERE NOT is_a(attributes, 'ObservedState')
        """


def _events(document: Document, types: Sql) -> str:
    """Return the query for generations, invalidations, commits and captured calls.

    The columns are ``activity``, ``entity`` (a commit or a call itself), its ``type``, ``is_deletion`` and
    ``time``.
    """
    activities = document.tables.of(KIND["activity"])
    return f"""
        WITH changes AS (
            SELECT activity, entity, time, false AS is_deletion
            FROM {document.tables.of(KIND["wasGeneratedBy"])}
            UNION ALL
            SELECT activity, entity, time, true
            FROM {document.tables.of(KIND["wasInvalidatedBy"])}
        )
        SELECT
            change.activity,
            change.entity,
            entity.type,
            change.is_deletion,
            TRY_CAST(
                coalesce(change.time, activity.endTime, activity.startTime) AS TIMESTAMPTZ
            ) AS time
        FROM changes AS change
        JOIN {types} AS entity ON entity.id = change.entity
        LEFT JOIN {activities} AS activity ON activity.id = change.activity
        UNION ALL
        SELECT
            id,
            id,
            domain_type(attributes),
            false,
            TRY_CAST(coalesce(endTime, startTime) AS TIMESTAMPTZ)
        FROM {activities}
        WHERE {is_any_of("attributes", ["Commit", "Call"])}
        """


def _agents(document: Document) -> str:
    """Return the query for the agents of activities: ``activity`` and ``agent``, a name with an address."""
    return f"""
        SELECT DISTINCT
            association.activity,
            coalesce(
                attr(agent.attributes, 'name'),
                attr(agent.attributes, 'username'),
                association.agent
            ) || coalesce(' <' || attr(agent.attributes, 'email') || '>', '') AS agent
        FROM {document.tables.of(KIND["wasAssociatedWith"])} AS association
        LEFT JOIN {document.tables.of(KIND["agent"])} AS agent ON agent.id = association.agent
        WHERE association.agent IS NOT NULL
            AND (
                len(attrs(association.attributes, 'prov:role')) = 0
                OR len(list_filter(
                    attrs(association.attributes, 'prov:role'),
                    lambda role: NOT is_named(role.value, 'Committer')
                )) > 0
            )
        """


def _create_causes(schema: engine.Schema, document: Document) -> Sql:
    """Return the table of the elements that led to the versions of each registered model: ``entity`` and ``model``."""
    models = _versions_of_models(document)
    reachable = create_reachable_of_groups(
        schema, "reachable", document, [versions for _, versions in models], "upstream"
    )
    names = schema.create(
        "models",
        "SELECT unnest(?::BIGINT[]) AS group_number, unnest(?::VARCHAR[]) AS model",
        [list(range(len(models))), [name for name, _ in models]],
    )
    return Sql(f"(SELECT name AS entity, model FROM {reachable} JOIN {names} USING (group_number))")


def _versions_of_models(document: Document) -> list[tuple[str, list[str]]]:
    """Return the name and the versions of each registered model."""
    models = {
        version: (model, name)
        for version, model, name in engine.rows(
            f"""
            SELECT
                specialization.specificEntity,
                model.id,
                coalesce(attr(model.attributes, 'name'), model.id)
            FROM {document.tables.of(KIND["specializationOf"])} AS specialization
            JOIN {document.tables.of(KIND["entity"])} AS model
                ON model.id = specialization.generalEntity
            WHERE is_a(model.attributes, 'RegisteredModel')
            """
        )
    }
    versions: dict[tuple[str, str], list[str]] = {}
    for version in registered_versions(document):
        if version in models:
            versions.setdefault(models[version], []).append(version)
    return [(name, identifiers) for (_, name), identifiers in versions.items()]
