"""Several repositories in a row, such as a local one before that of a team."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.configuration import warn
from mlflow2prov.capture.errors import (
    CaptureError,
    KeyExistsError,
    MissingKeyError,
    PermissionDeniedError,
)
from mlflow2prov.capture.locks import Claim
from mlflow2prov.capture.records import ArtifactRecord, Call
from mlflow2prov.capture.repos.base import Repository
from mlflow2prov.capture.sets import ArtifactSet

Result = TypeVar("Result")


class ChainedRepo(Repository):
    """Repositories in a row: the first that has an artifact is read, all that may be written are written.

    An artifact that is read from a later repository is copied into the earlier ones that have ``read_through_write``.

    Args:
        repos: the repositories, the nearest first.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
    """

    def __init__(
        self,
        repos: Sequence[Repository],
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = True,
    ) -> None:
        super().__init__(read, write, read_through_write, delete)
        self.repos = list(repos)

    @property
    def is_shared(self) -> bool:  # type: ignore[override]
        """Whether other processes reach one of the repositories."""
        return any(repo.is_shared for repo in self.repos)

    def _readable(self) -> list[Repository]:
        return [repo for repo in self.repos if repo._read]

    def __contains__(self, artifact_or_id: Any) -> bool:
        self._require("read", "look up artifacts")
        if not self._readable():
            raise PermissionDeniedError("look up artifacts", self, "read")
        return super().__contains__(artifact_or_id)

    def _contains(self, identifier: str) -> bool:
        return any(repo._contains(identifier) for repo in self._readable())

    def _find(self, identifier: str) -> Artifact | None:
        return self._first(lambda repo: repo._find(identifier))

    def _find_by_value(self, value_id: str) -> Artifact | None:
        return self._first(lambda repo: repo._find_by_value(value_id))

    def _first(self, find: Callable[[Repository], Artifact | None]) -> Artifact | None:
        failure: CaptureError | OSError | None = None
        for position, repo in enumerate(self.repos):
            if not repo._read:
                continue
            try:
                artifact = find(repo)
            except (CaptureError, OSError) as error:
                failure = failure or error
                continue
            if artifact is not None:
                self._copy(artifact, self.repos[:position])
                return artifact
        if failure is not None:
            raise failure
        return None

    def _copy(self, artifact: Artifact, earlier: Sequence[Repository]) -> None:
        targets = [
            repo for repo in earlier if repo._read_through_write and _lacks(repo, artifact.id)
        ]
        if not targets:
            return
        if artifact.composite:
            for part in artifact.value.values():
                self._copy(part, targets)
        record = full_record(artifact)
        for repo in targets:
            with suppress(CaptureError, OSError):
                repo.put(record, read_through=True)

    def _writable(self, key: str, permission: str = "_write") -> list[Repository]:
        writable = [repo for repo in self.repos if getattr(repo, permission)]
        if not writable:
            raise PermissionDeniedError(f"put {key}", self, permission[1:])
        return writable

    def put(self, record: ArtifactRecord, read_through: bool = False) -> Artifact:
        """Store an artifact in all repositories that may be written and do not have it."""
        self._require_put(record.id, read_through)
        permission = "_read_through_write" if read_through else "_write"
        repos = self._writable(record.id, permission)

        def put_if_missing(repo: Repository) -> Artifact | None:
            try:
                return None if repo._contains(record.id) else repo.put(record, read_through)
            except KeyExistsError:
                return None

        stored = self._in_each(repos, put_if_missing)
        artifact = next((one for one in stored if one is not None), None)
        if artifact is None:
            raise KeyExistsError(record.id, self)
        return artifact

    def _in_each(
        self, repos: Sequence[Repository], action: Callable[[Repository], Result]
    ) -> list[Result]:
        """Perform an action on repositories. It is an error if it fails on all of them, and else a warning."""
        results: list[Result] = []
        failures: list[CaptureError | OSError] = []
        for repo in repos:
            try:
                results.append(action(repo))
            except (CaptureError, OSError) as error:
                failures.append(error)
        if failures and not results:
            raise failures[0]
        for failure in failures:
            warn(f"a repository of a chain does not work ({failure})")
        return results

    def _replace_value(self, record: ArtifactRecord) -> None:
        def replace_or_put(repo: Repository) -> None:
            if repo._contains(record.id):
                repo._replace_value(record)
            else:
                repo.put(record)

        self._in_each(self._writable(record.id), replace_or_put)

    def _holder(self, identifier: str) -> Repository:
        artifact = self._find(identifier)
        if artifact is None:
            raise MissingKeyError(identifier, self)
        holder: Repository = artifact.repo
        return holder

    def _value_of(self, identifier: str) -> Any:
        return self._holder(identifier)._value_of(identifier)

    def _inputs_of(self, identifier: str) -> dict[str, Any]:
        return self._holder(identifier)._inputs_of(identifier)

    def _run_info_of(self, artifact: Artifact) -> dict[str, Any] | None:
        return self._holder(artifact.id)._run_info_of(artifact)

    def _delete_artifact(self, identifier: str) -> list[Repository]:
        holders = [repo for repo in self.repos if repo._delete and repo._contains(identifier)]
        for repo in holders:
            repo._delete_artifact(identifier)
        return holders

    def delete(self, artifact_or_id: Any) -> Any:
        """Delete an artifact from all repositories that may delete, and return those that had it."""
        return super().delete(artifact_or_id)

    def file_path(self, blob_id: str, digest: str | None) -> str:
        """Return the path of an archived file."""
        for repo in self._readable():
            with suppress(CaptureError, OSError, NotImplementedError):
                return repo.file_path(blob_id, digest)
        raise MissingKeyError(blob_id, self)

    def _put_set(self, artifact_set: ArtifactSet) -> ArtifactSet:
        self._in_each(self._writable(artifact_set.id), lambda repo: repo._put_set(artifact_set))
        return artifact_set

    def _find_set(self, set_id: str) -> ArtifactSet | None:
        return self._first_set(lambda repo: repo._find_set(set_id))

    def _find_set_by_labels(self, labels: dict[str, Any]) -> ArtifactSet | None:
        return self._first_set(lambda repo: repo._find_set_by_labels(labels))

    def _first_set(self, find: Callable[[Repository], ArtifactSet | None]) -> ArtifactSet | None:
        for position, repo in enumerate(self.repos):
            if repo._read and (found := find(repo)) is not None:
                for earlier in self.repos[:position]:
                    if earlier._read_through_write:
                        earlier.put_set(found, read_through=True)
                return found
        return None

    def _delete_set(self, set_id: str) -> None:
        for repo in self.repos:
            if repo._delete and repo._find_set(set_id) is not None:
                repo._delete_set(set_id)

    def claim(self, key: str) -> Claim:
        """Return the claim of the repository that most processes share: the last that may be written."""
        writable = [repo for repo in self.repos if repo._write]
        shared = [repo for repo in writable if repo.is_shared]
        return (shared or writable)[-1].claim(key) if writable else super().claim(key)

    def start_call(self, call: Call) -> None:
        """Record a call that runs in all repositories that may be written."""
        self._in_each(
            [repo for repo in self.repos if repo._write], lambda repo: repo.start_call(call)
        )

    def end_call(self, call: Call) -> None:
        """Record the outcome of a call in all repositories that may be written."""
        self._in_each(
            [repo for repo in self.repos if repo._write], lambda repo: repo.end_call(call)
        )

    def calls(self, **criteria: Any) -> list[Call]:
        """Return the calls of all repositories that may be read, each once, in order of time."""
        calls = {call.id: call for repo in self._readable() for call in repo.calls(**criteria)}
        return sorted(calls.values(), key=lambda call: call.started_at)

    def flush(self) -> None:
        """Write calls that are still in memory."""
        for repo in self.repos:
            repo.flush()


def _lacks(repo: Repository, identifier: str) -> bool:
    """Return whether a repository works and does not have an artifact."""
    try:
        return not repo._contains(identifier)
    except (CaptureError, OSError):
        return False


def full_record(artifact: Artifact) -> ArtifactRecord:
    """Return the record of an artifact with its value, its inputs and its process."""
    return replace(
        artifact.record, value=artifact.value, inputs=artifact.inputs, run_info=artifact.run_info
    )
