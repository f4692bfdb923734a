"""Mermaid: a flowchart of the graph, which GitHub, GitLab and others draw in Markdown.

Entities are rounded, activities are boxes, agents are trapezoids, in the colours of the W3C PROV Graph Layout
Conventions. Arrows go from effect to cause. An inferred relation is dotted, and so is the arrow to the third argument
of a relation, which carries the name of that argument. A bundle becomes a subgraph.

Nodes are numbered, and labels contain no character that Mermaid, its Markdown or its HTML may interpret
(:func:`label`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from mlflow2prov import engine
from mlflow2prov.boundary import warn
from mlflow2prov.errors import one_line
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.picture import THIRD_ARGUMENTS, arrows, elements
from mlflow2prov.formats._support.progress import report_progress
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.quantity import quantity

MAX_ARROWS, MAX_CHARACTERS = 500, 50_000
"""Mermaid's ``maxEdges`` and ``maxTextSize``, which only a website can raise, and GitHub does not."""

SHAPES = {"entity": ("([", "])"), "activity": ("[", "]"), "agent": ("[/", "\\]")}
"""The brackets around the label of a node, by its kind."""

_HEAD = """flowchart RL
  classDef entity fill:#FFFC87,stroke:#808080,color:#000000
  classDef activity fill:#9FB1FC,stroke:#0000FF,color:#000000
  classDef agent fill:#FED37F,stroke:#808080,color:#000000
"""
_BATCH_ROWS = 10_000

_INTERPRETED = re.compile(
    r"[^\w ,/.@-]"  # all but letters, digits and a few marks
    r"|(?<![^\W_])_+|_+(?![^\W_])"  # Markdown's emphasis: underscores at the edge of a word
    r"|^[.-]|(?<=\d)\.(?=\s|$)"  # Markdown's lists
)


def label(text: str) -> str:
    """Return ``text`` as the content of a quoted label: one line, with entity codes for what may be interpreted.

    >>> label('run_id of "__init__.py" (#1)')
    'run_id of #34;#95;#95;init#95;#95;.py#34; #40;#35;1#41;'
    >>> label("1. a"), label("- a")
    ('1#46; a', '#45; a')
    """
    line = one_line(text, len(text))
    return _INTERPRETED.sub(lambda match: "".join(f"#{ord(c)};" for c in match[0]), line)


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as a flowchart, and warn if it is larger than GitHub draws."""
    arrow_count = character_count = 0
    for line in _lines(document):
        arrow_count += "->" in line
        character_count += len(line)
        stream.write(line.encode())
    if arrow_count > MAX_ARROWS or character_count > MAX_CHARACTERS:
        warn(
            f"mermaid: the diagram has {quantity(arrow_count, 'arrow')} and {character_count:,} characters, but "
            f"GitHub draws {MAX_ARROWS:,} and {MAX_CHARACTERS:,} at most; put lineage with a selector before save"
        )


def _lines(document: Document) -> Iterator[str]:
    yield _HEAD
    names: dict[tuple[str, str], str] = {}
    yield from _graph(document, "", "  ", names)
    for number, bundle in enumerate(document.bundles(), start=1):
        yield f'  subgraph b{number}["{label(bundle)}"]\n'
        yield from _graph(document, bundle, "    ", names)
        yield "  end\n"


def _graph(
    document: Document, bundle: str, indent: str, names: dict[tuple[str, str], str]
) -> Iterator[str]:
    """Yield the lines of a bundle; ``names`` receives the names of nodes by bundle and identifier."""

    def name(identifier: str) -> str:
        return names.setdefault((bundle, identifier), f"n{len(names) + 1}")

    def reference(identifier: str) -> str:
        """Return the name of a node, with its label where the document does not describe it."""
        is_known = (bundle, identifier) in names
        return name(identifier) if is_known else f'{name(identifier)}["{label(identifier)}"]'

    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        query = elements(rows) if kind.element else arrows(kind, rows)
        for batch in engine.stream(query, _BATCH_ROWS):
            report_progress(batch.num_rows)
            for row in batch.to_pylist():
                if kind.element:
                    yield f"{indent}{name(row['id'])}{_box(kind, row)}\n"
                    continue
                effect, relation = reference(row["effect"]), _relation(kind, row)
                yield f"{indent}{effect} {relation} {reference(row['cause'])}\n"
                if row["third"] is not None:
                    third = f'-. "{THIRD_ARGUMENTS[kind.name]}" .->'
                    yield f"{indent}{name(row['effect'])} {third} {reference(row['third'])}\n"


def _box(kind: Kind, row: dict[str, Any]) -> str:
    """Return the box of an element, with its title, the type below it, and its class."""
    start, end = SHAPES[kind.name]
    type_ = f"<br/>{label(row['type'])}" if row["type"] is not None else ""
    return f'{start}"{label(row["title"])}{type_}"{end}:::{kind.name}'


def _relation(kind: Kind, row: dict[str, Any]) -> str:
    """Return the arrow of a relation, with its kind, and its roles below it."""
    roles = f"<br/>{label(row['roles'])}" if row["roles"] is not None else ""
    text = f'"{kind.name}{roles}"'
    return f"-. {text} .->" if row["is_inferred"] else f"-- {text} -->"


FORMATS = (Format("mermaid", ".mmd", "Mermaid", write),)
