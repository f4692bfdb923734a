"""Commands that are given what they are about as a word, ``explain models:/fraud/1``, or as an option, ``--of``."""

from __future__ import annotations

import click

from mlflow2prov.cli.param_types import TEXT


class SelectingCommand(click.Command):
    """A command whose first word that is no option, and no other command, is its ``--of``.

    In a chain click reads a command's options only as far as the first other word; a configuration file knows
    options only.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Make an option of the word."""
        if not {"-h", "--help"} & set(args):
            given, rest, _ = self.make_parser(ctx).parse_args(list(args))
            if not given.get("of") and rest and not self._is_command(rest[0], ctx):
                options = args[: len(args) - len(rest)]
                args = [*options, "--of", *rest]
        return super().parse_args(ctx, args)

    def _is_command(self, word: str, ctx: click.Context) -> bool:
        """Return whether a word is the name of the chain's next command."""
        parent = ctx.parent
        if parent is None or not isinstance(parent.command, click.Group):
            return False
        return word.replace("-", "_") in parent.command.list_commands(parent)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the word in the help."""
        return ["SELECTOR", *super().collect_usage_pieces(ctx)]


of_versions = click.option(
    "--of",
    "of",
    type=TEXT,
    multiple=True,
    metavar="SELECTOR",
    help="The same as the word SELECTOR: RegisteredModel:<name>, models:/<name>/<version>, <name>@<alias>; may be "
    "repeated.  [default: all versions]",
)
"""The option of the commands that are about all versions of registered models, unless some are named."""
