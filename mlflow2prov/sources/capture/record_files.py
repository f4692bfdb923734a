"""The contents of record files, of capture and of pycrumbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.record_files.content import RecordedCall
from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts, Packages

_KEYS = {"called_function", "timing", "uuid"}
"""The keys that every record has."""


def add_records(
    calls: CallFacts, name: str, data: Any, omissions: list[str], *, run_id: str | None = None
) -> bool:
    """Add the calls in the content of a JSON file, and return whether it is a record file.

    Args:
        calls: takes the calls.
        name: the name of the file for messages.
        data: the content of the file.
        omissions: takes a line for each record that is not valid.
        run_id: the run of MLflow among whose artifacts the file is. It is that of the calls, whatever the
            file says, because anyone can write any file.
    """
    records = data if isinstance(data, list) else [data]
    if not records or not all(map(_is_record, records)):
        return False
    for item in records:
        try:
            record = RecordedCall.from_json(item, name)
        except CaptureError as error:
            omissions.append(str(error))
            continue
        if run_id is not None:
            record.call.mlflow_run_id = run_id
        packages = None if record.packages is None else Packages(record.packages)
        calls.add(record.call, _process(record.environment), packages)
    return True


def _is_record(data: Any) -> bool:
    return isinstance(data, dict) and data.keys() >= _KEYS


def _process(environment: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the process of a call, as the facts have it."""
    command_line = environment.get("orig_argv") or environment.get("argv")
    version = environment.get("python_version")
    return {
        "user": peer_values.text(environment.get("user")),
        "host": peer_values.text(environment.get("hostname")),
        "cwd": peer_values.text(environment.get("cwd")),
        "argv": " ".join(map(str, command_line)) if isinstance(command_line, list) else None,
        "python_version": version.partition(" ")[0] if isinstance(version, str) else None,
        "platform": peer_values.text(environment.get("platform_info")),
    }
