"""The types that all renderers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Result = TypeVar("Result")

Renderer = Callable[[Sequence[Result]], str]
"""A function that returns the text of one file or one printout for all results of a command, in order."""

Formats = Mapping[str, Renderer[Result]]
"""The renderers of one type of result by the name of their format, as ``--format`` takes it."""

ALIASES = {"md": "markdown"}
"""Other names of formats."""

EXTENSIONS = {
    ".csv": "csv",
    ".json": "json",
    ".md": "markdown",
    ".sarif": "sarif",
    ".txt": "text",
}
"""The formats of results by the extension of a file."""
