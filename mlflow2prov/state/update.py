"""``update``: observe a project once more, and keep the changes since the last observation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

from mlflow2prov import engine
from mlflow2prov.boundary import own_errors, warn
from mlflow2prov.errors import ConfigurationError, StateError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.differences import Differences
from mlflow2prov.facts.summary import RunSummary, summarize_runs
from mlflow2prov.observation import read_sources
from mlflow2prov.output import Output, require_writable
from mlflow2prov.progress import Progress, progress_of
from mlflow2prov.project import Sources, open_sources, require_location
from mlflow2prov.prov import Document
from mlflow2prov.sources.report import SourceReport
from mlflow2prov.state.changes import add_changes
from mlflow2prov.state.file import StateFile
from mlflow2prov.state.lock import update_lock
from mlflow2prov.state.observation import Observation, now
from mlflow2prov.state.project import Project, UpdateOptions, project_of
from mlflow2prov.state.retention import retain_unseen_rows
from mlflow2prov.state.store_identity import is_same_history, is_same_store
from mlflow2prov.state.writer import stage_observation


@dataclass(frozen=True)
class Update:
    """A project as it was observed, and the changes since the observation before."""

    document: Document
    """The document, with all changes that were ever observed."""
    is_first: bool
    """Whether the project was observed for the first time."""
    is_changed: bool
    """Whether anything differs from the observation before, new runs and commits included."""
    changes: int
    """The number of facts that Git or MLflow overwrote since the observation before, the observed changes."""
    additions: Mapping[str, int] = field(default_factory=dict)
    """The numbers of commits, runs, versions, ... that are new since the observation before, without zeros."""
    notices: tuple[str, ...] = ()
    """As those of :class:`mlflow2prov.Extraction`."""
    omissions: tuple[str, ...] = ()
    """Facts that exist but could not be read; those of the observation before are kept in their place."""
    runs: RunSummary | None = None
    """How the runs are linked to commits and scripts; None without an MLflow store."""


@own_errors()
def update(
    state: str | os.PathLike[str],
    repository_path: str | os.PathLike[str] | None = None,
    mlflow_url: str | os.PathLike[str] | None = None,
    *,
    full: bool = False,
    progress: Progress | bool | None = None,
    **options: Unpack[UpdateOptions],
) -> Update:
    """Observe a project, record the changes since the last observation in a state file, and return its document.

    MLflow and Git overwrite facts: where an alias points, the stage of a version, the name of a run. Two observations
    show such a change, and the bounds of its time. The document contains it as an activity (``docs/prov-model.md``),
    and :func:`mlflow2prov.history` lists it. The first update creates the file. :func:`mlflow2prov.load` reads the
    file like any other document, and :meth:`mlflow2prov.Document.as_of` returns the document as it was.

    Notices and omissions are issued as warnings.

    Args:
        state: the path of the state file.
        repository_path: a Git repository, or a folder in one; by default that of the last update.
        mlflow_url: the address of an MLflow store; by default that of the last update, without its credentials.
        full: read everything again. By default known commits are not read again, nor are runs of a server that have
            probably not changed; 300 of these are read again at each update, so that edits of old runs are seen late.
        progress: as in :func:`mlflow2prov.extract`.
        options: those of :func:`mlflow2prov.extract`. The first update decides them; later ones need not repeat
            them, and cannot change them, except for ``workers``.

    Raises:
        StateError: the file is damaged, in use by another update, of a newer version, or belongs to another project.
        RepositoryError: the repository cannot be read.
        TrackingStoreError: the MLflow store cannot be read.
        CallRecordsError: captured calls cannot be read.
        ConfigurationError: no source is given, or an option is not valid or differs from that of the first update.
        FormatError: the file cannot be written; it is unchanged.
    """
    files = Output()
    try:
        path = Path(require_location("state", state))
        result = stage_update(
            files, path, repository_path, mlflow_url, full=full, progress=progress, **options
        )
        files.publish()
    finally:
        files.discard()
    for notice in result.notices:
        warn(notice)
    for omission in result.omissions:
        warn(f"left out: {omission}")
    return result


def stage_update(
    files: Output,
    path: Path,
    repository_path: str | os.PathLike[str] | None,
    mlflow_url: str | os.PathLike[str] | None,
    *,
    full: bool = False,
    progress: Progress | bool | None = None,
    **options: Unpack[UpdateOptions],
) -> Update:
    """Do the work of :func:`update`; the state file changes when ``files`` is published.

    The file is locked until ``files`` is discarded.
    """
    if not path.name:
        raise ConfigurationError(f"state: {str(path)!r} is not the name of a file")
    require_writable(path)
    files.hold(update_lock(path))
    last = StateFile.open(path) if path.exists() else None
    project = project_of(last, repository_path, mlflow_url, options)
    with progress_of(progress) as report_progress:
        sources = open_sources(
            project.repository_path, project.mlflow_url, project.options, report_progress
        )
        return _observe(files, path, last, project, sources, full=full)


@dataclass(frozen=True)
class _LastObservation:
    """The last observation of a state file, with its facts."""

    state: StateFile
    observation: Observation
    facts: Facts


def _observe(
    files: Output,
    path: Path,
    state: StateFile | None,
    project: Project,
    sources: Sources,
    *,
    full: bool,
) -> Update:
    """Read the sources, compare them with the last observation, and stage the new state file."""
    last = None
    if state is not None:
        last = _LastObservation(
            state, state.observations[-1], state.facts_at(state.observations[-1])
        )
    number, started_at = 1, now()
    if last is not None:
        number = last.observation.number + 1
        _require_later(path, started_at, last.observation)
    previous = None if last is None else last.facts
    facts = Facts()
    # A state of an earlier version lacks facts about known commits and runs.
    is_full = full or (state is not None and not state.is_complete)
    reports = read_sources(facts, sources, project.options, None if is_full else previous)
    observation = Observation(number, started_at, now())
    runs = None
    if sources.store is not None:
        runs = summarize_runs(facts, has_history=sources.history is not None)
    changes, additions, properties, differences = 0, {}, project.properties, None
    if last is not None:
        _require_same_project(path, facts, last, project)
        retain_unseen_rows(facts, last.facts, reports)
        differences = Differences(facts, last.facts)
        changes = add_changes(differences, observation, last.observation, last.state)
        additions = _count_additions(differences)
        properties = {**last.state.properties, **properties}
    staged_state = stage_observation(
        files, path, facts, state, differences, observation, properties
    )
    return Update(
        document=staged_state.state.document(),
        is_first=last is None,
        is_changed=staged_state.is_changed,
        changes=changes,
        additions=additions,
        notices=_lines(reports, "notices"),
        omissions=_lines(reports, "omissions"),
        runs=runs,
    )


_COUNTED_TABLES = {
    "commit": ("commits", "sha"),
    "run": ("runs", "run_id"),
    "logged model": ("logged_models", "model_id"),
    "version": ("registered_model_versions", "identity, version"),
    "call": ("calls", "call_id"),
}
"""The counted resources: a table for each, and the columns that identify its rows."""


def _count_additions(differences: Differences) -> dict[str, int]:
    counts = {}
    for name, (table, columns) in _COUNTED_TABLES.items():
        if difference := differences.of(table):
            counts[name] = engine.scalar(
                f"SELECT count(*) FROM {difference.additions} "
                f"ANTI JOIN {differences.previous.table(table)} USING ({columns})"
            )
    return {name: count for name, count in counts.items() if count}


def _require_later(path: Path, started_at: str, last: Observation) -> None:
    if started_at < last.finished_at:
        raise StateError(
            f"{path}: last observed at {last.finished_at}, which is later than now; correct the clock"
        )


def _lines(reports: list[SourceReport], name: str) -> tuple[str, ...]:
    return tuple(line for report in reports for line in getattr(report, name))


def _require_same_project(
    path: Path, facts: Facts, last: _LastObservation, project: Project
) -> None:
    """Require that sources at another place than before have something in common with those before.

    At the same place they may have been replaced, which is recorded.

    Raises:
        StateError: they have nothing in common.
    """
    for name, is_same in (("repository_path", is_same_history), ("mlflow_url", is_same_store)):
        location = project.properties[name]
        if location != last.state.properties.get(name) and not is_same(facts, last.facts):
            raise StateError(
                f"{path}: belongs to another project than {location}; choose another --state"
            )
