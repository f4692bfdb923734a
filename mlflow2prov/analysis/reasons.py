"""Reasons: why a document has no answer to a question, as far as the run itself shows it."""

from __future__ import annotations

import re

from mlflow2prov import engine
from mlflow2prov.analysis.subject_tables import SubjectTables

_NOTEBOOK = re.compile(r".*(?:kernel_launcher\.py|\.ipynb)", re.DOTALL)


def reasons_for_no_commit(tables: SubjectTables) -> dict[str, str]:
    """Return by subject why the run behind it recorded no commit; subjects without a described run are left out.

    MLflow looks for a Git repository around the script that was started.
    """
    rows = engine.rows(
        f"""
        WITH source_types AS (
            SELECT runs.subject, attr(tag.attributes, 'value') AS source_type
            FROM {tables.runs} AS runs
            JOIN {tables.statements("hadMember")} AS membership ON membership.collection = runs.run
            JOIN {tables.statements("entity")} AS tag ON tag.id = membership.entity
            WHERE is_a(tag.attributes, 'RunTag')
                AND attr(tag.attributes, 'name') = 'mlflow.source.type'
        )
        SELECT
            creation.subject,
            min(attr(activity.attributes, 'source_name')),
            min(source_types.source_type)
        FROM {tables.run_creations} AS creation
        JOIN {tables.statements("activity")} AS activity ON activity.id = creation.activity
        LEFT JOIN source_types ON source_types.subject = creation.subject
        GROUP BY creation.subject
        """
    )
    return {subject: _reason(name or "", source_type) for subject, name, source_type in rows}


def _reason(source_name: str, source_type: str | None) -> str:
    if (source_type or "").upper() == "NOTEBOOK" or _NOTEBOOK.fullmatch(source_name):
        return "MLflow records none for a notebook"
    if not source_name:
        return "MLflow recorded no source, as some clients and early versions do"
    base_name = re.split(r"[/\\]", source_name.rstrip("/\\"))[-1]
    return f"MLflow found no Git repository around {base_name}, or could not read it"
