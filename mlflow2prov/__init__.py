"""MLflow2PROV: provenance of machine learning, extracted as W3C PROV.

    from mlflow2prov import (
        Document, audit, check, difference, explain, extract, impact, lineage, load, merge, pull, push, report,
        save, statistics, transform, validate,
    )

Each command of the command line is one function here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow2prov.analysis.audit import audit
    from mlflow2prov.analysis.check import check
    from mlflow2prov.analysis.explanation import explain
    from mlflow2prov.analysis.impact import impact
    from mlflow2prov.analysis.statistics import statistics
    from mlflow2prov.errors import MLflow2ProvError
    from mlflow2prov.extraction import Extraction, extract, run_extraction
    from mlflow2prov.formats.files import load, save
    from mlflow2prov.graph.lineage import lineage
    from mlflow2prov.people.transform import transform
    from mlflow2prov.prov import Attribute, Document, Statement
    from mlflow2prov.prov.difference import difference
    from mlflow2prov.prov.merge import merge
    from mlflow2prov.prov.validation import ValidationReport, validate
    from mlflow2prov.render.report import report
    from mlflow2prov.stores import pull, push

__version__ = "1.0.0"

_HOMES = {
    "Document": "prov",
    "Extraction": "extraction",
    "Attribute": "prov",
    "MLflow2ProvError": "errors",
    "ValidationReport": "prov.validation",
    "Statement": "prov",
    "audit": "analysis.audit",
    "check": "analysis.check",
    "difference": "prov.difference",
    "explain": "analysis.explanation",
    "extract": "extraction",
    "impact": "analysis.impact",
    "lineage": "graph.lineage",
    "load": "formats.files",
    "merge": "prov.merge",
    "pull": "stores",
    "push": "stores",
    "report": "render.report",
    "run_extraction": "extraction",
    "save": "formats.files",
    "statistics": "analysis.statistics",
    "transform": "people.transform",
    "validate": "prov.validation",
}

__all__ = [
    "Attribute",
    "Document",
    "Extraction",
    "MLflow2ProvError",
    "Statement",
    "ValidationReport",
    "__version__",
    "audit",
    "check",
    "difference",
    "explain",
    "extract",
    "impact",
    "lineage",
    "load",
    "merge",
    "pull",
    "push",
    "report",
    "run_extraction",
    "save",
    "statistics",
    "transform",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: ``--help`` must not wait for DuckDB."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
