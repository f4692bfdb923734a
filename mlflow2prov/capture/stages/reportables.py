"""Reportables: the contributions of stages to the report of an experiment."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.records import Record


class Reportable:
    """The base class of reportables: a name, a group, and HTML.

    Args:
        name: the name in the report; a number by default.
        group: the heading under which the report shows it.
    """

    def __init__(self, name: str | None = None, group: str | None = None) -> None:
        self.name, self.group = name, group
        self.record: Record | None = None
        self.stage: str | None = None
        self.path: str | None = None
        """The folder of the report, in which :meth:`render` may write files."""
        self.qualified_name = name or ""
        """The name with the parameter set and the stage that it comes from; a number in place of no name."""

    def place(self, record: Record, stage: str, number: int) -> None:
        """Let the reportable come from a stage of a record, as the reportable with a number."""
        self.record, self.stage = record, stage
        params = getattr(record.params, "name", None)
        name = str(number) if self.name is None else self.name
        parts = "_".join(part for part in (params, stage, name) if part)
        self.qualified_name = f"(Aggregate)_{parts}" if record.is_aggregate else parts

    def html_safe_name(self) -> str:
        """Return the name for HTML."""
        return html.escape(self.qualified_name, quote=True)

    def render(self) -> str | list[str]:
        """Return the reportable as HTML, in one piece or in lines."""
        raise NotImplementedError


class HTMLReporter(Reportable):
    """HTML of the user's own."""

    def __init__(self, html_string: str, name: str | None = None, group: str | None = None) -> None:
        super().__init__(name, group)
        self.html_string = html_string

    def render(self) -> str:
        """Return the HTML."""
        return self.html_string


class JsonReporter(Reportable):
    """A dictionary."""

    def __init__(
        self, dictionary: Mapping[str, Any], name: str | None = None, group: str | None = None
    ) -> None:
        super().__init__(name, group)
        self.dictionary = dictionary

    def render(self) -> str:
        """Return the dictionary as indented JSON."""
        return f"<pre>{html.escape(json.dumps(self.dictionary, indent=4, default=str))}</pre>"


class DFReporter(Reportable):
    """A data frame, as a table."""

    def __init__(
        self, df: Any, name: str | None = None, group: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, group)
        self.df, self.options = df, options

    def render(self) -> str:
        """Return the table."""
        return str(self.df.to_html(**self.options))


class LatexTableReporter(Reportable):
    """A data frame, as the source of a table of LaTeX."""

    def __init__(
        self, df: Any, name: str | None = None, group: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, group)
        self.df, self.options = df, options

    def render(self) -> str:
        """Return the source."""
        return f"<pre>{html.escape(self.df.to_latex(**self.options))}</pre>"


class FigureReporter(Reportable):
    """A figure of Matplotlib, as SVG within the report."""

    def __init__(
        self, fig: Any, name: str | None = None, group: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, group)
        self.fig, self.options = fig, options

    def render(self) -> str:
        """Return the figure."""
        from io import StringIO

        mpl = import_module("matplotlib")

        stream = StringIO()
        # Without these, each rendering has another time and other identifiers.
        with mpl.rc_context({"svg.hashsalt": self.qualified_name or "figure"}):
            options = {"metadata": {"Date": None}, **self.options}
            self.fig.savefig(stream, format="svg", **options)
        _, tag, rest = stream.getvalue().partition("<svg")
        return tag + rest


class ImageReporter(Reportable):
    """A file with an image, which becomes part of the report."""

    def __init__(self, path: str, name: str | None = None, group: str | None = None) -> None:
        super().__init__(name, group)
        self.image_path = path

    def render(self) -> str:
        """Return the image."""
        import base64
        import mimetypes

        kind = mimetypes.guess_type(self.image_path)[0] or "image/png"
        content = base64.b64encode(Path(self.image_path).read_bytes()).decode()
        return f'<img alt="{self.html_safe_name()}" src="data:{kind};base64,{content}">'


class LinePlotReporter(Reportable):
    """Numbers as lines of a plot.

    Args:
        y: the numbers, or several lists of them by name.
        x: where they lie; their positions by default.
    """

    def __init__(
        self,
        y: Any,
        x: Any = None,
        name: str | None = None,
        group: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, group)
        self.y, self.x, self.options = y, x, options

    def render(self) -> str:
        """Return the plot."""
        figure = import_module("matplotlib.figure").Figure()
        axes = figure.subplots()
        lines = self.y if isinstance(self.y, Mapping) else {None: self.y}
        for label, values in lines.items():
            positions = self.x if self.x is not None else range(len(values))
            axes.plot(positions, values, label=label, **self.options)
        if isinstance(self.y, Mapping):
            axes.legend()
        return FigureReporter(figure, self.name).render()
