"""Rules about the data behind a version."""

from __future__ import annotations

from collections.abc import Iterator

from mlflow2prov.analysis.audit_context import AuditContext, first_label
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule


def _no_dataset(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").is_described and version.answer("datasets").state == "unknown":
        yield f"its run {first_label(version, 'run')} recorded no dataset"


NO_DATASET = AuditRule(
    "no-dataset",
    "warning",
    "The run recorded no dataset",
    "Log the data with mlflow.log_input(), or read it in a captured call",
    _no_dataset,
)
