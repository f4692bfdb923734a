"""SVG, PNG and PDF: pictures of the graph that Graphviz's program ``dot`` draws."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import partial
from io import BytesIO
from typing import BinaryIO

from mlflow2prov.arguments import checked
from mlflow2prov.boundary import warn
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import dot
from mlflow2prov.formats._support.format import Format
from mlflow2prov.prov import Document
from mlflow2prov.quantity import quantity
from mlflow2prov.temporary import temporary_file

MAX_SECONDS = 600
MAX_STATEMENTS = 5_000

PICTURES = ("svg", "png", "pdf")
"""The types of pictures, by Graphviz's names."""

MAX_WIDTH, MAX_HEIGHT = 3 * 1920, 3 * 1080
"""The size in pixels beyond which a picture exceeds a screen by far: three screens beside or above each other."""

_SIZES = {
    "svg": re.compile(rb'<svg width="([\d.]+)pt" height="([\d.]+)pt"'),
    "pdf": re.compile(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]"),
}
"""The width and height of vector graphics, in points of 1/72 inch; a pixel is 1/96 inch."""


def find_dot(picture: str) -> str:
    """Return the path of the program that draws a picture of the given type.

    Raises:
        FormatError: the program is not installed.
    """
    program = shutil.which("dot")
    if program is None:
        raise FormatError(
            f"{picture} needs Graphviz's dot, which is not installed; "
            "install graphviz (https://graphviz.org/download), or save as dot"
        )
    return program


@checked
def to_svg(document: Document) -> str:
    """Return a picture of a document as an element of HTML: SVG, drawn by Graphviz's ``dot``.

    Raises:
        FormatError: ``dot`` is not installed or fails, or the document is too large for a picture.
    """
    stream = BytesIO()
    _write("svg", document, stream)
    text = stream.getvalue().decode("utf-8")
    return text[text.index("<svg") :]


def _write(picture: str, document: Document, stream: BinaryIO) -> None:
    """Draw a document, and warn if its picture exceeds a screen by far.

    Raises:
        FormatError: ``dot`` is not installed or fails, or the document is too large for a picture.
    """
    program = find_dot(picture)
    if len(document) > MAX_STATEMENTS:
        raise FormatError(
            f"{quantity(len(document), 'statement')} are too many for a picture ({MAX_STATEMENTS:,} at most); "
            "save as html"
        )
    with temporary_file(partial(dot.write, document)) as source:
        content = _draw(program, picture, source)
    stream.write(content)
    width, height = _size(picture, content)
    if width > MAX_WIDTH or height > MAX_HEIGHT:
        warn(
            f"{picture}: the picture has {width:,} x {height:,} pixels; save as html to explore a whole graph, or "
            "put lineage with a selector before save"
        )


def _size(picture: str, content: bytes) -> tuple[int, int]:
    """Return the width and height of a picture in pixels, or zeros if they are not found."""
    if picture == "png":  # PNG specification, section 11.2.2: the first chunk begins with both
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    size = _SIZES[picture].search(content)
    if size is None:
        return 0, 0
    width, height = (round(float(points) * 96 / 72) for points in size.groups())
    return width, height


def _draw(program: str, picture: str, source: BinaryIO) -> bytes:
    try:
        process = subprocess.run(
            [program, f"-T{picture}"], stdin=source, capture_output=True, timeout=MAX_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise FormatError(f"dot took too long to draw {picture}; save as dot") from error
    except OSError as error:
        raise FormatError(f"{program}: cannot be run ({error.strerror}); save as dot") from error
    if process.returncode:
        messages = process.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FormatError(f"dot failed: {messages[-1] if messages else process.returncode}")
    return process.stdout


FORMATS = tuple(
    Format(
        name=picture,
        extension=f".{picture}",
        title=f"{picture.upper()} (Graphviz)",
        write=partial(_write, picture),
        require_program=partial(find_dot, picture),
    )
    for picture in PICTURES
)
