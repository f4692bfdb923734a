"""A group whose commands are imported when they are used, and whose words may be spelled with ``_`` or ``-``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from mlflow2prov.errors import unknown_choice


class ChainGroup(click.Group):
    """The commands of :mod:`mlflow2prov.cli.commands`, in a fixed order."""

    def __init__(self, *arguments: Any, command_names: tuple[str, ...], **options: Any) -> None:
        settings = {"token_normalize_func": kebab_case, "help_option_names": ["-h", "--help"]}
        options.setdefault("context_settings", settings)
        super().__init__(*arguments, **options)
        self._command_names = command_names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._command_names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._command_names:
            return None
        command: click.Command = import_module(f"mlflow2prov.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that a word names; for an unknown word, suggest one."""
        if args and not args[0].startswith("-") and args[0] not in self._command_names:
            raise click.UsageError(unknown_choice("command", args[0], self._command_names), ctx)
        return super().resolve_command(ctx, args)


def kebab_case(name: str) -> str:
    """Return a name with ``-`` in place of ``_``: the spelling that help texts show."""
    return name.replace("_", "-")
