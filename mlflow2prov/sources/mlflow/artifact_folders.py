"""Artifacts on the local disk: looked at below the store's own folders, and nowhere else.

Whoever logs a run may have a say in where its artifacts are. So a folder is looked at only if it lies, all
links followed, in the store's folder or in one that the user named, and if it is such as MLflow gives to
that very run or logged model.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import environments
from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo
from mlflow2prov.sources.mlflow.values import Entry, add_artifacts, add_model_artifacts, is_own_root

_PROXIED = "mlflow-artifacts:"
_OWNERS = (
    ("SELECT run_id, artifact_uri FROM {runs} ORDER BY ALL", add_artifacts),
    ("SELECT model_id, artifact_location FROM {logged_models} ORDER BY ALL", add_model_artifacts),
)


def is_below(path: Path, root: Path) -> bool:
    """Return whether ``path``, all links followed, lies in ``root``."""
    try:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
    except (OSError, RuntimeError, ValueError):
        return False


def tree(folder: Path, unreadable: list[str], *, only_top: bool = False) -> Iterator[Entry]:
    """List all below ``folder``; links are left out, what cannot be read is put in ``unreadable``."""

    def note(error: OSError) -> None:
        unreadable.append(f"{error.filename}: {error.strerror}")

    open_folders = [(str(folder), "")]
    while open_folders:
        at, prefix = open_folders.pop()
        try:
            with os.scandir(at) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            note(error)
            continue
        own = [entry for entry in found if not entry.is_symlink()]
        folders = [entry for entry in own if entry.is_dir(follow_symlinks=False)]
        for entry in folders:
            yield _text(prefix + entry.name), True, None
        for entry in own:
            try:
                if not entry.is_dir(follow_symlinks=False):
                    size = entry.stat(follow_symlinks=False).st_size
                    yield _text(prefix + entry.name), False, size
            except OSError as error:
                note(error)
        if only_top:
            return
        open_folders += [(entry.path, f"{prefix}{entry.name}/") for entry in reversed(folders)]


def _text(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def add_local_artifacts(
    facts: Facts,
    info: StoreInfo,
    store: Path | None,
    wishes: ReadOptions,
    homes: Mapping[str, Path] | None = None,
) -> None:
    """Add the artifacts of all runs and logged models that lie where they may be looked at.

    What lies elsewhere is not looked at, and counted.

    Args:
        facts: its runs and logged models say where their artifacts are.
        info: takes the notice of what was not looked at.
        store: the store's own folder, if it has one.
        wishes: how deep to look, and the folder that the user named; what a server proxies lies in
            there, too.
        homes: folders in the store for the artifacts of those whose own place is not there: a file
            store may have been moved.
    """
    if wishes.artifacts == "none":
        return
    facts.flush()
    named = Path(wishes.artifacts_destination) if wishes.artifacts_destination else None
    elsewhere: list[str] = []
    unreadable: list[str] = []
    for query, add in _OWNERS:
        for owner, uri in facts.query(query):
            if not owner or not uri:
                continue
            folder = _folder(uri, owner, store, named)
            home = (homes or {}).get(owner)
            if (folder is None or not folder.is_dir()) and home is not None and home.is_dir():
                folder = home if store and is_below(home, store) else None
            if folder is None:
                elsewhere.append(uri)
            elif folder.is_dir():
                entries = list(tree(folder, unreadable, only_top=wishes.artifacts == "top"))
                add(facts, owner, entries)
                if wishes.environments:
                    _add_environments(facts, owner, folder, entries, unreadable)
    if elsewhere:
        schemes = {uri.partition(":")[0] + ":" if ":" in uri else "local" for uri in elsewhere}
        where = " or ".join(repr(str(folder)) for folder in (store, named) if folder)
        info.notices.append(
            f"{info.url}: the artifacts of {len(elsewhere)} runs and models are not listed: they are "
            f"not {f'below {where}' if where else 'in a folder that was named'} "
            f"({', '.join(sorted(schemes))[:200]}); name their folder by --artifacts_destination, or "
            "read the store by its server"
        )
    if unreadable:
        info.left_out.append(
            f"{info.url}: {len(unreadable)} artifacts could not be looked at ({unreadable[0]})"
        )


def _add_environments(
    facts: Facts, owner: str, folder: Path, entries: list[Entry], unreadable: list[str]
) -> None:
    for path in environments.files(entries):
        try:
            with (folder / path).open("rb") as file:
                content = file.read(environments.LARGEST + 1)
        except OSError as error:
            unreadable.append(f"{error.filename}: {error.strerror}")
            continue
        if len(content) > environments.LARGEST:
            unreadable.append(f"{folder / path}: longer than {environments.LARGEST} bytes")
        else:
            environments.add(facts, owner, path, content)


def _folder(uri: str, owner: str, store: Path | None, named: Path | None) -> Path | None:
    """Return the folder of an artifact URI where it may be looked at."""
    try:
        path = unquote(urlsplit(uri).path) if uri.startswith(("file:", _PROXIED)) else uri
    except ValueError:
        return None
    if not is_own_root(path, owner) or "\0" in path:
        return None
    if uri.startswith(_PROXIED):
        # The server keeps what it proxies below its --artifacts-destination.
        candidates = [named / path.lstrip("/")] if named else []
    elif path.startswith("/"):
        candidates = [Path(path)]
    elif ":" in path:
        candidates = []
    else:
        # Relative to where the server was started: beside its database, as a rule.
        candidates = [folder / path for folder in (store, named) if folder]
    allowed = [folder for folder in (store, named) if folder]
    return next((c for c in candidates if any(is_below(c, folder) for folder in allowed)), None)
