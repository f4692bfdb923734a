"""Facts: the tables that sources fill and that mapping rules read. They know nothing of PROV."""

from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.schema import TABLES, Table

__all__ = ["TABLES", "Facts", "Table"]
