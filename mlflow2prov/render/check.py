"""Results of checks as text: lines for a person, JSON for a program, SARIF and annotations for code review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.escaping import printable
from mlflow2prov.quantity import quantity
from mlflow2prov.render.github import annotation_lines
from mlflow2prov.render.json_text import results_to_json, to_json
from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.sarif import sarif_log
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.audit import Audit, AuditedVersion
    from mlflow2prov.analysis.check import CheckResult
    from mlflow2prov.analysis.finding import Finding


def as_text(results: Sequence[CheckResult]) -> str:
    """Return a line for each finding and a summary, with an empty line between results."""
    return "\n".join("".join(f"{line}\n" for line in _lines(result)) for result in results)


def _lines(result: CheckResult) -> Iterator[str]:
    for finding in result.findings:
        yield _finding_line(finding, finding.severity)
    for finding, waiver in result.waived_findings:
        yield f"{_finding_line(finding, 'allowed')} ({printable(waiver.reason)})"
    yield _summary(result)


def _finding_line(finding: Finding, level: str) -> str:
    version = finding.version
    uri = printable(version.about.get("uri", version.label))
    return f"{uri}: {level}: {printable(finding.message)} [{finding.code}]"


def _summary(result: CheckResult) -> str:
    severities = [finding.severity for finding in result.findings]
    counts = ", ".join(quantity(severities.count(name), name) for name in SEVERITIES)
    versions = quantity(len(_checked_versions(result)), "version")
    waivers = f", {len(result.waived_findings)} allowed" if result.waived_findings else ""
    return f"{'passed' if result.has_passed else 'failed'}: {versions}, {counts}{waivers}; {_score(result.audit)}"


def _score(audit: Audit) -> str:
    """Return how many of the questions are answered."""
    if audit.completeness is None:
        return "the store has no version of a registered model"
    percent, inferred_percent = 100 * audit.completeness, 100 * audit.inferred_fraction
    inferred = f", {inferred_percent:.0f} % more by inference" if inferred_percent else ""
    return f"{percent:.0f} % of the questions are answered{inferred}"


def _checked_versions(result: CheckResult) -> list[AuditedVersion]:
    """Return the versions that the check covers: those that are not deleted."""
    return [version for version in result.audit.versions if not version.is_deleted]


def to_table(result: CheckResult) -> Table:
    """Return a row for each finding, the waived ones last."""
    rows = [_finding_row(finding, finding.severity) for finding in result.findings]
    rows += [_finding_row(finding, "allowed") for finding, _ in result.waived_findings]
    return Table(("severity", "version", "finding", "message"), list(rows))


def _finding_row(finding: Finding, level: str) -> tuple[str, str, str, str]:
    version = finding.version
    return level, version.about.get("uri", version.label), finding.code, finding.message


def as_json(results: Sequence[CheckResult]) -> str:
    """Return results as JSON: an object, or an array if there are several."""
    return results_to_json([_result_dict(result) for result in results])


def _result_dict(result: CheckResult) -> dict[str, Any]:
    completeness = result.audit.completeness
    return {
        "passed": result.has_passed,
        "fail_on": result.fail_on,
        "completeness": None if completeness is None else round(completeness, 4),
        "versions": [_version_dict(version) for version in _checked_versions(result)],
        "findings": [finding.to_dict() for finding in result.findings],
        "allowed": [
            {**finding.to_dict(), "reason": waiver.reason}
            for finding, waiver in result.waived_findings
        ],
        "unused_allowances": [
            {"finding": waiver.code, "of": waiver.versions, "reason": waiver.reason}
            for waiver in result.unused_waivers
        ],
    }


def _version_dict(version: AuditedVersion) -> dict[str, Any]:
    explanation = version.explanation
    return {
        "version": version.item.label,
        "uri": version.item.about.get("uri"),
        "identifier": version.item.identifier,
        "completeness": round(explanation.completeness, 4),
        "inferred": list(explanation.inferred),
        "unknown": list(explanation.unknown),
    }


def as_sarif(results: Sequence[CheckResult]) -> str:
    """Return results as one SARIF log (:mod:`mlflow2prov.render.sarif`)."""
    return to_json(sarif_log(results))


def as_github(results: Sequence[CheckResult]) -> str:
    """Return results as annotations of GitHub Actions (:mod:`mlflow2prov.render.github`), and their summaries."""
    lines = [*annotation_lines(results), *map(_summary, results)]
    return "".join(f"{line}\n" for line in lines)


FORMATS: Formats[CheckResult] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
"""The formats of checks."""
