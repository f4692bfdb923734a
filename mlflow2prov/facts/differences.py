"""Differences: the rows of tables and views that one observation has, and an earlier one lacks, or the reverse.

An inherited table is compared only in its own and its replaced rows, and a view only if a table that it reads differs.
If each row of a view depends only on the rows of its tables with the same key, the rows of other keys need not be
compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import Schema, Sql, identifier
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.schema import TABLES
from mlflow2prov.facts.views import VIEWS, read_by


@dataclass(frozen=True)
class Difference:
    """How the rows of a table or view differ. Rows are compared as sets."""

    additions: Sql
    """The table or query of the rows that the earlier observation lacks."""
    deletions: Sql
    """The table or query of the rows that only the earlier observation has."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no difference."""
        return not engine.rows(
            f"SELECT 1 FROM {self.additions} UNION ALL SELECT 1 FROM {self.deletions} LIMIT 1"
        )


class Differences:
    """The differences between two observations, computed on first use.

    After that, the tables that they were computed from must not change.
    """

    def __init__(self, facts: Facts, previous: Facts) -> None:
        """Compare two observations.

        Args:
            facts: the facts of the later one.
            previous: those of the earlier one.
        """
        self.facts = facts
        self.previous = previous
        self._schema = Schema("differences")
        self._differences: dict[str, Difference | None] = {}

    def of(self, name: str) -> Difference | None:
        """Return how a table or view differs; None if it does not."""
        if name not in self._differences:
            difference = self._of_view(name) if name in VIEWS else self._of_table(name)
            is_same = difference is None or difference.is_empty
            self._differences[name] = None if is_same else difference
        return self._differences[name]

    def any_of(self, *names: str) -> bool:
        """Return whether one of some tables or views differs."""
        return any(self.of(name) is not None for name in names)

    def _of_table(self, name: str) -> Difference | None:
        columns = ", ".join(map(identifier, TABLES[name].columns))
        overlay = self.facts.overlay(name)
        if overlay is not None:
            if overlay.is_unchanged:
                return None
            return self._compare(name, columns, f"FROM {overlay.own}", overlay.replaced_rows())
        if self._are_both_empty(name):
            return None
        new, old = self.facts.table(name), self.previous.table(name)
        if _fingerprint(new, columns) == _fingerprint(old, columns):
            return None
        return self._compare(name, columns, f"FROM {new}", f"FROM {old}")

    def _of_view(self, name: str) -> Difference | None:
        if self._are_both_empty(name) or not self.any_of(*read_by(name)):
            return None
        new, old = (f"SELECT * FROM {tables.table(name)}" for tables in (self.facts, self.previous))
        if key := VIEWS[name].key:
            keys = self._different_keys(name, key)
            condition = f"SEMI JOIN {keys} AS keys ON keys.key IS NOT DISTINCT FROM compared.{key}"
            new, old = f"{new} AS compared {condition}", f"{old} AS compared {condition}"
        columns = ", ".join(map(identifier, VIEWS[name].columns))
        return self._compare(name, columns, new, old)

    def _different_keys(self, name: str, key: str) -> Sql:
        """Return the table of the keys of all rows that differ in what a view reads."""
        tables = [
            table
            for difference in map(self.of, read_by(name))
            if difference is not None
            for table in (difference.additions, difference.deletions)
        ]
        queries = (f"SELECT {key} AS key FROM {table}" for table in tables)
        return self._schema.create(f"{name}_keys", " UNION ".join(queries))

    def _are_both_empty(self, name: str) -> bool:
        return self.facts.is_empty(name) and self.previous.is_empty(name)

    def _compare(self, name: str, columns: str, new: str, old: str) -> Difference:
        """Return the difference between the rows of two queries, each of which runs once."""
        rows = self._schema.create(
            f"{name}_differences",
            f"""
            SELECT {columns}, any_value(is_new) AS is_new
            FROM (
                SELECT {columns}, true AS is_new FROM ({new})
                UNION ALL
                SELECT {columns}, false AS is_new FROM ({old})
            )
            GROUP BY {columns}
            HAVING bool_and(is_new) = bool_or(is_new)
            """,
        )
        return Difference(
            Sql(f"(SELECT {columns} FROM {rows} WHERE is_new)"),
            Sql(f"(SELECT {columns} FROM {rows} WHERE NOT is_new)"),
        )


def _fingerprint(rows: str, columns: str) -> tuple[object, ...]:
    """Return the number of different rows and a digest of them that does not depend on their order.

    DuckDB combines the hashes of columns by XOR, so the second sum is one of hashes of hashes.
    """
    return engine.rows(
        f"SELECT count(*), sum(hash({columns})), sum(hash(hash({columns}), 1)) "
        f"FROM (SELECT DISTINCT {columns} FROM {rows})"
    )[0]
