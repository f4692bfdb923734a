"""Render results as text: aligned tables, CSV, JSON, Markdown and SARIF.

Each type of result has a module here, and each of these modules has one mapping ``FORMATS`` from format names to
renderers. The command line looks up both through :data:`FORMATS`::

    FORMATS["explanation"]["markdown"]([explain(document, "wine@champion")])

A new format is a function and a line in the ``FORMATS`` of its module. A new type of result is a module and a line
below. These modules import DuckDB and NumPy only inside functions, so that the command line can list the formats in
its help without loading either.

The HTML and Markdown report on registered models is a package of its own, :mod:`mlflow2prov.render.report`.
"""

from __future__ import annotations

from typing import Any

from mlflow2prov.render import (
    check,
    difference,
    explanation,
    history,
    impact,
    listing,
    rerun,
    statistics,
    validation,
)
from mlflow2prov.render.renderer import Formats

FORMATS: dict[str, Formats[Any]] = {
    "statistics": statistics.FORMATS,
    "list": listing.FORMATS,
    "explanation": explanation.FORMATS,
    "impact": impact.FORMATS,
    "history": history.FORMATS,
    "difference": difference.FORMATS,
    "validation": validation.FORMATS,
    "check": check.FORMATS,
    "rerun": rerun.FORMATS,
}
"""The formats of each type of result."""
