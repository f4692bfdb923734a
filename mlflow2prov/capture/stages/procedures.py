"""Procedures: stages in order, as one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlflow2prov.capture.stages.errors import NoArtifactManagerError
from mlflow2prov.capture.stages.manager import ArtifactManager
from mlflow2prov.capture.stages.records import Record


class Procedure:
    """Stages that are run in order, on a record or, if the first one is an aggregate, on several.

    Args:
        stages: the stages.
        manager: the manager of the records.
        name: the name of the procedure.
        previous_proc: the procedure whose records an aggregate at the beginning takes.
        records: the records that an aggregate at the beginning takes.
    """

    def __init__(
        self,
        stages: Sequence[Callable[..., Record]],
        manager: ArtifactManager | None = None,
        name: str | None = None,
        previous_proc: Procedure | None = None,
        records: Sequence[Record] | None = None,
    ) -> None:
        self.stages = list(stages)
        self.manager, self.name = manager, name
        self.previous_proc = previous_proc
        self.records: list[Record] = []
        """The records that the procedure made."""
        self._aggregated = records

    def run(
        self,
        params: Any,
        record: Record | None = None,
        hide: bool = False,
        manager: ArtifactManager | None = None,
        records: Sequence[Record] | None = None,
    ) -> Record:
        """Run the stages, and return the record.

        Args:
            params: the parameter set of a new record.
            record: a record to go on with, in place of a new one.
            hide: whether the manager does not list the new record.
            manager: the manager, if the procedure has none.
            records: the records for an aggregate at the beginning.

        Raises:
            NoArtifactManagerError: there is no manager.
        """
        manager = manager or self.manager or (None if record is None else record.manager)
        if manager is None:
            raise NoArtifactManagerError(
                f"{self.name or 'procedure'}: has no manager; pass one to Procedure or to run"
            )
        if record is None:
            record = Record(manager, params, hide=hide)
        self.records.append(record)
        for position, stage in enumerate(self.stages):
            if position == 0 and getattr(stage, "is_aggregate", False):
                stage(record, self._inputs(records))
            else:
                stage(record)
        return record

    def _inputs(self, records: Sequence[Record] | None) -> Any:
        if records is not None:
            return records
        if self._aggregated is not None:
            return self._aggregated
        return None if self.previous_proc is None else list(self.previous_proc.records)
