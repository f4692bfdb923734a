"""What is the same: of statements, and so of documents (PROV-CONSTRAINTS section 6.1, key constraints).

Two statements are the same when bundle, kind, identifier and formal arguments are the same; two
elements are the same when bundle, kind and identifier are. What is the same becomes one statement with
the attributes of all. An activity's start and end may be given in one statement and left out in
another; where they contradict each other, both statements stay, for a validator to report.
"""

from mlflow2prov import engine
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import KINDS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.prefixes import rows_under


def has_repeats(kind: Kind, rows: str) -> bool:
    """Return whether ``rows`` may give a statement of ``kind`` twice."""
    return bool(engine.rows(f"{_repeated(kind, rows)} LIMIT 1"))


def unified(kind: Kind, rows: str) -> str:
    """Return the SQL query that unifies and orders the statements of a kind that ``rows`` gives.

    Few statements are ever said twice, so only those whose hash repeats are grouped, if there are any.
    """
    keys = kind.key_columns
    key = ", ".join(keys)
    if not has_repeats(kind, rows):
        return f"SELECT {key}, attributes FROM {rows} ORDER BY {key}"
    settled = ", ".join(
        f"CASE WHEN min({column}) OVER same = max({column}) OVER same "
        f"THEN max({column}) OVER same ELSE {column} END AS {column}"
        if kind.element
        else column
        for column in keys[2:]
    )
    return f"""
        WITH repeated AS MATERIALIZED ({_repeated(kind, rows)}),
        statements AS (SELECT *, {_identity(kind)} AS identity FROM {rows})
        SELECT {key}, attributes FROM statements ANTI JOIN repeated USING (identity)
        UNION ALL
        SELECT {key}, list_sort(list_distinct(flatten(list(attributes)))) AS attributes
        FROM (
            SELECT bundle, id, {f"{settled}, " if settled else ""}attributes
            FROM statements SEMI JOIN repeated USING (identity)
            WINDOW same AS (PARTITION BY bundle, id)
        )
        GROUP BY {key}
        ORDER BY {key}
    """


def _identity(kind: Kind) -> str:
    """Return the SQL for a hash of what makes a statement of ``kind`` the same as another."""
    keys = kind.key_columns
    return f"hash({'bundle, id' if kind.element else ', '.join(keys)})"


def _repeated(kind: Kind, rows: str) -> str:
    identity = _identity(kind)
    return f"SELECT {identity} AS identity FROM {rows} GROUP BY identity HAVING count(*) > 1"


def same(one: Document, other: Document) -> bool:
    """Return whether two documents say the same, whatever their prefixes and however often."""
    namespaces = Namespaces()
    kinds = {*one.tables.kinds(), *other.tables.kinds()}
    return all(
        _same_rows(_comparable(one, kind, namespaces), _comparable(other, kind, namespaces))
        for kind in KINDS
        if kind in kinds
    )


def _comparable(document: Document, kind: Kind, namespaces: Namespaces) -> str:
    """Return the query for the statements of a kind, each once, by the names of ``namespaces``."""
    rows = rows_under(document, kind, namespaces)
    keeps_names = document.namespaces.all.items() <= namespaces.all.items()
    return rows if document.tables.is_unified and keeps_names else unified(kind, f"({rows})")


def _same_rows(left: str, right: str) -> bool:
    """Return whether two queries, neither of which gives a row twice, give the same rows."""
    return bool(
        engine.scalar(
            f"SELECT (SELECT count(*) FROM ({left})) = (SELECT count(*) FROM ({right})) "
            f"AND NOT EXISTS (({left}) EXCEPT ({right}))"
        )
    )
