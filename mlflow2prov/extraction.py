"""Extraction: a Git repository and an MLflow store in, one PROV document out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlflow2prov.errors import ConfigurationError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.revisions import derive_revisions
from mlflow2prov.facts.run_sources import candidate_scripts, link_runs
from mlflow2prov.mapping import TEMPLATES, expand
from mlflow2prov.progress import Progress
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces
from mlflow2prov.prov.unify import unify

RENAMES = ("similar", "exact", "none")
"""How renames and copies are found: by similar content (which takes git several times as long), by the same
content in commits of one parent, or not at all."""

ARTIFACTS = ("all", "top", "none")
"""Which artifacts of runs and models are listed: those at every depth, at the top only, or none."""


@dataclass
class Findings:
    """What is to be said of an extraction besides the document."""

    notices: list[str] = field(default_factory=list)
    """What the sources could not show, and what would help; a line each."""
    left_out: list[str] = field(default_factory=list)
    """What should have been read and was refused; the document is incomplete."""


def extract(
    repository_path: str | Path | None = None,
    mlflow_url: str | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    branches: str | Iterable[str] = (),
    mailmap: bool = True,
    renames: str = "similar",
    metric_history: bool = False,
    artifacts: str = "all",
    artifacts_destination: str | None = None,
    environments: bool = False,
    traces: bool = False,
    restore_redacted: bool = False,
    namespace: str = MLFLOW2PROV,
    workers: int = 8,
    findings: Findings | None = None,
    progress: Progress | None = None,
) -> Document:
    """Extract the provenance of a project from its Git repository and its MLflow store.

    Either source alone is enough. What is extracted is a valid instance of PROV-DM (W3C, sections 2
    and 5), statement by statement as ``docs/prov-model.md`` says, unified.

    Args:
        repository_path: a Git repository, or a folder in one.
        mlflow_url: ``http(s)://`` of a server, a database URL, or a folder of MLflow's file store.
        since: leave out commits before this date (any that ``git log --since`` takes).
        until: leave out commits after this date.
        branches: read this branch only, or these.
        mailmap: let the repository's ``.mailmap`` hold.
        renames: find renames and copies by ``similar`` contents, ``exact`` ones, or not at all (``none``).
        metric_history: every step of every metric, and not the last only.
        artifacts: list ``all`` artifacts of runs and models, those at the ``top``, or ``none``.
        artifacts_destination: the local folder below which a store's artifacts may be looked at, besides
            its own.
        environments: read what software a model was made with, from the files that MLflow keeps beside it.
        traces: every trace and what was said of it, and not only how many a run has.
        restore_redacted: say what a deleted version was registered from, though MLflow redacted it, where
            the database still has it.
        namespace: the URI of the default namespace, of types, attributes and identifiers.
        workers: how many requests an MLflow server gets at once.
        findings: takes what is to be said of the sources; without it, each is a warning (of the module
            ``warnings``).
        progress: called with (phase, done, total or None) now and then.

    Raises:
        RepositoryError: the repository cannot be read.
        TrackingStoreError: the MLflow store cannot be read.
        ConfigurationError: neither source is given, or an argument is none of those named here.
        NamespaceError: the namespace is no URI.
    """
    _check("renames", renames, RENAMES)
    _check("artifacts", artifacts, ARTIFACTS)
    if repository_path is None and mlflow_url is None:
        raise ConfigurationError(
            "nothing to extract from; give a repository, an MLflow store or both"
        )
    told, findings = findings, findings if findings is not None else Findings()
    facts = Facts()
    history = None
    if repository_path is not None:
        from mlflow2prov.sources.git import read_history

        history = read_history(
            repository_path,
            facts,
            since=since,
            until=until,
            branches=(branches,) if isinstance(branches, str) else branches,
            mailmap=mailmap,
            renames=renames,
            progress=progress,
        )
        findings.notices += history.notices
        findings.left_out += history.left_out
        derive_revisions(facts)
    if mlflow_url is not None:
        from mlflow2prov.sources.mlflow import ReadOptions, read_store

        wishes = ReadOptions(
            metric_history=metric_history,
            artifacts=artifacts,
            artifacts_destination=artifacts_destination,
            environments=environments,
            traces=traces,
            restore_redacted=restore_redacted,
            workers=workers,
            progress=progress,
        )
        store = read_store(mlflow_url, facts, wishes)
        findings.notices += store.notices
        findings.left_out += store.left_out
    if history is not None and mlflow_url is not None:
        from mlflow2prov.sources.git import read_trees

        read_trees(history.repository, facts, candidate_scripts(facts))
        link_runs(facts)
        findings.notices += _unlinked_runs(facts, repository_path)
    document = Document(Namespaces({"": namespace}))
    expand(TEMPLATES, facts, document)
    # The facts give their room to the unification.
    del facts
    unify(document)
    if told is None:
        for message in (*findings.notices, *(f"left out: {what}" for what in findings.left_out)):
            warnings.warn(message, stacklevel=2)
    return document


def _check(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigurationError(f"unknown {name} {value!r}; known are {', '.join(known)}")


def _unlinked_runs(facts: Facts, repository_path: object) -> list[str]:
    """Count the runs whose commit the repository lacks."""
    counted = facts.query(
        "SELECT count(*), count(DISTINCT commit) FROM {runs_of_experiments} "
        "WHERE commit IS NOT NULL AND linked_commit IS NULL"
    )
    runs, commits = counted[0]
    if not runs:
        return []
    return [
        f"{repository_path}: {runs} runs name {commits} commits that this repository does not have; "
        "they keep the hash and are not linked"
    ]
