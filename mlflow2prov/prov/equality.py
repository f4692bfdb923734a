"""Equality: two documents are equal when their unified statements are, by the URIs of their names and by
the values of their times and attributes."""

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import KINDS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.unify import comparable_rows, unified_rows


def are_equal(left: Document, right: Document) -> bool:
    """Return whether two documents are equal, whatever their prefixes and repeated statements."""
    namespaces = Namespaces()
    kinds = {*left.tables.kinds(), *right.tables.kinds()}
    return all(
        _have_same_statements(
            kind, *(_unified(document, kind, namespaces) for document in (left, right))
        )
        for kind in KINDS
        if kind in kinds
    )


def _unified(document: Document, kind: Kind, namespaces: Namespaces) -> Sql:
    """Return the query for the unified statements of a kind, named by ``namespaces``."""
    rows = rows_under(document, kind, namespaces)
    keeps_names = document.namespaces.all.items() <= namespaces.all.items()
    if document.tables.is_unified and keeps_names:
        return rows
    return unified_rows(kind, Sql(f"({rows})"))


def _have_same_statements(kind: Kind, left: Sql, right: Sql) -> bool:
    """Return whether two queries return the same statements. Most have the same spelling too, which is faster."""
    return _have_same_rows(left, right) or _have_same_rows(
        comparable_rows(kind, left), comparable_rows(kind, right)
    )


def _have_same_rows(left: Sql, right: Sql) -> bool:
    """Return whether two queries, neither of which repeats a row, return the same rows."""
    return bool(
        engine.scalar(
            f"""
            WITH left_rows AS ({left}),
            right_rows AS ({right})
            SELECT (SELECT count(*) FROM left_rows) = (SELECT count(*) FROM right_rows)
                AND NOT EXISTS (FROM left_rows EXCEPT FROM right_rows)
            """
        )
    )
