"""Retention: rows that an incomplete reading of a source did not see are kept, because they may still exist."""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import identifier
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.facts.ordinals import number_commits
from mlflow2prov.sources.report import SourceReport

# The rows of a table belong to the owner that these columns identify.
_OWNER_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "git": {"name": ("refs",)},
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

    A reading is incomplete if its report has omissions: a missing row may be gone, or unread. A table that contains
    any row of an owner is assumed to contain all of them.
    """
    for source in dict.fromkeys(_source_of(report) for report in reports if report.omissions):
        if source == "git":
            _retain_commits(facts, previous)
        for column, tables in _OWNER_COLUMNS[source].items():
            for table in tables:
                _retain(facts, previous, table, column)


def _source_of(report: SourceReport) -> str:
    """Return the source that a report is about, among the keys of the tables above."""
    if report.kind == "git":
        return "git"
    return "mlflow" if report.kind in ("http", "sql", "file") else "calls"


def _retain_commits(facts: Facts, previous: Facts) -> None:
    """Add the commits that were not seen, with all that belongs to them.

    None of the seen commits descends from an unseen one, so the unseen ones come last until all are numbered anew.
    """
    ((offset,),) = facts.rows("SELECT coalesce(max(ordinal), -1) + 1 FROM commits")
    facts.execute(
        f"""
        CREATE TABLE unseen_commits AS
        SELECT sha FROM {previous.table("commits")} ANTI JOIN commits USING (sha)
        """
    )
    if not facts.rows("SELECT 1 FROM unseen_commits LIMIT 1"):
        facts.execute("DROP TABLE unseen_commits")
        return
    for table in ("commits", "parents", "coauthors", "revisions"):
        facts.execute(
            f"""
            INSERT INTO {facts.own_table(table)} BY NAME
            SELECT * REPLACE (ordinal + {offset} AS ordinal)
            FROM {previous.table(table)}
            SEMI JOIN unseen_commits USING (sha)
            """
        )
    facts.execute("DROP TABLE unseen_commits")
    number_commits(facts)


def _retain(facts: Facts, previous: Facts, table: str, column: str) -> None:
    columns = ", ".join(map(identifier, TABLES[table].columns))
    facts.execute(
        f"""
        INSERT INTO {facts.own_table(table)} ({columns})
        SELECT {columns}
        FROM {previous.table(table)}
        WHERE {column} NOT IN (SELECT {column} FROM {table} WHERE {column} IS NOT NULL)
        """
    )
