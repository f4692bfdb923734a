"""Text from documents, made safe to show: on a terminal, in Markdown, in HTML, and within a given length.

Labels, messages and attribute values come from repositories and MLflow servers, and may be hostile.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

_MARKUP = re.compile(r"[\\`*_\[\]|~]")
# These begin a list, a heading, a quotation or a rule at the start of a line.
_BLOCK_START = re.compile(r"(?:[-+](?=[\s-]|$)|[>#=]|\d{1,9}[.)](?=\s|$))")
_BREAK = re.compile(r"\r\n|[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
# Unicode Standard Annex 9 (bidirectional formatting characters), and general categories Cc and Cs.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_MENTION = re.compile(r"(?<![\w.])@")
# GitHub's runner executes "::" at the start of a line, and "##[" anywhere in one (actions/runner, ActionCommand.cs);
# Azure's and TeamCity's look for "##vso[" and "##teamcity[".
_WORKFLOW_COMMAND = re.compile(r"(?m)((?:^|\r)\s*:)(?=:)|(#)(?=#\w*\[)")


def printable(text: str) -> str:
    """Return ``text`` as one line, with U+FFFD for each control and formatting character."""
    line = " ".join(text.split())
    return "".join(c if unicodedata.category(c)[0] != "C" else "\ufffd" for c in line)


def without_workflow_commands(text: str) -> str:
    """Return ``text`` with a space in each place where a runner of a CI system would see a command."""
    return _WORKFLOW_COMMAND.sub(r"\g<0> ", text)


def without_controls(text: str) -> str:
    """Return ``text`` with a space for each line break or tab, and U+FFFD for each other control character.

    Lone surrogates and the controls of writing direction, which show text in another order than it has, count as
    control characters. Spaces and the joiners of emoji stay.
    """
    return _CONTROL.sub("\ufffd", _BREAK.sub(" ", text))


def truncate(text: str, max_length: int) -> str:
    """Return ``text``, cut to ``max_length`` characters with an ellipsis as the last of them if it is longer."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def markdown(text: str) -> str:
    """Return ``text`` as one line of GitHub Flavored Markdown without markup, links or mentions."""
    escaped = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub("&#64;", _MARKUP.sub(r"\\\g<0>", escaped))


def markdown_paragraph(text: str) -> str:
    """Return ``text`` as a Markdown paragraph: like :func:`markdown`, and never a list, heading or quotation."""
    escaped = markdown(text)
    start = _BLOCK_START.match(escaped)
    return f"{escaped[: start.end() - 1]}\\{escaped[start.end() - 1 :]}" if start else escaped


def html(text: str) -> str:
    """Return ``text`` as one line of plain text in HTML, without control characters."""
    return escape(printable(text))
