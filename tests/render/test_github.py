"""Annotations of GitHub Actions, and texts that must not become commands of their own."""

import re

import pytest

from mlflow2prov import check
from mlflow2prov.analysis.check import Waiver
from mlflow2prov.render import FORMATS
from tests.analysis.graphs import STATEMENTS, document, project

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def annotations(result):
    """Return the commands of a result as (command, properties, data), unescaped as a runner does it."""
    *lines, _ = FORMATS["check"]["github"]([result]).splitlines()
    commands = []
    for line in lines:
        command, properties, data = COMMAND.fullmatch(line).groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        commands.append((command, {k: unescaped(v) for k, v in pairs.items()}, unescaped(data)))
    return commands


def unescaped(text):
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_a_finding_annotates_the_script_of_its_version():
    first, *_ = annotations(check(project(), "fraud@live"))
    command, properties, message = first
    assert command == "warning"
    assert properties == {"file": "train.py", "line": "1", "title": "shared-run"}
    assert message.startswith("models:/fraud/")


@pytest.mark.parametrize("severity", ["error", "warning", "note"])
def test_each_severity_has_a_command(severity):
    result = check(project(), require=["environment"])
    commands = {properties["title"]: command for command, properties, _ in annotations(result)}
    for finding in result.findings:
        expected = {"error": "error", "warning": "warning", "note": "notice"}[finding.severity]
        assert commands[finding.code] == expected
    assert {"error", "warning"} <= set(commands.values())


def test_a_finding_with_a_waiver_is_a_notice_with_its_reason():
    waiver = Waiver("shared-run", "registered twice, by mistake")
    commands = annotations(check(project(), waivers=[waiver]))
    assert {command for command, _, _ in commands} == {"notice"}
    assert {properties["title"] for _, properties, _ in commands} == {"shared-run, allowed"}
    assert all(data.endswith(" (registered twice, by mistake)") for *_, data in commands)


def test_a_summary_ends_the_output_of_each_result():
    output = FORMATS["check"]["github"]([check(project())] * 2).splitlines()
    assert [line.startswith("passed: ") for line in output[-2:]] == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        "a\n::error::b",
        "a\r::stop-commands::b",
        "a\u2028::set-output name=x::b",
        "##[add-matcher]b",
        "a,line=7::b",
        "100 % of a%0A::debug::b",
        "a: b, c",
    ],
)
def test_no_text_becomes_a_command(text):
    def changed(statement):
        """Return a statement with the hostile text as every name and path."""
        attributes = tuple(
            a._replace(value=text) if a.key in ("name", "path") else a for a in statement.attributes
        )
        return statement._replace(attributes=attributes)

    hostile = document(*map(changed, STATEMENTS))
    result = check(hostile, waivers=[Waiver("shared-run", text, "models:/*/2")])
    assert result.findings and result.waived_findings
    commands = annotations(result)  # every line but the summary is one of ours
    assert len(commands) == len(result.findings) + len(result.waived_findings)
    line = " ".join(text.split())
    for _, properties, _ in commands:
        assert set(properties) == {"file", "line", "title"} and properties["file"] == line
    assert any(line in data for *_, data in commands)
