"""Every option of release 1.0.0 is accepted with dashes and underscores, on the command line and in YAML."""

import json
import re
from itertools import product

import click
import jsonschema
import pytest
from click.core import ParameterSource
from click.testing import CliRunner

from mlflow2prov.cli import COMMANDS, cli
from mlflow2prov.cli.config_file import read_configuration
from mlflow2prov.cli.config_schema import commands, options, schema

DOCUMENT_FORMATS = [
    *("json", "provn", "xml", "rdf", "turtle", "trig", "nquads", "jsonld", "parquet"),
    *("dot", "svg", "png", "pdf"),
]
READABLE_FORMATS = DOCUMENT_FORMATS[:9]

RELEASED = {
    "extract": {
        "repository_path": ["folder"],
        "mlflow_url": ["http://127.0.0.1:9"],
        "since": ["2024-01-31"],
        "until": ["yesterday"],
        "branch": ["main"],
        "no_mailmap": [True],
        "renames": ["similar", "exact", "none"],
        "metric_history": [True],
        "artifacts": ["all", "top", "none"],
        "artifacts_destination": ["folder"],
        "environments": [True],
        "traces": [True],
        "restore_redacted": [True],
        "namespace": ["https://example.org/"],
        "workers": [1, 64],
        "allow_incomplete": [True],
    },
    "load": {
        "input": ["a.json", "-"],
        "format": READABLE_FORMATS,
        "graph": ["https://example.org/"],
    },
    "transform": {
        "use_pseudonyms": [True],
        "pseudonym_key_file": ["key"],
        "eliminate_duplicates": [True],
        "merge_aliased_agents": ["aliases.yaml"],
    },
    "merge": {},
    "lineage": {
        "of": ["wine@champion"],
        "direction": ["upstream", "downstream", "both"],
        "depth": [0, 1_000_000],
        "relations": ["used"],
        "without": ["*Tag"],
        "history": ["auto", "none", "revisions", "all"],
    },
    "save": {"output": ["result", "-"], "format": DOCUMENT_FORMATS},
    "export": {
        "to": ["bolt://127.0.0.1:7687"],
        "graph": ["https://example.org/"],
        "layout": ["kinds", "one"],
    },
    "statistics": {
        "resolution": ["coarse", "fine"],
        "fine": [True],
        "by": ["agent", "month", "type", "model"],
        "format": ["table", "csv", "json", "markdown"],
    },
    "explain": {
        "of": ["wine@champion"],
        "impact": [True],
        "format": ["table", "csv", "json", "markdown"],
    },
    "diff": {
        "input": ["a.json", "-"],
        "of": ["models:/wine/1"],
        "against": ["models:/wine/2"],
        "format": ["text", "json", "markdown"],
        "color": ["auto", "always", "never"],
    },
    "validate": {
        "format": ["text", "json"],
        "output": ["findings.txt", "-"],
        "limit": [1, 100_000],
    },
    "check": {
        "of": ["wine@champion"],
        "require": ["commit,dataset"],
        "min": [0, 100],
        "fail_on": ["error", "warning", "note", "never"],
        "allow": ["allowed.yaml"],
        "format": ["text", "json", "sarif"],
        "output": ["findings.txt", "-"],
    },
    "report": {
        "of": ["wine@champion"],
        "output": ["registry", "-"],
        "format": ["html", "markdown"],
        "repository_url": ["https://example.org/wine"],
    },
}
"""The options of release 1.0.0 by command, each with values that it accepts."""

REQUIRED = {
    "load": {"input": "a.json"},
    "lineage": {"of": "a"},
    "explain": {"of": "a"},
    "export": {"to": "bolt://x"},
}

SELECTOR_COMMANDS = ("lineage", "explain", "diff", "check", "report")


def spellings(name: str) -> list[str]:
    """Return a name with each mixture of dashes and underscores."""
    first, *words = name.split("_")
    mixtures = product("-_", repeat=len(words))
    return [first + "".join(map("".join, zip(mixture, words, strict=True))) for mixture in mixtures]


CASES = [
    pytest.param(command, name, spelling, value, id=f"{command} {spelling} {value}")
    for command, values_by_name in RELEASED.items()
    for name, values in values_by_name.items()
    for spelling in spellings(name)
    for value in values
]


