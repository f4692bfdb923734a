"""Schemas that live as long as the Python object that owns them."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence

from mlflow2prov.engine import connection
from mlflow2prov.engine.sql import Sql, identifier

_numbers = itertools.count(1)


class Schema:
    """A DuckDB schema, and with it the tables that belong together.

    The schema is dropped after the last reference to this object is gone. The garbage collector may
    run in the middle of a query, so it only notes the name; the next call of the engine drops the
    schema.
    """

    def __init__(self, purpose: str) -> None:
        """Create an empty schema.

        Args:
            purpose: the beginning of its name, a lower-case word.
        """
        self.name = f"{purpose}_{next(_numbers)}"
        connection.execute(f"CREATE SCHEMA {self.name}")
        weakref.finalize(self, connection.drop_later, self.name)

    def table(self, name: str) -> Sql:
        """Return the qualified name of this schema's table ``name``, whether or not it exists."""
        return Sql(f"{self.name}.{identifier(name)}")

    def create(
        self,
        name: str,
        query: str,
        parameters: Sequence[object] = (),
        *,
        is_repeated: bool = True,
    ) -> Sql:
        """Create the table ``name`` from the rows of ``query``, and return its qualified name.

        A query that runs out of memory is repeated as by :func:`~mlflow2prov.engine.connection.execute`.
        """
        table = self.table(name)
        connection.execute(f"CREATE TABLE {table} AS {query}", parameters, is_repeated=is_repeated)
        return table
