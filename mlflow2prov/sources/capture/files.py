"""Record files, in a folder and all folders below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.record_files.content import RecordedCall
from mlflow2prov.capture.record_files.files import MAX_FILE_BYTES
from mlflow2prov.errors import CallRecordsError
from mlflow2prov.sources.capture.call_facts import CallFacts
from mlflow2prov.sources.folder import MAX_DEPTH, Folder
from mlflow2prov.sources.report import SourceReport

_SKIPPED_FOLDERS = frozenset((".git", ".mlflow2prov", "__pycache__", "node_modules", ".venv"))
_KEYS = {"called_function", "timing", "uuid"}
"""The keys that every record has."""


def read_files(path: Path, calls: CallFacts, report: SourceReport) -> None:
    """Read a record file, or all below a folder. JSON files with other contents are no record files.

    Raises:
        CallRecordsError: the path is that of a file, and no record file.
    """
    if path.is_file():
        content = Folder(path.parent).read(path.name, MAX_FILE_BYTES)
        if not _add(str(path), content, calls, report):
            raise CallRecordsError(
                f"{path}: not a record file; give one that tracked() or pycrumbs has written"
            )
        return
    folder = Folder(path)
    for name, content in _json_files(folder, 0):
        _add(name, content, calls, report)
    report.omissions += folder.unreadable


def _json_files(folder: Folder, depth: int) -> Iterator[tuple[str, bytes]]:
    if depth > MAX_DEPTH:
        return
    for entry in folder.entries():
        if entry.is_folder and entry.name not in _SKIPPED_FOLDERS:
            yield from _json_files(folder / entry.name, depth + 1)
        elif entry.is_file and entry.name.endswith(".json") and entry.size <= MAX_FILE_BYTES:
            yield f"{folder}/{entry.name}", folder.read(entry.name, MAX_FILE_BYTES)


def _add(name: str, content: bytes, calls: CallFacts, report: SourceReport) -> bool:
    """Add the calls in a file, and return whether it is a record file."""
    try:
        data = orjson.loads(content)
    except ValueError:
        return False
    records = data if isinstance(data, list) else [data]
    if not records or not all(isinstance(item, dict) and item.keys() >= _KEYS for item in records):
        return False
    for item in records:
        try:
            record = RecordedCall.from_json(item, name)
        except CaptureError as error:
            report.omissions.append(str(error))
            continue
        calls.add(record.call, _process(record.environment), record.packages)
    return True


def _process(environment: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the process of a call, as the facts have it."""
    command_line = environment.get("argv")
    version = environment.get("python_version")
    return {
        "user": _text(environment.get("user")),
        "host": _text(environment.get("hostname")),
        "cwd": _text(environment.get("cwd")),
        "argv": " ".join(map(str, command_line)) if isinstance(command_line, list) else None,
        "python_version": version.partition(" ")[0] if isinstance(version, str) else None,
        "platform": _text(environment.get("platform_info")),
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
