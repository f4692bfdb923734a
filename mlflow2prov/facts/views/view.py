"""Views: their columns, their SQL, and the tables that their rows come from."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.facts.schema import TABLES, Table, Type

TEXT, TIME, INTEGER, NUMBER, BOOLEAN = Type


@dataclass(frozen=True)
class View(Table):
    """A computed table: the types of its columns, and the SQL that returns them."""

    sql: str
    rows_from: tuple[str, ...]
    """The tables and views that contribute rows: the view is empty if all of them are."""
    is_stored: bool = False
    """Whether :meth:`Facts.store_views` computes its rows once, because several views and rules read them."""
    key: str = ""
    """A column of the view, and of all tables and views that it reads, such that a row of the view depends only on
    their rows with the same value."""


def view(
    name: str,
    sql: str,
    /,
    *,
    rows_from: str | tuple[str, ...],
    extends: str = "",
    is_stored: bool = False,
    key: str = "",
    **columns: Type,
) -> View:
    """Return the view of ``sql``, which has all columns of the table ``extends`` and also ``columns``."""
    inherited = TABLES[extends].columns if extends else {}
    sources = (rows_from,) if isinstance(rows_from, str) else rows_from
    return View(name, {**inherited, **columns}, sql, sources, is_stored, key)
