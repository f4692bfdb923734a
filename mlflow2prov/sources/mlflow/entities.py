"""MLflow's entities as rows of facts, for the readers that get them in the same form."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.values import parse_state, parse_text, parse_time, tag_value

_LOGGED_MODEL = re.compile(r"(?:^models:/|/models/)(m-[0-9a-f]{32})(?:/|$)")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_RUN_URI = re.compile(r"^runs:/([^/]+)/(.+)$")


def add_run(
    facts: Facts,
    run_id: str,
    experiment_id: str | None,
    info: Mapping[str, Any],
    tags: Mapping[Any, object],
) -> None:
    """Add a run and its tags.

    Args:
        facts: the tables to fill.
        run_id: the run's id.
        experiment_id: the id of its experiment.
        info: the run's ``info``, in the form of MLflow's REST API and files. Only files have the time of a deletion.
        tags: the values of its tags by key.
    """
    facts.add(
        "runs",
        run_id=run_id,
        experiment_id=experiment_id,
        name=parse_text(info.get("run_name")) or parse_text(tags.get(values.RUN_NAME_TAG)),
        user=parse_text(tags.get(values.USER_TAG)) or parse_text(info.get("user_id")),
        status=values.parse_run_status(info.get("status")),
        lifecycle_stage=parse_state(info.get("lifecycle_stage")),
        started_at=parse_time(info.get("start_time")),
        ended_at=parse_time(info.get("end_time")),
        deleted_at=parse_time(info.get("deleted_time")),
        artifact_uri=parse_text(info.get("artifact_uri")),
        early_source_name=parse_text(info.get("source_name")),
        early_source_type=values.parse_source_type(info.get("source_type")),
        early_commit=parse_text(info.get("source_version")),
        early_entry_point=parse_text(info.get("entry_point_name")),
    )
    for key, value in tags.items():
        facts.add("run_tags", run_id=run_id, key=parse_text(key), value=tag_value(value))


def add_dataset_input(
    facts: Facts, run_id: str, dataset: Mapping[str, Any], tags: Mapping[Any, object]
) -> None:
    """Add a dataset that a run used. One of the tags of the use is its context."""
    facts.add(
        "dataset_inputs",
        run_id=run_id,
        name=parse_text(dataset.get("name")),
        digest=parse_text(dataset.get("digest")),
        source_type=parse_text(dataset.get("source_type")),
        source=parse_text(dataset.get("source")),
        schema=parse_text(dataset.get("schema")),
        profile=parse_text(dataset.get("profile")),
        context=parse_text(tags.get(values.CONTEXT_TAG)),
    )


class VersionOrigin(NamedTuple):
    """The run, the logged model and the artifact path that a version was registered from."""

    run_id: str | None
    model_id: str | None
    path: str | None


def version_origin(source: str | None, run_id: str | None) -> VersionOrigin:
    """Return the run, the logged model and the artifact path that the source of a version names.

    ``models:/m-...`` and ``.../models/m-...`` name a logged model, ``runs:/<run id>/<path>`` names an
    artifact of a run. :func:`~mlflow2prov.sources.mlflow.normalize.normalize` resolves sources below other
    artifact roots, because it knows all runs.
    """
    if source is None:
        return VersionOrigin(run_id, None, None)
    source = forward_slashes(source)
    if match := _LOGGED_MODEL.search(source):
        return VersionOrigin(run_id, match[1], None)
    if run_id and f"/{run_id}/artifacts/" in source:
        path = source.partition(f"/{run_id}/artifacts/")[2]
        return VersionOrigin(run_id, None, path.strip("/") or None)
    if match := _RUN_URI.search(source):
        return VersionOrigin(match[1], None, match[2].strip("/") or None)
    return VersionOrigin(run_id, None, None)


def add_version(
    facts: Facts, version: dict[str, Any], *, is_prompt: bool, restore_redacted: bool = False
) -> None:
    """Add a version of a registered model.

    Args:
        facts: the tables to fill.
        version: the version, by the column names of MLflow's database. The last update of a deleted
            version is its deletion.
        is_prompt: whether the registered model is a prompt.
        restore_redacted: take the storage location of a deleted version, which MLflow does not redact, as
            its source.
    """
    is_deleted = version.get("current_stage") == values.DELETED_STAGE
    if is_deleted:
        version = {key: _unless_redacted(value) for key, value in version.items()}
        if restore_redacted and version.get("source") is None:
            version["source"] = version.get("storage_location")
    source = parse_text(version.get("source"))
    origin = version_origin(source, parse_text(version.get("run_id")))
    last_updated_at = parse_time(version.get("last_updated_time"))
    facts.add(
        "registered_model_versions",
        name=parse_text(version.get("name")),
        version=parse_text(version.get("version")),
        is_prompt=is_prompt,
        description=parse_text(version.get("description")),
        user=parse_text(version.get("user_id")),
        stage=None if is_deleted else parse_text(version.get("current_stage")),
        source=source,
        source_run_id=origin.run_id,
        source_model_id=origin.model_id,
        source_path=origin.path,
        run_link=parse_text(version.get("run_link")),
        status=parse_state(version.get("status")),
        status_message=parse_text(version.get("status_message")),
        created_at=parse_time(version.get("creation_time")),
        last_updated_at=last_updated_at,
        is_deleted=is_deleted,
        deleted_at=last_updated_at if is_deleted else None,
    )


def _unless_redacted(value: Any) -> Any:
    return None if isinstance(value, str) and value.startswith("REDACTED-") else value


def add_assessment(facts: Facts, trace_id: str, assessment: dict[str, Any]) -> None:
    """Add an assessment of a trace, in the form of MLflow's REST API and files."""
    kind = "expectation" if "expectation" in assessment else "feedback"
    content = assessment.get(kind)
    source = assessment.get("source")
    source = source if isinstance(source, dict) else {}
    facts.add(
        "assessments",
        assessment_id=parse_text(assessment.get("assessment_id")),
        trace_id=trace_id,
        name=parse_text(assessment.get("assessment_name")),
        kind=kind,
        value=values.json_text(content.get("value") if isinstance(content, dict) else None),
        source_type=parse_state(source.get("source_type")),
        source_id=parse_text(source.get("source_id")),
        created_at=values.parse_iso(assessment.get("create_time")),
    )


