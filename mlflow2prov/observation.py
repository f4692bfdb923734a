"""An observation of a project: the facts of all its sources at one time, and those that follow from them.

An observation may begin with the facts of the previous one, at the cost of the changes since then. It has the
same facts as one that begins with nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlflow2prov.facts import Facts
from mlflow2prov.facts.call_sources import candidate_call_sources, link_calls
from mlflow2prov.facts.circular_derivations import find_circular_derivations
from mlflow2prov.facts.inferred_sources import (
    candidate_files,
    candidate_notebooks,
    infer_sources,
    unlinked_runs,
)
from mlflow2prov.facts.missing_scripts import find_missing_scripts
from mlflow2prov.facts.revisions import derive_revisions
from mlflow2prov.facts.run_sources import candidate_scripts, link_runs
from mlflow2prov.facts.store_files import committed_stores, copy_excluded_paths, store_paths
from mlflow2prov.facts.stored_runs import derive_stored_runs
from mlflow2prov.project import ProjectOptions, Sources
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.report import SourceReport

if TYPE_CHECKING:
    from mlflow2prov.sources.git import GitHistory

MAX_NAMES = 3
"""Maximum number of paths in one notice."""

MIN_STORE_FILES = 20
MIN_STORE_SHARE = 0.25
"""The number and the share of the files in a history that are worth a notice if they belong to MLflow stores."""


def read_sources(
    facts: Facts,
    sources: Sources,
    options: ProjectOptions,
    previous: Facts | None = None,
) -> list[SourceReport]:
    """Read the sources, derive the facts that follow from them, and return their reports.

    Args:
        facts: the tables to fill.
        sources: the sources to read.
        options: whether to leave out the files of a committed store, and to infer the code of runs.
        previous: all facts of the previous observation, with the same options. Facts are taken from there if the
            sources show that they are still right.
    """
    history, store = sources.history, sources.store
    call_reports = [calls.read(facts) for calls in sources.calls]
    reports = []
    if history is not None:
        reports.append(history.read(facts, previous))
    if store is not None:
        reports.append(store.read(facts, previous))
    has_calls = not facts.is_empty("calls")
    if history is not None and store is not None:
        if options.include_store:
            derive_stored_runs(facts)
        else:
            _leave_out_store(facts, reports, history, previous)
    if history is not None and (store is not None or has_calls):
        history.resolve_commit_names(facts)
    if history is not None:
        if not options.include_store:
            _note_other_stores(facts, reports[0], history)
        derive_revisions(facts)
    if has_calls:
        find_circular_derivations(facts)
    if history is not None and has_calls:
        history.read_tree_files(facts, candidate_call_sources(facts))
        link_calls(facts)
    if history is not None and store is not None:
        history.read_tree_files(facts, candidate_scripts(facts))
        link_runs(facts)
        if history.has_all_trees:
            find_missing_scripts(facts)
            history.drop_excluded_scripts(facts)
        if options.infer_code:
            _infer_code(facts, reports[-1], history)
        _note_unlinked_runs(facts, reports[-1], history)
    return [*reports, *call_reports]


def _infer_code(facts: Facts, report: SourceReport, history: GitHistory) -> None:
    """Add the probable sources of runs whose script is unknown, and note how many there are."""
    runs = unlinked_runs(facts)
    history.read_tree_files(facts, candidate_files(facts, runs))
    history.read_notebook_names(facts, *candidate_notebooks(facts, runs))
    infer_sources(facts, runs)
    ((count,),) = facts.rows(
        "SELECT count(DISTINCT run_id) FROM run_sources WHERE inferred IS NOT NULL"
    )
    report.notices.append(
        f"{history.path}: the code of {quantity(count, 'run')} is inferred; explain names the method"
    )


def _leave_out_store(
    facts: Facts, reports: list[SourceReport], history: GitHistory, previous: Facts | None
) -> None:
    """Remove the files of the store from the history, and note it in the report of the store.

    A history that was partly taken from ``previous`` lacks the files of the store that it had then. It is read again
    unless the store still has the same files.
    """
    store = reports[-1]
    location = None if store.path is None else history.path_in_tree(store.path)
    if previous is not None and not copy_excluded_paths(facts, previous):
        has_new_paths = not facts.is_empty("revisions") and store_paths(facts, location)
        if has_new_paths or not previous.is_empty("excluded_paths"):
            reports[0] = history.read_again(facts)
    if facts.is_empty("excluded_paths"):
        derive_stored_runs(facts)
        if paths := store_paths(facts, location):
            history.exclude(facts, paths)
    paths = [path for (path,) in facts.rows("SELECT path FROM excluded_paths ORDER BY path")]
    if paths:
        store.notices.append(
            f"{history.path}: the files of the store ({_listed(paths)}) are left out of the file history; "
            "--include-store keeps them"
        )


def _note_other_stores(facts: Facts, report: SourceReport, history: GitHistory) -> None:
    """Suggest an exclusion if many files of the history are those of MLflow stores that were not read."""
    folders, count, total = committed_stores(facts)
    if count >= MIN_STORE_FILES and count >= MIN_STORE_SHARE * total:
        options = " ".join(f"--exclude {shlex.quote(folder)}" for folder in folders[:MAX_NAMES])
        report.notices.append(
            f"{history.path}: {count:,} of {quantity(total, 'file')} belong to MLflow stores ({_listed(folders)}); "
            f"{options} leaves them out"
        )


def _note_unlinked_runs(facts: Facts, report: SourceReport, history: GitHistory) -> None:
    """Note how many runs were started from commits that the repository lacks, and the repositories recorded."""
    ((runs, commits, urls),) = facts.rows(
        """
        SELECT
            count(*),
            count(DISTINCT commit),
            list(DISTINCT repository_url ORDER BY repository_url)
                FILTER (repository_url IS NOT NULL)
        FROM runs_of_experiments
        WHERE commit IS NOT NULL AND linked_commit IS NULL
        """
    )
    if runs:
        origin = f" as of {_listed(urls)}" if urls else ""
        report.notices.append(
            f"{history.path}: this repository lacks {quantity(commits, 'commit')} that {quantity(runs, 'run')} "
            f"recorded{origin}; only the name is kept, without a link"
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_NAMES]) + (" and more" if names[MAX_NAMES:] else "")
