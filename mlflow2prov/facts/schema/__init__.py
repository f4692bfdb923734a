"""The fact tables and the meaning of their columns.

Sources fill these tables without knowing PROV, and mapping rules read them without knowing the sources. An unknown
value is NULL. Times are ``xsd:dateTime`` with an offset (:mod:`mlflow2prov.facts.times`), texts are Unicode, numbers
have 64 bits.
"""

from mlflow2prov.facts.schema import calls, git, links, models, observed_changes, tracking
from mlflow2prov.facts.schema.table import Table, Type

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *git.TABLES,
        *links.TABLES,
        *tracking.TABLES,
        *models.TABLES,
        *calls.TABLES,
        *observed_changes.TABLES,
    )
}
"""All fact tables."""

__all__ = ["TABLES", "Table", "Type"]
