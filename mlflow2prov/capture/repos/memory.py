"""Artifacts and calls as objects in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mlflow2prov.capture.artifacts import ArchivedFile, Artifact
from mlflow2prov.capture.blobstores.memory import MemoryStore
from mlflow2prov.capture.errors import KeyExistsError, MissingKeyError
from mlflow2prov.capture.records import ArtifactRecord, Call
from mlflow2prov.capture.repos.base import Repository
from mlflow2prov.capture.sets import ArtifactSet


class MemoryRepo(Repository):
    """A repository in memory: values are kept as they are, and end with the process.

    Args:
        artifacts: records to begin with.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
    """

    def __init__(
        self,
        artifacts: Iterable[ArtifactRecord] | None = None,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = True,
    ) -> None:
        super().__init__(read, write, read_through_write, delete)
        self.blobstore = MemoryStore()
        self._records: dict[str, ArtifactRecord] = {}
        self._sets: list[ArtifactSet] = []
        self._calls: dict[str, Call] = {}
        self._lock = threading.RLock()
        for record in artifacts or ():
            self._put(record)

    def _contains(self, identifier: str) -> bool:
        return identifier in self._records

    def _find(self, identifier: str) -> Artifact | None:
        record = self._records.get(identifier)
        return None if record is None else Artifact(self, record)

    def _find_by_value(self, value_id: str) -> Artifact | None:
        for record in list(self._records.values()):
            if record.value_id == value_id:
                return Artifact(self, record)
        return None

    def _put(self, record: ArtifactRecord) -> Artifact:
        with self._lock:
            if record.id in self._records:
                raise KeyExistsError(record.id, self)
            self._records[record.id] = self._with_stored_file(record)
        return Artifact(self, self._records[record.id])

    def _with_stored_file(self, record: ArtifactRecord) -> ArtifactRecord:
        if record.serializer != "file" or not isinstance(record.value, ArchivedFile):
            return replace(record)
        file = record.value
        if file.blob_id not in self.blobstore.values:
            self.blobstore.put(file.blob_id, file.__fspath__(), "file")
        stored = ArchivedFile(file.blob_id, file.original_filename, self, file.digest)
        return replace(record, value=stored)

    def _replace_value(self, record: ArtifactRecord) -> None:
        self._records[record.id] = self._with_stored_file(record)

    def _record(self, identifier: str) -> ArtifactRecord:
        try:
            return self._records[identifier]
        except KeyError:
            raise MissingKeyError(identifier, self) from None

    def _value_of(self, identifier: str) -> Any:
        return self._record(identifier).value

    def _inputs_of(self, identifier: str) -> dict[str, Any]:
        return self._record(identifier).inputs

    def _run_info_of(self, artifact: Artifact) -> dict[str, Any] | None:
        return self._record(artifact.id).run_info

    def _delete_artifact(self, identifier: str) -> None:
        with self._lock:
            record = self._records.pop(identifier)
            shared = any(other.value_id == record.value_id for other in self._records.values())
            if record.serializer == "file" and not shared:
                self.blobstore.values.pop(record.value_id, None)

    def file_path(self, blob_id: str, digest: str | None) -> str:
        """Return the path of an archived file."""
        if blob_id not in self.blobstore.values:
            raise MissingKeyError(blob_id, self)
        return self.blobstore.path(blob_id, digest)

    def _put_set(self, artifact_set: ArtifactSet) -> ArtifactSet:
        self._sets.append(artifact_set)
        return artifact_set

    def _find_set(self, set_id: str) -> ArtifactSet | None:
        return next((one for one in reversed(self._sets) if one.id == set_id), None)

    def _find_set_by_labels(self, labels: dict[str, Any]) -> ArtifactSet | None:
        return next((one for one in reversed(self._sets) if one.labels == labels), None)

    def _delete_set(self, set_id: str) -> None:
        self._sets = [one for one in self._sets if one.id != set_id]

    def start_call(self, call: Call) -> None:
        """Record a call that runs."""
        self._calls[call.id] = call

    def end_call(self, call: Call) -> None:
        """Record the outcome of a call."""
        self._calls[call.id] = call

    def calls(self, **criteria: Any) -> list[Call]:
        """Return the calls whose attributes have all these values, in order of time."""
        calls = [
            call
            for call in list(self._calls.values())
            if all(getattr(call, name) == value for name, value in criteria.items())
        ]
        return sorted(calls, key=lambda call: call.started_at)
