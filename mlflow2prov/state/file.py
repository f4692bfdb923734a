"""The state file: a DuckDB database with all observations of a project, and the document of the last one.

    main.properties      the version of the format, and how the project is read
    main.observations    when the project was observed, except for the observations of the journal
    facts.<table>        the rows of each fact table, and the observations that saw them
    document.<kind>      the statements of the last observation

The engine's tables are those of DuckDB, so that a state is written and read as columns. An update builds a new file,
which then replaces the old one (:meth:`mlflow2prov.output.Output.build`). An update that saw nothing new appends its
observation to the file (:mod:`mlflow2prov.state.journal`), where another program deletes it that writes there.
A state is whole at any moment, readers wait for no writer, and no second file belongs to it.
"""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlflow2prov import engine
from mlflow2prov.boundary import warn
from mlflow2prov.engine import AttachedFile, Sql, attach_for_reading
from mlflow2prov.errors import EngineError, FormatError, StateError
from mlflow2prov.facts import Facts
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import MLFLOW2PROV, Namespaces
from mlflow2prov.prov.unify import unify
from mlflow2prov.quantity import quantity
from mlflow2prov.state import fact_history, statements
from mlflow2prov.state.journal import Journal, read_journal
from mlflow2prov.state.observation import Observation, checked_observation, parse_time

FORMAT = 1
"""The version of the format. A change that an earlier version of the program cannot read increments it."""

_PROPERTY_TYPES = {
    "repository_path": str,
    "mlflow_url": str,
    "namespace": str,
    "options": dict,
    "unordered_kinds": list,
}


