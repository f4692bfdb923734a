"""Any MLflow store, read by the way that its URL asks for.

http(s)://...                          a server, through its REST API
sqlite:///..., postgresql://..., ...   a backend database, through its tables
a folder, file:...                     a file store (mlruns), through its files
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.quantity import quantity
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.mlflow.normalize import normalize
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.report import Source, SourceReport

MAX_NAMES = 10
"""Maximum number of model names in one notice."""

_DATABASES = ("sqlite", "postgresql", "postgres", "mysql", "mssql")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class TrackingStore:
    """An MLflow server, backend database or file store."""

    url: str
    """``http(s)://`` of a server, a database URL as SQLAlchemy takes it, or a folder."""
    options: ReadOptions = field(default_factory=ReadOptions)

    def read(self, facts: Facts) -> SourceReport:
        """Fill MLflow's tables of ``facts``.

        However the store is read, the same facts have the same form and order. A server hides some of
        them: when a run was deleted, and deleted versions.

        Raises:
            TrackingStoreError: there is no such store, it is not an MLflow store, or it cannot be read.
        """
        source = _source(self.url, self.options)
        with facts:
            report = source.read(facts)
        normalize(facts, keep_traces=self.options.traces)
        facts.execute("DELETE FROM stores")
        facts.add(
            "stores",
            url=report.location,
            kind=report.kind,
            version=report.version,
        )
        facts.flush()
        _note_missing_versions(facts, report)
        _note_unknown_deletion_times(facts, report)
        return report


def _source(url: str, options: ReadOptions) -> Source:
    """Return the reader for a URL. Only that reader's libraries are imported."""
    try:
        address = urlsplit(url)
    except ValueError as error:
        # A URL that cannot be parsed may have a password anywhere: the message does not repeat it.
        raise TrackingStoreError(
            f"{url.partition(':')[0]}:...: not a URL; "
            "give http(s)://, a database URL such as sqlite:///mlflow.db, or a folder"
        ) from error
    scheme = url.partition(":")[0].lower() if _SCHEME.match(url) else ""
    if scheme in ("http", "https"):
        from mlflow2prov.sources.mlflow.rest import Server

        return Server(url, options)
    if scheme.partition("+")[0] in _DATABASES:
        from mlflow2prov.sources.mlflow.database import BackendDatabase

        return BackendDatabase(url, options)
    if scheme in ("", "file") or os.path.exists(url):  # noqa: PTH110  (accepts names of any length)
        from mlflow2prov.sources.mlflow.filestore import FileStore

        if scheme != "file":
            return FileStore(url, options)
        if address.netloc not in ("", "localhost"):
            raise TrackingStoreError(
                f"{without_credentials(url)}: names the host {address.netloc!r}, but a file store is read "
                "from a folder of this machine; give file:/// and an absolute path, or only a path"
            )
        return FileStore(unquote(address.path), options)
    raise TrackingStoreError(
        f"{without_credentials(url)}: {scheme}: does not lead to an MLflow store; "
        "give http(s)://, a database URL such as sqlite:///mlflow.db, or a folder"
    )


def _note_missing_versions(facts: Facts, report: SourceReport) -> None:
    """Note the gaps in version numbers, which prove that versions were deleted."""
    gaps = facts.rows(
        """
        SELECT name, max(version::BIGINT) - count(DISTINCT version) AS missing
        FROM registered_model_versions
        WHERE regexp_full_match(version, '[0-9]{1,9}')
        GROUP BY name
        HAVING missing > 0
        ORDER BY name
        """
    )
    if gaps:
        names = ", ".join(f"{name!r} {missing}" for name, missing in gaps[:MAX_NAMES])
        rest = f" and {len(gaps) - MAX_NAMES} more" if len(gaps) > MAX_NAMES else ""
        report.notices.append(
            f"{report.location}: version numbers are missing from {names}{rest}: deleted versions, "
            "which the store's database or folder shows, and a patched server (patches/)"
        )


def _note_unknown_deletion_times(facts: Facts, report: SourceReport) -> None:
    """Note how many deleted runs have no deletion time."""
    ((count,),) = facts.rows(
        """
        SELECT count(*)
        FROM runs
        WHERE lifecycle_stage = 'deleted' AND deleted_at IS NULL
        """
    )
    if count and report.kind == "http":
        report.notices.append(
            f"{report.location}: the deletion times of {quantity(count, 'run')} are unknown, because a server "
            "does not report them; read its database or folder for them"
        )
