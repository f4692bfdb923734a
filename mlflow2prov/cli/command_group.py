"""A chain group whose commands are imported when they are needed, spelled with ``_`` or ``-``."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import click


class ChainGroup(click.Group):
    """The commands of :mod:`mlflow2prov.cli.commands`, in the order in which they are given."""

    def __init__(self, *arguments: Any, command_names: tuple[str, ...], **options: Any) -> None:
        settings = {"token_normalize_func": _spelled, "help_option_names": ["-h", "--help"]}
        options.setdefault("context_settings", settings)
        super().__init__(*arguments, **options)
        self._names = command_names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._names:
            return None
        command: click.Command = import_module(f"mlflow2prov.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named, or say which one may have been meant."""
        if args and not args[0].startswith("-") and args[0] not in self._names:
            near = difflib.get_close_matches(args[0], self._names, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self._names)}"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


def _spelled(token: str) -> str:
    return token.replace("-", "_")
