"""A project whose history a test makes step by step: a repository, and a database of MLflow."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from mlflow2prov import update
from mlflow2prov.state.file import StateFile
from tests.repositories import Repository


class Project:
    """A repository and a copy of a database that MLflow made. Changes are made as MLflow makes them, in SQL."""

    def __init__(self, folder: Path, store: str) -> None:
        self.repository = Repository(folder / "repository")
        self.database = folder / "mlflow.db"
        shutil.copy(store.removeprefix("sqlite:///"), self.database)
        self.state = folder / "project.state"

    def execute(self, sql: str, *parameters: object) -> None:
        """Change the database."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(sql, parameters)

    def rows(self, sql: str) -> list[tuple]:
        """Read the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def update(self, **options):
        """Observe the project."""
        return update(self.state, self.repository.path, self.database, **options)

    def changes(self, observation: int | None = None) -> set[tuple]:
        """Return what the last observation, or all of them, saw change: (uri, property, key, old, new)."""
        state = StateFile.open(self.state)
        facts = state.facts_at(state.observations[-1])
        since = "" if observation is None else f"AND since = {observation}"
        return set(
            facts.rows(
                f"""
                SELECT uri, property, key, old_value, new_value
                FROM {state.table("facts", "observed_changes")}
                WHERE true {since}
                """
            )
        )

    def new_changes(self) -> set[tuple]:
        """Return what the last observation saw change."""
        return self.changes(len(StateFile.open(self.state).observations))
