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
    from mlflow2prov.document import Document, Literal, Statement
    from mlflow2prov.errors import MLflow2ProvError
    from mlflow2prov.extraction import Findings, extract
    from mlflow2prov.formats.files import load, save
    from mlflow2prov.operations.auditing import audit
    from mlflow2prov.operations.checking import check
    from mlflow2prov.operations.difference import difference
    from mlflow2prov.operations.explanation import explain
    from mlflow2prov.operations.impact import impact
    from mlflow2prov.operations.lineage import lineage
    from mlflow2prov.operations.merge import merge
    from mlflow2prov.operations.statistics import statistics
    from mlflow2prov.operations.transform import transform
    from mlflow2prov.operations.validation import Report, validate
    from mlflow2prov.reports import report
    from mlflow2prov.stores import pull, push

__version__ = "1.0.0"

_HOMES = {
    "Document": "document",
    "Findings": "extraction",
    "Literal": "document",
    "MLflow2ProvError": "errors",
    "Report": "operations.validation",
    "Statement": "document",
    "audit": "operations.auditing",
    "check": "operations.checking",
    "difference": "operations.difference",
    "explain": "operations.explanation",
    "extract": "extraction",
    "impact": "operations.impact",
    "lineage": "operations.lineage",
    "load": "formats.files",
    "merge": "operations.merge",
    "pull": "stores",
    "push": "stores",
    "report": "reports",
    "save": "formats.files",
    "statistics": "operations.statistics",
    "transform": "operations.transform",
    "validate": "operations.validation",
}

__all__ = [
    "Document",
    "Findings",
    "Literal",
    "MLflow2ProvError",
    "Report",
    "Statement",
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
