"""Texts of strangers, made fit to be shown: one line that nothing obeys, and one that Markdown takes as it is."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"[\\`*_\[\]|~]")
# At the beginning of a line these make a list, a heading, a quotation or a rule.
_BEGINS_BLOCK = re.compile(r"(?:[-+](?=[\s-]|$)|[>#=]|\d{1,9}[.)](?=\s|$))")
_MENTION = re.compile(r"(?<![\w.])@")


def printable(text: str) -> str:
    """Return ``text`` as one line, without control or formatting characters."""
    line = " ".join(text.split())
    return "".join(c if unicodedata.category(c)[0] != "C" else "\ufffd" for c in line)


def markdown(text: str) -> str:
    """Return ``text`` as one line of GitHub Flavored Markdown that shows it and means nothing else."""
    escaped = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub("&#64;", _MARKUP.sub(r"\\\g<0>", escaped))


def paragraph(text: str) -> str:
    """Return ``text`` as a paragraph of Markdown, whatever it begins with."""
    escaped = markdown(text)
    begins = _BEGINS_BLOCK.match(escaped)
    return f"{escaped[: begins.end() - 1]}\\{escaped[begins.end() - 1 :]}" if begins else escaped
