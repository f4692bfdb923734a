"""Pictures of the lineage of artifacts: in a notebook where they are shown, elsewhere as SVG files."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from mlflow2prov.capture.artifacts import ArchivedFile, Artifact
from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.lineage import _as_artifact, artifacts_in, dependencies, inputs_of
from mlflow2prov.capture.previews import preview
from mlflow2prov.layout import BOX_HEIGHT, BOX_WIDTH, Curve, Layout, arrange
from mlflow2prov.secrets import MASK, is_secret_name

MAX_LABEL = 20
"""The length of a line in a box, in characters."""

MAX_ARTIFACTS = 200
"""The number of artifacts that a picture shows; those that are farthest away are left out."""

MAX_TITLE = 300
"""The length of a line that is shown when the pointer is over a box."""

_COLOURS = {"artifact": "#c0392b", "function": "#2c3e50", "argument": "#7f8c8d"}


@dataclass(frozen=True)
class _Box:
    kind: str
    lines: tuple[Any, ...]
    title: str
    """The text that appears when the pointer is over the box."""


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
        """Write the picture to a file, and return its path.

        Raises:
            CaptureError: the file cannot be written.
        """
        try:
            Path(path).write_text(self.svg, encoding="utf-8")
        except OSError as error:
            raise CaptureError(
                f"{os.fspath(path)}: cannot be written ({error.strerror}); choose another path"
            ) from error
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

    Raises:
        MissingKeyError: the default repository does not have the artifact.
        CaptureError: the file cannot be written.
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
    return _svg(boxes, edges, layout)


def _add(
    artifact: Artifact,
    shown: set[str],
    boxes: dict[str, _Box],
    edges: dict[tuple[str, str], str],
) -> None:
    """Add an artifact, its function and its arguments to the boxes and edges of a picture."""
    function = f"function {artifact.call_id or artifact.id}"
    parts = _parts(artifact)
    short = artifact.id.removeprefix("sha256:")[:7]
    value = list(parts) if parts else _value(artifact)
    boxes[artifact.id] = _Box(
        "artifact", (short, value), f"{artifact.name}\n{artifact.id}\n{_text_of(value)}"
    )
    name = artifact.fn_name or artifact.name
    boxes[function] = _Box("function", (name,), f"{artifact.fn_module}.{name}")
    edges[artifact.id, function] = ""
    edges |= {(artifact.id, part.id): str(key) for key, part in parts.items() if part.id in shown}
    inputs = inputs_of(artifact)
    arguments = list(inputs.get("kargs", {}).items())
    arguments += [
        (f"*{number}", argument) for number, argument in enumerate(inputs.get("varargs", ()))
    ]
    causes = set()
    for name, argument in arguments:
        sources = [one.id for one in artifacts_in(argument) if one.id in shown]
        if not sources:
            sources = [f"argument {name} of {function}"]
            text = MASK if is_secret_name(name) else preview(argument)
            boxes[sources[0]] = _Box("argument", (text,), f"{name} = {_text_of(text)}")
        for source in sources:
            others = edges.get((function, source))
            edges[function, source] = f"{others}, {name}" if others else name
        causes.update(sources)
    # An argument that was not a proxy is known to be an artifact only by the record of the call.
    for identifier in artifact.input_artifact_ids or ():
        if identifier in shown and identifier not in causes:
            edges[function, identifier] = ""


def _parts(artifact: Artifact) -> dict[Any, Artifact]:
    """Return the parts of a composite."""
    if artifact.composite:
        with suppress(CaptureError, OSError):
            return dict(artifact.value)
    return {}


def _value(artifact: Artifact) -> Any:
    """Return the value of an artifact, abbreviated; that of a file is its name."""
    try:
        value = artifact.value
        if isinstance(value, ArchivedFile) and value.original_filename:
            return value.original_filename
        return preview(value)
    except (CaptureError, OSError):  # it was deleted, or the store is not trusted
        return "(not stored)"


def _text_of(value: Any) -> str:
    """Return a value as one line without control characters, which XML does not allow."""
    text = " ".join(str(value).split())[:MAX_TITLE]
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _cut(value: Any) -> str:
    text = _text_of(value)
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 1]}…"


def _svg(boxes: dict[str, _Box], edges: dict[tuple[str, str], str], layout: Layout) -> str:
    """Return a picture as SVG. All text in it may come from a hostile repository, and is cleaned and escaped."""
    size = f'width="{layout.width:g}" height="{layout.height:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {layout.width:g} '
        f'{layout.height:g}" font-family="sans-serif" font-size="11">',
        '<defs><marker id="arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#7f8c8d"/></marker></defs>',
    ]
    for curve, ((effect, _), label) in zip(layout.curves, edges.items(), strict=True):
        parts.append(
            f'<path d="{curve.path}" fill="none" stroke="#7f8c8d" marker-end="url(#arrow)"/>'
        )
        if label:
            x, y = _label_place(curve, *layout.centers[effect])
            parts.append(_text(x, y + 4, label, "#7f8c8d"))
    for name, box in boxes.items():
        parts += _draw_box(box, *layout.centers[name])
    return "\n".join([*parts, "</svg>\n"])


def _label_place(curve: Curve, effect_x: float, effect_y: float) -> tuple[float, float]:
    """Return a place on an edge behind its middle, where edges of one effect are apart and others cross."""
    start = effect_x - BOX_WIDTH / 2
    t = 0.65
    return start + 2 * t * (curve.x - start), effect_y + 2 * (3 - 2 * t) * t**2 * (
        curve.y - effect_y
    )


def _draw_box(box: _Box, x: float, y: float) -> list[str]:
    radius = BOX_HEIGHT / 2 if box.kind == "function" else 4
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    colour = _COLOURS[box.kind]
    rectangle = (
        f'<rect x="{left:g}" y="{top:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="{radius:g}" '
        f'fill="white" stroke="{colour}"/>'
    )
    middle = (len(box.lines) - 1) / 2
    texts = [
        _text(x, y + 4 + 14 * (number - middle), line, colour)
        for number, line in enumerate(box.lines)
    ]
    title = "\n".join(map(_text_of, box.title.split("\n")))
    return [f"<g><title>{escape(title)}</title>", rectangle, *texts, "</g>"]


def _text(x: float, y: float, text: Any, colour: str) -> str:
    """Return a text with a white border, so that it is legible on top of an edge."""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{colour}" stroke="white" '
        f'stroke-width="3" paint-order="stroke">{escape(_cut(text))}</text>'
    )
