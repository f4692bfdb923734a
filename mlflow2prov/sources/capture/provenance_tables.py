"""The PostgreSQL tables of provenance: artifacts, each with the call that computed it, and the processes of the calls.

A call is not a row of its own. It is what the artifacts of one function, process, time and input have in common: one
artifact, or those of a composite result. Calls that only looked up an artifact are not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mlflow2prov.capture.records import Argument, Call, Output
from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts, UsedArtifact
from mlflow2prov.sources.database.connection import Database

COLUMNS = (
    "id",
    "value_id",
    "run_id",
    "name",
    "version",
    "fn_module",
    "fn_name",
    "composite",
    "compute_duration",
    "computed_at",
    "input_artifact_ids",
    "inputs_json",
    "serializer",
    "custom_fields",
)

_KEY = ("run_id", "fn_module", "fn_name", "version", "computed_at")
"""The columns in which the artifacts of one call are alike, as in their inputs."""

_VARARGS = "__varargs"
_MENTION = re.compile(r"<provenance\.Artifact(?:Proxy)?\(([0-9a-f]{32,40})\)")
"""An artifact within a list or a dictionary, which is recorded as its text."""

_MAX_MENTIONS = 10_000

Row = dict[str, Any]


def is_provenance(database: Database) -> bool:
    """Return whether a database has the tables of provenance, and none of calls."""
    tables = database.tables
    return (
        "calls" not in tables
        and "runs" in tables
        and tables.get("artifacts", set()) >= set(COLUMNS)
    )


def read_provenance(database: Database, calls: CallFacts) -> Iterator[str]:
    """Add the calls of a database, and yield a reason for each artifact that is left out."""
    processes = {
        str(identifier): _process(host, peer_values.json_object(info))
        for identifier, host, info in database.read_rows("runs", "id", "hostname", "info")
    }
    composites = {
        key
        for *key_values, is_composite in database.read_rows("artifacts", *_KEY, "composite")
        if is_composite is True and (key := _key(key_values))
    }
    # The rows of composite results are in memory, others one at a time.
    groups: dict[str, list[Row]] = {}
    for values in database.read_rows("artifacts", *COLUMNS):
        row = dict(zip(COLUMNS, values, strict=True))
        try:
            identifier = _call_id(row)
        except (TypeError, ValueError, RecursionError) as error:
            yield f"the artifact {row['id']!r:.80}: {error}"
            continue
        if _key([row[name] for name in _KEY]) in composites:
            groups.setdefault(identifier, []).append(row)
        else:
            yield from _add_call(identifier, [row], processes, calls)
    for identifier, rows in groups.items():
        rows.sort(key=lambda row: row["id"])
        yield from _add_call(identifier, rows, processes, calls)


def _key(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(str, values))


def _call_id(row: Row) -> str:
    """Return the identifier of the call that computed an artifact.

    Raises:
        ValueError: the row is not one of provenance.
    """
    if not isinstance(row["id"], str) or not isinstance(row["computed_at"], datetime):
        raise ValueError("without identifier or time")
    inputs = peer_values.json_object(row["inputs_json"])
    return peer_values.call_id(*(row[name] for name in _KEY), inputs)


def _add_call(
    identifier: str,
    rows: list[Row],
    processes: Mapping[str, Mapping[str, str | None]],
    calls: CallFacts,
) -> Iterator[str]:
    """Add the call that computed some artifacts, and yield a reason if it is left out."""
    try:
        call, artifacts = _call(identifier, rows)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        yield f"the artifact {rows[0]['id']!r:.80}: {error}"
        return
    calls.add(call, processes.get(str(rows[0]["run_id"]), {}), artifacts=artifacts)


def _call(identifier: str, rows: list[Row]) -> tuple[Call, list[UsedArtifact]]:
    """Return a call, and the artifacts that it used."""
    first = rows[0]
    start = first["computed_at"].replace(tzinfo=UTC)
    seconds = first["compute_duration"]
    call = Call(
        str(first["name"]),
        peer_values.text(first["fn_module"]) or "",
        str(first["fn_name"] or first["name"]),
        first["version"],
        id=identifier,
        status="FINISHED",
        started_at=start,
        ended_at=start + timedelta(seconds=seconds) if isinstance(seconds, int | float) else None,
        custom_fields=peer_values.json_object(first["custom_fields"]),
    )
    inputs = peer_values.json_object(first["inputs_json"])
    if not inputs.get(_VARARGS):
        inputs.pop(_VARARGS, None)
    call.arguments = [_argument(name, value) for name, value in inputs.items()]
    call.outputs = list(_outputs(rows))
    return call, list(_used_artifacts(inputs, first["input_artifact_ids"]))


def _argument(name: str, value: Any) -> Argument:
    shown = None if _is_artifact(value) else value
    return peer_values.argument(_parameter(name), shown)


def _parameter(name: str) -> str:
    return "args" if name == _VARARGS else name


def _used_artifacts(inputs: Mapping[str, Any], recorded: Any) -> Iterator[UsedArtifact]:
    """Yield the artifacts that a call used. The result derives from those that the library recorded as inputs."""
    others = dict.fromkeys(str(item) for item in recorded) if isinstance(recorded, list) else {}
    inputs_of_result = set(others)
    for name, value in inputs.items():
        for artifact_id in dict.fromkeys(_mentions(value)):
            others.pop(artifact_id, None)
            yield UsedArtifact(_parameter(name), artifact_id, artifact_id not in inputs_of_result)
    for artifact_id in others:
        yield UsedArtifact(None, artifact_id)


def _is_artifact(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and str(value.get("type")).startswith("Artifact")
        and isinstance(value.get("id"), str)
    )


def _mentions(value: Any) -> Iterator[str]:
    """Yield the artifacts that an argument is or contains."""
    if _is_artifact(value):
        yield value["id"]
        return
    pending, count = [value], 0
    while pending and count < _MAX_MENTIONS:
        item, count = pending.pop(), count + 1
        if isinstance(item, str):
            # What follows is the value of the artifact, perhaps with artifacts of its own.
            if match := _MENTION.match(item):
                yield match[1]
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item


def _outputs(rows: list[Row]) -> Iterator[Output]:
    whole = next((row for row in rows if row["composite"] is True), None)
    for row in rows:
        key = None
        if whole is not None and row is not whole:
            key = str(row["name"]).removeprefix(f"{whole['name']}_")
        digest = None if row["value_id"] is None else f"provenance:{row['value_id']}"
        yield Output(key, row["id"], digest, serializer=peer_values.text(row["serializer"]))


def _process(host: Any, info: dict[str, Any]) -> dict[str, str | None]:
    process, machine = (
        peer_values.json_object(info.get("process")),
        peer_values.json_object(info.get("host")),
    )
    return {
        "host": peer_values.text(host),
        "cwd": peer_values.text(process.get("cwd")),
        "argv": peer_values.command_line(process.get("cmdline")),
        "platform": peer_values.text(machine.get("platform")),
    }
