"""Values in files and tables of programs that record calls: times, commits, arguments, command lines."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlflow2prov.capture.environment import without_secret_arguments
from mlflow2prov.capture.record_files.content import argument_to_json
from mlflow2prov.capture.records import Argument
from mlflow2prov.capture.redaction import redact_text

_CALLS = uuid.UUID("6f3c1f0e-5a43-4d0c-9d53-1d7f8b6a2c11")
"""The namespace of the identifiers of calls (RFC 9562, version 5)."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def call_id(*parts: Any) -> str:
    """Return an identifier for a call that has none of its own. It depends only on the parts."""
    return str(uuid.uuid5(_CALLS, json.dumps(parts, default=str, sort_keys=True)))


def local_time(value: Any, pattern: str | None = None) -> datetime:
    """Return a time without an offset as one of the time zone of this machine.

    Args:
        value: the time, or its text.
        pattern: the format of the text; ISO 8601 by default.

    Raises:
        ValueError: this is no time.
        OverflowError: the time is out of range.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.80} is not a time")
    time = datetime.strptime(value, pattern) if pattern else datetime.fromisoformat(value)
    return time.astimezone(UTC)


def utc_time(value: Any) -> datetime:
    """Return a time of a database, which may be text, and is in UTC if it has no offset.

    Raises:
        ValueError: this is no time.
        OverflowError: the time is out of range.
    """
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def commit(value: Any) -> str | None:
    """Return the hash of a commit, which may be abbreviated; None for anything else."""
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else None


def argument(name: str, value: Any) -> Argument:
    """Return an argument without secrets, and as short as those of record files."""
    return Argument(name, value=argument_to_json(name, value))


def command_line(value: Any) -> str | None:
    """Return a command line, a text or a list of words, without secrets."""
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        return None
    return " ".join(without_secret_arguments(map(str, words)))


def exception(text: Any) -> tuple[str, str] | tuple[None, None]:
    """Return the class and the message of an exception in a text such as ``ValueError: no such file``."""
    if not isinstance(text, str) or not text:
        return None, None
    name, separator, message = text.partition(": ")
    return (name, redact_text(message)) if separator else ("Exception", redact_text(text))


def notes(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notes of a run of curifactory as a custom field."""
    content = text(run.get("notes"))
    return {} if content is None else {"notes": content}


def text(value: Any) -> str | None:
    """Return a text, None for anything else and for an empty text."""
    return value if isinstance(value, str) and value else None


def flag(value: Any) -> bool | None:
    """Return a truth value, None for anything else."""
    return value if isinstance(value, bool) else None


def json_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, which may be given as text; an empty one in place of anything else."""
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
