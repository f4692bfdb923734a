"""MLflow's values as facts: one reading of times, states and sources for every kind of store."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from mlflow2prov.facts import Facts, times

LARGEST = 1.7976931348623157e308
"""The largest double, as which databases keep infinity."""

_RUN_STATUS = {1: "running", 2: "scheduled", 3: "finished", 4: "failed", 5: "killed"}
_MODEL_STATUS = {0: "unspecified", 1: "pending", 2: "ready", 3: "upload_failed"}

PROMPT_TAG = "mlflow.prompt.is_prompt"
CONTEXT_TAG = "mlflow.data.context"
DELETED_STAGE = "Deleted_Internal"
DEFAULT_WORKSPACE = "default"
SOURCE_RUN = "mlflow.sourceRun"
TRACE_NAME = "mlflow.traceName"


def time(value: Any) -> str | None:
    """Return UTC milliseconds since 1970-01-01 as ``xsd:dateTime``; what is no number is unknown."""
    milliseconds = integer(value)
    return None if milliseconds is None else times.from_milliseconds(milliseconds)


def moment(value: Any) -> str | None:
    """Return a time that is written out, ``2024-01-31T12:00:00.5Z``, as ``xsd:dateTime`` in UTC."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC).isoformat() if found.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def text(value: object) -> str | None:
    """Return a text; what is empty or absent, or no scalar, is unknown."""
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    # A lone surrogate, which JSON can carry, is no Unicode text.
    return str(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def said(value: object) -> str:
    """Return the value of a tag or parameter, which may be empty."""
    return text(value) or ""


def state(value: object, known: dict[int, str] | None = None) -> str | None:
    """Return a status or stage in lower case, also one of a later MLflow; numbers by ``known``."""
    if known and isinstance(value, int):
        return known.get(value, str(value))
    word = text(value)
    return word.lower().removeprefix("logged_model_") if word else None


def run_status(value: object) -> str | None:
    """Return a run's status."""
    return state(value, _RUN_STATUS)


def model_status(value: object) -> str | None:
    """Return a logged model's status."""
    return state(value, _MODEL_STATUS)


def workspace(value: object) -> str | None:
    """Return a workspace's name; of the one that every store has, nothing is to be said."""
    name = text(value)
    return None if name == DEFAULT_WORKSPACE else name


def integer(value: Any) -> int | None:
    """Return a 64-bit integer, else unknown."""
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def number(value: Any, is_nan: object = False) -> float | None:
    """Return a metric's value; databases keep the infinities as the largest doubles."""
    if is_nan:
        return math.nan
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return math.copysign(math.inf, found) if abs(found) >= LARGEST else found


_MODEL_ID = re.compile(r"(?:^models:/|/models/)(m-[0-9a-f]{32})(?:/|$)")
_RUN_URI = re.compile(r"^runs:/([^/]+)/(.+)$")


def origin(source: str | None, run_id: str | None) -> tuple[str | None, str | None, str | None]:
    """Return the run, the logged model and the artifact path that a version's source names.

    ``models:/m-...`` and ``.../models/m-...`` name a logged model, ``runs:/<run id>/<path>`` a run's
    artifact. A place below some run's artifact root is told by
    :func:`~mlflow2prov.sources.mlflow.normalize.settle`, when all runs are known.
    """
    if source is None:
        return run_id, None, None
    if found := _MODEL_ID.search(source):
        return run_id, found[1], None
    if run_id and f"/{run_id}/artifacts/" in source:
        return run_id, None, source.partition(f"/{run_id}/artifacts/")[2].strip("/") or None
    if found := _RUN_URI.search(source):
        return found[1], None, found[2].strip("/") or None
    return run_id, None, None


def add_version(
    facts: Facts, version: dict[str, Any], *, is_prompt: bool, restores: bool = False
) -> None:
    """Add a registered model's version, given by the names of MLflow's columns.

    What a deletion redacted is unknown, unless ``restores``: the storage location, which MLflow forgets to
    redact, still says what a deleted version was registered from. A deletion's time is that of the
    last update.
    """
    is_deleted = version.get("current_stage") == DELETED_STAGE
    kept = {key: _unredacted(value) if is_deleted else value for key, value in version.items()}
    if is_deleted and restores and kept.get("source") is None:
        kept["source"] = version.get("storage_location")
    source = text(kept.get("source"))
    run_id, model_id, path = origin(source, text(kept.get("run_id")))
    changed_at = time(kept.get("last_updated_time"))
    facts.add(
        "registered_model_versions",
        text(kept.get("name")),
        text(kept.get("version")),
        is_prompt,
        text(kept.get("description")),
        text(kept.get("user_id")),
        None if is_deleted else text(kept.get("current_stage")),
        source,
        run_id,
        model_id,
        path,
        text(kept.get("run_link")),
        state(kept.get("status")),
        text(kept.get("status_message")),
        time(kept.get("creation_time")),
        changed_at,
        is_deleted,
        changed_at if is_deleted else None,
    )


def _unredacted(value: Any) -> Any:
    return None if isinstance(value, str) and value.startswith("REDACTED-") else value


def add_assessment(facts: Facts, trace_id: str, assessment: dict[str, Any]) -> None:
    """Add what was said of a trace, given as MLflow's API and its files do."""
    kind = "expectation" if "expectation" in assessment else "feedback"
    said_ = assessment.get(kind)
    source = assessment.get("source")
    source = source if isinstance(source, dict) else {}
    facts.add(
        "assessments",
        text(assessment.get("assessment_id")),
        trace_id,
        text(assessment.get("assessment_name")),
        kind,
        value_text(said_.get("value") if isinstance(said_, dict) else None),
        state(source.get("source_type")),
        text(source.get("source_id")),
        moment(assessment.get("create_time")),
    )


def value_text(value: object) -> str | None:
    """Return a value of JSON as a text: texts as they are, others as JSON writes them."""
    return text(value) if value is None or isinstance(value, str) else text(json.dumps(value))


def is_own_root(uri: str, owner: str) -> bool:
    """Return whether an artifact root is one that MLflow gives to ``owner``, a run or logged model.

    MLflow ends each root with the owner's id, so that nobody's root is another's or somebody's home.
    """
    return uri.rstrip("/").endswith(f"/{owner}/artifacts") and owner not in ("", ".", "..")


Entry = tuple[str, bool, int | None]
"""A path relative to the artifact root, whether it is a folder, its size in bytes."""


def add_artifacts(facts: Facts, run_id: str, entries: Iterable[Entry]) -> None:
    """Add a run's artifacts; a folder with a file ``MLmodel`` is a model."""
    listed = list(entries)
    models = {path.rpartition("/")[0] for path, is_dir, _ in listed if path.endswith("/MLmodel")}
    for path, is_dir, size in listed:
        facts.add("artifacts", run_id, path, is_dir, size, is_dir and path in models)


def add_model_artifacts(facts: Facts, model_id: str, entries: Iterable[Entry]) -> None:
    """Add a logged model's artifacts."""
    for path, is_dir, size in entries:
        facts.add("logged_model_artifacts", model_id, path, is_dir, size)


def last_points(points: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Return of (key, value, step, milliseconds) points the last of each key, as MLflow counts.

    That is the one with the highest step, then time, then value.
    """
    last: dict[str, tuple[Any, ...]] = {}
    for point in points:
        key, value, step, at = point
        rank = (step or 0, at or 0, -math.inf if value is None or value != value else value)
        if key not in last or rank >= last[key][0]:
            last[key] = (rank, point)
    return (point for _, point in last.values())
