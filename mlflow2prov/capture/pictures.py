"""Pictures of the lineage of artifacts: in a notebook where they are shown, elsewhere as SVG files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.inputs import VARARGS
from mlflow2prov.capture.lineage import _as_artifact, dependencies
from mlflow2prov.capture.previews import preview
from mlflow2prov.capture.proxies import artifact_of
from mlflow2prov.layout import BOX_HEIGHT, BOX_WIDTH, Layout, arrange
from mlflow2prov.secrets import MASK, is_secret_name

MAX_LABEL = 20
"""The length of a line in a box, in characters."""

MAX_ARTIFACTS = 200
"""The number of artifacts that a picture shows; those that are farthest away are left out."""

_COLOURS = {"artifact": "#c0392b", "function": "#2c3e50", "argument": "#7f8c8d"}


@dataclass(frozen=True)
class _Box:
    kind: str
    lines: tuple[str, ...]
    title: str


class Picture:
    """A picture as SVG, which a notebook shows.

    Args:
        svg: the picture.
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, and return its path."""
        Path(path).write_text(self.svg, encoding="utf-8")
        return Path(path)

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture of {len(self.svg):,} characters of SVG>"


def visualize_lineage(artifact_or_id: Any, path: str | os.PathLike[str] | None = None) -> Picture:
    """Return a picture of an artifact, and of the functions, arguments and artifacts that it came from.

    Args:
        artifact_or_id: the artifact, a proxy of it, or its identifier.
        path: a file to write the picture to. Outside of a notebook, ``lineage.svg`` in the current folder by default.
    """
    picture = Picture(_draw(_as_artifact(artifact_or_id)))
    if path is None and not _is_notebook():
        path = "lineage.svg"
    if path is not None:
        picture.save(path)
    return picture


def _is_notebook() -> bool:
    import sys

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _draw(artifact: Artifact) -> str:
    boxes: dict[str, _Box] = {}
    edges: dict[tuple[str, str], str] = {}
    shown = dependencies(artifact)[-MAX_ARTIFACTS:]
    identifiers = {one.id for one in shown}
    for one in shown:
        _add(one, identifiers, boxes, edges)
    names = list(boxes)
    layout = arrange(names, list(edges))
    return _svg(boxes, list(edges.values()), layout)


def _add(
    artifact: Artifact,
    shown: set[str],
    boxes: dict[str, _Box],
    edges: dict[tuple[str, str], str],
) -> None:
    """Add an artifact, its function and its arguments to the boxes and edges of a picture."""
    function = f"function {artifact.call_id or artifact.id}"
    short = artifact.id.removeprefix("sha256:")[:7]
    content = artifact.value.keys() if artifact.composite else artifact.value
    boxes[artifact.id] = _Box("artifact", (short, _short(content)), artifact.id)
    boxes[function] = _Box(
        "function", (artifact.fn_name or artifact.name,), f"{artifact.fn_module}.{artifact.fn_name}"
    )
    edges[artifact.id, function] = ""
    if artifact.composite:
        for key, part in artifact.value.items():
            if part.id in shown:
                edges[artifact.id, part.id] = str(key)
    inputs = artifact.inputs
    arguments = list(inputs.get("kargs", {}).items())
    arguments += [(VARARGS.strip("_"), value) for value in inputs.get("varargs", ())]
    for position, (name, value) in enumerate(arguments):
        source = artifact_of(value)
        if source is not None and source.id in shown:
            cause = source.id
        else:
            cause = f"argument {position} of {function}"
            text = MASK if is_secret_name(name) else _short(value)
            boxes[cause] = _Box("argument", (text,), name)
        edges[function, cause] = name


def _short(value: Any) -> str:
    text = str(preview(value if not hasattr(value, "mapping") else list(value)))
    text = " ".join(text.split())
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 3]}..."


def _svg(boxes: dict[str, _Box], labels: list[str], layout: Layout) -> str:
    """Return a picture as SVG. All text in it may come from a hostile repository, and is escaped."""
    size = f'width="{layout.width:g}" height="{layout.height:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {layout.width:g} '
        f'{layout.height:g}" font-family="sans-serif" font-size="11">',
        '<defs><marker id="arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#7f8c8d"/></marker></defs>',
    ]
    for curve, label in zip(layout.curves, labels, strict=True):
        parts.append(
            f'<path d="{curve.path}" fill="none" stroke="#7f8c8d" marker-end="url(#arrow)"/>'
        )
        if label:
            parts.append(_text(curve.x, curve.y - 3, label[:MAX_LABEL], "#7f8c8d"))
    for name, box in boxes.items():
        parts += _draw_box(box, *layout.centers[name])
    return "\n".join([*parts, "</svg>\n"])


def _draw_box(box: _Box, x: float, y: float) -> list[str]:
    radius = BOX_HEIGHT / 2 if box.kind == "function" else 4
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    colour = _COLOURS[box.kind]
    rectangle = (
        f'<rect x="{left:g}" y="{top:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{radius:g}" '
        f'fill="white" stroke="{colour}"><title>{escape(box.title)}</title></rect>'
    )
    middle = (len(box.lines) - 1) / 2
    texts = [
        _text(x, y + 4 + 14 * (number - middle), line, colour)
        for number, line in enumerate(box.lines)
    ]
    return [rectangle, *texts]


def _text(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{colour}">{escape(text)}</text>'
