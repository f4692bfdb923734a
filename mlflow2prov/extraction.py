"""Extraction: a Git repository and an MLflow store in, one PROV document out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from mlflow2prov.boundary import own_errors, warn
from mlflow2prov.facts import Facts
from mlflow2prov.facts.summary import RunSummary, summarize_runs
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.observation import read_sources
from mlflow2prov.progress import Progress, progress_of
from mlflow2prov.project import ProjectOptions, Sources, open_sources
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.prov.unify import unify
from mlflow2prov.sources.options import ArtifactListing, Renames


@dataclass(frozen=True)
class Extraction:
    """A document, and the limits within which it is complete."""

    document: Document
    notices: tuple[str, ...] = ()
    """Facts that the sources cannot show, and how to obtain them; one line each."""
    omissions: tuple[str, ...] = ()
    """Facts that exist but could not be read; one line each. The document is incomplete if there are any."""
    runs: RunSummary | None = None
    """How the runs are linked to commits and scripts; None without an MLflow store."""


@own_errors()
def extract(
    repository_path: str | os.PathLike[str] | None = None,
    mlflow_url: str | os.PathLike[str] | None = None,
    *,
    calls: str | Iterable[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    branches: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    mailmap: bool = True,
    include_store: bool = False,
    infer_code: bool = False,
    renames: Renames = "similar",
    experiments: str | Iterable[str] = (),
    runs_since: str | None = None,
    metric_history: bool = False,
    artifacts: ArtifactListing = "all",
    artifacts_destination: str | os.PathLike[str] | None = None,
    environments: bool = False,
    traces: bool = False,
    restore_redacted: bool = False,
    namespace: str = MLFLOW2PROV,
    workers: int = 8,
    progress: Progress | bool | None = None,
) -> Document:
    """Extract the provenance of a project from its Git repository, its MLflow store, or both.

    The document is a valid instance of PROV-DM (W3C, sections 2 and 5) and unified. The page
    ``docs/prov-model.md`` lists the statements that each fact becomes. Notices and omissions are issued as
    warnings (``UserWarning``); :func:`run_extraction` returns them instead.

    Args:
        repository_path: a Git repository, or a folder in one.
        mlflow_url: the ``http(s)://`` URL of a server, a database URL, or the folder of a file store.
        calls: read captured calls from here: database URLs of repositories of :mod:`mlflow2prov.capture`, their
            folders, files of calls, or folders of them. None: read the folder ``.mlflow2prov`` of the repository, if it
            has one. Records that capture logged to the MLflow store are read too, unless this is empty.
        since: exclude commits before this date, in any form that ``git log --since`` accepts.
        until: exclude commits after this date.
        branches: read only this branch, or these.
        exclude: leave out the files of the repository that these pathspecs match (gitglossary(7)), such as ``data`` or
            ``*.csv``.
        mailmap: apply the ``.mailmap`` of the repository.
        include_store: keep the files of the store in the history, where the store is committed. By default they
            are left out, because MLflow describes what they contain.
        infer_code: link runs without a known script to the revision that they probably executed. These links are
            marked as inferred, with the method.
        renames: detect renames and copies by ``similar`` content, by ``exact`` content, or not at all
            (``none``).
        experiments: read only the experiments with these ids or names, or whose names match these patterns, such as
            ``wine-*``.
        runs_since: read only runs that started since this date, in any form that git accepts.
        metric_history: read every step of every metric, not only the last.
        artifacts: list ``all`` artifacts of runs and models, only those at the ``top``, or ``none``.
        artifacts_destination: a local folder whose artifacts may be listed, in addition to the store's own.
        environments: read the software environments of models from the files that MLflow keeps beside them.
        traces: read every trace and its assessments, not only how many a run has.
        restore_redacted: restore the origin of a deleted version, which MLflow redacts, from a database
            that still has it.
        namespace: the URI of the default namespace, for types, attributes and identifiers.
        workers: the maximum number of concurrent requests to an MLflow server.
        progress: True for bars in a notebook or a terminal; or a function that is called now and then with a
            phase, the number of finished items, and their total if it is known.

    Raises:
        RepositoryError: the repository cannot be read.
        TrackingStoreError: the MLflow store cannot be read.
        CallRecordsError: captured calls cannot be read.
        ConfigurationError: neither source is given, or an argument is not valid.
        NamespaceError: the namespace is not a URI.
    """
    extraction = run_extraction(
        repository_path,
        mlflow_url,
        calls=calls,
        since=since,
        until=until,
        branches=branches,
        exclude=exclude,
        mailmap=mailmap,
        include_store=include_store,
        infer_code=infer_code,
        renames=renames,
        experiments=experiments,
        runs_since=runs_since,
        metric_history=metric_history,
        artifacts=artifacts,
        artifacts_destination=artifacts_destination,
        environments=environments,
        traces=traces,
        restore_redacted=restore_redacted,
        namespace=namespace,
        workers=workers,
        progress=progress,
    )
    for notice in extraction.notices:
        warn(notice)
    for omission in extraction.omissions:
        warn(f"left out: {omission}")
    return extraction.document


@own_errors()
def run_extraction(
    repository_path: str | os.PathLike[str] | None = None,
    mlflow_url: str | os.PathLike[str] | None = None,
    *,
    calls: str | Iterable[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    branches: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    mailmap: bool = True,
    include_store: bool = False,
    infer_code: bool = False,
    renames: Renames = "similar",
    experiments: str | Iterable[str] = (),
    runs_since: str | None = None,
    metric_history: bool = False,
    artifacts: ArtifactListing = "all",
    artifacts_destination: str | os.PathLike[str] | None = None,
    environments: bool = False,
    traces: bool = False,
    restore_redacted: bool = False,
    namespace: str = MLFLOW2PROV,
    workers: int = 8,
    progress: Progress | bool | None = None,
) -> Extraction:
    """Extract a document as :func:`extract` does, and return it with its notices and omissions.

    The arguments and errors are those of :func:`extract`. No warnings are issued.
    """
    options = ProjectOptions(
        calls=calls,
        since=since,
        until=until,
        branches=branches,
        exclude=exclude,
        mailmap=mailmap,
        include_store=include_store,
        infer_code=infer_code,
        renames=renames,
        experiments=experiments,
        runs_since=runs_since,
        metric_history=metric_history,
        artifacts=artifacts,
        artifacts_destination=artifacts_destination,
        environments=environments,
        traces=traces,
        restore_redacted=restore_redacted,
        namespace=namespace,
        workers=workers,
    )
    with progress_of(progress) as report_progress:
        sources = open_sources(repository_path, mlflow_url, options, report_progress)
        return _extract_from(sources, options)


def _extract_from(sources: Sources, options: ProjectOptions) -> Extraction:
    """Read the sources, and map their facts to a unified document."""
    facts = Facts()
    reports = read_sources(facts, sources, options)
    runs = None
    if sources.store is not None:
        runs = summarize_runs(facts, has_history=sources.history is not None)
    document = Document(options.namespaces)
    expand(RULES, facts, document)
    # Free the memory of the facts for the unification.
    del facts
    unify(document)
    return Extraction(
        document,
        notices=tuple(notice for report in reports for notice in report.notices),
        omissions=tuple(omission for report in reports for omission in report.omissions),
        runs=runs,
    )
