"""What an option may be given: text that is some, and URIs."""

from __future__ import annotations

import os
import re

import click


class Text(click.ParamType[str]):
    """Text that is not empty and that files and other programs can be asked for.

    An empty one comes from a variable that is not set, and is never meant.
    """

    name = "text"
    pattern = r"\S"
    """What is in it, as a JSON Schema takes it."""
    expected = "some text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value``, if it is fit."""
        if not value.strip():
            self.fail("it is empty", param, ctx)
        try:
            fit = "\0" not in value and os.fsencode(value) is not None
        except UnicodeEncodeError:
            fit = False
        if not fit:
            self.fail(f"{value!r} holds what no name can hold", param, ctx)
        if not re.search(self.pattern, value):
            self.fail(f"{value!r} is not {self.expected}", param, ctx)
        return value


class Uri(Text):
    """An absolute URI (RFC 3986, section 4.3, but for what IRIs add)."""

    name = "URI"
    pattern = r'^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7F-\xA0\uD800-\uDFFF<>"{}|\\^`]+$'
    expected = "an absolute URI, as https://example.org/"


TEXT = Text()
URI = Uri()
