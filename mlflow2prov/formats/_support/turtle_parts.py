"""Parts of a file of Turtle or TriG that a parser can read one after another.

A file is cut after the full stops that end statements. If a graph of TriG is cut, its first part gets a closing brace,
and the next one begins with the name of the graph again. Parts have the lines of the file, so that errors name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Possessive quantifiers keep the time linear in the text, also where no statement ends.
_STATEMENT = re.compile(
    r"""(?:
        [^"'<#\\.{}]++
        | \"""(?:[^"\\]++ | \\. | "(?!""))*+\"""
        | '''(?:[^'\\]++ | \\. | '(?!''))*+'''
        | "(?!"")(?:[^"\\\n\r]++ | \\.)*+"
        | '(?!'')(?:[^'\\\n\r]++ | \\.)*+'
        | <[^<>"{}|^`\s]*+>
        | <(?![^<>"{}|^`\s]*+>)
        | \#[^\n\r]*+[\n\r]
        | \\.
        | \.(?!\s)
    )*+
    (\.(?=\s) | [{}])""",
    re.VERBOSE | re.DOTALL,
)
"""The text up to a full stop that ends a statement, or up to a brace, outside of strings, IRIs and comments."""

_COMMENT_OR_SPACE = re.compile(r"(<[^<>\s]*>)|#[^\n\r]*|\s+")


def turtle_parts(blocks: Iterator[str]) -> Iterator[str]:
    """Yield the text of a file in parts of about the size of its blocks, unless a statement is longer.

    Args:
        blocks: the text of the file.
    """
    text, graph = "", ""
    pending: list[str] = []
    for block in blocks:
        pending.append(block)
        # A long statement is not looked at again for each block.
        if sum(map(len, pending)) < len(text):
            continue
        text, pending = "".join([text, *pending]), []
        end, next_graph = _last_cut(text, graph)
        if end:
            yield f"{graph}{text[:end]}{'}' if next_graph else ''}"
            text, graph = text[end:], next_graph
    yield "".join([graph, text, *pending])


def _last_cut(text: str, graph: str) -> tuple[int, str]:
    """Return the last place at which a text can be cut, and the beginning of the graph that is cut there, if any.

    Args:
        text: the text.
        graph: the beginning of the graph that the text begins in, empty if it begins in none.
    """
    cut, graph_of_cut = 0, graph
    position, is_anonymous = 0, False
    while statement := _STATEMENT.match(text, position):
        position = statement.end()
        if statement[1] == "{":
            head = text[cut:position]
            # A graph without a name would become another one.
            is_anonymous = "[" in head
            graph = _COMMENT_OR_SPACE.sub(lambda match: match[1] or " ", head)
        else:
            if statement[1] == "}":
                graph, is_anonymous = "", False
            if not is_anonymous:
                cut, graph_of_cut = position, graph
    return cut, graph_of_cut
