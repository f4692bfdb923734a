"""Results of checks as a SARIF 2.1.0 log (OASIS), which code review systems show beside the code.

A log has a run for each checked document. A finding is located at its model version and, if it is known, at the
script that trained it. Waived findings are results with a suppression (section 3.27.23).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlflow2prov import __version__

if TYPE_CHECKING:
    from mlflow2prov.analysis.check import CheckResult, Waiver
    from mlflow2prov.analysis.finding import Finding

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif_log(results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return the log of check results as JSON values (section 3.13)."""
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(result) for result in results]}


def _run(result: CheckResult) -> dict[str, Any]:
    findings: list[tuple[Finding, Waiver | None]] = [(f, None) for f in result.findings]
    findings += result.waived_findings
    codes = sorted({finding.code for finding, _ in findings})
    scripts = {version.item.identifier: version.script_path for version in result.audit.versions}
    driver = {
        "name": "mlflow2prov",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, waiver, codes, scripts.get(finding.version.identifier))
            for finding, waiver in findings
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    from mlflow2prov.analysis.check import MEANINGS, REMEDIES
    from mlflow2prov.analysis.finding import page

    severity, meaning = MEANINGS[code]
    remedy = f"{REMEDIES[code]}."
    return {
        "id": code,
        "shortDescription": {"text": meaning},
        "help": {
            "text": f"{remedy} See {page(code)} of MLflow2PROV.",
            "markdown": f"{remedy} See `{page(code)}` of MLflow2PROV.",
        },
        "defaultConfiguration": {"level": severity},
    }


def _result(
    finding: Finding, waiver: Waiver | None, codes: Sequence[str], script: str | None
) -> dict[str, Any]:
    """Return a finding as a result (section 3.27), suppressed if there is a waiver for it."""
    version = finding.version.about.get("uri", finding.version.label)
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": version, "kind": "resource"}]
    }
    if script is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(script)}}
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.severity,
        "message": {"text": f"{version}: {finding.message}"},
        "locations": [location],
        "partialFingerprints": {"versionAndFinding/v1": f"{version} {finding.code}"},
    }
    if waiver is not None:
        result["suppressions"] = [{"kind": "external", "justification": waiver.reason}]
    return result
