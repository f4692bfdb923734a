"""The Document: a set of PROV statements, kept as a table."""

from mlflow2prov.document.document import Document, Statement
from mlflow2prov.document.kinds import KIND, KINDS, Kind
from mlflow2prov.document.literals import Literal

__all__ = ["KIND", "KINDS", "Document", "Kind", "Literal", "Statement"]
