"""Parts that the queries of several questions share: elements by type, agents by role, members and recorded values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mlflow2prov.analysis.subject_tables import SubjectTables
from mlflow2prov.engine import identifier, literal
from mlflow2prov.prov.sql import is_any_of


class Query(NamedTuple):
    """A query with the columns ``subject``, ``identifier``, ``label`` and ``keys``, in this order."""

    keys: tuple[str, ...]
    """The keys of an item's ``about``."""
    sql: str
    order: str = "label"
    """The SQL of an aggregate or a key by which the items of a subject are ordered first."""


def attributes(*keys: str) -> dict[str, str]:
    """Return the SQL for the value of each key of the element in :func:`elements`."""
    return {key: f"attr(element.attributes, {literal(key)})" for key in keys}


def elements(
    tables: SubjectTables,
    pairs: str,
    types: Sequence[str],
    label: str,
    columns: Mapping[str, str],
    kind: str = "entity",
) -> Query:
    """Return the query for elements of some types.

    Args:
        tables: the tables of the call.
        pairs: a query with the columns ``subject`` and ``identifier`` (of an element); elements of other types and
            elements that the document does not describe are ignored.
        types: the types of the elements.
        label: the SQL for their label, over ``element``; without a value, the label is the identifier.
        columns: the keys of ``about``, and the SQL for their values over ``element`` and ``pairs``.
        kind: ``entity`` or ``activity``.
    """
    values = "".join(f",\n{sql} AS {identifier(key)}" for key, sql in columns.items())
    return Query(
        tuple(columns),
        f"""
        WITH pairs AS ({pairs})
        SELECT
            pairs.subject,
            element.id AS identifier,
            coalesce({label}, element.id) AS label{values}
        FROM pairs
        JOIN {tables.statements(kind)} AS element ON element.id = pairs.identifier
        WHERE {is_any_of("element.attributes", types)}
        """,
    )


def agents(tables: SubjectTables, activities: str, role: str | None = None) -> Query:
    """Return the query for the agents that were associated with activities, in a role if one is given.

    ``activities`` is a query with the columns ``subject`` and ``activity``.
    """
    has_role = "true"
    if role is not None:
        has_role = f"""
            len(list_filter(
                attrs(association.attributes, 'prov:role'),
                lambda role: is_named(role.value, {literal(role)})
            )) > 0
            """
    return Query(
        ("email",),
        f"""
        WITH activities AS ({activities})
        SELECT
            activities.subject,
            association.agent AS identifier,
            coalesce(
                attr(agent.attributes, 'name'),
                attr(agent.attributes, 'username'),
                attr(agent.attributes, 'prov:label'),
                association.agent
            ) AS label,
            attr(agent.attributes, 'email') AS email
        FROM activities
        JOIN {tables.statements("wasAssociatedWith")} AS association
            ON association.activity = activities.activity
        LEFT JOIN {tables.statements("agent")} AS agent ON agent.id = association.agent
        WHERE association.agent IS NOT NULL AND {has_role}
        """,
    )


def used(tables: SubjectTables) -> str:
    """Return the query for the entities that the run and its captured calls used.

    It has the columns ``context``, ``role`` and ``inferred`` of the usage.
    """
    return f"""
        SELECT
            execution.subject,
            usage.entity AS identifier,
            attr(usage.attributes, 'context') AS context,
            attr(usage.attributes, 'inferred') AS inferred,
            attr(usage.attributes, 'prov:role') AS role
        FROM {tables.executions} AS execution
        JOIN {tables.statements("used")} AS usage ON usage.activity = execution.activity
        """


def members(tables: SubjectTables) -> str:
    """Return the query for the members of the run and of the model."""
    return f"""
        WITH collections AS (
            SELECT subject, run AS collection FROM {tables.runs}
            UNION
            SELECT subject, model FROM {tables.models}
        )
        SELECT collections.subject, membership.entity AS identifier
        FROM collections
        JOIN {tables.statements("hadMember")} AS membership
            ON membership.collection = collections.collection
        """


def recorded(tables: SubjectTables, *keys: str) -> str:
    """Return the query for attributes of the creation of the run, of its captured calls and of the model."""
    creation_values, model_values = (
        ", ".join(
            f"attr({element}.attributes, {literal(key)}) AS {identifier(key)}" for key in keys
        )
        for element in ("activity", "entity")
    )
    return f"""
        SELECT execution.subject, {creation_values}
        FROM {tables.executions} AS execution
        JOIN {tables.statements("activity")} AS activity ON activity.id = execution.activity
        UNION
        SELECT models.subject, {model_values}
        FROM {tables.models} AS models
        JOIN {tables.statements("entity")} AS entity ON entity.id = models.model
        """
