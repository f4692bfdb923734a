"""SQL as a type of its own, and the only two ways by which text becomes part of it."""

from typing import NewType

Sql = NewType("Sql", str)
"""A fragment of SQL: an expression, a table, a query. Text of any other origin goes through
:func:`literal` or
:func:`identifier` first."""


def literal(value: str) -> Sql:
    """Return ``value`` as an SQL string literal."""
    return Sql("'" + value.replace("'", "''") + "'")


def identifier(name: str) -> Sql:
    """Return ``name`` as a quoted SQL identifier."""
    return Sql('"' + name.replace('"', '""') + '"')
