"""Reading an MLflow store, wherever it is, into the fact tables.

http(s)://...                          a server, by its REST API
sqlite:///..., postgresql://..., ...   a backend database, by its tables
a folder, file:...                     a file store (mlruns), by its files
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.progress import Progress
from mlflow2prov.sources.mlflow.normalize import settle
from mlflow2prov.secrets import without_credentials

_FINGERPRINT_DIGITS = 24
_NAMED = 10
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass
class StoreInfo:
    """What is to be said of a store that was read."""

    kind: str
    """``http``, ``sql`` or ``file``."""
    url: str
    """Without credentials."""
    version: str | None = None
    """MLflow's version, where the store tells it."""
    notices: list[str] = field(default_factory=list)
    """What this way of reading cannot see, and what would help; one line each."""
    left_out: list[str] = field(default_factory=list)
    """What should have been read and could not; the extraction is incomplete."""


@dataclass(frozen=True)
class ReadOptions:
    """How a store is to be read."""

    metric_history: bool = False
    """Every step of every metric, and not the last only."""
    artifacts: str = "all"
    """Which artifacts are listed: ``none``, those at the ``top``, or ``all``."""
    artifacts_destination: str | None = None
    """The local folder below which artifacts may be looked at besides; by default the store's own only."""
    environments: bool = False
    """What software a model was made with, by the files that MLflow keeps beside it."""
    traces: bool = False
    """Traces and what was said of them, and not their number only."""
    restore_redacted: bool = False
    """What a deleted version was registered from, where a database still has it."""
    workers: int = 8
    """How many requests a server gets at once."""
    progress: Progress | None = None
    """Called with (phase, done, total or None) now and then."""

    def report(self, phase: str, done: int, total: int | None = None) -> None:
        """Tell how far a phase has come."""
        if self.progress:
            self.progress(phase, done, total)


Reader = Callable[[str, Facts, ReadOptions], StoreInfo]


def read_store(url: str, facts: Facts, wishes: ReadOptions | None = None) -> StoreInfo:
    """Read all that an MLflow store holds.

    Args:
        url: where the store is; see this module's first lines.
        facts: its MLflow tables are filled.
        wishes: how it is to be read.

    Raises:
        TrackingStoreError: there is no such store, it is none of MLflow's, or it cannot be read.
    """
    wishes = wishes or ReadOptions()
    try:
        urlsplit(url)
    except ValueError as error:
        raise TrackingStoreError(f"{without_credentials(url)}: no URL: {error}") from error
    scheme = url.partition(":")[0].lower() if _SCHEME.match(url) else ""
    if scheme == "file":
        url = unquote(urlsplit(url).path)
    reader = _reader(scheme, url)
    with facts:
        info = reader(url, facts, wishes)
        facts.flush()
    settle(facts, keeps_traces=wishes.traces)
    facts.execute("DELETE FROM {stores}", [])
    facts.add("stores", _fingerprint(facts), info.url, info.kind, info.version)
    facts.flush()
    _note_missing_versions(facts, info)
    _note_unseen_deletions(facts, info)
    return info


def _reader(scheme: str, url: str) -> Reader:
    """Return the way of reading that an address asks for."""
    if scheme in ("http", "https"):
        from mlflow2prov.sources.mlflow import rest as server

        return server.read
    if scheme.partition("+")[0] in ("sqlite", "postgresql", "postgres", "mysql", "mssql"):
        from mlflow2prov.sources.mlflow.database import reader as sql

        return sql.read
    if scheme in ("", "file") or os.path.exists(url):  # noqa: PTH110  (takes names of any length)
        from mlflow2prov.sources.mlflow.filestore import reader as files

        return files.read
    raise TrackingStoreError(
        f"{without_credentials(url)}: no MLflow store is reached by {scheme}:; give http(s)://, "
        "a database URL such as sqlite:///mlflow.db, or a folder"
    )


def _fingerprint(facts: Facts) -> str:
    """Return what tells this store from others, by whatever way it is read.

    That is a digest of the time at which its oldest experiment was made, and of that one's id.
    """
    oldest = facts.query(
        "SELECT created_at, experiment_id FROM {experiments} ORDER BY created_at, experiment_id LIMIT 1"
    )
    text = "\x1f".join(str(part) for row in oldest for part in row)
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def _note_missing_versions(facts: Facts, info: StoreInfo) -> None:
    """Say how many version numbers are missing: evidence of versions that cannot be seen."""
    gaps = facts.query(
        """
        SELECT name, max(version::BIGINT) - count(DISTINCT version) AS missing
        FROM {registered_model_versions} WHERE regexp_full_match(version, '[0-9]{{1,9}}')
        GROUP BY name HAVING missing > 0 ORDER BY name
        """
    )
    if gaps:
        listed = ", ".join(f"{name!r} {missing}" for name, missing in gaps[:_NAMED])
        more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
        info.notices.append(
            f"{info.url}: version numbers are missing from {listed}{more}: deleted versions, which "
            "are seen in the store's database or folder, or from a server that is patched (patches/)"
        )


def _note_unseen_deletions(facts: Facts, info: StoreInfo) -> None:
    """Say how many runs were deleted at times that the store did not tell."""
    ((count,),) = facts.query(
        "SELECT count(*) FROM {runs} WHERE lifecycle_stage = 'deleted' AND deleted_at IS NULL"
    )
    if count and info.kind == "http":
        info.notices.append(
            f"{info.url}: {count} runs are deleted; when, a server does not say, but its database or "
            "folder does"
        )
