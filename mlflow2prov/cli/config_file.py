"""Configuration files: a chain of commands in YAML, run like the same chain on the command line.

- extract:
    repository-path: ./project
- save: {output: result, format: [json, rdf]}

Options have the names of the command line; ``_`` and ``-`` are the same. Values may have variables of the environment:
``${NAME}``, ``${NAME:-default}``.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import jsonschema

from mlflow2prov.cli.chain import Step, check_order
from mlflow2prov.cli.config_schema import commands, options, schema
from mlflow2prov.errors import ConfigurationError, MLflow2ProvError, unknown_choice
from mlflow2prov.yaml_file import Location, YamlFile, read_yaml

_TYPE_NAMES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list",
    "object": "options, as `option: value`",
}


class InvalidFileError(ConfigurationError):
    """A configuration file has mistakes. The text is that of the first.

    Attributes:
        errors: the mistakes in the order of their lines.
    """

    def __init__(self, errors: Sequence[ConfigurationError]) -> None:
        super().__init__(str(errors[0]))
        self.errors = tuple(errors)


@dataclass(frozen=True)
class Entry:
    """A command in a configuration file."""

    number: int
    """Its position in the file, from 0."""
    line: int
    name: str
    arguments: Mapping[str, tuple[str, ...]]
    """Its options by their keys, as on the command line."""

    @property
    def words(self) -> list[str]:
        """The arguments of all options."""
        return [word for words in self.arguments.values() for word in words]


@dataclass(frozen=True)
class Configuration:
    """A chain of commands from a file."""

    file: YamlFile
    entries: tuple[Entry, ...]

    @property
    def command_line(self) -> list[str]:
        """The equivalent arguments of the command line."""
        return [word for entry in self.entries for word in (entry.name, *entry.words)]

    def steps(self, program: click.Context) -> list[Step]:
        """Return the steps of the chain; each command parses its options as on the command line.

        Raises:
            InvalidFileError: commands refuse their options or have no documents to work on.
        """
        steps, mistakes = _steps(self.file, self.entries, program)
        if mistakes:
            raise _invalid(self.file, mistakes)
        return steps


Mistake = tuple[int, str]
"""A line and a message."""


def read_steps(path: str | Path, program: click.Context) -> list[Step]:
    """Read a configuration file, and return its steps.

    Raises:
        ConfigurationError: the file cannot be read or is not YAML.
        InvalidFileError: the file has mistakes, in its form or in its values; all of them are listed.
    """
    file = read_yaml(path, variables=os.environ)
    mistakes = list(_form_mistakes(file))
    wrong_entries = {number for _, _, number in mistakes}
    found = [(line, message) for line, message, _ in mistakes]
    steps: list[Step] = []
    if None not in wrong_entries:
        entries = list(_entries(file, wrong_entries))
        steps, value_mistakes = _steps(file, entries, program, check_chain=not found)
        found += value_mistakes
    if found:
        raise _invalid(file, found)
    return steps


def read_configuration(path: str | Path) -> Configuration:
    """Read a configuration file and check it against the schema.

    Relative paths in it are relative to the current folder, as on the command line.

    Raises:
        ConfigurationError: the file cannot be read or is not YAML.
        InvalidFileError: the file does not match the schema; the messages name the line, the key and the expected
            value.
    """
    file = read_yaml(path, variables=os.environ)
    if mistakes := [(line, message) for line, message, _ in _form_mistakes(file)]:
        raise _invalid(file, mistakes)
    return Configuration(file, tuple(_entries(file)))


def _invalid(file: YamlFile, mistakes: Iterable[Mistake]) -> InvalidFileError:
    ordered = sorted(dict.fromkeys(mistakes), key=lambda mistake: mistake[0])
    return InvalidFileError([file.error(message, line) for line, message in ordered])


def _steps(
    file: YamlFile, entries: Iterable[Entry], program: click.Context, *, check_chain: bool = True
) -> tuple[list[Step], list[Mistake]]:
    """Return the steps of commands, and the mistakes in their values and in their order."""
    steps: list[Step] = []
    mistakes: list[Mistake] = []
    for entry in entries:
        command = commands()[entry.name]
        wrong_values = list(_value_mistakes(file, entry, command, program))
        mistakes += wrong_values
        if wrong_values:
            check_chain = False
            continue
        try:
            with command.make_context(entry.name, entry.words, parent=program) as context:
                steps.append(command.invoke(context))
            if check_chain:
                check_order(steps)
        except click.UsageError as error:
            mistakes.append((entry.line, error.format_message()))
            check_chain = False
    return steps, mistakes


def _value_mistakes(
    file: YamlFile, entry: Entry, command: click.Command, program: click.Context
) -> Iterator[Mistake]:
    """Yield the mistakes in the values of a command's options, each alone."""
    for key, option in options(command).items():
        words = entry.arguments.get(key, ())
        if not words or option.is_flag:
            continue
        values = tuple(word.partition("=")[2] for word in words)
        context = click.Context(command, info_name=entry.name, parent=program)
        try:
            option.process_value(context, values if option.multiple else values[-1])
        except (click.UsageError, MLflow2ProvError) as error:
            message = error.format_message() if isinstance(error, click.UsageError) else str(error)
            yield file.lines.get((entry.number, entry.name, key), entry.line), message


