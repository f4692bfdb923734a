"""Verdicts of checks as text: for a person, for a program, and as SARIF for code review."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlflow2prov import __version__
from mlflow2prov.analysis.audit import AuditedVersion
from mlflow2prov.analysis.check import MEANINGS, CheckResult, Waiver
from mlflow2prov.analysis.explanation import Item
from mlflow2prov.analysis.rules import SEVERITIES, Finding
from mlflow2prov.render.escaping import printable

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def _text(verdicts: Sequence[CheckResult]) -> str:
    return "\n".join("".join(f"{line}\n" for line in _lines(verdict)) for verdict in verdicts)


def _lines(verdict: CheckResult) -> Iterator[str]:
    for finding in verdict.findings:
        yield _line(finding, finding.severity)
    for finding, allowance in verdict.allowed:
        yield f"{_line(finding, 'allowed')} ({printable(allowance.reason)})"
    counted = ", ".join(
        _several(len([f for f in verdict.findings if f.severity == severity]), severity)
        for severity in SEVERITIES
    )
    judged = [version for version in verdict.audit.versions if not version.is_deleted]
    mean = 100 * (verdict.audit.completeness or 0)
    outcome = "passed" if verdict.is_passed else "failed"
    allowed = f", {len(verdict.allowed)} allowed" if verdict.allowed else ""
    yield (
        f"{outcome}: {_several(len(judged), 'version')}, {counted}{allowed}; "
        f"{mean:.0f} % of the questions are answered"
    )


def _line(finding: Finding, severity: str) -> str:
    return f"{_called(finding.version)}: {severity}: {printable(finding.message)} [{finding.code}]"


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _called(version: Item) -> str:
    return printable(version.about.get("uri", version.label))


def _json(verdicts: Sequence[CheckResult]) -> str:
    said = [_verdict(verdict) for verdict in verdicts]
    return json.dumps(said[0] if len(said) == 1 else said, ensure_ascii=False, indent=1) + "\n"


def _verdict(verdict: CheckResult) -> dict[str, Any]:
    mean = verdict.audit.completeness
    return {
        "passed": verdict.is_passed,
        "fail_on": verdict.fail_on,
        "completeness": None if mean is None else round(mean, 4),
        "versions": [_version(one) for one in verdict.audit.versions if not one.is_deleted],
        "findings": [finding.to_dict() for finding in verdict.findings],
        "allowed": [{**f.to_dict(), "reason": a.reason} for f, a in verdict.allowed],
        "unused_allowances": [
            {"finding": one.code, "of": one.of, "reason": one.reason} for one in verdict.unused
        ],
    }


def _version(version: AuditedVersion) -> dict[str, Any]:
    explained = version.explanation
    return {
        "version": version.item.label,
        "uri": version.item.about.get("uri"),
        "identifier": version.item.identifier,
        "completeness": round(explained.completeness, 4),
        "unknown": list(explained.unknown),
    }


def _sarif(verdicts: Sequence[CheckResult]) -> str:
    """Return SARIF 2.1.0 (OASIS): a run for each document; what is allowed is there, suppressed."""
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(one) for one in verdicts]}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _run(verdict: CheckResult) -> dict[str, Any]:
    codes = sorted({f.code for f in (*verdict.findings, *(f for f, _ in verdict.allowed))})
    scripts = {version.item.identifier: _script(version) for version in verdict.audit.versions}
    results = [(finding, None) for finding in verdict.findings]
    driver = {
        "name": "mlflow2prov",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, allowance, codes, scripts.get(finding.version.identifier))
            for finding, allowance in (*results, *verdict.allowed)
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    severity, meaning = MEANINGS[code]
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "defaultConfiguration": {"level": severity},
    }


def _result(
    finding: Finding, allowance: Waiver | None, codes: Sequence[str], script: str | None
) -> dict[str, Any]:
    called = finding.version.about.get("uri", finding.version.label)
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": called, "kind": "resource"}]
    }
    if script is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": _uri(script)}}
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.severity,
        "message": {"text": f"{called}: {finding.message}"},
        "locations": [location],
        "partialFingerprints": {"versionAndFinding/v1": f"{called} {finding.code}"},
    }
    if allowance is not None:
        result["suppressions"] = [{"kind": "external", "justification": allowance.reason}]
    return result


def _script(version: AuditedVersion) -> str | None:
    """Return the path of the script behind a version: where a review shows what is found."""
    scripts = version.explanation.answer("script").items
    return scripts[0].label if scripts else None


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


FORMATS: dict[str, Callable[[Sequence[CheckResult]], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
}
"""How verdicts are asked for, and the function that renders them."""
