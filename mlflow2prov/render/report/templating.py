"""The templates of reports, and what they are given to show things with."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mlflow2prov.render.escaping import markdown, paragraph, printable
from mlflow2prov.render.report import FORMATS, plots
from mlflow2prov.render.report.content import Content
from mlflow2prov.render.report.drawing import BOX_HEIGHT, BOX_WIDTH

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST = 200


def render(content: Content, format: str) -> str:  # noqa: A002
    """Return a report as text, in one of the formats (:data:`mlflow2prov.render.report.FORMATS`)."""
    environment = _environments()[format]
    template = environment.get_template(f"report{FORMATS[format]}")
    return template.render(content=content)


@cache
def _environments() -> dict[str, Environment]:
    html = _environment(True, _visible)
    # In Markdown all that is shown is escaped likewise: what is not to be is Markup.
    plain = _environment(False, _escape_markdown)
    for environment in (html, plain):
        environment.globals.update(
            plots=plots,
            box_width=BOX_WIDTH,
            box_height=BOX_HEIGHT,
            percent=_percent,
            inline=(_TEMPLATES / "report.css").read_text("utf-8"),
        )
        environment.filters.update(
            short=_short,
            raw=Markup,
            paragraph=lambda text: Markup(paragraph(text)),
            quoted=_quoted,
            when=_when,
            blob=lambda swhid: swhid.rpartition(":")[2],
        )
    return {"html": html, "markdown": plain}


def _environment(autoescape: bool, finalize: Callable[[object], object]) -> Environment:
    return Environment(
        autoescape=autoescape,
        finalize=finalize,
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _visible(value: object) -> object:
    """Show nothing that turns the text's direction, or that no screen shows; lines stay lines."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "\n".join(printable(line) for line in value.splitlines())


def _escape_markdown(value: object) -> object:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return markdown(value)


def _quoted(text: str) -> Markup:
    """Return a text as Mermaid has it between quotes."""
    plain = printable(text)
    return Markup(re.sub(r"[^\w .,=/@-]", lambda found: f"#{ord(found[0])};", plain))


def _short(text: str, longest: int = _LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _when(text: str) -> str:
    """Return a time to the second, in its own zone, as a person reads it."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", text)
    if not found:
        return text
    zone = {"Z": " UTC", "+00:00": " UTC", None: ""}.get(found[3], f" {found[3]}")
    return f"{found[1]} {found[2]}{zone}"


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"
