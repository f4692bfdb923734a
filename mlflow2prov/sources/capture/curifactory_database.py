"""The DuckDB database of curifactory's pipelines: runs of pipelines, the stages that they computed, their artifacts.

A run is a call, within which its stages are called. Stages whose artifacts were in the cache are not recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from mlflow2prov.capture.records import Call, Output
from mlflow2prov.engine.sql import identifier
from mlflow2prov.errors import CallRecordsError, one_line
from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts, Packages, UsedArtifact
from mlflow2prov.sources.report import SourceReport

BATCH_ROWS = 1000
"""Number of rows that are fetched at once."""

_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    # A view or a default in the file can call functions that read other files or load extensions.
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "512MB",
    "threads": "1",
}

_RUN = (
    "id",
    "pipeline_class",
    "pipeline_name",
    "start_time",
    "end_time",
    "succeeded",
    "exception",
    "commit",
    "dirty",
    "hostname",
    "user",
    "notes",
    "params",
    "host_env",
    "pip_env",
    "cli",
)
_STAGE = ("id", "run_id", "func_module", "func_name", "start_time", "end_time", "hash_details")
_ARTIFACT = ("id", "stage_id", "name", "hash")
_INPUT = ("stage_id", "artifact_id", "arg_index", "arg_name")

_MAGIC = slice(8, 12)
HEADER_BYTES = 12
"""Number of bytes by which a DuckDB file is recognised."""

Row = dict[str, Any]


def is_duckdb(header: bytes) -> bool:
    """Return whether a file with this beginning is a DuckDB database (duckdb.org, "Storage")."""
    return header[_MAGIC] == b"DUCK"


def read_duckdb(path: Path, calls: CallFacts, report: SourceReport) -> None:
    """Add the calls of a database.

    Raises:
        CallRecordsError: the file cannot be read, or is not a database of curifactory.
    """
    with _errors(path), closing(duckdb.connect(path, read_only=True, config=_OPTIONS)) as database:
        tables = _Tables(database)
        if not tables.columns.keys() >= {"cf_run", "cf_stage", "cf_artifact"}:
            raise CallRecordsError(
                f"{path}: a DuckDB database, but not of curifactory; it has no tables 'cf_run', "
                "'cf_stage' and 'cf_artifact'"
            )
        for reason in _read(tables, calls):
            report.omissions.append(f"{path}: {reason}")


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise CallRecordsError(f"{path}: cannot be read: {one_line(str(error))}") from error


class _Tables:
    """The tables of a database, without its views."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self.columns: dict[str, set[str]] = {}
        for table, column in database.execute(
            """
            SELECT table_name, column_name
            FROM duckdb_columns()
            JOIN duckdb_tables() USING (table_oid, schema_oid, database_oid, table_name)
            WHERE NOT duckdb_columns.internal AND duckdb_columns.schema_name = 'main'
            """
        ).fetchall():
            self.columns.setdefault(table, set()).add(column)

    def rows(self, table: str, names: tuple[str, ...]) -> Iterator[Row]:
        """Yield the rows of a table in order of the first column. Columns that it lacks are null."""
        columns = self.columns.get(table, set())
        if not columns:
            return
        selection = ", ".join(
            identifier(name) if name in columns else f"NULL AS {identifier(name)}" for name in names
        )
        cursor = self._database.cursor()
        cursor.execute(f"SELECT {selection} FROM {identifier(table)} ORDER BY ALL")
        while batch := cursor.fetchmany(BATCH_ROWS):
            for values in batch:
                yield dict(zip(names, values, strict=True))


