"""The table of runs: the processes that captured something, once each."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.previews import json_able
from mlflow2prov.capture.repos.engine import suppress_conflict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mlflow2prov.capture.repos.database import DbRepo


class RunTable:
    """The processes of a repository.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)
        self._known: set[str] = set()

    def insert(self, connection: Connection, info: dict[str, Any] | None) -> None:
        """Insert the description of a process, unless it is there."""
        from sqlalchemy import insert, select

        if not info or info["id"] in self._known:
            return
        runs = self._repo._tables.RUNS
        query = select(runs.c.id).where(runs.c.id == info["id"])
        if connection.execute(query).first() is None:
            facts = {name: fact for name, fact in info.items() if name not in ("id", "created_at")}
            row = {
                "id": info["id"],
                "hostname": info.get("host", {}).get("nodename"),
                "info": json_able(facts),
                "created_at": info.get("created_at"),
            }
            with suppress_conflict(connection):
                connection.execute(insert(runs), row)
            return  # the transaction may still be rolled back
        self._known.add(info["id"])

    def read(self, identifier: str | None) -> dict[str, Any] | None:
        """Return the description of a process, or None."""
        from sqlalchemy import select

        runs = self._repo._tables.RUNS
        with self._repo._connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == identifier)).first()
        if row is None:
            return None
        return {**row.info, "id": row.id, "created_at": row.created_at}
