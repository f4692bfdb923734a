"""Artifacts on the local disk: looked at below one root, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.store import StoreInfo
from mlflow2prov.sources.mlflow.values import Entry, add_artifacts, add_model_artifacts

_PROXIED = "mlflow-artifacts:"


def local_path(uri: str) -> Path | None:
    """Return the local path that an artifact URI names, if it names one."""
    if uri.startswith("file:"):
        return Path(unquote(urlsplit(uri).path))
    return (
        Path(uri) if uri.startswith("/") or (len(uri) > 2 and uri[1:3] in (":\\", ":/")) else None
    )


def is_below(path: Path, root: Path) -> bool:
    """Return whether ``path``, all links followed, lies in ``root``."""
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def tree(folder: Path) -> Iterator[Entry]:
    """List all below ``folder``, ordered; links are listed and not followed out."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not Path(at, f).is_symlink())
        relative = Path(at).relative_to(folder)
        for name in folders:
            yield _text(relative / name), True, None
        for name in sorted(files):
            file = Path(at, name)
            if not file.is_symlink():
                yield _text(relative / name), False, file.stat().st_size


def _text(path: Path) -> str:
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def add_local_artifacts(facts: Facts, info: StoreInfo, root: Path | None) -> None:
    """Add the artifacts of all runs and logged models that lie below ``root``.

    A run may name any place as its own. What is not below ``root`` is not looked at, and counted.
    """
    elsewhere: list[str] = []
    owners = (
        ("SELECT run_id, artifact_uri FROM {runs} ORDER BY ALL", add_artifacts),
        (
            "SELECT model_id, artifact_location FROM {logged_models} ORDER BY ALL",
            add_model_artifacts,
        ),
    )
    for query, add in owners:
        for owner, uri in facts.query(query):
            folder = _folder(uri or "", root)
            if folder is None:
                elsewhere.append(uri or "")
            elif folder.is_dir():
                add(facts, owner, tree(folder))
    if elsewhere:
        kinds = sorted(
            {uri.partition(":")[0] + ":" if ":" in uri else "local" for uri in elsewhere}
        )
        where = f"below {root}" if root else "in a folder that was named"
        info.notices.append(
            f"{info.url}: the artifacts of {len(elsewhere)} runs and models are not {where} "
            f"({', '.join(kinds)}) and not listed; name their folder by --artifacts_destination, "
            "or read the store by its server"
        )


def _folder(uri: str, root: Path | None) -> Path | None:
    """Return the folder of an artifact URI where it may be looked at."""
    if root is None:
        return None
    if uri.startswith(_PROXIED):
        # The server keeps what it proxies below its --artifacts-destination.
        path = root / unquote(urlsplit(uri).path).lstrip("/")
    else:
        named = local_path(uri)
        if named is None:
            return None
        path = named
    return path if is_below(path, root) else None
