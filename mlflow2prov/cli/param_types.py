"""Types of option values: text, URIs and the names of output files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import click

from mlflow2prov.errors import ConfigurationError


class Text(click.ParamType[str]):
    """Text that is not blank and that can name a file.

    A blank value usually comes from an unset shell variable, so it is an error.
    """

    name = "text"
    pattern = r"\S"
    """A regular expression (ECMA 262, as in JSON Schema) that occurs in every valid value."""
    expected = "some text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value`` if it is valid."""
        if not value.strip():
            self.fail("the value is empty", param, ctx)
        if not _can_name_a_file(value):
            self.fail(f"{value!r} contains a character that no file name can contain", param, ctx)
        if not re.search(self.pattern, value):
            self.fail(f"{value!r} is not {self.expected}", param, ctx)
        return value


class Uri(Text):
    """An absolute URI (RFC 3986, section 4.3), or an IRI."""

    name = "URI"
    pattern = r'^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7F-\xA0\uD800-\uDFFF<>"{}|\\^`]+$'
    expected = "an absolute URI, as https://example.org/"


class OutputName(Text):
    """The name of an output file, or ``-`` for standard output; not a folder."""

    name = "output"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value`` if it is valid."""
        name = super().convert(value, param, ctx)
        if name.endswith(("/", os.sep)) or name in (".", ".."):
            self.fail(f"{name} is a folder; add the name of a file", param, ctx)
        return name


class AliasedChoice(click.Choice[str]):
    """One of a few names, some of which have aliases, such as ``ttl`` for ``turtle``.

    Args:
        choices: the names.
        aliases: the names by their aliases; those of other names have no effect.
    """

    def __init__(self, choices: Sequence[str], aliases: Mapping[str, str]) -> None:
        super().__init__(choices)
        self.aliases = {alias: name for alias, name in aliases.items() if name in choices}

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of ``value``."""
        return super().convert(self.aliases.get(value, value), param, ctx)


class ListOption(click.Option):
    """An option that may be repeated, and whose values may be lists with commas: ``--format json,svg``."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Return the values, each converted."""
        if value is not None:
            value = [part for item in value for part in _split(item)]
        return super().type_cast_value(ctx, value)


def _split(value: str) -> list[str]:
    """Return the parts of a list with commas; a value without any part is its own."""
    return [part.strip() for part in value.split(",") if part.strip()] or [value]


def checked_values(
    check: Callable[[str], object], *, has_name: bool = True
) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return the callback of an option that checks its value, or each of them, without reading any source.

    Args:
        check: raises a :class:`~mlflow2prov.errors.MLflow2ProvError` for a value that is wrong.
        has_name: whether the message of the error names the option already; else the option is added.
    """

    def callback(_: click.Context, option: click.Parameter, value: Any) -> Any:
        for text in (value,) if isinstance(value, str) else value or ():
            try:
                check(text)
            except ConfigurationError as error:
                if has_name:
                    raise
                raise ConfigurationError(f"{option.opts[0]}: {error}") from error
        return value

    return callback


def check_date(date: str) -> None:
    """Check that git understands a date.

    Raises:
        ConfigurationError: it does not.
    """
    from mlflow2prov.sources.git.dates import parse_date

    if date.strip().lower() != "now":
        parse_date(date)


def choice_of(literal: Any, aliases: Mapping[str, str] | None = None) -> AliasedChoice:
    """Return the type of an option whose values are those of a ``typing.Literal``, or aliases of them."""
    return AliasedChoice(get_args(literal), aliases or {})


def _can_name_a_file(value: str) -> bool:
    try:
        return "\0" not in value and os.fsencode(value) is not None
    except UnicodeEncodeError:
        return False


TEXT = Text()
URI = Uri()
OUTPUT_NAME = OutputName()
