"""Artifacts on the local disk, listed below the store's own folders and nowhere else.

Anyone who logs a run can choose where its artifacts are. A folder is therefore listed only if it is an
artifact root that MLflow gives to that very run or logged model, and if it lies, all links resolved,
below the store's folder or below one that the user named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import environments
from mlflow2prov.sources.mlflow.entities import (
    Artifact,
    add_artifacts,
    add_model_artifacts,
    is_artifact_root,
)
from mlflow2prov.sources.mlflow.folder import (
    MAX_DEPTH,
    Folder,
    UnreadableError,
    unicode_name,
)
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.report import SourceReport

_PROXY_SCHEME = "mlflow-artifacts:"
_MAX_SCHEMES_LENGTH = 200

_OWNERS = (
    ("SELECT run_id, artifact_uri FROM runs ORDER BY ALL", add_artifacts),
    ("SELECT model_id, artifact_location FROM logged_models ORDER BY ALL", add_model_artifacts),
)


def list_folder(
    folder: Folder, unreadable: list[str], *, only_top: bool = False
) -> Iterator[Artifact]:
    """Yield the files and folders below ``folder``, in a stable order. Links are skipped.

    Args:
        folder: the folder to list.
        unreadable: takes a line for each file or folder that cannot be read.
        only_top: do not list the folders within.
    """
    pending = [(folder, "")]
    while pending:
        current, prefix = pending.pop()
        try:
            entries = [entry for entry in current.entries() if not entry.is_link]
        except OSError as error:
            unreadable.append(_reason(error))
            continue
        folders = [entry.name for entry in entries if entry.is_folder]
        for name in folders:
            yield Artifact(unicode_name(prefix + name), is_dir=True, file_size=None)
        for entry in entries:
            if entry.is_file:
                yield Artifact(unicode_name(prefix + entry.name), False, entry.size)
            elif not entry.is_folder:
                unreadable.append(f"{current / entry.name}: not a regular file")
        if only_top:
            return
        if folders and prefix.count("/") + 1 >= MAX_DEPTH:
            unreadable.append(f"{current}: folders below level {MAX_DEPTH} are not listed")
        else:
            pending += [(current / name, f"{prefix}{name}/") for name in reversed(folders)]


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}"


@dataclass(frozen=True)
class ArtifactRoots:
    """The folders below which artifacts may be listed."""

    store: Path | None
    """The store's own folder, if it has one."""
    destination: Path | None
    """The folder that the user named; artifacts that a server proxies lie there, too."""
    homes: Mapping[str, Folder] = field(default_factory=dict)
    """By run and logged model, a folder in the store. A file store that has been moved keeps its artifacts there,
    and not at the locations that it records."""

    @property
    def folders(self) -> list[Path]:
        """The folders that are set."""
        return [folder for folder in (self.store, self.destination) if folder]

    def find(self, uri: str, owner: str) -> Folder | None:
        """Return the folder for the artifact root of ``owner``, or None if it may not be listed.

        The folder need not exist.
        """
        folder = self._resolve(uri, owner)
        home = self.homes.get(owner)
        if home is not None and home.exists() and (folder is None or not folder.exists()):
            return home
        return folder

    def _resolve(self, uri: str, owner: str) -> Folder | None:
        try:
            path = unquote(urlsplit(uri).path) if uri.startswith(("file:", _PROXY_SCHEME)) else uri
        except ValueError:
            return None
        if not is_artifact_root(path, owner) or "\0" in path:
            return None
        if uri.startswith(_PROXY_SCHEME):
            # A server keeps the artifacts that it proxies below its --artifacts-destination.
            candidates = [self.destination / path.lstrip("/")] if self.destination else []
        elif path.startswith("/"):
            candidates = [Path(path)]
        elif ":" in path:
            candidates = []
        else:
            # Relative to the folder that the server was started in, which usually holds its database.
            candidates = [folder / path for folder in self.folders]
        allowed = (
            folder
            for candidate in candidates
            for top in self.folders
            if (folder := Folder.below(top, candidate))
        )
        return next(allowed, None)


def add_local_artifacts(
    facts: Facts,
    report: SourceReport,
    store: Path | None,
    options: ReadOptions,
    homes: Mapping[str, Folder] | None = None,
) -> None:
    """Add the artifacts of all runs and logged models whose folders may be listed.

    Args:
        facts: holds the runs and logged models, and takes their artifacts.
        report: takes a notice of the artifacts that may not be listed, and those that cannot be read.
        store: the store's own folder, if it has one.
        options: how deep to list, and the folder that the user named.
        homes: see :attr:`ArtifactRoots.homes`.
    """
    if options.artifacts == "none":
        return
    facts.flush()
    destination = Path(options.artifacts_destination) if options.artifacts_destination else None
    roots = ArtifactRoots(store, destination, homes or {})
    elsewhere: list[str] = []
    unreadable: list[str] = []
    for query, add in _OWNERS:
        for owner, uri in facts.rows(query):
            if not owner or not uri:
                continue
            folder = roots.find(uri, owner)
            if folder is None:
                elsewhere.append(uri)
            elif folder.exists():
                artifacts = list(
                    list_folder(folder, unreadable, only_top=options.artifacts == "top")
                )
                add(facts, owner, artifacts)
                if options.environments:
                    _add_environments(facts, owner, folder, artifacts, unreadable)
    if elsewhere:
        report.notices.append(_elsewhere_notice(report, roots, elsewhere))
    if unreadable:
        report.omissions.append(
            f"{report.location}: {len(unreadable)} artifacts could not be read ({unreadable[0]})"
        )


def _add_environments(
    facts: Facts, owner: str, folder: Folder, artifacts: list[Artifact], unreadable: list[str]
) -> None:
    for path in environments.environment_paths(artifacts):
        *parents, name = path.split("/")
        try:
            content = reduce(Folder.__truediv__, parents, folder).read(name, environments.MAX_BYTES)
        except UnreadableError as error:
            unreadable.append(f"{error.path}: {error.reason}")
        except OSError as error:
            unreadable.append(_reason(error))
        else:
            environments.add_environment(facts, owner, path, content, unreadable)


def _elsewhere_notice(report: SourceReport, roots: ArtifactRoots, uris: list[str]) -> str:
    schemes = {f"{uri.partition(':')[0]}:" if ":" in uri else "local" for uri in uris}
    folders = " or ".join(repr(str(folder)) for folder in roots.folders)
    place = f"below {folders}" if folders else "in a folder that was named"
    return (
        f"{report.location}: the artifacts of {len(uris)} runs and models are not listed, because they "
        f"are not {place} ({', '.join(sorted(schemes))[:_MAX_SCHEMES_LENGTH]}); name their folder with "
        "--artifacts-destination, or read the store through its server"
    )
