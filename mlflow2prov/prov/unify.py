"""Unification: statements that are the same become one (PROV-CONSTRAINTS section 6.1, key constraints).

Two relations are the same when bundle, identifier and formal arguments are the same; two elements are
the same when bundle and identifier are. The unified statement has the attributes of all. One statement
about an activity may give its start or end, and another leave it out; if they contradict each other,
both stay, and validation reports them.
"""

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind


def unify(document: Document) -> None:
    """Unify ``document`` in place and sort it into canonical order."""
    if document.tables.is_unified:
        return
    kinds = [
        kind
        for kind in document.tables.kinds()
        if not document.tables.is_in_order(kind) or has_repetitions(kind, document.tables.of(kind))
    ]
    document.tables.rewrite(unified_rows, kinds, unified=True)


def has_repetitions(kind: Kind, rows: Sql) -> bool:
    """Return whether two of the statements of ``kind`` in ``rows`` may be the same."""
    return bool(engine.rows(f"{_repeated_hashes(kind, rows)} LIMIT 1"))


def unified_rows(kind: Kind, rows: Sql) -> Sql:
    """Return the query that unifies and sorts the statements of ``kind`` in the table ``rows``.

    Few statements are repeated, so only those whose hash occurs more than once are grouped.
    """
    keys = ", ".join(kind.key_columns)
    if not has_repetitions(kind, rows):
        return Sql(f"SELECT {keys}, attributes FROM {rows} ORDER BY {keys}")
    columns = ", ".join(["bundle", "id", *_united_arguments(kind), "attributes"])
    return Sql(
        f"""
        WITH repeated AS MATERIALIZED ({_repeated_hashes(kind, rows)}),
        statements AS (SELECT *, {_key_hash(kind)} AS key_hash FROM {rows}),
        united AS (
            SELECT {columns}
            FROM statements SEMI JOIN repeated USING (key_hash)
            WINDOW same_element AS (PARTITION BY bundle, id)
        )
        SELECT {keys}, attributes FROM statements ANTI JOIN repeated USING (key_hash)
        UNION ALL
        SELECT {keys}, list_sort(list_distinct(flatten(list(attributes)))) AS attributes
        FROM united
        GROUP BY {keys}
        ORDER BY {keys}
        """
    )


def _united_arguments(kind: Kind) -> list[str]:
    """Return the formal arguments; those of an element are the one value that its statements give."""
    if not kind.element:
        return list(kind.argument_columns)
    return [
        f"CASE WHEN min({column}) OVER same_element = max({column}) OVER same_element "
        f"THEN max({column}) OVER same_element ELSE {column} END AS {column}"
        for column in kind.argument_columns
    ]


def _repeated_hashes(kind: Kind, rows: Sql) -> Sql:
    key_hash = _key_hash(kind)
    return Sql(f"SELECT {key_hash} AS key_hash FROM {rows} GROUP BY key_hash HAVING count(*) > 1")


def _key_hash(kind: Kind) -> Sql:
    """Return the hash of the columns that make two statements of ``kind`` the same."""
    columns = ("bundle", "id") if kind.element else kind.key_columns
    return Sql(f"hash({', '.join(columns)})")
