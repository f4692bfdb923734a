"""PROV: documents, their statements and namespaces, and what can be done with whole documents."""

from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import KIND, KINDS, Kind
from mlflow2prov.prov.statement import Statement

__all__ = ["KIND", "KINDS", "Attribute", "Document", "Kind", "Statement"]
