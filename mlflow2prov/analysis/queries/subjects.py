"""The query behind the subjects of explanations themselves."""

from __future__ import annotations

from mlflow2prov import engine
from mlflow2prov.analysis.item import Item, non_empty
from mlflow2prov.analysis.options import SubjectKind
from mlflow2prov.analysis.subject_tables import SUBJECT_TYPES, SubjectTables
from mlflow2prov.engine import literal

_SUBJECT_KEYS = (
    "name",
    "version",
    "uri",
    "registered_model_version_stage",
    "run_id",
    "model_id",
    "path",
    "status",
    "lifecycle_stage",
    "description",
    "created_at",
)


def subject_items(tables: SubjectTables) -> dict[str, tuple[SubjectKind, Item]]:
    """Return the kind and the item of each subject that has one of the types of :data:`SUBJECT_TYPES`."""
    columns = ",\n".join(f"attr(entity.attributes, {literal(key)})" for key in _SUBJECT_KEYS)
    rows = engine.rows(
        f"""
        WITH alias_names AS (
            SELECT DISTINCT
                alternate.alternate2 AS subject,
                attr(alias.attributes, 'name') AS name
            FROM {tables.statements("alternateOf")} AS alternate
            JOIN {tables.statements("entity")} AS alias ON alias.id = alternate.alternate1
            WHERE alternate.alternate2 IN (SELECT subject FROM {tables.subjects})
        ),
        aliases AS (
            SELECT subject, string_agg(name, ', ' ORDER BY name) AS names
            FROM alias_names
            GROUP BY subject
        ),
        deletions AS (
            SELECT entity AS subject, coalesce(max(time), 'yes') AS time
            FROM {tables.statements("wasInvalidatedBy")}
            WHERE entity IN (SELECT subject FROM {tables.subjects})
            GROUP BY entity
        )
        SELECT
            entity.id,
            domain_type(entity.attributes),
            coalesce(
                attr(entity.attributes, 'prov:label'),
                attr(entity.attributes, 'name'),
                entity.id
            ),
            {columns},
            deletions.time,
            aliases.names
        FROM {tables.statements("entity")} AS entity
        LEFT JOIN aliases ON aliases.subject = entity.id
        LEFT JOIN deletions ON deletions.subject = entity.id
        WHERE entity.id IN (SELECT subject FROM {tables.subjects})
        -- If several bundles describe a subject, the last row counts: that of the document itself.
        ORDER BY entity.bundle DESC
        """
    )
    keys = ("type", *_SUBJECT_KEYS, "deleted_at", "aliases")
    return {
        subject: (
            SUBJECT_TYPES[type_name],
            Item(label, subject, non_empty(dict(zip(keys, (type_name, *values), strict=True)))),
        )
        for subject, type_name, label, *values in rows
        if type_name in SUBJECT_TYPES
    }
