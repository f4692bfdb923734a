"""Any MLflow store: a server through its REST API, a database through its tables, a file store through its files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from mlflow2prov.facts import Facts
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.mlflow.address import Address, parse_address
from mlflow2prov.sources.mlflow.normalize import normalize
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.values import parse_time
from mlflow2prov.sources.report import Source, SourceReport

MAX_NAMES = 10
"""Maximum number of model names in one notice."""


@dataclass(frozen=True)
class TrackingStore:
    """An MLflow server, backend database or file store."""

    url: str
    """``http(s)://`` of a server, a database URL as SQLAlchemy takes it, a folder, or any other address that
    :mod:`~mlflow2prov.sources.mlflow.address` understands."""
    options: ReadOptions = field(default_factory=ReadOptions)

    def read(self, facts: Facts, previous: Facts | None = None) -> SourceReport:
        """Fill MLflow's tables of ``facts``.

        However the store is read, the same facts have the same form and order. A server hides some of
        them: when a run was deleted, and deleted versions.

        Args:
            facts: the tables to fill.
            previous: all facts of an earlier reading with the same options, so that less of a server has to be read.

        Raises:
            TrackingStoreError: there is no such store, it is not an MLflow store, or it cannot be read.
        """
        address = parse_address(self.url)
        options = replace(
            self.options, experiments=(*self.options.experiments, *address.experiments)
        )
        read_at = parse_time(int(time.time() * 1000))
        with facts:
            report = _source(address, options, previous).read(facts)
        if address.notice:
            report.notices.insert(0, address.notice)
        normalize(facts, options, report.location)
        ((reread_from,),) = facts.rows("SELECT max(reread_from) FROM stores")
        facts.execute("DELETE FROM stores")
        facts.add(
            "stores",
            url=report.location,
            kind=report.kind,
            version=report.version,
            read_at=read_at,
            is_complete=not report.omissions,
            reread_from=reread_from,
        )
        facts.flush()
        if not options.is_selective:
            _note_missing_versions(facts, report)
        _note_unknown_deletion_times(facts, report)
        return report


def _source(address: Address, options: ReadOptions, previous: Facts | None) -> Source:
    """Return the reader for an address. Only that reader's libraries are imported."""
    match address.kind:
        case "server":
            from mlflow2prov.sources.mlflow.rest import Server

            return Server(address.location, options, previous)
        case "database":
            from mlflow2prov.sources.mlflow.database import BackendDatabase

            return BackendDatabase(address.location, options)
        case "folder":
            from mlflow2prov.sources.mlflow.filestore import FileStore

            return FileStore(address.location, options)


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
