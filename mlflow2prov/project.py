"""A project: the options by which its sources are read, and the sources themselves."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow2prov.arguments import require_choice, require_integer, require_text, require_texts
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.progress import Progress
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces
from mlflow2prov.sources.options import ARTIFACT_LISTINGS, RENAMES, ArtifactListing, Renames

if TYPE_CHECKING:
    from mlflow2prov.sources.capture.records import CallRecords
    from mlflow2prov.sources.git import GitHistory
    from mlflow2prov.sources.mlflow import TrackingStore


@dataclass(frozen=True)
class ProjectOptions:
    """How much of a project is read, and how. The options are the arguments of :func:`mlflow2prov.extract`."""

    calls: str | Iterable[str] | None = None
    since: str | None = None
    until: str | None = None
    branches: str | Iterable[str] = ()
    exclude: str | Iterable[str] = ()
    mailmap: bool = True
    include_store: bool = False
    infer_code: bool = False
    renames: Renames = "similar"
    experiments: str | Iterable[str] = ()
    runs_since: str | None = None
    metric_history: bool = False
    artifacts: ArtifactListing = "all"
    artifacts_destination: str | os.PathLike[str] | None = None
    environments: bool = False
    traces: bool = False
    restore_redacted: bool = False
    namespace: str = MLFLOW2PROV
    workers: int = 8

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(getattr(type(self), name), bool) and not isinstance(value, bool):
                raise ConfigurationError(
                    f"{name}: {str(value)[:80]!r} is not a truth value; pass True or False"
                )

    @property
    def namespaces(self) -> Namespaces:
        """The namespaces of the document.

        Raises:
            NamespaceError: the namespace is not a URI.
        """
        return Namespaces({"": require_text("namespace", self.namespace)})


@dataclass(frozen=True)
class Sources:
    """The sources of an extraction."""

    history: GitHistory | None
    store: TrackingStore | None
    calls: tuple[CallRecords, ...] = ()


def open_sources(
    repository_path: str | os.PathLike[str] | None,
    mlflow_url: str | os.PathLike[str] | None,
    options: ProjectOptions,
    progress: Progress | None,
) -> Sources:
    """Return the sources of a project, of which nothing has been read.

    Raises:
        ConfigurationError: no source is given, or an option is not valid.
        NamespaceError: the namespace is not a URI.
    """
    locations = None if options.calls is None else require_texts("calls", options.calls)
    if repository_path is None and mlflow_url is None and not locations:
        raise ConfigurationError(
            "nothing to extract from; give a repository, an MLflow store or captured calls"
        )
    require_choice("renames", options.renames, RENAMES)
    require_choice("artifacts", options.artifacts, ARTIFACT_LISTINGS)
    require_integer("workers", options.workers, minimum=1)
    _ = options.namespaces
    history = None
    if repository_path is not None:
        history = _history(repository_path, options, progress)
    store = None
    if mlflow_url is not None:
        store = _store(mlflow_url, options, progress, has_calls=locations != ())
    return Sources(history, store, _call_records(locations, history))


def _history(
    path: str | os.PathLike[str], options: ProjectOptions, progress: Progress | None
) -> GitHistory:
    from mlflow2prov.sources.git import GitHistory, HistoryOptions

    return GitHistory(
        require_location("repository_path", path),
        HistoryOptions(
            since=None if options.since is None else require_text("since", options.since),
            until=None if options.until is None else require_text("until", options.until),
            branches=require_texts("branches", options.branches),
            exclude=_require_pathspecs(options.exclude),
            mailmap=options.mailmap,
            renames=options.renames,
            progress=progress,
        ),
    )


def _store(
    url: str | os.PathLike[str],
    options: ProjectOptions,
    progress: Progress | None,
    *,
    has_calls: bool,
) -> TrackingStore:
    from mlflow2prov.sources.mlflow import ReadOptions, TrackingStore

    since, destination = options.runs_since, options.artifacts_destination
    return TrackingStore(
        require_location("mlflow_url", url),
        ReadOptions(
            experiments=require_texts("experiments", options.experiments),
            runs_since=None if since is None else _require_date("runs_since", since),
            metric_history=options.metric_history,
            artifacts=options.artifacts,
            artifacts_destination=None
            if destination is None
            else require_location("artifacts_destination", destination),
            environments=options.environments,
            calls=has_calls,
            traces=options.traces,
            restore_redacted=options.restore_redacted,
            workers=require_integer("workers", options.workers, minimum=1),
            progress=progress,
        ),
    )


def _call_records(
    locations: Sequence[str] | None, history: GitHistory | None
) -> tuple[CallRecords, ...]:
    """Return the sources of calls: those that are given, or that of the repository's working tree."""
    if locations is None:
        locations = () if history is None else _calls_of_repository(history)
    if not locations:
        return ()  # the libraries that read them are not imported
    from mlflow2prov.sources.capture.records import CallRecords

    return tuple(CallRecords(location) for location in locations)


def _calls_of_repository(history: GitHistory) -> Sequence[str]:
    from mlflow2prov.capture.environment import repository_root
    from mlflow2prov.sources.capture.discovery import find_calls

    root = repository_root(Path(history.path))
    found = None if root is None else find_calls(root)
    return () if found is None else (str(found),)


def _require_pathspecs(exclude: object) -> tuple[str, ...]:
    from mlflow2prov.sources.git.pathspecs import exclusion

    pathspecs = require_texts("exclude", exclude)
    for pathspec in pathspecs:
        exclusion(pathspec)
    return pathspecs


def _require_date(name: str, date: object) -> int:
    from mlflow2prov.sources.git.dates import parse_date

    try:
        return parse_date(require_text(name, date))
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def require_location(name: str, value: object) -> str:
    """Return a path or a URL. A path may have bytes that are not UTF-8, which Python escapes (PEP 383)."""
    location = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(location, str):
        with suppress(UnicodeEncodeError):
            escaped = location.encode("utf-8", "surrogateescape")
            require_text(name, escaped.decode("utf-8", "replace"))
            return location
    return require_text(name, location)
