"""Notebooks: which experiments the code of a Jupyter notebook names, as of a revision."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import IO

from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository

MAX_BYTES = 32 << 20
"""Larger notebooks are not read."""

_MLFLOW = re.compile(r"\bmlflow\b")
_STRING = re.compile(r"""(["'])((?:(?!\1)[^\\\n])+)\1""")


def read_notebook_names(
    repository: Repository, facts: Facts, blobs: Iterable[str], names: Iterable[str]
) -> None:
    """Fill ``notebook_names`` with the ``blobs`` whose code names MLflow and, in a string, one of ``names``."""
    blobs, names = list(blobs), frozenset(names)
    if not blobs or not names:
        return
    stdin = "".join(f"{blob}\n" for blob in blobs).encode()
    with repository.stream("cat-file", "--batch", stdin=stdin) as output:
        for blob, content in _contents(output):
            code = _code(content)
            if _MLFLOW.search(code):
                for name in sorted(names.intersection(m[2] for m in _STRING.finditer(code))):
                    facts.add("notebook_names", blob=blob, name=name)
    facts.flush()


def _contents(output: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each blob that exists; that of a large blob is empty (git-cat-file(1))."""
    while header := output.readline():
        blob, *fields = header.decode("ascii", "replace").split()
        if len(fields) != 2:  # missing
            continue
        size = int(fields[1])
        content = b""
        if size <= MAX_BYTES:
            content = output.read(size)
        else:
            _skip(output, size)
        output.read(1)
        yield blob, content


def _skip(output: IO[bytes], size: int) -> None:
    while size > 0:
        size -= len(output.read(min(size, 1 << 20))) or size


def _code(content: bytes) -> str:
    """Return the code of a notebook (nbformat 3 and 4), or an empty text if it is not one."""
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    cells = _list(notebook, "cells") + [
        cell for sheet in _list(notebook, "worksheets") for cell in _list(sheet, "cells")
    ]
    return "\n".join(
        _text(cell.get("source", cell.get("input")))
        for cell in cells
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    )


def _list(mapping: object, key: str) -> list[object]:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, list) else []


def _text(source: object) -> str:
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""
