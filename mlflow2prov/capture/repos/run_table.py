"""The table of runs: the processes that captured something, once each."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.previews import json_able

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from mlflow2prov.capture.repos.database import DbRepo


class RunTable:
    """The processes of a repository.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)
        self._known: set[str] = set()

    def insert(self, connection: DBAPIConnection, info: dict[str, Any] | None) -> None:
        """Insert the description of a process, unless it is there."""
        if info and info["id"] not in self._known:
            self._repo._statements.insert_run.execute(connection, _row(info))

    def remember(self, info: dict[str, Any] | None) -> None:
        """Remember that the transaction with :meth:`insert` is committed: the process is in the table."""
        if info:
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


def _row(info: dict[str, Any]) -> dict[str, Any]:
    facts = {name: fact for name, fact in info.items() if name not in ("id", "created_at")}
    return {
        "id": info["id"],
        "hostname": info.get("host", {}).get("nodename"),
        "info": json_able(facts),
        "created_at": info.get("created_at"),
    }
