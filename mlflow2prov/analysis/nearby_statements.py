"""The statements that the questions of an audit read: those around its subjects.

Each kind is read once for all questions. The queries then need milliseconds each, whatever the size of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov import KIND
from mlflow2prov.prov.sql import ids_of_type

if TYPE_CHECKING:
    from mlflow2prov.analysis.subject_tables import SubjectTables


def create_nearby_statements(schema: engine.Schema, tables: SubjectTables) -> Mapping[str, Sql]:
    """Create a table of the nearby statements for each kind that may be large, and return the tables by kind.

    They have the columns of the kind, and the statements about the elements around the subjects of ``tables``:

    - the usages by the subjects' runs and captured calls, and by the calls that made the results which these used,
    - the memberships of runs and models, and the derivations of models,
    - the generations by these calls, and the specializations of used entities,
    - the alternates and invalidations of subjects,
    - the associations of registrations, runs, calls and commits,
    - the entities and activities at both ends of these.
    """
    nearby: dict[str, Sql] = {}

    def create(kind: str, condition: str) -> None:
        rows = f"SELECT * FROM {tables.document.tables.of(KIND[kind])} WHERE {condition}"
        nearby[kind] = schema.create(f"nearby_{kind}", rows)

    calls = _create_calls(schema, tables)
    create(
        "used",
        f"""
        activity IN (SELECT activity FROM {tables.executions} UNION SELECT activity FROM {calls})
        OR entity IN (SELECT run FROM {tables.runs})
        """,
    )
    create(
        "hadMember",
        f"""
        collection IN (SELECT run FROM {tables.runs} UNION SELECT model FROM {tables.models})
        OR entity IN (SELECT run FROM {tables.runs})
        """,
    )
    create("wasDerivedFrom", f"generatedEntity IN (SELECT model FROM {tables.models})")
    create(
        "wasGeneratedBy",
        f"entity IN (SELECT entity FROM {nearby['used']}) AND activity IN (SELECT activity FROM {calls})",
    )
    create("specializationOf", f"specificEntity IN (SELECT entity FROM {nearby['used']})")
    create("alternateOf", f"alternate2 IN (SELECT subject FROM {tables.subjects})")
    create("wasInvalidatedBy", f"entity IN (SELECT subject FROM {tables.subjects})")
    activities = f"""
        SELECT activity FROM {tables.executions}
        UNION SELECT activity FROM {calls}
        UNION SELECT commit FROM {tables.commits}
        UNION SELECT activity FROM {nearby["used"]}
        """
    create("activity", f"id IN ({activities})")
    create(
        "wasAssociatedWith",
        f"activity IN ({activities} UNION SELECT activity FROM {tables.registrations})",
    )
    create(
        "entity",
        f"""
        id IN (
            SELECT subject FROM {tables.subjects}
            UNION SELECT version FROM {tables.versions}
            UNION SELECT model FROM {tables.models}
            UNION SELECT run FROM {tables.runs}
            UNION SELECT entity FROM {nearby["used"]} WHERE entity IS NOT NULL
            UNION SELECT collection FROM {nearby["hadMember"]}
            UNION SELECT entity FROM {nearby["hadMember"]}
            UNION SELECT usedEntity FROM {nearby["wasDerivedFrom"]}
            UNION SELECT generalEntity FROM {nearby["specializationOf"]}
            UNION SELECT alternate1 FROM {nearby["alternateOf"]}
        )
        """,
    )
    return nearby


def _create_calls(schema: engine.Schema, tables: SubjectTables) -> Sql:
    """Create the table of the subjects' captured calls, and of the calls that made the results which they used."""
    if not tables.has_calls:  # No usage need be read.
        return schema.create("nearby_calls", f"SELECT activity FROM {tables.calls}")
    document = tables.document
    return schema.create(
        "nearby_calls",
        f"""
        WITH RECURSIVE
        captured AS MATERIALIZED {ids_of_type(document, "activity", ["Call"])},
        calls AS (
            SELECT activity FROM {tables.calls}
            UNION
            SELECT generation.activity
            FROM calls
            JOIN {document.tables.of(KIND["used"])} AS usage ON usage.activity = calls.activity
            JOIN {document.tables.of(KIND["wasGeneratedBy"])} AS generation
                ON generation.entity = usage.entity
            WHERE generation.activity IN (SELECT id FROM captured)
        )
        SELECT activity FROM calls
        """,
    )
