"""Unify: what a document says twice, it says once (PROV-CONSTRAINTS section 6.1, key constraints).

Two statements are the same when bundle, kind, identifier and formal arguments are the same; two
elements are the same when bundle, kind and identifier are. What is the same becomes one statement with
the attributes of all. An activity's start and end may be given in one statement and left out in
another; where they contradict each other, both statements stay, for a validator to report.
"""

from mlflow2prov.document import Document
from mlflow2prov.document.document import COLUMNS, KEY_COLUMNS
from mlflow2prov.document.kinds import ARGUMENT_COLUMNS, ELEMENTS

_KEY = ", ".join(KEY_COLUMNS)
_ELEMENT = f"kind IN ({', '.join(repr(kind.name) for kind in ELEMENTS)})"
_IDENTITY = (
    f"hash(bundle, kind, id, CASE WHEN {_ELEMENT} THEN [] ELSE [{', '.join(ARGUMENT_COLUMNS)}] END)"
)


def unify(document: Document) -> None:
    """Unify ``document`` in place and bring it into the canonical order."""
    if not document.is_unified:
        document.replace(unified(f"SELECT * FROM {document.table}"), unified=True)


def unified(rows: str) -> str:
    """Return the SQL query that unifies and orders the statements that the query ``rows`` gives.

    Few statements are ever said twice, so only those whose hash repeats are grouped.
    """
    settled = ", ".join(
        f"CASE WHEN {_ELEMENT} AND min({column}) OVER same = max({column}) OVER same "
        f"THEN max({column}) OVER same ELSE {column} END AS {column}"
        for column in ARGUMENT_COLUMNS
    )
    return f"""
        WITH statements AS MATERIALIZED (SELECT *, {_IDENTITY} AS identity FROM ({rows})),
        repeated AS (SELECT identity FROM statements GROUP BY identity HAVING count(*) > 1)
        SELECT {", ".join(COLUMNS)} FROM statements ANTI JOIN repeated USING (identity)
        UNION ALL
        SELECT {_KEY}, list_sort(list_distinct(flatten(list(attributes)))) AS attributes
        FROM (
            SELECT bundle, kind, id, {settled}, attributes
            FROM statements SEMI JOIN repeated USING (identity)
            WINDOW same AS (PARTITION BY bundle, kind, id)
        )
        GROUP BY {_KEY}
        ORDER BY {", ".join(COLUMNS)}
    """
