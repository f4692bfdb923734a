"""Writing a state file: an observation more, and the document that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mlflow2prov import __version__, engine
from mlflow2prov.engine import AttachedFile
from mlflow2prov.facts import Facts
from mlflow2prov.mapping import RULES
from mlflow2prov.mapping.incremental import changed_statements, mapping_digest
from mlflow2prov.output import Output
from mlflow2prov.state import fact_history, statements
from mlflow2prov.state.file import FORMAT, StateFile, document_of
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
    previous: Facts | None,
    observation: Observation,
    properties: Mapping[str, Any],
) -> WrittenState:
    """Write a state file with an observation more, which replaces the old one when ``files`` is published.

    Args:
        files: receives the file.
        path: the state file, which need not exist.
        facts: all facts of the observation.
        previous: those of the one before; None for the first.
        observation: the observation, which is later than those of the file.
        properties: how the project is read, as JSON values.

    Raises:
        FormatError: the file cannot be written.
        EngineError: the disk is full.
    """
    written: list[WrittenState] = []

    def build(temporary: Path) -> None:
        is_changed = _write(temporary, facts, previous, observation, properties)
        written.append(WrittenState(StateFile.open(path, temporary), is_changed))

    files.build(path, build)
    return written[0]


def _write(
    path: Path,
    facts: Facts,
    previous: Facts | None,
    observation: Observation,
    properties: Mapping[str, Any],
) -> bool:
    """Add an observation to a state file, and return whether its facts are new."""
    file = AttachedFile(path, is_writable=True)
    try:
        fact_history.add_missing_tables(file)
        _write_observation(file, observation)
        is_changed = fact_history.store(file, facts, observation.number)
        digest = mapping_digest(RULES)
        unordered = set(properties.get("unordered_kinds", ()))
        if previous is None or properties.get("mapping") != digest:
            statements.store(file, document_of(facts, str(properties["namespace"])))
            unordered.clear()
        elif is_changed:
            unordered |= _change_document(file, facts, previous)
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
        return is_changed or previous is None
    finally:
        file.detach()


def _change_document(file: AttachedFile, facts: Facts, previous: Facts) -> set[str]:
    """Change the statements that differ, and return the names of their kinds."""
    stored = statements.tables(file)
    schema, changes = changed_statements(RULES, facts, previous, stored.get)
    statements.apply(file, changes)
    del schema
    return {kind.name for kind in changes}


def _write_properties(file: AttachedFile, properties: Mapping[str, object]) -> None:
    table = file.table("main", "properties")
    engine.execute(f"CREATE OR REPLACE TABLE {table} (name VARCHAR, value VARCHAR)")
    for name, value in properties.items():
        engine.execute(f"INSERT INTO {table} VALUES (?, ?)", [name, orjson.dumps(value).decode()])


def _write_observation(file: AttachedFile, observation: Observation) -> None:
    table = file.table("main", "observations")
    engine.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (observation INTEGER, started_at VARCHAR, finished_at VARCHAR)"
    )
    engine.execute(
        f"INSERT INTO {table} VALUES (?, ?, ?)",
        [observation.number, observation.started_at, observation.finished_at],
    )