@dataclass(frozen=True)
class StateFile:
    """A state file that is read."""

    path: Path
    journal: Journal
    """The observations after those in the tables."""
    status: os.stat_result
    """The identity and the size of the file when it was opened."""
    _file: AttachedFile

    @classmethod
    def open(cls, path: Path, temporary: Path | None = None) -> StateFile:
        """Open a state file for reading.

        Args:
            path: the path of the file, for messages too.
            temporary: the path of the file until it is published.

        Raises:
            StateError: there is no such file, it is not a state file, or a newer version wrote it.
        """
        try:
            file, journal, status = _attach(temporary or path)
        except FileNotFoundError as error:
            raise StateError(f"{path}: there is no such file") from error
        except OSError as error:
            raise StateError(f"{path}: cannot be read ({error.strerror})") from error
        except EngineError as error:
            raise StateError(
                f"{path}: not a state file, or damaged; restore it from a backup"
            ) from error
        except ValueError as error:
            raise StateError(f"{path}: damaged ({error}); restore it from a backup") from error
        state = cls(path, journal, status, file)
        state._require_known_format()
        return state

    def _require_known_format(self) -> None:
        tables = {
            (schema, name)
            for schema, name in engine.rows(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?",
                [self._file.name],
            )
        }
        if not {("main", "properties"), ("main", "observations")} <= tables:
            raise StateError(f"{self.path}: a database, but not a state file of MLflow2PROV")
        version = self.properties.get("format")
        if version == FORMAT:
            return
        program = str(self.properties.get("program"))[:40]
        if isinstance(version, int) and version > FORMAT:
            raise StateError(
                f"{self.path}: written by MLflow2PROV {program}, which is newer; upgrade MLflow2PROV"
            )
        raise StateError(
            f"{self.path}: unknown format; create a new state file with another --state"
        )

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The version of the format, and how the project is read."""
        rows = self._rows("SELECT name, value FROM {}", "properties")
        try:
            properties = {name: json.loads(value) for name, value in rows}
        except (TypeError, ValueError) as error:
            raise self.damaged("its properties") from error
        for name, kind in _PROPERTY_TYPES.items():
            if not isinstance(properties.get(name), kind | None):
                raise self.damaged(f"its {name}")
        if not all(isinstance(kind, str) for kind in properties.get("unordered_kinds") or ()):
            raise self.damaged("its unordered_kinds")
        return properties

    @cached_property
    def observations(self) -> list[Observation]:
        """All observations, the earliest first; at least one."""
        rows = self._rows(
            "SELECT observation, started_at, finished_at FROM {} ORDER BY observation",
            "observations",
        )
        if not rows:
            raise self.damaged("it has no observation")
        try:
            observations = [checked_observation(*row) for row in rows]
        except ValueError as error:
            raise self.damaged(str(error)) from error
        observations += [entry.observation for entry in self.journal.entries]
        if [each.number for each in observations] != list(range(1, len(observations) + 1)):
            raise self.damaged("the numbers of the observations")
        return observations

    def _rows(self, query: str, table: str) -> list[tuple[Any, ...]]:
        try:
            return engine.rows(query.format(self._file.table("main", table)))
        except EngineError as error:
            raise self.damaged(f"its table {table}") from error

    def damaged(self, part: str) -> StateError:
        """Return the error that a part of the file is not as an update writes it."""
        return StateError(f"{self.path}: damaged ({part}); restore it from a backup")

    def table(self, schema: str, name: str) -> Sql:
        """Return the qualified name of a table of the file, for SQL."""
        return self._file.table(schema, name)

    @cached_property
    def fact_rows(self) -> dict[str, Sql]:
        """The query for the rows of each fact table, as :func:`~mlflow2prov.state.fact_history.stored_rows` has it."""
        return fact_history.stored_rows(self._file)

    @cached_property
    def is_complete(self) -> bool:
        """Whether the file has every fact of its sources that this version reads."""
        return fact_history.is_complete(self._file)

    @property
    def namespace(self) -> str:
        """The default namespace of the document."""
        return str(self.properties.get("namespace") or MLFLOW2PROV)

    def facts_at(self, observation: Observation) -> Facts:
        """Return the facts of an observation."""
        facts = fact_history.facts_at(self._file, observation.number)
        for entry in self.journal.entries:
            if entry.observation.number <= observation.number:
                try:
                    fact_history.apply(facts, entry)
                except ValueError as error:
                    raise self.damaged(str(error)) from error
        return facts

    def document(self) -> Document:
        """Return the document of the last observation."""
        try:
            unordered = self.properties.get("unordered_kinds") or ()
            document = statements.load(self._file, self.namespace, unordered)
        except FormatError as error:
            raise self.damaged(str(error)) from error
        document.tables.observations = self
        return document

    def document_as_of(self, time: str | datetime.datetime) -> Document:
        """Return the document of the last observation that ended by ``time``.

        Warns:
            UserWarning: names the observation, and how many changes the next one saw.

        Raises:
            StateError: nothing was observed by ``time``.
            ConfigurationError: ``time`` is not a date.
        """
        observation = self._observation_at(time)
        if observation == self.observations[-1]:
            warn(f"{self.path}: as of {observation.finished_at}, the last observation")
            return self.document()
        following = self.observations[observation.number]
        changes = self._count_changes(following)
        warn(
            f"{self.path}: as of {observation.finished_at}; the next observation, of {following.finished_at}, shows "
            f"{quantity(changes, 'change')} since then"
        )
        document = document_of(self.facts_at(observation), self.namespace)
        document.tables.observations = self
        return document

    def statements_since(self, time: str | datetime.datetime | None) -> Document:
        """Return the statements of the last observation that an earlier one lacks, or has with other attributes.

        Args:
            time: the time by which the earlier observation ended; by default, it is the one before the last. If there
                is none, all statements are new.

        Raises:
            ConfigurationError: ``time`` is not a date.
        """
        document = self.document()
        earlier_observations = self.observations[:-1] if time is None else self._until(time)
        if not earlier_observations:
            return document
        observation = earlier_observations[-1]
        earlier = document_of(self.facts_at(observation), self.namespace)
        news = Document(document.namespaces)
        for kind in document.tables.kinds():
            columns = ", ".join(kind.columns)
            news.tables.insert(
                kind,
                f"SELECT {columns} FROM {document.tables.of(kind)} "
                f"EXCEPT SELECT {columns} FROM {earlier.tables.of(kind)}",
            )
        unify(news)
        return news

    def _observation_at(self, time: str | datetime.datetime) -> Observation:
        """Return the last observation that ended by ``time``."""
        earlier = self._until(time)
        if not earlier:
            first = self.observations[0].finished_at
            raise StateError(
                f"{self.path}: nothing was observed by {parse_time(time)}; give {first}, the time of the first "
                "observation, or a later one"
            )
        return earlier[-1]

    def _until(self, time: str | datetime.datetime) -> list[Observation]:
        """Return the observations that ended by ``time``."""
        instant = parse_time(time)
        return [each for each in self.observations if each.finished_at <= instant]

    def _count_changes(self, observation: Observation) -> int:
        changes = self.fact_rows.get("observed_changes")
        if changes is None:
            return 0
        return int(
            engine.scalar(f"SELECT count(*) FROM ({changes}) WHERE since = {observation.number}")
        )


def _attach(path: Path) -> tuple[AttachedFile, Journal, os.stat_result]:
    """Attach a state file, and return it with its journal and its status.

    Raises:
        EngineError: the file is not a database of DuckDB.
        OSError: there is no such file.
        ValueError: its journal is damaged.
    """
    while True:
        with path.open("rb") as stream:
            file = attach_for_reading(path)
            status = os.fstat(stream.fileno())
            # An update may replace the file in between.
            if os.path.samestat(status, path.stat()):
                return file, read_journal(stream), status


def document_of(facts: Facts, namespace: str) -> Document:
    """Return the unified document of all facts of a project."""
    document = Document(Namespaces({"": namespace}))
    expand(RULES, facts, document)
    unify(document)
    return document


def load_state(path: Path) -> Document:
    """Return the document of a state file.

    Raises:
        StateError: it is not a state file, or cannot be read.
    """
    return StateFile.open(path).document()