def _read(tables: _Tables, calls: CallFacts) -> Iterator[str]:
    """Add the runs and the stages, and yield a reason for each that is left out."""
    runs = {str(row["id"]): row for row in tables.rows("cf_run", _RUN)}
    artifacts = {str(row["id"]): row for row in tables.rows("cf_artifact", _ARTIFACT)}
    outputs: dict[str, list[Row]] = {}
    for artifact in artifacts.values():
        outputs.setdefault(str(artifact["stage_id"]), []).append(artifact)
    inputs: dict[str, list[Row]] = {}
    for row in tables.rows("cf_stage_input", _INPUT):
        inputs.setdefault(str(row["stage_id"]), []).append(row)
    stages = list(tables.rows("cf_stage", _STAGE))
    unfinished = Counter(str(stage["run_id"]) for stage in stages if stage["end_time"] is None)
    for name, run in runs.items():
        try:
            call = _run_call(name, run)
        except (TypeError, ValueError, OverflowError) as error:
            yield f"the run {name}: {error}"
            continue
        calls.add(call, _process(run), _packages(run["pip_env"]))
    for stage in stages:
        name, run = str(stage["id"]), runs.get(str(stage["run_id"]), {})
        try:
            # The exception of a run is that of the only stage that did not end.
            has_exception = unfinished[str(stage["run_id"])] == 1
            call = _stage_call(name, stage, run, has_exception=has_exception)
        except (TypeError, ValueError, OverflowError) as error:
            yield f"the stage {name}: {error}"
            continue
        call.outputs = [
            Output(str(artifact["name"]), str(artifact["id"])) for artifact in outputs.get(name, ())
        ]
        details = peer_values.json_object(stage["hash_details"])
        used = [
            UsedArtifact(_parameter(row, artifacts, details), str(row["artifact_id"]))
            for row in inputs.get(name, ())
        ]
        calls.add(call, _process(run), _packages(run.get("pip_env")), artifacts=used)


def _run_call(name: str, run: Row) -> Call:
    function = str(run["pipeline_class"] or run["pipeline_name"])
    call = Call(function, "", function, face="stage", id=name)
    _add_times(call, run)
    if run["succeeded"] is not None:
        call.status = "FINISHED" if run["succeeded"] else "FAILED"
    call.exception_type, call.exception_message = peer_values.exception(run["exception"])
    call.arguments = [
        peer_values.argument(key, value)
        for key, value in peer_values.json_object(run["params"]).items()
    ]
    call.custom_fields = peer_values.notes(run)
    _add_commit(call, run)
    return call


def _stage_call(name: str, stage: Row, run: Row, *, has_exception: bool) -> Call:
    function, module = str(stage["func_name"]), peer_values.text(stage["func_module"]) or ""
    call = Call(f"{module}.{function}", module, function, face="stage", id=name)
    call.parent_id = str(stage["run_id"])
    _add_times(call, stage)
    if stage["end_time"] is not None:
        call.status = "FINISHED"
    elif run.get("succeeded") is False:
        call.status = "FAILED"
        if has_exception:
            call.exception_type, call.exception_message = peer_values.exception(run["exception"])
    details = peer_values.json_object(stage["hash_details"])
    call.arguments = [peer_values.argument(key, _value(detail)) for key, detail in details.items()]
    _add_commit(call, run)
    return call


def _value(detail: Any) -> Any:
    """Return the value of an argument, if the library hashed a text of it; artifacts have none."""
    if not isinstance(detail, dict) or not isinstance(detail.get("object"), str):
        return None
    return detail.get("hash_value")


def _parameter(row: Row, artifacts: Mapping[str, Row], details: Mapping[str, Any]) -> str | None:
    """Return the parameter that an artifact was passed for, or None if this is not certain."""
    if row["arg_name"] is not None:
        return str(row["arg_name"])
    artifact = artifacts.get(str(row["artifact_id"]), {})
    names = [
        name
        for name, detail in details.items()
        if isinstance(detail, dict)
        and detail.get("hash_value") == artifact.get("hash")
        and isinstance(detail.get("object"), dict)
        and detail["object"].get("artifact") == artifact.get("name")
    ]
    return names[0] if len(names) == 1 else None


def _add_times(call: Call, row: Row) -> None:
    call.started_at = peer_values.local_time(row["start_time"])
    if row["end_time"] is not None:
        call.ended_at = peer_values.local_time(row["end_time"])


def _add_commit(call: Call, run: Row) -> None:
    call.git_commit = peer_values.commit(run.get("commit"))
    if call.git_commit is not None:
        call.git_dirty = peer_values.flag(run.get("dirty"))


def _process(run: Row) -> dict[str, str | None]:
    machine = peer_values.json_object(run.get("host_env"))
    return {
        "user": peer_values.text(run.get("user")),
        "host": peer_values.text(run.get("hostname")),
        "argv": peer_values.command_line(run.get("cli")),
        "platform": peer_values.text(machine.get("os")),
    }


def _packages(listing: Any) -> Packages | None:
    """Return the packages in the output of ``pip freeze``.

    The library cuts its last characters off, so that the version of the last package is unknown.
    """
    if not isinstance(listing, str):
        return None
    lines = [line.partition("==") for line in listing.splitlines() if "==" in line]
    packages: dict[str, str | None] = {name: version for name, _, version in lines}
    if lines:
        packages[lines[-1][0]] = None
    return Packages(packages)
