"""The records of capture, which all of its faces write: calls, artifacts, and the blobs that hold values.

A **call** is one execution of a captured function, or one look-up in its place: with its arguments, its results and its
outcome. An **artifact** is a result under the name of its inputs: the same function, version and inputs give the
same artifact. A **blob** is the content of a value; artifacts with equal values share one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

Face = Literal["provenance", "tracked", "stage"]
"""The decorator that recorded a call."""

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
"""The outcomes of a call, in the words of MLflow's runs. An interrupt and an unfinished generator are KILLED."""

Inputs = dict[str, Any]
"""``{"kargs": {name: value}, "varargs": (value, ...)}``."""


@dataclass
class ArtifactRecord:
    """An artifact with its value, as a repository stores it."""

    id: str
    value_id: str
    inputs: Inputs
    fn_module: str
    fn_name: str
    value: Any
    name: str
    version: Any = 0
    composite: bool | None = None
    value_id_duration: float | None = None
    """In seconds, as all durations."""
    serializer: str | None = "auto"
    load_kwargs: dict[str, Any] | None = None
    dump_kwargs: dict[str, Any] | None = None
    compute_duration: float | None = None
    hash_duration: float | None = None
    computed_at: datetime | None = None
    custom_fields: dict[str, Any] | None = None
    input_artifact_ids: list[str] | None = None
    run_info: dict[str, Any] | None = None
    call_id: str | None = None

    def _replace(self, **changes: Any) -> ArtifactRecord:
        """Return a copy with other values, under the name that tuples have for this."""
        from dataclasses import replace

        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a value in a store."""

    digest: str | None
    """``sha256:<hex>`` of its bytes; None if the store keeps values as objects."""
    size: int | None = None
    """In bytes."""


@dataclass(slots=True)
class Argument:
    """An argument of a call."""

    name: str
    digest: str | None = None
    """The digest of the value; None for secrets, and for values that cannot be hashed."""
    value: Any = None
    """The value as JSON, abbreviated and without secrets."""
    type: str = ""
    content: str | None = None
    """The digest of the file's content, if the argument is the path of a file."""
    artifacts: list[str] = field(default_factory=list)
    """The identifiers of the artifacts that the argument is or contains."""
    ignored: bool = False
    """Whether the argument does not count for the identity of the result."""


@dataclass(slots=True)
class Output:
    """A result of a call, or a part of a composite result, or a file."""

    key: str | None = None
    artifact_id: str | None = None
    digest: str | None = None
    """The digest of the value, or of the content of the file."""
    size: int | None = None
    path: str | None = None
    serializer: str | None = None


@dataclass(slots=True)
class Call:
    """One execution of a captured function, or one look-up in its place."""

    name: str
    fn_module: str
    fn_name: str
    version: Any = 0
    face: Face = "provenance"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    run_id: str | None = None
    """The process, as in the table ``runs``."""
    parent_id: str | None = None
    """The call during which this one happened."""
    artifact_id: str | None = None
    status: Status = "RUNNING"
    cached: bool = False
    uncacheable: str | None = None
    """Why the result was not looked up or not stored."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    compute_duration: float | None = None
    hash_duration: float | None = None
    exception_type: str | None = None
    exception_message: str | None = None
    arguments: list[Argument] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    source_digest: str | None = None
    dependencies: dict[str, str] | None = None
    """The digests of the code and the constants that the function uses, if they were asked for."""
    source_path: str | None = None
    """The file of the function, relative to the working tree if it is in one."""
    source_line: int | None = None
    source_blob: str | None = None
    """The name that Git gives to the content of the file at the time of the call."""
    source_tracked: bool | None = None
    """Whether Git tracks the file."""
    repository_url: str | None = None
    git_commit: str | None = None
    git_branch: str | None = None
    """None if HEAD is detached."""
    git_dirty: bool | None = None
    """Whether tracked files have uncommitted changes."""
    mlflow_run_id: str | None = None
    mlflow_experiment_id: str | None = None
    mlflow_tracking_uri: str | None = None
    environment_id: str | None = None
    seed: int | None = None
    custom_fields: dict[str, Any] = field(default_factory=dict)

    def end(self, status: Status, error: BaseException | None = None) -> None:
        """Record the end of the call and its outcome."""
        from mlflow2prov.capture.redaction import redact_text

        self.status, self.ended_at = status, datetime.now(UTC)
        if error is not None:
            self.exception_type = f"{type(error).__module__}.{type(error).__qualname__}"
            self.exception_message = redact_text(_message(error))[:MAX_MESSAGE]


MAX_MESSAGE = 1000
"""The length of the longest message of an exception, in characters."""


def _message(error: BaseException) -> str:
    try:
        return str(error)[: 10 * MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - the class of the exception is the user's
        return ""


ARTIFACT_FIELDS = tuple(item.name for item in fields(ArtifactRecord))
CALL_FIELDS = tuple(item.name for item in fields(Call))

OUTCOME_FIELDS = (
    "artifact_id",
    "status",
    "cached",
    "uncacheable",
    "ended_at",
    "compute_duration",
    "exception_type",
    "exception_message",
    "outputs",
    "mlflow_run_id",
)
"""The fields of a call that its end determines."""
