"""Findings, and the form of the rules that yield them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlflow2prov.analysis.audit_context import AuditContext
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.options import SEVERITIES, Severity

MISSING = "missing-"
"""The beginning of the codes of required questions without an answer."""


@dataclass(frozen=True)
class Finding:
    """An objection to a version of a registered model.

    Attributes:
        code: the stable name of the rule (``dirty-tree``).
        severity: ``error``, ``warning`` or ``note``.
        version: the version.
        message: the objection, as a clause about the version (``its run fit recorded no dataset``).
    """

    code: str
    severity: Severity
    version: Item
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values; ``version`` is the label of the version."""
        return {
            "code": self.code,
            "severity": self.severity,
            "version": self.version.label,
            "uri": self.version.about.get("uri"),
            "identifier": self.version.identifier,
            "message": self.message,
        }


@dataclass(frozen=True)
class AuditRule:
    """A rule that every version of a registered model is checked against.

    Attributes:
        code: the stable name of the rule.
        severity: how severe its findings are.
        meaning: the general meaning of its findings, a sentence without a full stop.
        remedy: how to fix its findings, a sentence without a full stop.
        messages: returns the messages of the findings in a version.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    messages: Callable[[Explanation, AuditContext], Iterator[str]]

    @property
    def page(self) -> str:
        """The path of the page about its findings, in the repository of MLflow2PROV."""
        return page(self.code)


def page(code: str) -> str:
    """Return the path of the page about a finding, in the repository of MLflow2PROV."""
    name = "missing-question" if code.startswith(MISSING) else code
    return f"docs/findings/{name}.md"


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, the most severe first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
