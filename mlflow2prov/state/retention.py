"""Retention: rows that an incomplete reading of a source did not see are kept, since they need not be gone."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import identifier
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.sources.report import SourceReport

# The rows of a table belong to the owner that these columns identify.
_OWNER_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "git": {
        "sha": ("commits", "parents", "coauthors", "revisions", "refs"),
    },
    "mlflow": {
        "experiment_id": ("experiments", "experiment_tags"),
        "run_id": (
            "runs",
            "run_tags",
            "params",
            "metrics",
            "dataset_inputs",
            "artifacts",
            "run_models",
            "run_traces",
            "run_sources",
            "stored_runs",
            "missing_scripts",
        ),
        "model_id": (
            "logged_models",
            "logged_model_tags",
            "logged_model_params",
            "logged_model_metrics",
            "logged_model_artifacts",
        ),
        "trace_id": ("traces", "assessments"),
        "owner_id": ("environments", "artifact_digests"),
        "digest": ("environment_packages",),
        "name": (
            "registered_models",
            "registered_model_tags",
            "registered_model_aliases",
            "registered_model_versions",
            "registered_model_version_tags",
        ),
    },
    "calls": {
        "call_id": (
            "calls",
            "call_tags",
            "call_arguments",
            "call_argument_artifacts",
            "call_results",
            "call_sources",
        ),
        "set_id": ("result_sets", "result_set_members"),
    },
}


def retain_unseen_rows(facts: Facts, previous: Facts, reports: Iterable[SourceReport]) -> None:
    """Add the rows of owners that an incomplete reading did not see to ``facts``.

    A reading is incomplete if its report has omissions: a missing row may be gone, or unread. A table that has rows of
    an owner is taken to have all of them.
    """
    for source in dict.fromkeys(_source_of(report) for report in reports if report.omissions):
        for column, tables in _OWNER_COLUMNS[source].items():
            for table in tables:
                _retain(facts, previous, table, column)


def _source_of(report: SourceReport) -> str:
    """Return the source that a report is about, among the keys of the tables above."""
    if report.kind == "git":
        return "git"
    return "mlflow" if report.kind in ("http", "sql", "file") else "calls"


def _retain(facts: Facts, previous: Facts, table: str, column: str) -> None:
    columns = ", ".join(map(identifier, TABLES[table].columns))
    facts.execute(
        f"""
        INSERT INTO {table} ({columns})
        SELECT {columns}
        FROM {previous.table(table)}
        WHERE {column} NOT IN (SELECT {column} FROM {table} WHERE {column} IS NOT NULL)
        """
    )
