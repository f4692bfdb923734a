"""Writing a state file: a further observation, and the document that follows from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlflow2prov import __version__, engine
from mlflow2prov.engine import AttachedFile
from mlflow2prov.errors import FormatError
from mlflow2prov.facts import Facts
from mlflow2prov.facts.differences import Differences
from mlflow2prov.mapping import RULES
from mlflow2prov.mapping.incremental import changed_statements, mapping_digest
from mlflow2prov.output import Output
from mlflow2prov.state import fact_history, statements
from mlflow2prov.state.file import FORMAT, StateFile, document_of
from mlflow2prov.state.journal import Entry
from mlflow2prov.state.observation import Observation


@dataclass(frozen=True)
class WrittenState:
    """A state file that is complete, but has not replaced the one before."""

    state: StateFile
    is_changed: bool
    """Whether the facts differ from those of the observation before; true without one."""


def stage_observation(
    files: Output,
    path: Path,
    facts: Facts,
    last: StateFile | None,
    differences: Differences | None,
    observation: Observation,
    properties: Mapping[str, Any],
) -> WrittenState:
    """Add an observation to a state file, which is done when ``files`` is published.

    Args:
        files: receives the file.
        path: the state file, which need not exist.
        facts: all facts of the observation.
        last: the state file before; None for the first observation.
        differences: those between the facts and the facts of the observation before; None for the first.
        observation: the observation, which is later than those of the file.
        properties: how the project is read, as JSON values.

    Raises:
        FormatError: the file cannot be written, or is not the one that was read.
        StateError: the file before is damaged.
        EngineError: the disk is full.
    """
    if last is None or differences is None:
        first = _build(files, path, facts, None, None, observation, properties)
        return WrittenState(first, is_changed=True)
    is_changed = fact_history.has_news(differences)
    state = None if is_changed else _append(files, last, differences, observation, properties)
    return WrittenState(
        state or _build(files, path, facts, last, differences, observation, properties), is_changed
    )


def _append(
    files: Output,
    last: StateFile,
    differences: Differences,
    observation: Observation,
    properties: Mapping[str, Any],
) -> StateFile | None:
    """Append an observation without news to the journal of the file; None if this is not possible."""
    written = {
        **properties,
        "format": FORMAT,
        "program": __version__,
        "mapping": mapping_digest(RULES),
    }
    is_current = written == last.properties and last.is_complete
    if not is_current or not os.access(last.path, os.W_OK):
        return None
    entry = Entry(observation, fact_history.reading_changes(differences))
    journal = last.journal
    content = journal.encode(entry)
    if content is None:
        return None
    files.append(last.path, journal.end, content, last.status)
    return replace(last, journal=replace(journal, entries=(*journal.entries, entry)))


def _build(
    files: Output,
    path: Path,
    facts: Facts,
    last: StateFile | None,
    differences: Differences | None,
    observation: Observation,
    properties: Mapping[str, Any],
) -> StateFile:
    """Build a new file with a further observation."""
    written: list[StateFile] = []

    def build(temporary: Path) -> None:
        observations = [observation]
        if last is not None:
            os.truncate(temporary, last.journal.start)
            observations[:0] = [entry.observation for entry in last.journal.entries]
        try:
            _write(temporary, facts, differences, observations, properties)
        except FormatError as error:
            raise StateFile.open(path).damaged(str(error)) from error
        written.append(StateFile.open(path, temporary))

    files.build(path, build, None if last is None else last.status)
    return written[0]


def _write(
    path: Path,
    facts: Facts,
    differences: Differences | None,
    observations: Sequence[Observation],
    properties: Mapping[str, Any],
) -> None:
    """Add observations to a state file, the last of which has the facts."""
    file = AttachedFile(path, is_writable=True)
    try:
        fact_history.add_missing_tables(file)
        _write_observations(file, observations)
        digest = mapping_digest(RULES)
        unordered = set(properties.get("unordered_kinds") or ())
        if differences is None:
            fact_history.store_first(file, facts)
        else:
            fact_history.store(file, differences, observations[-1].number)
        if differences is None or properties.get("mapping") != digest:
            statements.store(file, document_of(facts, str(properties["namespace"])))
            unordered.clear()
        elif fact_history.has_news(differences):
            unordered |= _change_document(file, differences)
        _write_properties(
            file,
            {
                **properties,
                "format": FORMAT,
                "program": __version__,
                "mapping": digest,
                "unordered_kinds": sorted(unordered),
            },
        )
    finally:
        file.detach()


def _change_document(file: AttachedFile, differences: Differences) -> set[str]:
    """Change the statements that differ, and return the names of their kinds."""
    stored = statements.tables(file)
    schema, changes = changed_statements(RULES, differences, stored.get)
    statements.apply(file, changes)
    del schema
    return {kind.name for kind in changes}


def _write_properties(file: AttachedFile, properties: Mapping[str, object]) -> None:
    table = file.table("main", "properties")
    engine.execute(f"CREATE OR REPLACE TABLE {table} (name VARCHAR, value VARCHAR)")
    for name, value in properties.items():
        # Escapes keep a path whose bytes are not UTF-8.
        engine.execute(f"INSERT INTO {table} VALUES (?, ?)", [name, json.dumps(value)])


def _write_observations(file: AttachedFile, observations: Iterable[Observation]) -> None:
    table = file.table("main", "observations")
    engine.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (observation INTEGER, started_at VARCHAR, finished_at VARCHAR)"
    )
    for observation in observations:
        engine.execute(
            f"INSERT INTO {table} VALUES (?, ?, ?)",
            [observation.number, observation.started_at, observation.finished_at],
        )
