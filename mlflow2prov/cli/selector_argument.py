"""Words as arguments: ``lineage wine@champion`` means ``lineage --of wine@champion``.

In a chain of commands click parses a command's options as far as the first word that is not an option. So each word
is turned into an option before click parses the arguments. Configuration files, which have no arguments, use its name.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from typing import Any

import click

from mlflow2prov.cli.param_types import TEXT

SIMILARITY = 0.8
"""How similar a word is to the name of a command that it probably misspells, from 0 to 1 (difflib's ratio)."""


class WordsOption(click.Option):
    """The option behind the words of a command, whose help does not call it required, since an argument is as good."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return the parts of the help in brackets, without ``required``."""
        extra = super().get_help_extra(ctx)
        extra.pop("required", None)
        return extra


def selectors_option(
    help: str,  # noqa: A002
    *,
    required: bool = False,
    default: str | None = None,
) -> Callable[[Any], Any]:
    """Return the decorator that adds the option behind the arguments of a :class:`SelectorCommand`."""
    return click.option(
        "--of",
        "selectors",
        cls=WordsOption,
        type=TEXT,
        multiple=True,
        required=required,
        metavar="SELECTOR",
        help=f"{help}. The same as the argument SELECTOR; may be repeated."
        f"{f'  [default: {default}]' if default else ''}",
    )


versions_option = selectors_option(
    "Select versions: RegisteredModel:<name>, models:/<name>/<version> or <name>@<alias>",
    default="all versions",
)
"""The selectors of commands that work on all versions of registered models by default."""


class WordCommand(click.Command):
    """A command that takes words among its options, up to the name of the chain's next command.

    Args:
        destination: the name of the parameter behind the words, which is the value of an option too.
        example: the missing word, for the message if there is none.
    """

    def __init__(self, *arguments: Any, destination: str, example: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._destination, self._example = destination, example

    @property
    def _option(self) -> click.Option:
        """The option behind the words."""
        found = (param for param in self.params if param.name == self._destination)
        option = next(found)
        assert isinstance(option, click.Option)
        return option

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Turn each word into an option, then parse."""
        try:
            return super().parse_args(ctx, self._name_words(ctx, args))
        except click.MissingParameter as error:
            raise click.UsageError(f"{ctx.info_name} needs {self._example}", ctx) from error

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the words in the usage line."""
        name = str(self._option.metavar)
        words = name if self._option.required else f"[{name}]"
        words = f"{words}..." if self._option.multiple else words
        return [*super().collect_usage_pieces(ctx), words]

    def _name_words(self, ctx: click.Context, args: list[str]) -> list[str]:
        options: list[str] = []
        while True:
            values, words, _ = self.make_parser(ctx).parse_args([*options, *args])
            options += args[: len(args) - len(words)]
            has_word = self._destination in values
            is_complete = has_word and not self._option.multiple
            if not words or is_complete or _is_command(ctx, words[0], has_word=has_word):
                return [*options, *words]
            if options[-1:] == ["--"]:
                options.pop()
            options.append(f"{self._option.opts[0]}={words[0]}")
            args = words[1:]


class SelectorCommand(WordCommand):
    """A command that takes selectors."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        example = "a selector, such as models:/<name>/<version>"
        super().__init__(*arguments, destination="selectors", example=example, **options)


def _is_command(ctx: click.Context, word: str, *, has_word: bool) -> bool:
    """Return whether a word names the chain's next command, if necessary with a typing error."""
    if ctx.parent is None or not isinstance(ctx.parent.command, click.Group):
        return False
    names = ctx.parent.command.list_commands(ctx.parent)
    # The first word may look like a command, for instance `reports`; after it, such a word is a typing error, unless
    # there is a file of this name.
    return word in names or (
        has_word
        and bool(difflib.get_close_matches(word, names, 1, SIMILARITY))
        and not os.path.lexists(word)
    )
