"""The summary of an extraction: how many runs are linked to a commit and to a script, and why the others are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.script_names import is_notebook

NO_REPOSITORY = "no repository was read"
OTHER_REPOSITORY = "the repository lacks their commit"
NOTEBOOK = "MLflow records no commit for notebooks"
NO_SOURCE = "MLflow recorded neither commit nor source"
NO_COMMIT = (
    "MLflow recorded no commit, because their script was in no Git repository that it could read"
)
SCRIPT_NOT_IN_COMMIT = "their commit lacks the script"
UNKNOWN_SCRIPT = "no single file of their commit has the name of the script"
"""Reasons why runs are not linked."""


@dataclass(frozen=True)
class RunSummary:
    """The runs of a store, and their links to the history of a repository.

    Attributes:
        runs: the number of runs.
        with_commit: those that are linked to the commit they were started from.
        with_script: those that are linked to the revision of a script.
        inferred: those of them whose script is inferred.
        without_commit: the others by the reason why they are linked to no commit.
        without_script: the runs with a commit by the reason why they are linked to no script.
    """

    runs: int = 0
    with_commit: int = 0
    with_script: int = 0
    inferred: int = 0
    without_commit: Mapping[str, int] = field(default_factory=dict)
    without_script: Mapping[str, int] = field(default_factory=dict)


def summarize_runs(facts: Facts, *, has_history: bool) -> RunSummary:
    """Return the summary of the runs in ``facts``, after all links have been made."""
    rows = facts.rows(
        """
        WITH sources AS (
            SELECT run_id, bool_and(inferred IS NOT NULL) AS is_inferred
            FROM run_sources
            GROUP BY run_id
        )
        SELECT
            runs.commit IS NOT NULL,
            runs.linked_commit IS NOT NULL,
            coalesce(runs.source_name, ''),
            runs.source_type,
            sources.run_id IS NOT NULL,
            coalesce(sources.is_inferred, false),
            runs.run_id IN (SELECT run_id FROM missing_scripts)
        FROM runs_of_experiments AS runs
        LEFT JOIN sources USING (run_id)
        ORDER BY runs.run_id
        """
    )
    without_commit: Counter[str] = Counter()
    without_script: Counter[str] = Counter()
    for has_name, is_linked, source, source_type, has_script, _, lacks_script in rows:
        if not is_linked:
            reason = _reason(source, source_type, has_name=has_name)
            without_commit[reason if has_history else NO_REPOSITORY] += 1
        elif not has_script:
            without_script[SCRIPT_NOT_IN_COMMIT if lacks_script else UNKNOWN_SCRIPT] += 1
    return RunSummary(
        runs=len(rows),
        with_commit=sum(is_linked for _, is_linked, *_ in rows) if has_history else 0,
        with_script=sum(row[4] for row in rows),
        inferred=sum(row[5] for row in rows),
        without_commit=dict(without_commit.most_common()),
        without_script=dict(without_script.most_common()),
    )


def _reason(source: str, source_type: str | None, *, has_name: bool) -> str:
    if has_name:
        return OTHER_REPOSITORY
    if is_notebook(source, source_type):
        return NOTEBOOK
    return NO_COMMIT if source else NO_SOURCE
