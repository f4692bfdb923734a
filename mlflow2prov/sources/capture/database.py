"""Repositories of calls in databases, ours and those of provenance, read as they are: nothing is migrated."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from typing import Any

from mlflow2prov.capture.records import CALL_FIELDS, Argument, Call, Output
from mlflow2prov.errors import CallRecordsError
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts, Packages
from mlflow2prov.sources.capture.provenance_tables import is_provenance, read_provenance
from mlflow2prov.sources.capture.result_sets import read_result_sets
from mlflow2prov.sources.database.connection import Database, DatabaseKind, open_database
from mlflow2prov.sources.report import SourceReport

CALL_REPOSITORY = DatabaseKind(
    "a repository of captured calls",
    ("artifacts",),
    "sqlite:///.mlflow2prov/calls.db",
    CallRecordsError,
)

_OWN_REPOSITORY = replace(CALL_REPOSITORY, tables=("calls", "artifacts"))

_TIMES = ("started_at", "ended_at")
_JSON = ("arguments", "outputs", "custom_fields", "dependencies", "version")
_FLAGS = ("cached", "source_tracked", "git_dirty")


def read_database(url: str, calls: CallFacts, report: SourceReport) -> None:
    """Read the calls of a repository.

    Raises:
        CallRecordsError: there is no such database, it cannot be read, or it is no repository of calls.
    """
    location = without_credentials(url)
    with open_database(url, location, CALL_REPOSITORY) as database:
        if is_provenance(database):
            reasons = chain(read_provenance(database, calls), read_result_sets(database, calls))
            report.omissions += [f"{location}: {reason}" for reason in reasons]
            return
        database.require(_OWN_REPOSITORY)
        processes, environments = _processes(database), _environments(database)
        for row in database.read_rows("calls", *CALL_FIELDS):
            values = dict(zip(CALL_FIELDS, row, strict=True))
            try:
                call = _call(values)
            except (TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
                report.omissions.append(f"{location}: the call {values['id']}: {error}")
                continue
            calls.add(
                call,
                processes.get(call.run_id or "", {}),
                environments.get(call.environment_id or ""),
            )
        reasons = chain(read_result_sets(database, calls), database.unread)
        report.omissions += [f"{location}: {reason}" for reason in reasons]


def _processes(database: Database) -> dict[str, dict[str, str | None]]:
    """Return the processes of the repository, as the facts have them, by identifier."""
    processes = {}
    for identifier, host, info in database.read_rows("runs", "id", "hostname", "info"):
        details = peer_values.json_object(info)
        process = peer_values.json_object(details.get("process"))
        command_line = process.get("cmdline")
        processes[str(identifier)] = {
            "user": details.get("user"),
            "host": host,
            "cwd": process.get("cwd"),
            "argv": " ".join(map(str, command_line)) if isinstance(command_line, list) else None,
            "python_version": peer_values.json_object(details.get("python")).get("version"),
            "platform": peer_values.json_object(details.get("host")).get("platform"),
        }
    return processes


def _environments(database: Database) -> dict[str, Packages]:
    """Return the installed packages by the identifiers of the environments."""
    return {
        str(identifier): Packages(
            {name: None if version is None else str(version) for name, version in versions.items()}
        )
        for identifier, packages in database.read_rows("environments", "id", "packages")
        if (versions := peer_values.json_object(packages))
    }


def _call(values: dict[str, Any]) -> Call:
    for name in _JSON:
        values[name] = _json(values[name])
    for name in _TIMES:
        values[name] = None if values[name] is None else peer_values.utc_time(values[name])
    for name in _FLAGS:
        values[name] = None if values[name] is None else bool(values[name])
    values["arguments"] = [Argument(**item) for item in values["arguments"] or ()]
    values["outputs"] = [Output(**item) for item in values["outputs"] or ()]
    values["custom_fields"] = values["custom_fields"] or {}
    if not isinstance(values["id"], str) or values["started_at"] is None:
        raise ValueError("without identifier or start")
    if not all(isinstance(argument.artifacts, list) for argument in values["arguments"]):
        raise ValueError("artifacts of an argument that are not a list")
    return Call(**values)


def _json(value: Any) -> Any:
    """Return the value of a JSON column, which SQLite keeps as text and PostgreSQL's driver decodes."""
    return json.loads(value) if isinstance(value, str) else value
