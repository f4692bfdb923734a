"""Rules about deletions of a version, and of its run, experiment and source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlflow2prov.analysis.audit_context import AuditContext
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule


def _deleted(question: str, noun: str) -> Callable[[Explanation, AuditContext], Iterator[str]]:
    """Return the function of the rule that an item of the answer to ``question`` was deleted."""

    def messages(version: Explanation, context: AuditContext) -> Iterator[str]:
        for item in version.answer(question).items:
            is_marked = item.about.get("lifecycle_stage", "").casefold() == "deleted"
            if is_marked or item.identifier in context.deletion_times:
                time = context.deletion_times.get(item.identifier or "")
                yield f"its {noun} {item.label} was deleted{f' at {time}' if time else ''}"

    return messages


RUN = AuditRule(
    "run-deleted",
    "error",
    "The run was deleted",
    "Restore the run (mlflow.MlflowClient().restore_run) before its store is purged, or register a "
    "version from another run",
    _deleted("run", "run"),
)


EXPERIMENT = AuditRule(
    "experiment-deleted",
    "error",
    "The experiment of the run was deleted",
    "Restore the experiment (mlflow experiments restore) before its store is purged",
    _deleted("experiment", "experiment"),
)


SOURCE = AuditRule(
    "source-deleted",
    "error",
    "The model or the artifacts behind the version were deleted",
    "Restore the model or its run before its store is purged, or register a version from another model",
    _deleted("source", "model"),
)


def _version_deleted(version: Explanation, _: AuditContext) -> Iterator[str]:
    time = version.subject.about["deleted_at"]
    yield f"it was deleted{'' if time == 'yes' else f' at {time}'}"


VERSION = AuditRule(
    "version-deleted",
    "note",
    "The version was deleted",
    "No action is needed; restore a backup of the store if the version was deleted by mistake",
    _version_deleted,
)
