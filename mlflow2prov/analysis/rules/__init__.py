"""Rules: the objections that an auditor may raise to a version of a registered model.

A rule is a function in a module of this package, its :class:`~mlflow2prov.analysis.finding.AuditRule`, and a line in
:data:`RULES`. It looks at the explanation of one version and at the
:class:`~mlflow2prov.analysis.audit_context.AuditContext` of all versions. An unknown fact is a finding only of the
rules that are about unknown facts.
"""

from __future__ import annotations

from mlflow2prov.analysis.audit_context import AuditContext, is_deleted
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule, Finding, by_severity
from mlflow2prov.analysis.rules import calls, commits, data, deletions, runs, scripts

RULES: tuple[AuditRule, ...] = (
    runs.UNKNOWN,
    runs.MISSING,
    commits.NONE,
    commits.MISSING,
    scripts.DIRTY_TREE,
    scripts.NOT_IN_COMMIT,
    commits.UNPUSHED,
    deletions.RUN,
    deletions.EXPERIMENT,
    deletions.SOURCE,
    runs.SHARED,
    data.NO_DATASET,
    scripts.CHANGED,
    commits.UNKNOWN_AUTHOR,
    calls.FAILED,
    calls.WITHOUT_DIGEST,
    calls.UNSEEDED,
)
"""The rules for versions that are not deleted, in the order of a report."""

DELETED = deletions.VERSION
"""The only rule for a deleted version: MLflow removes its attributes, so other findings would mean nothing."""


def apply_rules(version: Explanation, context: AuditContext) -> tuple[Finding, ...]:
    """Return the findings in a version, the most severe first; in a deleted version, only that it was deleted."""
    rules = (DELETED,) if is_deleted(version) else RULES
    findings = (
        Finding(rule.code, rule.severity, version.subject, message)
        for rule in rules
        for message in rule.messages(version, context)
    )
    return by_severity(findings)
