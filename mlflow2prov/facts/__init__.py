"""Facts: what the sources know, as tables of columns, with no word of PROV."""

from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.schema import TABLES, Table

__all__ = ["TABLES", "Facts", "Table"]
