"""Single values of MLflow as values of facts, for every kind of store.

A value that a store lacks, or that is not of the type it should have, is None: unknown. Servers, files and
SQLite columns can hold anything, so no function here raises.
:mod:`mlflow2prov.sources.mlflow.columns` does the same for whole columns.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from mlflow2prov.facts import times

MAX_DOUBLE = 1.7976931348623157e308
"""The largest double. MLflow's databases store infinity as this value, and its negative likewise."""

DEFAULT_WORKSPACE = "default"
DELETED_STAGE = "Deleted_Internal"

CONTEXT_TAG = "mlflow.data.context"
PROMPT_TAG = "mlflow.prompt.is_prompt"
RUN_NAME_TAG = "mlflow.runName"
SOURCE_RUN_TAG = "mlflow.sourceRun"
TRACE_NAME_TAG = "mlflow.traceName"
USER_TAG = "mlflow.user"

_RUN_STATUS = {1: "running", 2: "scheduled", 3: "finished", 4: "failed", 5: "killed"}
_MODEL_STATUS = {0: "unspecified", 1: "pending", 2: "ready", 3: "upload_failed"}
_SOURCE_TYPE = {1: "notebook", 2: "job", 3: "project"}


def parse_text(value: object) -> str | None:
    """Return a text, or None for an empty text and for a value that is not a scalar."""
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    # JSON can carry a lone surrogate, which is not Unicode text.
    return str(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def tag_value(value: object) -> str:
    """Return the value of a tag or parameter, which may be empty."""
    return parse_text(value) or ""


def json_text(value: object) -> str | None:
    """Return a value of JSON or YAML as text: a string as it is, any other value as JSON."""
    if value is None or isinstance(value, str):
        return parse_text(value)
    try:
        # YAML has dates and cycles besides the values of JSON.
        return json.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        return None


def parse_time(value: Any) -> str | None:
    """Return milliseconds since 1970-01-01 UTC as ``xsd:dateTime``."""
    milliseconds = parse_integer(value)
    return None if milliseconds is None else times.from_milliseconds(milliseconds)


def parse_iso(value: Any) -> str | None:
    """Return an ISO 8601 time with an offset, such as ``2024-01-31T12:00:00.5Z``, as ``xsd:dateTime`` in UTC."""
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC).isoformat() if time.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def parse_integer(value: Any) -> int | None:
    """Return a 64-bit integer."""
    if isinstance(value, bool):
        return None
    try:
        integer = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return integer if -(2**63) <= integer < 2**63 else None


def parse_number(value: Any, is_nan: object = False) -> float | None:
    """Return the value of a metric; ``is_nan`` is the database's own flag for it."""
    if is_nan:
        return math.nan
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return math.copysign(math.inf, number) if abs(number) >= MAX_DOUBLE else number


def parse_state(value: object, names: dict[int, str] | None = None) -> str | None:
    """Return a status or stage in lower case, including one of a later MLflow.

    Args:
        value: a name, or a number of ``names``.
        names: the names of the numbers that MLflow writes.
    """
    if names and isinstance(value, int):
        return names.get(value, str(value))
    state = parse_text(value)
    return state.lower().removeprefix("logged_model_") if state else None


def parse_run_status(value: object) -> str | None:
    """Return the status of a run."""
    return parse_state(value, _RUN_STATUS)


def parse_source_type(value: object) -> str | None:
    """Return the type of a run's source, as MLflow before 1.0 recorded it.

    Later versions write the type of a local script, or an unknown one, for every run.
    """
    state = parse_state(value, _SOURCE_TYPE)
    return state if state in _SOURCE_TYPE.values() else None


def parse_model_status(value: object) -> str | None:
    """Return the status of a logged model."""
    return parse_state(value, _MODEL_STATUS)


def parse_workspace(value: object) -> str | None:
    """Return the name of a workspace, or None for the default one, which every store has."""
    name = parse_text(value)
    return None if name == DEFAULT_WORKSPACE else name


def is_true(value: object) -> bool:
    """Return whether the value of a tag is ``true``."""
    return tag_value(value).lower() == "true"
