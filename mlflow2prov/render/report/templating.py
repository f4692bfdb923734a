"""The Jinja environments of the report templates: how each format escapes text, and the shared filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mlflow2prov.content_security import hash_source
from mlflow2prov.escaping import markdown, markdown_paragraph, printable, truncate
from mlflow2prov.formats import mermaid
from mlflow2prov.quantity import quantity
from mlflow2prov.render.explanation import STATE_LABELS
from mlflow2prov.render.report import EXTENSIONS, ReportFormat, plots
from mlflow2prov.render.report.content import Content
from mlflow2prov.render.report.drawing import BOX_HEIGHT, BOX_WIDTH

MAX_TEXT_LENGTH = 300
"""Longer names and values are shortened to this many characters; a page unfolds the whole value."""

MIN_LONG_VALUE = 10
"""A table of runs has fewer digits of values of this many characters; they are titles as a whole."""

_TEMPLATES = Path(__file__).parent / "templates"
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
_STYLESHEET = (_TEMPLATES / "report.css").read_text("utf-8")
_SCRIPT = (_TEMPLATES / "report.js").read_text("utf-8")
_POLICY = (
    f"default-src 'none'; script-src {hash_source(_SCRIPT)}; style-src {hash_source(_STYLESHEET)}; "
    "base-uri 'none'; form-action 'none'"
)
"""The policy of a report: exactly its style and its script, and no request of any kind."""


def render_template(content: Content, format: ReportFormat) -> str:  # noqa: A002
    """Return a report in one of the formats of :data:`mlflow2prov.render.report.ReportFormat`."""
    template = _environment(format).get_template(f"report{EXTENSIONS[format]}")
    return template.render(content=content)


def render_page(name: str, **content: Any) -> str:
    """Return a page from one of the HTML templates, in the style of the report."""
    return _environment("html").get_template(name).render(**content)


@cache
def _environment(format: ReportFormat) -> Environment:  # noqa: A002
    environment = Environment(
        autoescape=format == "html",
        finalize=_FINALIZERS[format],
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        plots=plots,
        box_width=BOX_WIDTH,
        box_height=BOX_HEIGHT,
        max_text_length=MAX_TEXT_LENGTH,
        mermaid_shapes=mermaid.SHAPES,
        percentage=_percentage,
        state_labels=STATE_LABELS,
        policy=_POLICY,
        script=_SCRIPT,
        stylesheet=_STYLESHEET,
    )
    environment.filters.update(
        shorten=_shorten,
        raw=Markup,
        paragraph=lambda text: Markup(markdown_paragraph(text)),
        mermaid=lambda text: Markup(mermaid.label(text)),
        timestamp=_timestamp,
        digits=_digits,
        quantity=quantity,
    )
    return environment


def _finalize_html(value: object) -> object:
    """Replace control and formatting characters in text, which Jinja escapes next; line ends stay."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "\n".join(printable(line) for line in value.splitlines())


def _finalize_markdown(value: object) -> object:
    """Escape text for Markdown, for which Jinja has no escaping of its own."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return markdown(value)


_FINALIZERS: dict[ReportFormat, Callable[[object], object]] = {
    "html": _finalize_html,
    "markdown": _finalize_markdown,
}
"""The function that makes every expression of a template safe, by format; ``Markup`` passes as it is."""


def _shorten(text: str, max_length: int) -> str:
    """Return ``text`` as one line of at most ``max_length`` characters."""
    return truncate(" ".join(text.split()), max_length)


def _timestamp(text: str) -> str:
    """Return an ISO 8601 time as ``2026-11-21 06:42:49 UTC``, in its own zone; any other text as it is."""
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return text
    date, time, zone = match.groups()
    suffix = {"Z": " UTC", "+00:00": " UTC", None: ""}.get(zone, f" {zone}")
    return f"{date} {time}{suffix}"


def _digits(text: str) -> str:
    """Return a long value of a metric with at most six digits; any other text as it is."""
    number = plots.finite_number(text)
    return text if number is None or len(text) < MIN_LONG_VALUE else f"{number:.6g}"


def _percentage(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.0f} %"
