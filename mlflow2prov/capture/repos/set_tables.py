"""The tables of artifact sets: their members once for each set, and a row for each time it was stored with labels."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.capture.repos.engine import suppress_conflict
from mlflow2prov.capture.sets import ArtifactSet

if TYPE_CHECKING:
    from mlflow2prov.capture.repos.database import DbRepo


class SetTables:
    """The sets of artifacts of a repository.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)

    def put(self, artifact_set: ArtifactSet) -> None:
        """Store a set with its labels."""
        from sqlalchemy import insert, select

        tables = self._repo._tables
        members = tables.ARTIFACT_SET_MEMBERS
        with self._repo._connect() as connection:
            query = select(members.c.artifact_id).where(members.c.set_id == artifact_set.id)
            known = set(connection.execute(query).scalars())
            rows = [
                {"set_id": artifact_set.id, "artifact_id": identifier}
                for identifier in sorted(artifact_set.artifact_ids - known)
            ]
            if rows:
                with suppress_conflict(connection):
                    connection.execute(insert(members), rows)
            row = {
                "set_id": artifact_set.id,
                "labels": without_secrets(artifact_set.labels),
                "created_at": artifact_set.created_at,
            }
            connection.execute(insert(tables.ARTIFACT_SETS), row)

    def find(self, set_id: str) -> ArtifactSet | None:
        """Return a set with its newest labels, or None."""
        from sqlalchemy import select

        sets = self._repo._tables.ARTIFACT_SETS
        query = select(sets).where(sets.c.set_id == set_id).order_by(sets.c.id.desc()).limit(1)
        with self._repo._connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else self._set_of(row)

    def find_by_labels(self, labels: dict[str, Any]) -> ArtifactSet | None:
        """Return the newest set with exactly these labels, or None."""
        from sqlalchemy import select

        sets, labels = self._repo._tables.ARTIFACT_SETS, without_secrets(labels)
        # Labels are compared here, as databases differ in the equality of JSON.
        with self._repo._connect() as connection:
            rows = connection.execute(select(sets).order_by(sets.c.id.desc())).all()
        row = next((row for row in rows if row.labels == labels), None)
        return None if row is None else self._set_of(row)

    def _set_of(self, row: Any) -> ArtifactSet:
        from sqlalchemy import select

        members = self._repo._tables.ARTIFACT_SET_MEMBERS
        query = select(members.c.artifact_id).where(members.c.set_id == row.set_id)
        with self._repo._connect() as connection:
            identifiers = list(connection.execute(query).scalars())
        return ArtifactSet(identifiers, row.labels, row.created_at, row.set_id)

    def delete(self, set_id: str) -> None:
        """Delete a set with all of its labels."""
        from sqlalchemy import delete

        tables = self._repo._tables
        with self._repo._connect() as connection:
            for table in (tables.ARTIFACT_SETS, tables.ARTIFACT_SET_MEMBERS):
                connection.execute(delete(table).where(table.c.set_id == set_id))
