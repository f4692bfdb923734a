"""Configuration files: a chain written as YAML, and turned into the command line that it stands for.

- extract:
    repository_path: ./project
- save: {output: result, format: [json, rdf]}
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import jsonschema

from mlflow2prov.cli.chain import Step, check_order
from mlflow2prov.cli.config_schema import commands as all_commands
from mlflow2prov.cli.config_schema import options, schema
from mlflow2prov.yaml_file import Place, Yaml, read_yaml

_EXPECTED = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list",
    "object": "its options, as `option: value`",
}


@dataclass(frozen=True)
class Entry:
    """A command in a configuration file."""

    line: int
    name: str
    arguments: tuple[str, ...]
    """Its options, as the command line gives them."""


@dataclass(frozen=True)
class Configuration:
    """A chain that was read from a file."""

    source: Yaml
    entries: tuple[Entry, ...]

    @property
    def command_line(self) -> list[str]:
        """The arguments that say the same."""
        return [word for entry in self.entries for word in (entry.name, *entry.arguments)]

    def steps(self, program: click.Context) -> list[Step]:
        """Give the commands what the file says, as ``program`` gives them a command line.

        Raises:
            ConfigurationError: a command does not take what it is given, or has nothing to work on.
        """
        known = all_commands()
        steps: list[Step] = []
        for entry in self.entries:
            try:
                context = known[entry.name].make_context(
                    entry.name, list(entry.arguments), parent=program
                )
                with context:
                    steps.append(known[entry.name].invoke(context))
                check_order(steps)
            except click.UsageError as error:
                raise self.source.wrong(error.format_message(), entry.line) from error
        return steps


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration file and check it against the schema.

    Relative paths in it are relative to the current folder, as on the command line.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or does not say what the commands
            take; the message names the line, the key and what was expected.
    """
    source = read_yaml(path)
    _check(source)
    return Configuration(source, tuple(_entries(source)))


def _check(source: Yaml) -> None:
    """Complain of the first line that the schema does not allow."""
    validator = jsonschema.Draft202012Validator(schema())
    found = [_innermost(error) for error in validator.iter_errors(source.data)]
    if found:
        error = min(found, key=lambda error: (_line(error, source), -len(error.absolute_path)))
        raise source.wrong(_explanation(error, source), _line(error, source))


def _innermost(error: Any) -> Any:
    """Return what is wrong with one value or with one of several, whichever was given."""
    if error.validator != "anyOf":
        return error
    given = [inner for inner in error.context if inner.schema_path[0] == 1]
    if not isinstance(error.instance, list):
        given = [inner for inner in error.context if inner.schema_path[0] == 0]
    return given[0]


def _line(error: Any, source: Yaml) -> int:
    place: Place = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        place = (*place, _unknown(error))
    return source.lines.get(place, 1)


def _unknown(error: Any) -> str:
    """Return the first key that the schema does not know."""
    return str(next(name for name in error.instance if name not in error.schema["properties"]))


def _explanation(error: Any, source: Yaml) -> str:
    """Say in words what a schema's complaint means, and what was expected."""
    place: Place = tuple(error.absolute_path)
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "the file")
    found = source.words.get(place, "a list" if isinstance(error.instance, list) else "this")
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema["properties"])
            unknown = _unknown(error)
            near = difflib.get_close_matches(unknown, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            if not known:
                hint = f"{key} has none"
            what = f"option of {key}" if place and isinstance(place[-1], str) else "command"
            return f"{unknown!r} is no {what}; {hint}"
        case "enum":
            near = difflib.get_close_matches(found, error.schema["enum"], 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            return f"{key}: {found!r}; {hint}expected one of {', '.join(error.schema['enum'])}"
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return f"{key}: {missing!r} is missing"
        case "type" if len(place) == 0:
            return "expected a list of commands, each `- command: {option: value}`"
        case "type" if len(place) == 1:
            return f"{found!r}; expected a command, as `{found}:`"
        case "type" if len(place) == 2 and error.instance is None:
            return f"{key}: {error.schema['required'][0]!r} is missing"
        case "minItems" | "minProperties":
            return f"{key}: expected at least one {'command' if len(place) < 2 else 'value'}"
        case "maxProperties":
            return f"{', '.join(error.instance)}: expected one command an entry; begin each with a dash"
        case "minimum" | "maximum":
            low, high = error.schema["minimum"], error.schema["maximum"]
            return f"{key}: {found}; expected {low} to {high}"
        case "pattern":
            return f"{key}: {found!r}; expected {error.schema['title']}"
    expected = error.schema["type"]
    kinds = [expected] if isinstance(expected, str) else expected
    names = " or ".join(_EXPECTED[kind] for kind in kinds if kind in _EXPECTED)
    hint = "; put it in quotes" if kinds == ["string"] and source.words.get(place) else ""
    return f"{key}: {found}; expected {names}{hint}"


def _entries(source: Yaml) -> list[Entry]:
    known = all_commands()
    entries = []
    for number, entry in enumerate(source.data):
        ((name, given),) = entry.items()
        arguments: list[str] = []
        for key, option in options(known[name]).items():
            value = (given or {}).get(key)
            if value is None or value is False:
                continue
            if value is True:
                arguments.append(option.opts[0])
            else:
                values = value if isinstance(value, list) else [value]
                arguments += [f"{option.opts[0]}={one}" for one in values]
        entries.append(Entry(source.lines[number, name], name, tuple(arguments)))
    return entries
