"""Parts that the queries of several questions share: elements by type, agents by role, members and recorded values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mlflow2prov.analysis.subject_tables import SubjectTables
from mlflow2prov.engine import identifier, literal
from mlflow2prov.prov.sql import after_join, is_any_of

_IDENTIFIER = r"^(?:[^:]*:)?([A-Za-z]+)[.](.+)$"
"""An identifier of the mapping: the type of the element, and what distinguishes it from others of its type."""

LABEL = "attr(element.attributes, 'prov:label')"
NAME = "attr(element.attributes, 'name')"
PATH = "attr(element.attributes, 'path')"
"""The SQL of labels, over ``element``."""


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
    *,
    has_missing: bool = True,
) -> Query:
    """Return the query for elements of some types.

    An element that the document refers to without describing it is an item without identifier, whose ``about`` has the
    identifier under ``missing``. Its type is that of its identifier (``docs/prov-model.md``).

    Args:
        tables: the tables of the call.
        pairs: a query with the columns ``subject`` and ``identifier`` (of an element); elements of other types are
            ignored.
        types: the types of the elements.
        label: the SQL for their label, over ``element``; without a value, the label is the identifier.
        columns: the keys of ``about``, and the SQL for their values over ``element`` and ``pairs``.
        kind: ``entity`` or ``activity``.
        has_missing: whether elements that are not described count.
    """
    missing = missing_elements(tables, "SELECT * FROM pairs", types, kind) if has_missing else ""
    values = "".join(f",\n{sql} AS {identifier(key)}" for key, sql in columns.items())
    return Query(
        (*columns, *(["missing"] if has_missing else [])),
        f"""
        WITH pairs AS ({pairs})
        SELECT
            pairs.subject,
            element.id AS identifier,
            coalesce({label}, element.id) AS label{values}
        FROM pairs
        JOIN {tables.statements(kind)} AS element ON element.id = pairs.identifier
        WHERE {is_any_of(after_join("element.attributes", "pairs.identifier"), types)}
        {f"UNION ALL BY NAME {missing}" if missing else ""}
        """,
    )


def missing_elements(
    tables: SubjectTables, pairs: str, types: Sequence[str], kind: str = "entity"
) -> str:
    """Return the query for the elements among ``pairs`` that the document does not describe.

    Its columns are ``subject``, ``label``, which is MLflow's URI of a model or a run, and ``missing``, the identifier.
    """
    type_of = f"regexp_extract(identifier, {literal(_IDENTIFIER)}, 1)"
    name_of = f"regexp_extract(identifier, {literal(_IDENTIFIER)}, 2)"
    return f"""
        SELECT DISTINCT
            subject,
            CASE {type_of}
                WHEN 'LoggedModel' THEN 'models:/' || {name_of}
                WHEN 'Run' THEN 'runs:/' || {name_of}
                ELSE identifier
            END AS label,
            identifier AS missing
        FROM ({pairs})
        WHERE {type_of} IN ({", ".join(map(literal, types))})
            AND identifier NOT IN (SELECT id FROM {tables.statements(kind)})
        """


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
    return tables.shared(
        "usages",
        f"""
        SELECT
            execution.subject,
            usage.entity AS identifier,
            attr(usage.attributes, 'context') AS context,
            attr(usage.attributes, 'inferred') AS inferred,
            attr(usage.attributes, 'prov:role') AS role
        FROM {tables.executions} AS execution
        JOIN {tables.statements("used")} AS usage ON usage.activity = execution.activity
        """,
    )


def members(tables: SubjectTables) -> str:
    """Return the query for the members of the run and of the model."""
    return tables.shared(
        "members",
        f"""
        WITH collections AS (
            SELECT subject, run AS collection FROM {tables.runs}
            UNION
            SELECT subject, model FROM {tables.models}
        )
        SELECT collections.subject, membership.entity AS identifier
        FROM collections
        JOIN {tables.statements("hadMember")} AS membership
            ON membership.collection = collections.collection
        """,
    )


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
