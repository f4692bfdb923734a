"""What an option may be given: text that is some, URIs, names of files and the standard streams."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

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


STREAM = "-"
"""What stands for standard input or output in place of a file's name."""


def refuse_folder(output: str, wanted: str) -> None:
    """Refuse the name of a folder where that of a file is ``wanted``."""
    if output.endswith(("/", os.sep)) or output in (".", ".."):
        raise click.UsageError(f"--output: {output} is a folder; add a name for {wanted}")


def refuse_repeated_stream(inputs: Sequence[str]) -> None:
    """Refuse to read standard input twice."""
    if inputs.count(STREAM) > 1:
        raise click.UsageError("standard input can be read once; give - to one --input")


TEXT = Text()
URI = Uri()
