"""Configuration files: a chain of commands in YAML, run like the same chain on the command line.

- extract:
    repository-path: ./project
- save: {output: result, format: [json, rdf]}

Options have the names of the command line; ``_`` and ``-`` are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import jsonschema

from mlflow2prov.cli.chain import Step, check_order
from mlflow2prov.cli.config_schema import commands, options, schema
from mlflow2prov.errors import unknown_choice
from mlflow2prov.yaml_file import Location, YamlFile, read_yaml

_TYPE_NAMES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list",
    "object": "options, as `option: value`",
}


@dataclass(frozen=True)
class Entry:
    """A command in a configuration file."""

    line: int
    name: str
    arguments: tuple[str, ...]
    """Its options, as on the command line."""


@dataclass(frozen=True)
class Configuration:
    """A chain of commands from a file."""

    file: YamlFile
    entries: tuple[Entry, ...]

    @property
    def command_line(self) -> list[str]:
        """The equivalent arguments of the command line."""
        return [word for entry in self.entries for word in (entry.name, *entry.arguments)]

    def steps(self, program: click.Context) -> list[Step]:
        """Return the steps of the chain; each command parses its options as on the command line.

        Raises:
            ConfigurationError: a command refuses its options or has no documents to work on.
        """
        commands_by_name = commands()
        steps: list[Step] = []
        for entry in self.entries:
            command = commands_by_name[entry.name]
            try:
                context = command.make_context(entry.name, list(entry.arguments), parent=program)
                with context:
                    steps.append(command.invoke(context))
                check_order(steps)
            except click.UsageError as error:
                raise self.file.error(error.format_message(), entry.line) from error
        return steps


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration file and check it against the schema.

    Relative paths in it are relative to the current folder, as on the command line.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML or does not match the schema; the message names the
            line, the key and the expected value.
    """
    file = read_yaml(path)
    _validate(file)
    return Configuration(file, tuple(_entries(file)))


def _entries(file: YamlFile) -> list[Entry]:
    commands_by_name = commands()
    entries = []
    for number, item in enumerate(file.data):
        ((name, values),) = item.items()
        arguments = [
            argument
            for key, option in options(commands_by_name[name]).items()
            for argument in _arguments(option, (values or {}).get(key))
        ]
        entries.append(Entry(file.lines[number, name], name, tuple(arguments)))
    return entries


def _arguments(option: click.Option, value: Any) -> list[str]:
    """Return the arguments of the command line for the value of an option."""
    if value is None or value is False:
        return []
    if value is True:
        return [option.opts[0]]
    values = value if isinstance(value, list) else [value]
    return [f"{option.opts[0]}={item}" for item in values]


def _validate(file: YamlFile) -> None:
    """Raise an error for the first line that does not match the schema."""
    validator = jsonschema.Draft202012Validator(schema())
    errors = [_innermost(error) for error in validator.iter_errors(file.data)]
    if errors:
        first = min(errors, key=lambda error: (_line(error, file), -len(error.absolute_path)))
        raise file.error(_message(first, file), _line(first, file))


def _innermost(error: Any) -> Any:
    """Return the error of the branch of an ``anyOf`` that fits: the first for one value, the second for a list."""
    if error.validator != "anyOf":
        return error
    branch = 1 if isinstance(error.instance, list) else 0
    return next(inner for inner in error.context if inner.schema_path[0] == branch)


def _line(error: Any, file: YamlFile) -> int:
    location: Location = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        location = (*location, _unknown_key(error))
    return file.lines.get(location, 1)


def _unknown_key(error: Any) -> str:
    """Return the first key that is not in the schema."""
    return str(next(key for key in error.instance if key not in error.schema["properties"]))


def _message(error: Any, file: YamlFile) -> str:
    """Return the message for an error of the schema: the key, the wrong value and the expected one."""
    location: Location = tuple(error.absolute_path)
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "the file")
    value = file.texts.get(location, "a list" if isinstance(error.instance, list) else "this")
    match error.validator:
        case "additionalProperties":
            return _unknown_key_message(error, key, is_option=isinstance(location[-1], str))
        case "enum":
            return unknown_choice(key, value, error.schema["enum"])
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return f"{key}: {missing!r} is missing"
        case "type" if len(location) == 0:
            return "expected a list of commands, each `- command: {option: value}`"
        case "type" if len(location) == 1:
            return f"{value!r}; expected a command, as `{value}:`"
        case "type" if len(location) == 2 and error.instance is None:
            return f"{key}: {error.schema['required'][0]!r} is missing"
        case "minItems" | "minProperties":
            return f"{key}: expected at least one {'command' if len(location) < 2 else 'value'}"
        case "maxProperties":
            return f"{', '.join(error.instance)}: expected one command per entry; put a dash before each"
        case "minimum" | "maximum":
            low, high = error.schema["minimum"], error.schema["maximum"]
            return f"{key}: {value}; expected {low} to {high}"
        case "pattern":
            return f"{key}: {value!r}; expected {error.schema['title']}"
    return _type_message(error, key, value, is_scalar=location in file.texts)


def _unknown_key_message(error: Any, parent: str, *, is_option: bool) -> str:
    unknown = _unknown_key(error)
    # Underscores are spelled as dashes when the file is read.
    names = sorted(name for name in error.schema["properties"] if "_" not in name)
    if not names:
        return f"unknown option of {parent} {unknown!r}; {parent} has no options"
    return unknown_choice(f"option of {parent}" if is_option else "command", unknown, names)


def _type_message(error: Any, key: str, value: str, *, is_scalar: bool) -> str:
    expected = error.schema["type"]
    types = [expected] if isinstance(expected, str) else expected
    names = " or ".join(_TYPE_NAMES[name] for name in types if name in _TYPE_NAMES)
    hint = "; put it in quotes" if types == ["string"] and is_scalar else ""
    return f"{key}: {value}; expected {names}{hint}"
