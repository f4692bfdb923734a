"""Results of checks as annotations of GitHub Actions: workflow commands, which a job prints to annotate its code.

A line is ``::error file=train.py,line=1,title=no-dataset::<message>``. A finding is located at the script that trained
its version, if the script is known. Data and properties are escaped as GitHub's toolkit escapes them
(``actions/toolkit``, ``core/src/command.ts``), so that no text begins a line or a command of its own. Text from
documents is printed in no other way, because a runner also searches other lines for commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlflow2prov.escaping import printable

if TYPE_CHECKING:
    from mlflow2prov.analysis.check import CheckResult
    from mlflow2prov.analysis.finding import Finding
    from mlflow2prov.analysis.options import Severity

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
"""The workflow command for a finding of a severity."""


def annotation_lines(results: Sequence[CheckResult]) -> Iterator[str]:
    """Yield an annotation for each finding of ``results``; a finding with a waiver is a notice with its reason."""
    for result in results:
        scripts = {v.item.identifier: v.script_path for v in result.audit.versions}
        for finding in result.findings:
            script = scripts.get(finding.version.identifier)
            yield _annotation(_COMMANDS[finding.severity], finding.code, _message(finding), script)
        for finding, waiver in result.waived_findings:
            script = scripts.get(finding.version.identifier)
            message = f"{_message(finding)} ({waiver.reason})"
            yield _annotation("notice", f"{finding.code}, allowed", message, script)


def _message(finding: Finding) -> str:
    from mlflow2prov.analysis.finding import page

    version = finding.version.about.get("uri", finding.version.label)
    return f"{version}: {finding.message}; see {page(finding.code)} of MLflow2PROV"


def _annotation(command: str, title: str, message: str, script: str | None) -> str:
    properties = {"title": title}
    if script is not None:
        properties = {"file": script, "line": "1", **properties}
    pairs = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {pairs}::{_data(message)}"


def _data(text: str) -> str:
    """Return a text in one line as the data of a command."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    """Return a text in one line as the value of a property, which ``:`` and ``,`` would end."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
