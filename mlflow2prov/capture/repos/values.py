"""The values of artifacts: blobs in a store, and their rows in the table of blobs.

Artifacts with equal values share a blob. It is written before the row, and the row before the artifact.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.artifacts import ArchivedFile
from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.inputs import inputs_to_json
from mlflow2prov.capture.records import ArtifactRecord, Blob
from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.capture.serializers import Serializer, candidates, get_serializer

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from mlflow2prov.capture.repos.database import DbRepo


class Values:
    """The values of the artifacts of a repository.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)

    def store(self, record: ArtifactRecord, existing: Any, replace: bool) -> dict[str, Any]:
        """Store the value of a record in the blob store, and return its row of the table of blobs.

        The row also has the value and the serializer's options as the artifact is to keep them.

        Args:
            record: the record.
            existing: the row of the blob with the identifier of the value, or None.
            replace: whether to replace this blob.
        """
        value = record.value
        extra: dict[str, Any] = {"value": value, "load_kwargs": record.load_kwargs}
        if record.composite:
            content = {key: part.id for key, part in value.items()}
            row = self._store(record.value_id, content, "json", {}, existing, replace)
            return {**row, **extra}
        if isinstance(value, ArchivedFile):
            path = value.__fspath__()
            row = self._store(record.value_id, path, "file", {}, existing, replace)
            digest = row["digest"]
            stored = ArchivedFile(value.blob_id, value.original_filename, self._repo, digest)
            kwargs = {"original_filename": value.original_filename}
            return {**row, "value": stored, "load_kwargs": kwargs}
        dump_kwargs = record.dump_kwargs or {}
        names = [record.serializer] if record.serializer not in (None, "auto") else None
        serializers = [get_serializer(name) for name in names] if names else candidates(value)
        failure: Exception | None = None
        for serializer in serializers:
            try:
                row = self._store(
                    record.value_id, value, serializer, dump_kwargs, existing, replace
                )
                return {**row, **extra}
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001 - a serializer may raise anything
                failure = failure or error
                if names:
                    break
        raise CaptureError(
            f"{record.name}: a {type(value).__qualname__} cannot be stored ({failure}); "
            "register a serializer for it"
        ) from failure

    def _store(
        self,
        key: str,
        value: Any,
        serializer: str | Serializer,
        dump_kwargs: dict[str, Any],
        existing: Any,
        replace: bool,
    ) -> dict[str, Any]:
        """Store a value under a key, or a key of its own if there is another content under it."""
        name = serializer.name if isinstance(serializer, Serializer) else serializer
        if existing is not None and existing.serializer != name:
            key = f"{key}.{name}"
            existing = self.row(key)
        store = self._repo.blobstore
        if existing is not None and not replace and store._read and store._contains(key):
            return dict(existing._asdict())
        # A blob without a row may come from a process that was killed, or from another repository.
        blob = store.put(key, value, serializer, replace=True, **dump_kwargs) or Blob(None)
        return {
            "id": key,
            "digest": blob.digest,
            "size": blob.size,
            "serializer": name,
            "created_at": datetime.now(UTC),
        }

    def row(self, key: str | None) -> Any:
        """Return the row of a blob, or None."""
        query = self._repo._statements.blob
        with self._repo._transaction() as connection:
            return query.first(connection, key=key)

    def upsert(self, connection: DBAPIConnection, row: dict[str, Any]) -> None:
        """Insert the row of a blob, or replace it."""
        self._repo._statements.upsert_blob.execute(connection, row)

    def store_inputs(self, record: ArtifactRecord, values: dict[str, Any]) -> dict[str, Any] | None:
        """Add the inputs to the columns of an artifact; return the row of a blob if JSON does not hold them whole."""
        values["inputs_json"], is_whole = inputs_to_json(record.inputs)
        if is_whole:
            return None
        inputs = without_secrets(record.inputs)
        existing = self.row(record.id)
        with suppress(CaptureError):
            for serializer in ("joblib", "cloudpickle"):
                try:
                    return self._store(record.id, inputs, serializer, {}, existing, replace=False)
                except OSError:
                    raise
                except Exception:  # noqa: BLE001 - arguments may be of any class; the JSON remains
                    continue
        return None
