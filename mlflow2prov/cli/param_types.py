"""Types of option values: text, URIs and the names of output files."""

from __future__ import annotations

import os
import re
from typing import Any, get_args

import click


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


def choice_of(literal: Any) -> click.Choice[str]:
    """Return the type of an option whose values are those of a ``typing.Literal``."""
    return click.Choice(get_args(literal))


def _can_name_a_file(value: str) -> bool:
    try:
        return "\0" not in value and os.fsencode(value) is not None
    except UnicodeEncodeError:
        return False


TEXT = Text()
URI = Uri()
OUTPUT_NAME = OutputName()