class Artifact(NamedTuple):
    """A file or folder below the artifact root of a run or logged model."""

    path: str
    """Relative to the artifact root."""
    is_dir: bool
    file_size: int | None
    """In bytes; None for a folder."""


def add_artifacts(facts: Facts, run_id: str, artifacts: Iterable[Artifact]) -> None:
    """Add the artifacts of a run. A folder that holds a file ``MLmodel`` is a model."""
    artifacts = list(artifacts)
    models = {
        artifact.path.removesuffix("/MLmodel")
        for artifact in artifacts
        if artifact.path.endswith("/MLmodel")
    }
    for artifact in artifacts:
        facts.add(
            "artifacts",
            run_id=run_id,
            path=artifact.path,
            is_dir=artifact.is_dir,
            file_size=artifact.file_size,
            is_model=artifact.is_dir and artifact.path in models,
        )


def add_model_artifacts(facts: Facts, model_id: str, artifacts: Iterable[Artifact]) -> None:
    """Add the artifacts of a logged model."""
    for artifact in artifacts:
        facts.add(
            "logged_model_artifacts",
            model_id=model_id,
            path=artifact.path,
            is_dir=artifact.is_dir,
            file_size=artifact.file_size,
        )


def forward_slashes(path: str) -> str:
    """Return a path with slashes: one of Windows has backslashes, and a drive or no slash at all."""
    is_windows = _DRIVE.match(path) or ("\\" in path and "/" not in path)
    return path.replace("\\", "/") if is_windows else path


def is_artifact_root(uri: str, owner: str) -> bool:
    """Return whether ``uri`` is an artifact root that MLflow gives to ``owner``, a run or logged model.

    Each root ends with the id of its owner, so that it is neither another's root nor any other folder.
    """
    return uri.rstrip("/").endswith(f"/{owner}/artifacts") and owner not in ("", ".", "..")


class Point(NamedTuple):
    """A value of a metric at a step."""

    key: str
    value: float | None
    step: int | None
    milliseconds: int | None
    """Since 1970-01-01 UTC."""


def last_points(points: Iterable[Point]) -> Iterator[Point]:
    """Return the last point of each key: the one with the highest step, then time, then value, as in MLflow."""
    last: dict[str, tuple[tuple[float, ...], Point]] = {}
    for point in points:
        value = -math.inf if point.value is None or math.isnan(point.value) else point.value
        rank = (point.step or 0, point.milliseconds or 0, value)
        if point.key not in last or rank >= last[point.key][0]:
            last[point.key] = (rank, point)
    return (point for _, point in last.values())