def _entries(file: YamlFile, without: Container[int | None] = ()) -> Iterator[Entry]:
    for number, item in enumerate(file.data):
        if number not in without:
            ((name, values),) = item.items()
            arguments = {
                key: tuple(_arguments(option, (values or {}).get(key)))
                for key, option in options(commands()[name]).items()
            }
            yield Entry(number, file.lines[number, name], name, arguments)


def _arguments(option: click.Option, value: Any) -> list[str]:
    """Return the arguments of the command line for the value of an option."""
    if value is None or value is False:
        return []
    if value is True:
        return [option.opts[0]]
    values = value if isinstance(value, list) else [value]
    return [f"{option.opts[0]}={item}" for item in values]


def _form_mistakes(file: YamlFile) -> Iterator[tuple[int, str, int | None]]:
    """Yield the line and the message of each mistake in the form, and the number of its command, if it is in one."""
    validator = jsonschema.Draft202012Validator(schema())
    for outer in validator.iter_errors(file.data):
        error = _innermost(outer)
        location = tuple(error.absolute_path)
        number = location[0] if location else None
        keys = _unknown_keys(error) if error.validator == "additionalProperties" else [None]
        for key in keys:
            place = location if key is None else (*location, key)
            yield file.lines.get(place, 1), _message(error, file, key), number


def _innermost(error: Any) -> Any:
    """Return the error of the branch of an ``anyOf`` that fits: the first for one value, the second for a list."""
    if error.validator != "anyOf":
        return error
    branch = 1 if isinstance(error.instance, list) else 0
    return next(inner for inner in error.context if inner.schema_path[0] == branch)


def _unknown_keys(error: Any) -> list[str]:
    """Return the keys that are not in the schema."""
    return [str(key) for key in error.instance if key not in error.schema["properties"]]


def _message(error: Any, file: YamlFile, unknown: str | None) -> str:
    """Return the message for an error of the schema: the key, the wrong value and the expected one.

    Args:
        error: the error.
        file: the file.
        unknown: the key that is not in the schema, if that is the error.
    """
    location: Location = tuple(error.absolute_path)
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "the file")
    value = file.texts.get(location, "a list" if isinstance(error.instance, list) else "this")
    match error.validator:
        case "additionalProperties":
            is_option = isinstance(location[-1], str)
            return _unknown_key_message(error, str(unknown), key, is_option=is_option)
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


def _unknown_key_message(error: Any, unknown: str, parent: str, *, is_option: bool) -> str:
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
