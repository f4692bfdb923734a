"""The JSON Schema of configuration files, made of the commands themselves.

``python -m mlflow2prov.cli.config_schema`` prints it; ``config/mlflow2prov.schema.json`` is a copy for editors.
"""

from __future__ import annotations

import json
from typing import Any

import click

from mlflow2prov.cli import COMMANDS, cli
from mlflow2prov.cli.param_types import Text

TITLE = "A chain of mlflow2prov commands"


def commands() -> dict[str, click.Command]:
    """Return the commands by name."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command is not None}


def option_name(option: click.Option) -> str:
    """Return the name under which a file gives an option: its own, without dashes."""
    return option.opts[0].lstrip("-").replace("-", "_")


def options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by the name that a file gives them."""
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
    known = options(command)
    described: dict[str, Any] = {
        "description": command.get_short_help_str(200),
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {name: _option(option) for name, option in known.items()},
    }
    required = [name for name, option in known.items() if option.required]
    if required:
        described["type"] = "object"
        described["required"] = required
    return described


def _option(option: click.Option) -> dict[str, Any]:
    kind: dict[str, Any]
    if option.is_flag:
        kind = {"type": "boolean"}
    elif isinstance(option.type, click.Choice):
        kind = {"type": "string", "enum": list(option.type.choices)}
    elif isinstance(option.type, click.IntRange):
        kind = {"type": "integer", "minimum": option.type.min, "maximum": option.type.max}
    elif isinstance(option.type, Text):
        kind = {"type": "string", "title": option.type.expected, "pattern": option.type.pattern}
    else:
        raise TypeError(f"{option.name}: the schema has no word for {option.type!r}")
    if option.multiple:
        kind = {"anyOf": [kind, {"type": "array", "items": kind, "minItems": 1}]}
    described = {"description": option.help or "", **kind}
    default = option.to_info_dict()["default"]
    if default is not None:
        described["default"] = list(default) if isinstance(default, tuple) else default
    return described


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
