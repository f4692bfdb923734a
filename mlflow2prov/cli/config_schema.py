"""The JSON Schema of configuration files, derived from the commands.

``python -m mlflow2prov.cli.config_schema`` prints it; ``config/mlflow2prov.schema.json`` is a copy for editors.
"""

from __future__ import annotations

import json
from typing import Any

import click

from mlflow2prov.cli.command_group import kebab_case
from mlflow2prov.cli.param_types import Text
from mlflow2prov.cli.program import COMMANDS, cli

TITLE = "A chain of mlflow2prov commands"


def commands() -> dict[str, click.Command]:
    """Return the commands by name."""
    context = click.Context(cli)
    modules = {name: cli.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in modules.items() if command is not None}


def option_name(option: click.Option) -> str:
    """Return the key of an option in a configuration file: its name without leading dashes."""
    return kebab_case(option.opts[0].lstrip("-"))


def options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by their key in a configuration file."""
    return {
        option_name(option): option
        for option in command.params
        if isinstance(option, click.Option) and option.name != "help"
    }


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {name: _command(command) for name, command in commands().items()},
        },
    }


def _command(command: click.Command) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, option in options(command).items():
        properties[name] = {"description": option.help or "", **_option(option)}
        alias = name.replace("-", "_")
        if alias != name:
            properties[alias] = {"description": f"The same as {name}.", **_option(option)}
    required = [name for name, option in options(command).items() if option.required]
    return {
        "description": command.get_short_help_str(200),
        "type": "object" if required else ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _option(option: click.Option) -> dict[str, Any]:
    value_schema = _value(option)
    if option.multiple:
        values_schema = {"type": "array", "items": value_schema, "minItems": 1}
        value_schema = {"anyOf": [value_schema, values_schema]}
    default = option.to_info_dict()["default"]
    if default is None:
        return value_schema
    return {**value_schema, "default": list(default) if isinstance(default, tuple) else default}


def _value(option: click.Option) -> dict[str, Any]:
    """Return the schema of one value of an option."""
    if option.is_flag:
        return {"type": "boolean"}
    if isinstance(option.type, click.Choice):
        aliases = getattr(option.type, "aliases", ())
        return {"type": "string", "enum": [*option.type.choices, *aliases]}
    if isinstance(option.type, click.IntRange):
        return {"type": "integer", "minimum": option.type.min, "maximum": option.type.max}
    if isinstance(option.type, Text):
        return {"type": "string", "title": option.type.expected, "pattern": option.type.pattern}
    raise TypeError(f"{option.name}: no schema for {option.type!r}")


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
