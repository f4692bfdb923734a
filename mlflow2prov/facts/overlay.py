"""Overlays: tables that have the rows of an earlier observation without a copy of them.

Most rows of an observation are those of the one before. Such a table is a view: the earlier table without the rows of
some owners, and a table of new rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Schema, Sql, identifier
from mlflow2prov.facts.schema import TABLES


@dataclass(frozen=True)
class Overlay:
    """A fact table that inherits rows."""

    name: str
    """The name of the table, one of :data:`~mlflow2prov.facts.schema.TABLES`."""
    table: Sql
    """The view of all rows."""
    base: Sql
    """The earlier table."""
    own: Sql
    """The table of the other rows."""
    column: str
    """The column that names the owner of a row; empty if all earlier rows are inherited."""
    owners: Sql
    """The table of the owners whose earlier rows are not inherited, with the column ``owner``."""

    @classmethod
    def create(
        cls, schema: Schema, table: str, base: Sql, column: str, owners: Iterable[str]
    ) -> Overlay:
        """Put a view in the place of a table; the arguments are those of :meth:`Facts.inherit`."""
        overlay = cls(
            table,
            schema.table(table),
            base,
            schema.table(f"{table}_own"),
            column,
            schema.table(f"{table}_owners"),
        )
        names = pa.table({"owner": pa.array(list(owners), pa.string())})
        with engine.registered(names) as rows:
            engine.execute(f"CREATE TABLE {overlay.owners} AS FROM {rows}")
        columns = ", ".join(map(identifier, TABLES[table].columns))
        engine.execute(
            f"""
            ALTER TABLE {overlay.table} RENAME TO {identifier(f"{table}_own")};
            CREATE VIEW {overlay.table} AS
            SELECT {columns} FROM {base} AS base {overlay._exclusion()}
            UNION ALL
            SELECT {columns} FROM {overlay.own}
            """
        )
        return overlay

    def _exclusion(self) -> str:
        if not self.column:
            return ""
        return f"ANTI JOIN {self.owners} AS owners ON owners.owner = base.{identifier(self.column)}"

    @property
    def is_unchanged(self) -> bool:
        """Whether all rows, and only they, are those of the earlier table."""
        return not engine.rows(
            f"SELECT 1 FROM {self.own} UNION ALL SELECT 1 FROM {self.owners} LIMIT 1"
        )

    def replaced_rows(self) -> str:
        """Return the query for the earlier rows of the owners."""
        if not self.column:
            return f"SELECT * FROM {self.base} WHERE false"
        column = identifier(self.column)
        return f"SELECT * FROM {self.base} WHERE {column} IN (SELECT owner FROM {self.owners})"

    def copy_owners(self, names: Sql) -> None:
        """Copy the inherited rows of some owners, so that they can be changed among the own rows.

        Args:
            names: the query for the names of the owners.
        """
        columns = ", ".join(map(identifier, TABLES[self.name].columns))
        engine.execute(
            f"""
            INSERT INTO {self.own} ({columns})
            SELECT {columns}
            FROM (SELECT * FROM {self.base} AS base {self._exclusion()})
            WHERE {identifier(self.column)} IN ({names});
            INSERT INTO {self.owners} ({names})
            """
        )

    def merge(self) -> None:
        """Put a table with all rows in the place of the view."""
        engine.execute(
            f"""
            CREATE OR REPLACE TABLE {self.own} AS FROM {self.table};
            DROP VIEW {self.table};
            ALTER TABLE {self.own} RENAME TO {identifier(self.name)};
            DROP TABLE {self.owners}
            """
        )

    def drop(self) -> None:
        """Drop the view and all that belongs to it."""
        engine.execute(f"DROP VIEW {self.table}; DROP TABLE {self.own}; DROP TABLE {self.owners}")
