"""Pictures of the graph, drawn by Graphviz's ``dot``."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from mlflow2prov.errors import FormatError
from mlflow2prov.formats import dot
from mlflow2prov.formats._support.format import Format
from mlflow2prov.prov import Document

_LONGEST_SECONDS = 600
_LARGEST = 5_000

PICTURES = ("svg", "png", "pdf")
"""The kinds of pictures."""


def find_dot(kind: str) -> str:
    """Return the path of the program that draws pictures of a ``kind``.

    Raises:
        FormatError: it is not installed.
    """
    program = shutil.which("dot")
    if program is None:
        raise FormatError(
            f"{kind} is drawn by Graphviz's dot, which is not installed; "
            "install graphviz (https://graphviz.org/download), or save as dot"
        )
    return program


def _writer(kind: str) -> Callable[[Document, BinaryIO], None]:
    def write(document: Document, stream: BinaryIO) -> None:
        """Draw ``document``.

        Raises:
            FormatError: there is no ``dot``, or the graph is too large for a picture.
        """
        program = find_dot(kind)
        if len(document) > _LARGEST:
            raise FormatError(
                f"{len(document):,} statements are too many for a picture ({_LARGEST:,} at most); "
                "save as dot"
            )
        with tempfile.TemporaryFile() as source:
            dot.write(document, source)
            source.seek(0)
            try:
                drawn = subprocess.run(
                    [program, f"-T{kind}"],
                    stdin=source,
                    capture_output=True,
                    timeout=_LONGEST_SECONDS,
                )
            except subprocess.TimeoutExpired as error:
                raise FormatError(f"dot took too long to draw {kind}; save as dot") from error
        if drawn.returncode:
            said = drawn.stderr.decode("utf-8", "replace").strip().splitlines()
            raise FormatError(f"dot failed: {said[-1] if said else drawn.returncode}")
        stream.write(drawn.stdout)

    return write


FORMATS = {
    kind: Format(
        kind,
        f".{kind}",
        f"{kind.upper()} (Graphviz)",
        _writer(kind),
        check=partial(find_dot, kind),
    )
    for kind in PICTURES
}
