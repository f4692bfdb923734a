"""Contributions: who made how much, when, of what type, behind which model.

What is counted are the things that activities generated and invalidated, and commits. They are their authors' and
co-authors', and of whoever is associated with an activity otherwise; a commit's mere committer is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import versions
from mlflow2prov.analysis.options import DIMENSIONS, Dimension
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError, unknown_choice
from mlflow2prov.graph.traversal import reach
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.selection import called, has_type, own_type, value
from mlflow2prov.table import Table

COUNTED = {
    "commits": ("Commit",),
    "revisions": ("FileRevision",),
    "runs": ("Run",),
    "models": ("LoggedModel", "ModelArtifact"),
    "versions": ("RegisteredModelVersion",),
}
"""The columns of counts, and the types that each counts."""

DELETED = ("File", "Experiment", "Run", "LoggedModel", "RegisteredModel", "RegisteredModelVersion")
"""The types that the column of deletions counts: what somebody deletes, without what ends with it."""

NOTHING = "-"
"""What stands for what is not known."""


def contributions(document: Document, by: Sequence[Dimension]) -> Table:
    """Count what was made and deleted, by one or several of :data:`DIMENSIONS`.

    Args:
        document: unified, as ``extract`` makes it, or merged of such.
        by: ``agent``; ``month`` (UTC); ``type`` (the PROV type of what was made); ``model`` (the registered model
            whose versions it is behind, as :func:`~mlflow2prov.graph.lineage.lineage` follows; others are left
            out).

    Returns:
        A table with the columns ``by``; with ``type``, ``made`` and ``deleted``, else those of :data:`COUNTED` and
        ``deletions``; and ``first`` and ``last``, times in UTC. Things are counted once in each row, and again in
        the row of each of their agents and models.

    Raises:
        ConfigurationError: it cannot be counted by that.
    """
    for one in by:
        if one not in DIMENSIONS:
            raise ConfigurationError(unknown_choice("dimension", one, DIMENSIONS))
    dimensions = [one for one in DIMENSIONS if one in by]
    schema = engine.Schema("contributions")
    deeds = _deeds(document)
    if "agent" in dimensions:
        deeds = f"SELECT d.*, agent FROM ({deeds}) d LEFT JOIN ({_agents(document)}) a ON a.activity = d.activity"
    if "model" in dimensions:
        table = schema.table("behind")
        _gather_models(document, table)
        deeds = f"SELECT d.*, model FROM ({deeds}) d JOIN {table} b ON b.name = d.thing"
    made = "count(DISTINCT thing) FILTER (NOT is_end{})"
    ended = "count(DISTINCT thing) FILTER (is_end{})"
    if "type" in dimensions:
        counts = {"made": made.format(""), "deleted": ended.format("")}
    else:
        counts = {
            name: made.format(f" AND type IN ({', '.join(map(literal, types))})")
            for name, types in COUNTED.items()
        }
        counts["deletions"] = ended.format(f" AND type IN ({', '.join(map(literal, DELETED))})")
    columns = ", ".join(
        (
            *(f"coalesce({one}, {literal(NOTHING)}) AS {one}" for one in dimensions),
            *counts.values(),
            *(f"coalesce({_day(f'{end}(moment)')}, {literal(NOTHING)})" for end in ("min", "max")),
        )
    )
    month = "strftime(make_timestamp(epoch_us(moment)), '%Y-%m') AS month"
    groups = ", ".join(str(n) for n in range(1, len(dimensions) + 1))
    rows = engine.rows(
        f"SELECT {columns} FROM (SELECT *, {month} FROM ({deeds})) GROUP BY {groups} ORDER BY {groups}"
    )
    return Table((*dimensions, *counts, "first", "last"), rows)


def _day(moment: str) -> str:
    return f"strftime(make_timestamp(epoch_us({moment})), '%Y-%m-%dT%H:%M:%SZ')"


def _deeds(document: Document) -> str:
    """Return the query for what was done: activity, thing, type, whether it ended the thing, and when."""
    activity, entity = document.tables.of(KIND["activity"]), document.tables.of(KIND["entity"])
    things = " UNION ALL ".join(
        f"SELECT activity, entity AS thing, time, {is_end} AS is_end "
        f"FROM {document.tables.of(KIND[kind])}"
        for kind, is_end in (("wasGeneratedBy", "false"), ("wasInvalidatedBy", "true"))
    )
    return (
        f"SELECT t.activity, thing, {own_type('e.attributes')} AS type, is_end, "
        "TRY_CAST(coalesce(t.time, a.endTime, a.startTime) AS TIMESTAMPTZ) AS moment "
        f"FROM ({things}) t JOIN {entity} e ON e.id = thing LEFT JOIN {activity} a ON a.id = t.activity "
        f"UNION ALL SELECT id, id, 'Commit', false, TRY_CAST(coalesce(endTime, startTime) AS TIMESTAMPTZ) "
        f"FROM {activity} WHERE {has_type('Commit')}"
    )


def _agents(document: Document) -> str:
    """Return the query for who did it: activity and agent, as a person calls the latter."""
    attributes = "g.attributes"
    name = f"coalesce({value('name', attributes)}, {value('username', attributes)}, w.agent)"
    email = f"coalesce(' <' || {value('email', attributes)} || '>', '')"
    committer = called("r.value", "Committer")
    roles = "list_filter(w.attributes, lambda r: r.key = 'prov:role')"
    return (
        f"SELECT DISTINCT w.activity, {name} || {email} AS agent "
        f"FROM {document.tables.of(KIND['wasAssociatedWith'])} w "
        f"LEFT JOIN {document.tables.of(KIND['agent'])} g ON g.id = w.agent WHERE w.agent IS NOT NULL "
        f"AND (len({roles}) = 0 OR len(list_filter({roles}, lambda r: NOT {committer})) > 0)"
    )


def _gather_models(document: Document, table: str) -> None:
    """Make the table of what is behind the versions of each registered model: name and model."""
    entity, specialization = (
        document.tables.of(KIND[kind]) for kind in ("entity", "specializationOf")
    )
    engine.execute(f"CREATE TABLE {table} (name VARCHAR, model VARCHAR)")
    of_model: dict[tuple[str, str], list[str]] = {}
    found = dict(
        engine.rows(
            f"SELECT s.specificEntity, (s.generalEntity, coalesce({value('name', 'e.attributes')}, s.generalEntity)) "
            f"FROM {specialization} s JOIN {entity} e ON e.id = s.generalEntity "
            f"WHERE {has_type('RegisteredModel', attributes='e.attributes')}"
        )
    )
    for version in versions(document):
        if version in found:
            of_model.setdefault(tuple(found[version]), []).append(version)
    schema = engine.Schema("behind")
    for (_, name), starts in of_model.items():
        reached = schema.table("reached")
        reach(document, starts, "upstream", reached)
        engine.execute(f"INSERT INTO {table} SELECT name, {literal(name)} FROM {reached}")
