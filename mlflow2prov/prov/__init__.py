"""The Document: a set of PROV statements, kept as a table."""

from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.document import Document, Statement
from mlflow2prov.prov.kinds import KIND, KINDS, Kind

__all__ = ["KIND", "KINDS", "Attribute", "Document", "Kind", "Statement"]
