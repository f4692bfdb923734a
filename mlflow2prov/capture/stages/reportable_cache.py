"""The reportables of a cached stage, which are cached with it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from mlflow2prov.capture.configuration import CaptureWarning
from mlflow2prov.capture.stages.cachers import FileReferenceCacher, PickleCacher
from mlflow2prov.capture.stages.reportables import Reportable

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.records import Record


class ReportableCache:
    """The reportables of one call of a stage.

    Args:
        record: the record.
        stage: the name of the stage.
    """

    def __init__(self, record: Record, stage: str) -> None:
        self._record, self._stage = record, stage
        self._first = len(record.manager.reportables)

    def save(self) -> None:
        """Cache the reportables that the stage has added."""
        manager = self._record.manager
        added = [item for item in manager.reportables[self._first :] if item.record is self._record]
        if self._record.stage_cachers is None or manager.dry or manager.dry_cache or not added:
            return
        paths: list[str] = []
        for reportable in added:
            path = self._path(reportable.qualified_name, paths)
            try:
                self._save_one(reportable, path)
            # Pickle calls methods of the reportable, which may raise anything.
            except Exception as error:  # noqa: BLE001
                warnings.warn(
                    f"{self._stage}: the reportable {reportable.qualified_name} is not cached "
                    f"({type(error).__name__}: {error})",
                    CaptureWarning,
                    stacklevel=6,
                )
                continue
            paths.append(path)
        names = self._list()
        names.announce_save()
        names.save(paths)
        names.save_metadata()

    def _save_one(self, reportable: Reportable, path: str) -> None:
        cacher = self._cacher(path)
        record, reportable.record = reportable.record, None
        try:
            cacher.announce_save()
            cacher.save(reportable)
            cacher.collect_metadata()
            cacher.save_metadata()
        finally:
            reportable.record = record

    def load(self) -> None:
        """Add the cached reportables of the stage to the report."""
        names = self._list()
        if not names.check():
            return
        for path in names.load():
            cacher = self._cacher(path)
            if cacher.check():
                try:
                    reportable: Reportable = cacher.load()
                # The class may have changed since, in any way.
                except Exception as error:  # noqa: BLE001
                    warnings.warn(
                        f"{self._stage}: the cached reportable {path} cannot be loaded "
                        f"({type(error).__name__}: {error}); the report goes without it",
                        CaptureWarning,
                        stacklevel=6,
                    )
                    continue
                reportables = self._record.manager.reportables
                reportable.place(self._record, self._stage, len(reportables))
                reportables.append(reportable)

    def _list(self) -> FileReferenceCacher:
        return FileReferenceCacher(name="reportables_file_list", record=self._record)

    def _path(self, name: str, others: list[str]) -> str:
        """Return the path for a reportable, which differs from those of others of the same name."""
        # The name may be anything that a user likes.
        safe = "".join(c if c.isalnum() or c in "-_.()" else "_" for c in name)
        path = f"{self._record.get_dir('reportables')}/{safe}.pkl"
        return path if path not in others else path.removesuffix(".pkl") + f"_{len(others)}.pkl"

    def _cacher(self, path: str) -> PickleCacher:
        # The path is no template, whatever the list in the cache contains.
        return PickleCacher(path.replace("{", "{{").replace("}", "}}"), record=self._record)
