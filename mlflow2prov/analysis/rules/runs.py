"""Rules about the run behind a version."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.analysis.audit_context import AuditContext
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule

MAX_OTHER_VERSIONS = 3
"""The number of other versions that a finding about a shared run names."""


def _unknown_run(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").state == "unknown":
        yield "its run is unknown"


UNKNOWN = AuditRule(
    "run-unknown",
    "error",
    "The run of the version is unknown",
    "Register the version from a run, or from a model that a run logged, by its URI (runs:/... or "
    "models:/m-...)",
    _unknown_run,
)


def _missing_run(version: Explanation, _: AuditContext) -> Iterator[str]:
    for run in version.answer("run").items:
        if run.identifier is None:
            yield f"its run {run.label} is not in the store"


MISSING = AuditRule(
    "run-not-in-store",
    "error",
    "The run is not in the store",
    "Extract the store that has the run, or restore the run; train again and register anew if it was "
    "purged",
    _missing_run,
)


def _shared_run(version: Explanation, context: AuditContext) -> Iterator[str]:
    for run in version.answer("run").items:
        others = [
            item.about.get("uri", item.label)
            for item in context.versions_by_run.get(run.identifier or run.label, ())
            if not context.are_copies(item, version.subject)
        ]
        if others:
            more = len(others) - MAX_OTHER_VERSIONS
            names = ", ".join(others[:MAX_OTHER_VERSIONS])
            yield f"its run {run.label} also made {names}{f' and {more} more' if more > 0 else ''}"


SHARED = AuditRule(
    "shared-run",
    "warning",
    "Several versions have the same run",
    "Log each model in a run of its own, or accept the finding if one run makes several models on "
    "purpose",
    _shared_run,
)
