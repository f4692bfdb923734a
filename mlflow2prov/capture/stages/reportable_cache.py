"""The reportables of a cached stage, which are cached with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow2prov.capture.stages.cachers import JsonCacher, PickleCacher
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
        paths = []
        for reportable in added:
            cacher = self._cacher(self._path(reportable.qualified_name))
            record, reportable.record = reportable.record, None
            try:
                cacher.announce_save()
                paths.append(cacher.save(reportable))
                cacher.collect_metadata()
                cacher.save_metadata()
            finally:
                reportable.record = record
        names = self._list()
        names.announce_save()
        names.save(paths)
        names.save_metadata()

    def load(self) -> None:
        """Add the cached reportables of the stage to the report."""
        names = self._list()
        if not names.check():
            return
        for path in names.load():
            cacher = self._cacher(path)
            if cacher.check():
                reportable: Reportable = cacher.load()
                reportables = self._record.manager.reportables
                reportable.place(self._record, self._stage, len(reportables))
                reportables.append(reportable)

    def _list(self) -> JsonCacher:
        return JsonCacher(name="reportables_file_list", record=self._record)

    def _path(self, name: str) -> str:
        # The name may be anything that a user likes.
        safe = "".join(c if c.isalnum() or c in "-_.()" else "_" for c in name)
        return f"{self._record.get_dir('reportables')}/{safe}.pkl"

    def _cacher(self, path: str) -> PickleCacher:
        return PickleCacher(path, record=self._record)
