"""The table of environments: lists of installed packages, each once."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlflow2prov.capture.packages import find_environment
from mlflow2prov.capture.records import Call

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from mlflow2prov.capture.repos.database import DbRepo


class EnvironmentTable:
    """The environments of a repository.

    Args:
        repo: the repository.
    """

    def __init__(self, repo: DbRepo) -> None:
        self._repo = weakref.proxy(repo)
        self._known: set[str] = set()

    def insert(self, connection: DBAPIConnection, calls: Iterable[Call]) -> None:
        """Insert the environments of calls, unless they are there."""
        for identifier in {call.environment_id for call in calls} - self._known:
            environment = find_environment(identifier)
            if environment is not None:
                self._repo._statements.insert_environment.execute(connection, asdict(environment))

    def remember(self, calls: Iterable[Call]) -> None:
        """Remember that the transaction with :meth:`insert` is committed."""
        self._known |= {call.environment_id for call in calls if call.environment_id is not None}