def parse(command: str, arguments: list[str]) -> click.Context:
    program = click.Context(cli, info_name="mlflow2prov", **cli.context_settings)
    return commands()[command].make_context(
        command, arguments, parent=program, allow_extra_args=True, allow_interspersed_args=False
    )


def required_arguments(command: str, name: str) -> list[str]:
    others = REQUIRED.get(command, {}).items()
    return [f"--{other}={value}" for other, value in others if other != name]


@pytest.mark.parametrize(("command", "name", "spelling", "value"), CASES)
def test_the_command_line_accepts_each_spelling(command, name, spelling, value):
    argument = [f"--{spelling}"] if value is True else [f"--{spelling}", str(value)]
    context = parse(command, [*required_arguments(command, name), *argument])
    option = options(commands()[command])[name.replace("_", "-")]
    assert context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    assert context.params[option.name] in (value, (value,), tuple(str(value).split(",")))
    assert context.args == []


@pytest.mark.parametrize(("command", "name", "spelling", "value"), CASES)
def test_configuration_files_accept_each_spelling(tmp_path, command, name, spelling, value):
    values = {other: x for other, x in REQUIRED.get(command, {}).items() if other != name}
    entry = {command: {**values, spelling: value}}
    (tmp_path / "c.yaml").write_text(json.dumps([entry]))
    kebab = name.replace("_", "-")
    argument = f"--{kebab}" if value is True else f"--{kebab}={value}"
    assert argument in read_configuration(tmp_path / "c.yaml").command_line


@pytest.mark.parametrize(("command", "name"), [(c, n) for c, names in RELEASED.items() for n in names])  # fmt: skip
def test_the_schema_for_editors_lists_dashes_and_underscores(command, name):
    validator = jsonschema.Draft202012Validator(schema())
    values = {other: x for other, x in REQUIRED.get(command, {}).items() if other != name}
    for spelling in (name, name.replace("_", "-")):
        for value in RELEASED[command][name]:
            assert validator.is_valid([{command: {**values, spelling: value}}])
    assert not validator.is_valid([{command: {**values, f"{name}x": RELEASED[command][name][0]}}])


@pytest.mark.parametrize("option", ["--memory-limit", "--memory_limit"])
def test_the_memory_limit_is_spelled_either_way(option):
    result = CliRunner().invoke(cli, [option, "much"])
    assert result.exit_code == 2 and "not a size" in result.output


def test_no_command_of_the_release_is_missing():
    assert set(RELEASED) <= set(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_shows_one_spelling(command):
    result = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert re.findall(r"--[\w-]*_[\w-]*", result.output) == []


@pytest.mark.parametrize("command", SELECTOR_COMMANDS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["a", "b"],
        ["--of", "a", "--of", "b"],
        ["--of=a", "b"],
        ["a", "--of", "b"],
        ["--format", "json", "a", "--format", "json", "b"],
        ["--", "a", "--of=b"],
    ],
    ids=" ".join,
)
def test_selectors_are_arguments_or_options(command, arguments):
    if command == "lineage":
        arguments = [word.replace("format", "without") for word in arguments]
    arguments = [
        word.replace("json", "html") if command == "report" else word for word in arguments
    ]
    context = parse(command, [*arguments, "statistics", "--fine"])
    assert context.params["selectors"] == ("a", "b")
    assert context.args == ["statistics", "--fine"]


@pytest.mark.parametrize("command", SELECTOR_COMMANDS)
def test_a_first_selector_may_resemble_a_command_and_later_ones_may_not(command):
    context = parse(command, ["reports", "statistcs"])
    assert context.params["selectors"] == ("reports",)
    assert context.args == ["statistcs"]
    context = parse(command, ["--of=report", "--of=statistcs"])
    assert context.params["selectors"] == ("report", "statistcs")


def test_the_help_of_a_later_command_is_not_the_help_of_a_selector():
    result = CliRunner().invoke(cli, ["load", "--input", "a", "lineage", "a", "save", "--help"])
    assert result.exit_code == 0 and "Usage: cli save" in result.output
