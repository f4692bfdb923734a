"""Regenerate what is generated: ``make docs``.

- ``config/mlflow2prov.schema.json``: the schema of configuration files, for editors
- ``docs/commands.md``: the help of every command
"""

import json
from pathlib import Path

import click

from mlflow2prov.cli import cli
from mlflow2prov.cli.config_schema import commands, schema

TOP = Path(__file__).resolve().parent.parent
WIDTH = 100


def generated() -> dict[str, str]:
    """Return the generated files' content by their paths from the top."""
    return {
        "config/mlflow2prov.schema.json": json.dumps(schema(), indent=2) + "\n",
        "docs/commands.md": reference(),
    }


def reference() -> str:
    """Return the help of the program and of every command, as Markdown."""
    program = cli.context_class(
        cli, info_name="mlflow2prov", terminal_width=WIDTH, **cli.context_settings
    )
    parts = ["# Commands\n", "What `--help` says; written by `make docs`.\n", section(program)]
    for name, command in commands().items():
        context = click.Context(command, info_name=name, parent=program, terminal_width=WIDTH)
        parts += [f"## {name}\n", section(context)]
    return "\n".join(parts)


def section(context: click.Context) -> str:
    return f"```text\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    for name, content in generated().items():
        (TOP / name).parent.mkdir(exist_ok=True)
        (TOP / name).write_text(content, encoding="utf-8")
