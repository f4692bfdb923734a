"""Artifacts on the local disk, listed below the store's own folders and nowhere else.

Anyone who logs a run can choose where its artifacts are. A folder is therefore listed only if it is an
artifact root that MLflow gives to that very run or logged model, and if it lies, all links resolved,
below the store's folder, the folder ``mlartifacts`` beside it, or below one that the user named. Of other folders, a
notice only checks whether they exist.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from mlflow2prov.facts import Facts
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.folder import (
    MAX_DEPTH,
    Folder,
    UnreadableError,
    unicode_name,
)
from mlflow2prov.sources.mlflow import call_records, environments
from mlflow2prov.sources.mlflow.entities import (
    Artifact,
    add_artifacts,
    add_model_artifacts,
    forward_slashes,
    is_artifact_root,
)
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.report import SourceReport

_PROXIED_FOLDER = "mlartifacts"
_DEFAULT_FOLDERS = ("mlruns", _PROXIED_FOLDER)
"""The folders in which MLflow keeps artifacts by default, beside a database."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_MAX_SCHEMES_LENGTH = 200

_AddArtifacts = Callable[[Facts, str, Iterable[Artifact]], None]

_OWNERS: tuple[tuple[str, str, _AddArtifacts], ...] = (
    ("run", "SELECT run_id, artifact_uri FROM runs ORDER BY ALL", add_artifacts),
    (
        "logged model",
        "SELECT model_id, artifact_location FROM logged_models ORDER BY ALL",
        add_model_artifacts,
    ),
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
    """The folders below which artifacts may be listed.

    A store that was moved, committed or downloaded keeps the locations that it had on another machine. The end of such
    a location, from any folder in it on, is therefore looked up below these folders. It contains the id of the run or
    logged model, so that it leads to no other artifacts.
    """

    store: Path | None
    """The store's own folder, if it has one: that of a file store, or that of a SQLite file."""
    destination: Path | None
    """The folder that the user named; artifacts that a server proxies lie there, too."""
    homes: Mapping[str, Folder] = field(default_factory=dict)
    """By run and logged model, the folder in which a file store keeps its artifacts by default."""

    @property
    def folders(self) -> list[Path]:
        """The folders that are set."""
        return [folder for folder in (self.store, self.destination) if folder]

    def find(self, location: ArtifactLocation, owner: str) -> Folder | None:
        """Return the folder of the artifacts of ``owner``, or None if it does not exist or may not be listed."""
        candidates = self._candidates(location, owner)
        return next((folder for folder in candidates if folder.exists()), None)

    def _candidates(self, location: ArtifactLocation, owner: str) -> Iterator[Folder]:
        """Yield the recorded folder, and then those with the end of its path, the folder that the user named first."""
        parents = location.parents_of(owner)
        if parents is not None and location.is_path:
            path = Path("/", *parents, owner, "artifacts")
            yield from (folder for top in self.folders if (folder := Folder.below(top, path)))
        if parents is not None and self.destination:
            yield from self._ends(parents, owner, _tops(self.destination))
        if owner in self.homes:
            yield self.homes[owner]
        if parents is not None and self.store:
            beside = _proxied_folder(self.store) if location.is_proxied else []
            yield from self._ends(parents, owner, [*_tops(self.store), *beside])

    def _ends(self, parents: tuple[str, ...], owner: str, tops: list[Folder]) -> Iterator[Folder]:
        """Yield the folders at the ends of a path below some folders, the longest first."""
        for top in tops:
            key = (top.path, parents)
            if key not in self._existing_ends:
                ends = (
                    reduce(Folder.__truediv__, parents[start:], top)
                    for start in range(len(parents) + 1)
                )
                self._existing_ends[key] = [folder for folder in ends if folder.exists()]
            for folder in self._existing_ends[key]:
                yield folder / owner / "artifacts"

    @cached_property
    def _existing_ends(self) -> dict[tuple[Path, tuple[str, ...]], list[Folder]]:
        """The existing folders by the folder that they are below and the path whose ends they have."""
        return {}


def _tops(path: Path) -> list[Folder]:
    """Return a folder, and those in it in which MLflow keeps artifacts by default."""
    folder = Folder(path)
    return [folder, *(folder / name for name in _DEFAULT_FOLDERS)]


def _proxied_folder(store: Path) -> list[Folder]:
    """Return the folder beside a file store in which MLflow's server keeps artifacts by default."""
    parent = store.absolute().parent
    folder = Folder.below(parent, parent / _PROXIED_FOLDER)
    return [folder] if folder else []


@dataclass(frozen=True)
class ArtifactLocation:
    """The location of artifacts as a run or logged model records it: a URI, or a path of any operating system."""

    uri: str

    @cached_property
    def scheme(self) -> str:
        """The scheme of the URI, in lower case; empty for a path."""
        match = _SCHEME.match(self.uri)
        return match[1].lower() if match else ""

    @property
    def is_local(self) -> bool:
        """Whether this is in local files, perhaps of another machine."""
        return self.scheme in ("", "file")

    @property
    def is_path(self) -> bool:
        """Whether this is an absolute path that may exist on this machine."""
        host = "" if self._address is None else self._address.netloc
        return self.is_local and host in ("", "localhost") and self.path.startswith("/")

    @property
    def is_proxied(self) -> bool:
        """Whether MLflow's server keeps the artifacts, in a folder that it does not record."""
        return self.scheme == "mlflow-artifacts"

    @cached_property
    def _address(self) -> SplitResult | None:
        try:
            return urlsplit(self.uri) if self.scheme else None
        except ValueError:
            return None

    @cached_property
    def path(self) -> str:
        """The path, with slashes."""
        if self._address is None:
            return forward_slashes(self.uri)
        path = self._address.path
        return unquote(path) if self.scheme in ("file", "mlflow-artifacts") else path

    def parents_of(self, owner: str) -> tuple[str, ...] | None:
        """Return the names of the folders above the artifacts of ``owner``; None if this is not their root."""
        parts = tuple(part for part in self.path.split("/") if part not in ("", "."))
        if not is_artifact_root(self.path, owner) or "/" in owner:
            return None
        if ".." in parts or "\0" in self.path:
            return None
        return parts[:-2]


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
    elsewhere: dict[str, list[tuple[ArtifactLocation, str]]] = {}
    unreadable: list[str] = []
    found: list[tuple[str, Folder, _AddArtifacts]] = []
    for noun, query, add in _OWNERS:
        for owner, uri in facts.rows(query):
            if not owner:
                continue
            location = ArtifactLocation(uri or "")
            folder = roots.find(location, owner)
            if folder is None:
                elsewhere.setdefault(noun, []).append((location, owner))
            else:
                found.append((owner, folder, add))
    if options.calls and options.artifacts == "all":
        runs = [(owner, folder) for owner, folder, add in found if add is add_artifacts]
        _add_call_records(facts, runs, report, unreadable)
    captured_sizes = _captured_sizes(facts)
    for owner, folder, add in found:
        artifacts = list(list_folder(folder, unreadable, only_top=options.artifacts == "top"))
        add(facts, owner, artifacts)
        _add_digests(facts, owner, folder, artifacts, captured_sizes, unreadable)
        if options.environments:
            _add_environments(facts, owner, folder, artifacts, unreadable)
    report.notices += _notices(report, roots, elsewhere)
    if unreadable:
        report.omissions.append(
            f"{report.location}: {quantity(len(unreadable), 'artifact')} could not be read "
            f"({unreadable[0]})"
        )


def _notices(
    report: SourceReport,
    roots: ArtifactRoots,
    elsewhere: Mapping[str, Sequence[tuple[ArtifactLocation, str]]],
) -> Iterator[str]:
    """Yield a notice of the artifacts in folders that the user can name, and one of those in other systems.

    Local folders that this machine lacks are those of another one. There is nothing to be done about them.
    """
    counts: dict[str, Counter[str]] = {"local": Counter(), "remote": Counter()}
    folders: dict[Path, bool] = {}
    schemes = set()
    for noun, locations in elsewhere.items():
        for location, owner in locations:
            if not location.is_local:
                schemes.add(f"{location.scheme}:")
                counts["remote"][noun] += 1
                continue
            parents = location.parents_of(owner)
            if parents is None or not location.is_path:
                continue
            folder = Path("/", *parents)
            if folder not in folders:
                folders[folder] = not _is_listed(folder, roots) and _is_folder(folder)
            if folders[folder]:
                counts["local"][noun] += 1
    if counts["local"]:
        places = [str(folder) for folder, is_nameable in folders.items() if is_nameable]
        more = f" and {len(places) - 1} more" if places[1:] else ""
        yield (
            f"{report.location}: the artifacts of {_quantities(counts['local'])} are not listed, because they are "
            f"outside of the store, in {unicode_name(places[0])}{more}; name that folder with "
            "--artifacts-destination"
        )
    if counts["remote"]:
        yield (
            f"{report.location}: the artifacts of {_quantities(counts['remote'])} are not listed, because they are "
            f"not in local files ({', '.join(sorted(schemes))[:_MAX_SCHEMES_LENGTH]}); read the store through its "
            "server, or name a folder with a copy of them with --artifacts-destination"
        )


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (accepts names of any length)


def _is_listed(folder: Path, roots: ArtifactRoots) -> bool:
    return any(Folder.below(top, folder) for top in roots.folders)


def _quantities(counts: Counter[str]) -> str:
    return " and ".join(quantity(count, noun) for noun, count in counts.items())


def _captured_sizes(facts: Facts) -> frozenset[int]:
    """Return the lengths in bytes of the files that captured calls wrote. All empty files are alike."""
    rows = facts.rows("SELECT DISTINCT size FROM call_results WHERE path IS NOT NULL AND size > 0")
    return frozenset(size for (size,) in rows)


def _add_digests(
    facts: Facts,
    owner: str,
    folder: Folder,
    artifacts: list[Artifact],
    captured_sizes: frozenset[int],
    unreadable: list[str],
) -> None:
    """Add the digests of the artifacts that may be files that captured calls wrote, by their lengths."""
    for artifact in artifacts:
        if artifact.file_size not in captured_sizes:
            continue
        *parents, name = artifact.path.split("/")
        try:
            digest = reduce(Folder.__truediv__, parents, folder).digest(name)
        except UnreadableError as error:
            unreadable.append(f"{error.path}: {error.reason}")
        except OSError as error:
            unreadable.append(_reason(error))
        else:
            facts.add("artifact_digests", owner_id=owner, path=artifact.path, digest=digest)


def _add_call_records(
    facts: Facts,
    runs: Iterable[tuple[str, Folder]],
    report: SourceReport,
    unreadable: list[str],
) -> None:
    """Add the calls whose records are among the artifacts of runs."""

    def files() -> Iterator[tuple[tuple[str, str], bytes]]:
        for owner, folder in runs:
            for path in call_records.call_record_paths(_list_call_records(folder)):
                content = _read_file(folder, path, call_records.MAX_BYTES, unreadable)
                if content is not None:
                    yield (owner, path), content

    invalid: list[str] = []
    call_records.add_call_records(facts, files(), invalid)
    report.omissions += [f"{report.location}: {reason}" for reason in invalid]
    facts.flush()


def _list_call_records(folder: Folder) -> Iterator[Artifact]:
    """Yield the content of the folder of records. It is listed once more with the other artifacts."""
    try:
        entries = reduce(Folder.__truediv__, call_records.FOLDER.split("/"), folder).entries()
    except OSError:
        return
    for entry in entries:
        if entry.is_file:
            yield Artifact(f"{call_records.FOLDER}/{entry.name}", False, entry.size)


def _read_file(folder: Folder, path: str, max_bytes: int, unreadable: list[str]) -> bytes | None:
    """Return the content of an artifact, or None with a line in ``unreadable``."""
    *parents, name = path.split("/")
    try:
        return reduce(Folder.__truediv__, parents, folder).read(name, max_bytes)
    except UnreadableError as error:
        unreadable.append(f"{error.path}: {error.reason}")
    except OSError as error:
        unreadable.append(_reason(error))
    return None


def _add_environments(
    facts: Facts, owner: str, folder: Folder, artifacts: list[Artifact], unreadable: list[str]
) -> None:
    for path in environments.environment_paths(artifacts):
        content = _read_file(folder, path, environments.MAX_BYTES, unreadable)
        if content is not None:
            environments.add_environment(facts, owner, path, content, unreadable)
