"""Measure five symptoms of unidiomatic English, and fail where one is more frequent than its limit.

    python scripts/english.py mlflow2prov README.md docs CHANGELOG.md CONTRIBUTING.md

Reads the names, docstrings and comments of Python modules and the prose of Markdown pages. Prints the rate of
each symptom and, below a rate above its limit, occurrences as ``path:line: text``. The limits are the
highest rates measured in seven well-written Python projects: an occurrence below the limit may be legitimate.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_PARTICIPLES = 0.5
"""Per cent of the names."""

# fmt: off
PARTICIPLES = frozenset((
    "added", "asked", "called", "chosen", "counted", "covered", "described", "drawn", "ended",
    "explained", "formed", "found", "given", "held", "judged", "kept", "known", "listed",
    "made", "marked", "meant", "missed", "named", "noted", "passed", "placed", "reached",
    "refused", "said", "seen", "settled", "shown", "sought", "spelled", "staged", "taken",
    "told", "turned", "walked", "wanted", "written",
))
# fmt: on
"""Words for what happened to a thing: as a name, they leave open what the thing is."""

RECEIVERS = ("self", "cls")

FREE_RELATIVE = r"""
    (?<!\?)\b[Ww]hat\ (?:
        a|an|the|it|they|there
        |is|was|are|were|has|have|does|can|cannot|may|no
        |becomes|belongs|comes|differs|follows|others|stands
    )\b
"""


@dataclass(frozen=True)
class Phrase:
    """A turn of phrase that idiomatic prose uses rarely."""

    title: str
    pattern: re.Pattern[str]
    limit: float
    """Occurrences per 1,000 words."""


PHRASES = (
    Phrase("clauses used as nouns (what is ...)", re.compile(FREE_RELATIVE, re.VERBOSE), 0.5),
    Phrase(
        "said, told, tells, says", re.compile(r"\b(?:[Ss]aid|[Tt]old|[Tt]ells?|[Ss]ays?)\b"), 0.4
    ),
    Phrase("is none, no more", re.compile(r"\b(?:(?:is|are|was) none|(?:one )?no more)\b"), 0.4),
    Phrase(
        "nobody, somebody, whoever", re.compile(r"\b(?:(?:[Nn]o|[Ss]ome)body|[Ww]hoever)\b"), 0.2
    ),
)


@dataclass(frozen=True)
class Text:
    """A name or a piece of prose, and the line it starts on."""

    path: Path
    line: int
    content: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.content}"


@dataclass(frozen=True)
class Measurement:
    """The occurrences of a symptom, and their rate."""

    title: str
    unit: str
    limit: float
    rate: float
    occurrences: tuple[Text, ...]

    @property
    def is_above_limit(self) -> bool:
        """Return whether the symptom is more frequent than in idiomatic English."""
        return self.rate > self.limit

    def __str__(self) -> str:
        return f"{self.rate:6.2f} {self.unit}: {self.title} (limit {self.limit})"


def measure(paths: Iterable[Path]) -> list[Measurement]:
    """Return one measurement per symptom over Python modules, Markdown pages and folders of both.

    Raises:
        SyntaxError: a module is not valid Python.
    """
    names: list[Text] = []
    prose: list[Text] = []
    for path in source_files(paths):
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            tree = ast.parse(source, path)
            names += assigned_names(path, tree)
            prose += [*docstrings(path, tree), *comments(path, source)]
        else:
            prose += page_prose(path, source)
    words = sum(len(text.content.split()) for text in prose)
    return [
        measure_names(names),
        *(measure_phrase(phrase, prose, words) for phrase in PHRASES),
    ]


def measure_names(names: list[Text]) -> Measurement:
    participles = tuple(name for name in names if name.content.strip("_") in PARTICIPLES)
    rate = 100 * len(participles) / max(len(names), 1)
    title = "names that are bare past participles"
    return Measurement(title, f"% of {len(names)} names", MAX_PARTICIPLES, rate, participles)


def measure_phrase(phrase: Phrase, prose: list[Text], words: int) -> Measurement:
    occurrences = tuple(
        Text(text.path, text.line, match[0])
        for text in prose
        for match in phrase.pattern.finditer(text.content)
    )
    rate = 1000 * len(occurrences) / max(words, 1)
    return Measurement(phrase.title, f"per 1,000 of {words} words", phrase.limit, rate, occurrences)


def source_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the Python modules and Markdown pages among paths and below folders."""
    for path in paths:
        candidates = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in candidates if file.suffix in (".py", ".md"))


def assigned_names(path: Path, tree: ast.AST) -> Iterator[Text]:
    """Yield the parameters and the variables that a module assigns, once per place."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) if name not in RECEIVERS:
                yield Text(path, node.lineno, name)


def docstrings(path: Path, tree: ast.AST) -> Iterator[Text]:
    """Yield the strings that stand alone: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as content)):
                yield Text(path, node.lineno, content)


def comments(path: Path, source: str) -> Iterator[Text]:
    """Yield the comments of a module, except instructions to linters."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string:
            yield Text(path, token.start[0], token.string.lstrip("# "))


def page_prose(path: Path, source: str) -> Iterator[Text]:
    """Yield the lines of a Markdown page, without fenced blocks and inline code."""
    is_fenced = False
    for number, line in enumerate(source.splitlines(), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            is_fenced = not is_fenced
        elif not is_fenced:
            yield Text(path, number, re.sub(r"`[^`]*`", "", line))


def main(arguments: list[str] | None = None) -> int:
    """Print the measurements; return 1 if one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument(
        "--show",
        type=int,
        default=20,
        metavar="COUNT",
        help="print so many occurrences of each symptom that is above its limit (default 20)",
    )
    options = parser.parse_args(arguments)
    if absent := [path for path in options.paths if not path.exists()]:
        parser.error(f"{absent[0]}: no such file or folder")
    measurements = measure(options.paths)
    for measurement in measurements:
        print(measurement)
        if measurement.is_above_limit:
            for occurrence in measurement.occurrences[: options.show]:
                print(f"        {occurrence}")
    return int(any(measurement.is_above_limit for measurement in measurements))


if __name__ == "__main__":
    sys.exit(main())
