"""The results of a call: artifacts that are stored, and returned as proxies or as plain values."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.artifacts import ArchivedFile, Artifact, composite_digest
from mlflow2prov.capture.collection import collect
from mlflow2prov.capture.configuration import warn
from mlflow2prov.capture.environment import run_info
from mlflow2prov.capture.errors import (
    CaptureError,
    InvalidOptionError,
    KeyExistsError,
    UnhashableError,
)
from mlflow2prov.capture.files import archived, file_output
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.hashing import hash_with_references
from mlflow2prov.capture.lineage_by_identity import remember
from mlflow2prov.capture.proxies import artifact_of, is_proxy
from mlflow2prov.capture.records import ArtifactRecord, Output
from mlflow2prov.capture.serializers import candidates

if TYPE_CHECKING:
    from mlflow2prov.capture.execution import Execution


def deliver(artifact: Artifact, as_proxy: bool) -> Any:
    """Return a result as the caller gets it: a proxy, or the plain value, whose artifact is remembered.

    Raises:
        CaptureError: the value cannot be loaded.
        OSError: the same.
    """
    if as_proxy:
        return artifact.proxy()
    if artifact.record.composite:
        return {key: deliver(part, as_proxy=False) for key, part in artifact.value.items()}
    value = artifact.value
    remember(value, artifact)
    return value


def output(artifact: Artifact, key: str | None = None) -> Output:
    """Return a result as the call records it."""
    return Output(key, artifact.id, artifact.value_id, serializer=artifact.serializer)


class Results:
    """The results of one call.

    Args:
        execution: the call.
    """

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._call, self._options, self._repo = execution.call, execution.options, execution.repo
        self._is_stored = execution.writes

    def store(self, value: Any) -> Artifact | None:
        """Store the value that a function returned, and return its artifact; None if it cannot be hashed.

        Raises:
            InvalidOptionError: the value is not of the kind that the options promise.
            OSError: the file that was returned cannot be read.
        """
        try:
            if self._options.returns_composite:
                artifact = self._store_composite(value)
            elif self._options.archive_file:
                artifact = self._store_file(value)
            else:
                artifact = self._put(self._record(value))
        except UnhashableError as error:
            self._call.uncacheable = f"result: {error}"
            return None
        collect(artifact)
        self._call.artifact_id = artifact.id
        self._call.outputs = self._call.outputs or [output(artifact)]
        return artifact

    def _store_file(self, path: Any) -> Artifact:
        file = archived(path, self._options.preserve_file_ext)
        artifact = self._put(self._record(file, file.blob_id))
        self._call.outputs = [file_output(artifact.id, file.blob_id, path)]
        if self._options.delete_original_file and self._is_stored:
            with suppress(OSError):
                Path(path).unlink()
        return artifact

    def _store_composite(self, values: Any) -> Artifact:
        if not isinstance(values, Mapping):
            raise InvalidOptionError(
                f"{self._execution.name}: returns a {type(values).__name__}; "
                "with returns_composite, return a dict"
            )
        # All parts are hashed before the first is stored: one that cannot be hashed leaves no other behind.
        records = {key: self._record(part, key=key) for key, part in values.items()}
        parts = {key: self._put(record) for key, record in records.items()}
        whole = self._record(parts, composite_digest(parts))
        whole.composite, whole.serializer = True, "json"
        artifact = self._put(whole)
        self._call.outputs = [output(part, str(key)) for key, part in parts.items()]
        return artifact

    def _record(self, value: Any, value_id: str | None = None, key: Any = None) -> ArtifactRecord:
        """Return the record of the result, or of the part of a composite with a key."""
        started = time.perf_counter()
        input_artifact_ids = self._execution.arguments.artifact_ids
        if value_id is None:
            value, value_id, sources = _hash(value, key)
            input_artifact_ids = list(dict.fromkeys([*input_artifact_ids, *sources]))
        value_id_duration = time.perf_counter() - started
        execution, options, call = self._execution, self._options, self._call
        name = execution.name if key is None else f"{execution.name}_{key}"
        serializer = options.serializer
        load_kwargs, dump_kwargs = options.load_kwargs, options.dump_kwargs
        if options.returns_composite:
            serializer = serializer.get(key) if isinstance(serializer, Mapping) else serializer
            load_kwargs = (load_kwargs or {}).get(key)
            dump_kwargs = (dump_kwargs or {}).get(key)
        return ArtifactRecord(
            id=self._identifier(name, value_id, key),
            value_id=value_id,
            inputs=execution.arguments.inputs,
            fn_module=execution.info.module,
            fn_name=execution.info.name,
            value=value,
            name=name,
            version=options.version,
            composite=False,
            value_id_duration=value_id_duration,
            serializer=_serializer(value, serializer),
            load_kwargs=dict(load_kwargs) if load_kwargs else None,
            dump_kwargs=dict(dump_kwargs) if dump_kwargs else None,
            compute_duration=call.compute_duration,
            hash_duration=call.hash_duration,
            computed_at=call.started_at,
            custom_fields=dict(options.custom_fields or {}),
            input_artifact_ids=input_artifact_ids,
            run_info=run_info(),
            call_id=call.id,
        )

    def _identifier(self, name: str, value_id: str, key: Any) -> str:
        if self._execution.id is None:
            # The inputs have no digest: the result belongs to this call only.
            return digest(["call", self._call.id, key])
        identifier = self._execution.id if key is None else digest([self._execution.id, name])
        return identifier if self._execution.use_cache else digest(identifier + value_id)

    def _put(self, record: ArtifactRecord) -> Artifact:
        """Store a record, or return the artifact of another call that has stored it meanwhile."""
        if not self._is_stored:
            return Artifact(self._repo, record)
        try:
            if record.id == self._execution.damaged_id:
                self._repo.replace_value(record)
                return Artifact(self._repo, record)
            return self._repo.put(record)
        except KeyExistsError:
            return self._stored_meanwhile(record)
        except (CaptureError, OSError) as error:
            warn(f"{self._execution.name}: the result is not stored ({error})")
            self._call.uncacheable = f"result: {error}"
            self._is_stored = False
            return Artifact(self._repo, record)

    def _stored_meanwhile(self, record: ArtifactRecord) -> Artifact:
        """Return an artifact that is stored already; its value is stored again if it is lost."""
        try:
            artifact = self._repo.find(record.id)
            if artifact is not None:
                _ = artifact.value
                return artifact
        except (CaptureError, OSError):
            with suppress(CaptureError, OSError):
                self._repo.replace_value(record)
        return Artifact(self._repo, record)


def _hash(value: Any, key: Any) -> tuple[Any, str, list[str]]:
    """Return a value without its proxy, its digest, and the artifacts that it is or contains."""
    plain = value.__wrapped__ if is_proxy(value) else value
    try:
        value_id, references = hash_with_references(plain)
    except UnhashableError as error:
        raise UnhashableError(str(error) if key is None else f"{key}: {error}") from error
    artifacts = map(artifact_of, [value, *references] if is_proxy(value) else references)
    return plain, value_id, [artifact.id for artifact in artifacts]


def _serializer(value: Any, name: Any) -> str:
    if isinstance(value, ArchivedFile):
        return "file"
    return next(candidates(value)).name if name in (None, "auto") else str(name)
