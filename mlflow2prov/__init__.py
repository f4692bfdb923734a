"""MLflow2PROV: provenance of machine learning, extracted as W3C PROV.

    from mlflow2prov import extract, explain, save

    document = extract(".", "http://127.0.0.1:5000")
    print(explain(document, "models:/wine@champion"))
    save(document, "result", ["json", "turtle"])

Each command of the command line is one function here, and those that work on a document are methods of
:class:`Document` too (``document.explain("models:/wine@champion")``). All types that these functions take or return,
and all errors that they raise, are importable from this package; every error is a :class:`MLflow2ProvError`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow2prov.analysis.audit import Audit, AuditedModel, AuditedVersion, audit
    from mlflow2prov.analysis.check import CheckResult, Waiver, check
    from mlflow2prov.analysis.comparison import Comparison, Point, Section, compare
    from mlflow2prov.analysis.explanation import Answer, Explanation, explain
    from mlflow2prov.analysis.finding import Finding
    from mlflow2prov.analysis.history import ObservedChange, ObservedHistory, history
    from mlflow2prov.analysis.impact import Impact, ImpactItem, impact
    from mlflow2prov.analysis.item import Item
    from mlflow2prov.analysis.listing import list_elements
    from mlflow2prov.analysis.options import (
        AnswerState,
        Dimension,
        FailOn,
        ListedKind,
        Resolution,
        Severity,
        SubjectKind,
    )
    from mlflow2prov.analysis.questions import Question
    from mlflow2prov.analysis.statistics import statistics
    from mlflow2prov.engine import configure
    from mlflow2prov.errors import (
        CallRecordsError,
        CaptureError,
        ConfigurationError,
        DocumentStoreError,
        EngineError,
        FormatError,
        InternalError,
        MLflow2ProvError,
        NamespaceError,
        RepositoryError,
        SelectionError,
        SourceError,
        StateError,
        StatementError,
        TrackingStoreError,
    )
    from mlflow2prov.extraction import Extraction, extract, run_extraction
    from mlflow2prov.facts.summary import RunSummary
    from mlflow2prov.formats import FormatName, ReadableFormat
    from mlflow2prov.formats.files import save
    from mlflow2prov.formats.graphviz import to_svg
    from mlflow2prov.graph.lineage import lineage
    from mlflow2prov.graph.options import Direction, History
    from mlflow2prov.people.suggestions import SuggestedPerson, suggest_aliases
    from mlflow2prov.people.transform import transform
    from mlflow2prov.progress import Progress
    from mlflow2prov.prov import Attribute, Document, Statement
    from mlflow2prov.prov.difference import (
        AttributeChange,
        ChangeType,
        Difference,
        StatementChange,
        diff,
        difference,
    )
    from mlflow2prov.prov.merge import merge
    from mlflow2prov.prov.namespaces import Namespaces
    from mlflow2prov.prov.validation import Rule, Step, ValidationReport, Violation, validate
    from mlflow2prov.render.report import ReportFormat, report
    from mlflow2prov.render.result_tables import to_table
    from mlflow2prov.sources.options import ArtifactListing, Renames
    from mlflow2prov.state.project import UpdateOptions
    from mlflow2prov.state.update import Update, update
    from mlflow2prov.stores import Layout, export, pull, push
    from mlflow2prov.stores.loading import load
    from mlflow2prov.table import Table, Tabular

__version__ = "1.0.0"

_MODULES = {
    "Answer": "analysis.explanation",
    "AnswerState": "analysis.options",
    "ArtifactListing": "sources.options",
    "Attribute": "prov",
    "AttributeChange": "prov.difference",
    "Audit": "analysis.audit",
    "AuditedModel": "analysis.audit",
    "AuditedVersion": "analysis.audit",
    "CallRecordsError": "errors",
    "CaptureError": "errors",
    "ChangeType": "prov.difference",
    "CheckResult": "analysis.check",
    "Comparison": "analysis.comparison",
    "ConfigurationError": "errors",
    "Difference": "prov.difference",
    "Dimension": "analysis.options",
    "Direction": "graph.options",
    "Document": "prov",
    "DocumentStoreError": "errors",
    "EngineError": "errors",
    "Explanation": "analysis.explanation",
    "Extraction": "extraction",
    "FailOn": "analysis.options",
    "Finding": "analysis.finding",
    "FormatError": "errors",
    "FormatName": "formats",
    "History": "graph.options",
    "Impact": "analysis.impact",
    "ImpactItem": "analysis.impact",
    "InternalError": "errors",
    "Item": "analysis.item",
    "Layout": "stores",
    "ListedKind": "analysis.options",
    "MLflow2ProvError": "errors",
    "NamespaceError": "errors",
    "Namespaces": "prov.namespaces",
    "ObservedChange": "analysis.history",
    "ObservedHistory": "analysis.history",
    "Point": "analysis.comparison",
    "Progress": "progress",
    "Question": "analysis.questions",
    "ReadableFormat": "formats",
    "Renames": "sources.options",
    "ReportFormat": "render.report",
    "RepositoryError": "errors",
    "Resolution": "analysis.options",
    "Rule": "prov.validation",
    "RunSummary": "facts.summary",
    "Section": "analysis.comparison",
    "SelectionError": "errors",
    "Severity": "analysis.options",
    "SourceError": "errors",
    "StateError": "errors",
    "Statement": "prov",
    "StatementChange": "prov.difference",
    "StatementError": "errors",
    "Step": "prov.validation",
    "SubjectKind": "analysis.options",
    "SuggestedPerson": "people.suggestions",
    "Table": "table",
    "Tabular": "table",
    "TrackingStoreError": "errors",
    "Update": "state.update",
    "UpdateOptions": "state.project",
    "ValidationReport": "prov.validation",
    "Violation": "prov.validation",
    "Waiver": "analysis.check",
    "audit": "analysis.audit",
    "check": "analysis.check",
    "compare": "analysis.comparison",
    "configure": "engine",
    "diff": "prov.difference",
    "difference": "prov.difference",
    "explain": "analysis.explanation",
    "export": "stores",
    "extract": "extraction",
    "history": "analysis.history",
    "impact": "analysis.impact",
    "lineage": "graph.lineage",
    "list_elements": "analysis.listing",
    "load": "stores.loading",
    "merge": "prov.merge",
    "pull": "stores",
    "push": "stores",
    "report": "render.report",
    "run_extraction": "extraction",
    "save": "formats.files",
    "statistics": "analysis.statistics",
    "suggest_aliases": "people.suggestions",
    "to_svg": "formats.graphviz",
    "to_table": "render.result_tables",
    "transform": "people.transform",
    "update": "state.update",
    "validate": "prov.validation",
}
"""The module of each public name, which is imported when the name is first used."""

__all__ = [
    "Answer",
    "AnswerState",
    "ArtifactListing",
    "Attribute",
    "AttributeChange",
    "Audit",
    "AuditedModel",
    "AuditedVersion",
    "CallRecordsError",
    "CaptureError",
    "ChangeType",
    "CheckResult",
    "Comparison",
    "ConfigurationError",
    "Difference",
    "Dimension",
    "Direction",
    "Document",
    "DocumentStoreError",
    "EngineError",
    "Explanation",
    "Extraction",
    "FailOn",
    "Finding",
    "FormatError",
    "FormatName",
    "History",
    "Impact",
    "ImpactItem",
    "InternalError",
    "Item",
    "Layout",
    "ListedKind",
    "MLflow2ProvError",
    "NamespaceError",
    "Namespaces",
    "ObservedChange",
    "ObservedHistory",
    "Point",
    "Progress",
    "Question",
    "ReadableFormat",
    "Renames",
    "ReportFormat",
    "RepositoryError",
    "Resolution",
    "Rule",
    "RunSummary",
    "Section",
    "SelectionError",
    "Severity",
    "SourceError",
    "StateError",
    "Statement",
    "StatementChange",
    "StatementError",
    "Step",
    "SubjectKind",
    "SuggestedPerson",
    "Table",
    "Tabular",
    "TrackingStoreError",
    "Update",
    "UpdateOptions",
    "ValidationReport",
    "Violation",
    "Waiver",
    "__version__",
    "audit",
    "check",
    "compare",
    "configure",
    "diff",
    "difference",
    "explain",
    "export",
    "extract",
    "history",
    "impact",
    "lineage",
    "list_elements",
    "load",
    "merge",
    "pull",
    "push",
    "report",
    "run_extraction",
    "save",
    "statistics",
    "suggest_aliases",
    "to_svg",
    "to_table",
    "transform",
    "update",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``--help`` does not wait for DuckDB."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
