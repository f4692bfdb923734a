"""The interface of repositories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.collection import collect
from mlflow2prov.capture.errors import MissingKeyError
from mlflow2prov.capture.locks import Claim
from mlflow2prov.capture.permissions import Permissions
from mlflow2prov.capture.records import ArtifactRecord, Call
from mlflow2prov.capture.sets import ArtifactSet, artifact_id, as_labels


class Repository(Permissions):
    """A repository of artifacts, sets of them, and calls.

    Subclasses implement the methods whose names begin with an underscore, and need not check permissions there.
    """

    is_shared = False
    """Whether other processes reach the repository."""

    def __contains__(self, artifact_or_id: Any) -> bool:
        self._require("read", "look up artifacts")
        return self._contains(artifact_id(artifact_or_id))

    def has(self, identifier: str) -> bool:
        """Return whether an artifact can be read."""
        return self._read and self._contains(identifier)

    def find(self, identifier: str) -> Artifact | None:
        """Return an artifact, or None if it is not there or the repository may not be read."""
        return self._find(identifier) if self._read else None

    def get_by_id(self, identifier: str) -> Artifact:
        """Return an artifact.

        Raises:
            PermissionDeniedError: the repository is not configured for reading.
            MissingKeyError: it has no such artifact.
        """
        self._require("read", "read artifacts")
        artifact = self._find(artifact_id(identifier))
        if artifact is None:
            raise MissingKeyError(identifier, self)
        collect(artifact)
        return artifact

    def __getitem__(self, identifier: str) -> Artifact:
        return self.get_by_id(identifier)

    def batch_get_by_id(self, identifiers: Iterable[str]) -> list[Artifact]:
        """Return several artifacts, in the order of their identifiers.

        Raises:
            MissingKeyError: one of them is not there.
        """
        return [self.get_by_id(identifier) for identifier in identifiers]

    def get_by_value_id(self, value_id: str) -> Artifact:
        """Return an artifact with a value, the first if there are several.

        Raises:
            MissingKeyError: there is none.
        """
        self._require("read", "read artifacts")
        artifact = self._find_by_value(value_id)
        if artifact is None:
            raise MissingKeyError(value_id, self)
        return artifact

    def put(self, record: ArtifactRecord, read_through: bool = False) -> Artifact:
        """Store an artifact and its value.

        Raises:
            PermissionDeniedError: the repository is not configured for writing.
            KeyExistsError: it has the artifact already.
        """
        self._require_put(record.id, read_through)
        return self._put(record)

    def replace_value(self, record: ArtifactRecord) -> None:
        """Store the value of an artifact again, whose blob was deleted or damaged."""
        self._require_put(record.id, False)
        self._replace_value(record)

    def get_value(self, artifact_or_id: Any) -> Any:
        """Return the value of an artifact; that of a composite is a dictionary of artifacts."""
        self._require("read", "read values")
        return self._value_of(artifact_id(artifact_or_id))

    def get_inputs(self, artifact_or_id: Any) -> dict[str, Any]:
        """Return the arguments of the call that made an artifact."""
        self._require("read", "read inputs")
        return self._inputs_of(artifact_id(artifact_or_id))

    def delete(self, artifact_or_id: Any) -> Any:
        """Delete an artifact, and its value unless another artifact has it.

        Raises:
            PermissionDeniedError: the repository is not configured for deleting.
            MissingKeyError: it has no such artifact.
        """
        self._require("delete", "delete artifacts")
        identifier = artifact_id(artifact_or_id)
        if not self._contains(identifier):
            raise MissingKeyError(identifier, self)
        return self._delete_artifact(identifier)

    def put_set(self, artifact_set: ArtifactSet, read_through: bool = False) -> ArtifactSet:
        """Store a set of artifacts."""
        self._require_put(artifact_set.id, read_through)
        return self._put_set(artifact_set)

    def get_set_by_id(self, set_id: str) -> ArtifactSet:
        """Return a set with an identifier, the newest if it was labelled several times."""
        self._require("read", "read sets")
        found = self._find_set(set_id)
        if found is None:
            raise MissingKeyError(set_id, self)
        return found

    def get_set_by_labels(self, labels: str | Mapping[str, Any]) -> ArtifactSet:
        """Return the newest set with exactly these labels; a text is the label ``name``."""
        self._require("read", "read sets")
        found = self._find_set_by_labels(dict(as_labels(labels) or {}))
        if found is None:
            raise MissingKeyError(labels, self)
        return found

    def contains_set(self, set_id: str) -> bool:
        """Return whether there is a set with an identifier."""
        self._require("read", "look up sets")
        return self._find_set(set_id) is not None

    def delete_set(self, set_id: str) -> None:
        """Delete all sets with an identifier; their artifacts stay."""
        self._require("delete", "delete sets")
        if self._find_set(set_id) is None:
            raise MissingKeyError(set_id, self)
        self._delete_set(set_id)

    def claim(self, key: str) -> Claim:
        """Return the claim to compute the result of a key."""
        return Claim(id(self), key)

    def start_call(self, call: Call) -> None:
        """Record a call that runs."""
        raise NotImplementedError

    def end_call(self, call: Call) -> None:
        """Record the outcome of a call, whether or not its start was recorded."""
        raise NotImplementedError

    def calls(self, **criteria: Any) -> list[Call]:
        """Return the calls whose attributes have all these values, in order of time."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write calls that are still in memory."""

    def file_path(self, blob_id: str, digest: str | None) -> str:
        """Return the path of an archived file."""
        raise NotImplementedError

    def _run_info_of(self, artifact: Artifact) -> dict[str, Any] | None:
        raise NotImplementedError

    def _contains(self, identifier: str) -> bool:
        return self._find(identifier) is not None

    def _find(self, identifier: str) -> Artifact | None:
        raise NotImplementedError

    def _find_by_value(self, value_id: str) -> Artifact | None:
        raise NotImplementedError

    def _put(self, record: ArtifactRecord) -> Artifact:
        raise NotImplementedError

    def _replace_value(self, record: ArtifactRecord) -> None:
        raise NotImplementedError

    def _value_of(self, identifier: str) -> Any:
        raise NotImplementedError

    def _inputs_of(self, identifier: str) -> dict[str, Any]:
        raise NotImplementedError

    def _delete_artifact(self, identifier: str) -> Any:
        raise NotImplementedError

    def _put_set(self, artifact_set: ArtifactSet) -> ArtifactSet:
        raise NotImplementedError

    def _find_set(self, set_id: str) -> ArtifactSet | None:
        raise NotImplementedError

    def _find_set_by_labels(self, labels: dict[str, Any]) -> ArtifactSet | None:
        raise NotImplementedError

    def _delete_set(self, set_id: str) -> None:
        raise NotImplementedError

    @property
    def run_info(self) -> dict[str, Any]:
        """This process, as new artifacts refer to it."""
        from mlflow2prov.capture.environment import run_info

        return run_info()
