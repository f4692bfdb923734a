"""Sets of artifacts, such as all those of one run of a pipeline, with labels by which they are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.proxies import artifact_of

Labels = dict[str, Any]


def artifact_id(artifact_or_id: Any) -> str:
    """Return the identifier of an artifact, a proxy, or an identifier itself."""
    artifact = artifact_of(artifact_or_id)
    if artifact is None and isinstance(artifact_or_id, str):
        return artifact_or_id
    return str(getattr(artifact or artifact_or_id, "id", artifact_or_id))


def as_labels(labels: str | Mapping[str, Any] | None) -> Labels | None:
    """Return labels as a dictionary; a text is the label ``name``."""
    if labels is None:
        return None
    return {"name": labels} if isinstance(labels, str) else dict(labels)


class ArtifactSet:
    """A set of artifacts. Sets with the same members have the same ``id``, whatever their labels.

    Args:
        artifact_ids: the artifacts, or their identifiers.
        labels: a name, or a dictionary.
        created_at: when it was made; now by default.
        id: its identifier, if it is known.
    """

    def __init__(
        self,
        artifact_ids: Iterable[Any],
        labels: str | Labels | None = None,
        created_at: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the attribute's name
    ) -> None:
        self.artifact_ids = frozenset(map(artifact_id, artifact_ids))
        self.labels = as_labels(labels)
        self.created_at = created_at or datetime.now(UTC)
        if id is None:
            from mlflow2prov.capture.hashing import hash as digest

            id = digest(self.artifact_ids)  # noqa: A001
        self.id = id

    @property
    def name(self) -> str | None:
        """The label ``name``."""
        return (self.labels or {}).get("name")

    def add(self, artifact_or_id: Any, labels: str | Labels | None = None) -> ArtifactSet:
        """Return the set with another member."""
        return ArtifactSet(self.artifact_ids | {artifact_id(artifact_or_id)}, labels)

    def remove(self, artifact_or_id: Any, labels: str | Labels | None = None) -> ArtifactSet:
        """Return the set without a member."""
        return ArtifactSet(self.artifact_ids - {artifact_id(artifact_or_id)}, labels)

    def union(self, *others: ArtifactSet, labels: str | Labels | None = None) -> ArtifactSet:
        """Return the members of this set or of another."""
        return ArtifactSet(self.artifact_ids.union(*(o.artifact_ids for o in others)), labels)

    def difference(self, *others: ArtifactSet, labels: str | Labels | None = None) -> ArtifactSet:
        """Return the members of this set that are in no other."""
        return ArtifactSet(self.artifact_ids.difference(*(o.artifact_ids for o in others)), labels)

    def intersection(self, *others: ArtifactSet, labels: str | Labels | None = None) -> ArtifactSet:
        """Return the members of all sets."""
        ids = self.artifact_ids.intersection(*(o.artifact_ids for o in others))
        return ArtifactSet(ids, labels)

    def __or__(self, other: ArtifactSet) -> ArtifactSet:
        return self.union(other)

    def __sub__(self, other: ArtifactSet) -> ArtifactSet:
        return self.difference(other)

    def __and__(self, other: ArtifactSet) -> ArtifactSet:
        return self.intersection(other)

    def relabel(self, labels: str | Labels | None) -> ArtifactSet:
        """Return the set with other labels."""
        return ArtifactSet(self.artifact_ids, labels, id=self.id)

    def rename(self, name: str) -> ArtifactSet:
        """Return the set with another name; its other labels stay."""
        return self.relabel({**(self.labels or {}), "name": name})

    def put(self, repo: Any = None) -> ArtifactSet:
        """Store the set in a repository, the default one if none is given, and return it."""
        stored: ArtifactSet = _repo(repo).put_set(self)
        return stored

    def proxy_dict(self, group_artifacts_of_same_name: bool = False) -> Any:
        """Return proxies of the members by their names, loaded when they are first used."""
        from mlflow2prov.capture.lineage import lazy_proxy_dict

        return lazy_proxy_dict(self.artifact_ids, group_artifacts_of_same_name)

    def __contains__(self, artifact_or_id: Any) -> bool:
        return artifact_id(artifact_or_id) in self.artifact_ids

    def __len__(self) -> int:
        return len(self.artifact_ids)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.artifact_ids))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArtifactSet):
            return NotImplemented
        return (self.id, self.labels) == (other.id, other.labels)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return (
            f"ArtifactSet(id={self.id!r}, artifact_ids={set(self.artifact_ids)!r}, "
            f"created_at={self.created_at!r}, labels={self.labels!r})"
        )


def _repo(repo: Any) -> Any:
    from mlflow2prov.capture.configuration import find_repo

    return find_repo(repo)


def create_set(
    artifact_ids: Iterable[Artifact | str], labels: str | Labels | None = None
) -> ArtifactSet:
    """Store a set of artifacts in the default repository, and return it.

    Args:
        artifact_ids: the artifacts, or their identifiers.
        labels: a name, or a dictionary.

    Raises:
        PermissionDeniedError: the repository is not configured for writing.
    """
    return ArtifactSet(artifact_ids, labels).put()


def load_set_by_id(set_id: str) -> ArtifactSet:
    """Return a set of the default repository by its identifier.

    Raises:
        MissingKeyError: there is none.
    """
    loaded: ArtifactSet = _repo(None).get_set_by_id(set_id)
    return loaded


def load_set_by_labels(labels: str | Labels) -> ArtifactSet:
    """Return the newest set of the default repository with exactly these labels; a text is the label ``name``.

    Raises:
        MissingKeyError: there is none.
    """
    loaded: ArtifactSet = _repo(None).get_set_by_labels(as_labels(labels))
    return loaded


def load_set_by_name(set_name: str) -> ArtifactSet:
    """Return the newest set of the default repository whose only label is this name.

    Raises:
        MissingKeyError: there is none.
    """
    return load_set_by_labels(set_name)
