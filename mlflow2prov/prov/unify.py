"""Unification: statements that are the same become one (PROV-CONSTRAINTS section 6.1, key constraints).

Two relations are the same when bundle, identifier and formal arguments are the same; two elements are
the same when bundle and identifier are. Times and attributes are compared by their values, whatever their spelling
(:mod:`mlflow2prov.prov.values`). The unified statement has the attributes of all. One statement
about an activity may give its start or end, and another leave it out; if they contradict each other,
both stay, and validation reports them.
"""

from collections.abc import Sequence

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.prov.values import argument_value, attributes_value


def unify(document: Document) -> None:
    """Unify ``document`` in place and sort it into canonical order."""
    if document.tables.is_unified:
        return
    kinds = [kind for kind in document.tables.kinds() if not _is_unified(document, kind)]
    document.tables.unify(kinds, unified_rows)


def _is_unified(document: Document, kind: Kind) -> bool:
    """Return whether the statements of a kind are in canonical order, and no two of them may be the same."""
    rows = document.tables.of(kind)
    if document.tables.is_in_order(kind):
        return not has_repetitions(kind, rows)
    return _has_ascending_names(kind, rows)


def _has_ascending_names(kind: Kind, rows: Sql) -> bool:
    """Return whether the names of each statement follow those of the one before it, and are not the same.

    The rows of a file, or a part of a unified document, need not be sorted then: times come last in the order.
    """
    names = ["bundle", "id", *(() if kind.element else kind.name_columns[2:])]
    previous = ", ".join(f"lag({name}) OVER () AS previous_{name}" for name in names)
    is_ascending = (
        f"row({', '.join(f'previous_{name}' for name in names)}) < row({', '.join(names)})"
    )
    query = f"""
        WITH neighbors AS (SELECT {", ".join(names)}, {previous} FROM {rows})
        SELECT 1 FROM neighbors WHERE previous_bundle IS NOT NULL AND NOT ({is_ascending}) LIMIT 1
        """
    return not engine.rows(query)


def has_repetitions(kind: Kind, rows: Sql) -> bool:
    """Return whether two of the statements of ``kind`` in ``rows`` may be the same."""
    return _has_repetitions(kind, rows, _argument_values(kind, rows))


def _has_repetitions(kind: Kind, rows: Sql, values: Sequence[Sql]) -> bool:
    return bool(engine.rows(f"{_repeated_hashes(kind, rows, values)} LIMIT 1"))


def unified_rows(kind: Kind, rows: Sql) -> Sql:
    """Return the query that unifies and sorts the statements of ``kind`` in the table ``rows``."""
    keys = ", ".join(kind.key_columns)
    values = _argument_values(kind, rows)
    if not _has_repetitions(kind, rows, values):
        return Sql(f"SELECT {keys}, attributes FROM {rows} ORDER BY {keys}")
    return united_rows(kind, rows, values)


def united_rows(kind: Kind, rows: Sql, values: Sequence[Sql] | None = None) -> Sql:
    """Return the query that unifies and sorts statements, whatever is known about them.

    Few statements are repeated, so only those whose hash occurs more than once are grouped.

    Args:
        kind: the kind of the statements.
        rows: their table.
        values: the expressions for the values of the formal arguments, by default for any spelling of times.
    """
    keys = ", ".join(kind.key_columns)
    if values is None:
        values = [argument_value(argument) for argument in kind.arguments]
    united_arguments = ", ".join(["bundle", "id", *_united_arguments(kind, values), "attributes"])
    first_spellings = ", ".join(
        f"min({argument.column}) AS {argument.column}" for argument in kind.arguments
    )
    return Sql(
        f"""
        WITH repeated AS MATERIALIZED ({_repeated_hashes(kind, rows, values)}),
        statements AS (SELECT *, {_key_hash(kind, values)} AS key_hash FROM {rows}),
        united AS (
            SELECT {united_arguments}
            FROM statements SEMI JOIN repeated USING (key_hash)
            WINDOW same_element AS (PARTITION BY bundle, id)
        ),
        grouped AS (
            SELECT bundle, id, {first_spellings}{", " if first_spellings else ""}
                list_sort(list_distinct(flatten(list(attributes)))) AS attributes
            FROM united
            GROUP BY {", ".join(["bundle", "id", *values])}
        ),
        valued AS (
            SELECT *,
                CASE WHEN {_HAVE_REPEATED_KEYS} THEN {attributes_value("attributes")} END AS attribute_values
            FROM grouped
        )
        SELECT {keys}, attributes FROM statements ANTI JOIN repeated USING (key_hash)
        UNION ALL
        SELECT {keys}, {_FIRST_SPELLINGS} AS attributes FROM valued
        ORDER BY {keys}
        """
    )


_HAVE_REPEATED_KEYS = Sql(
    "len(list_distinct(list_transform(attributes, lambda attribute: attribute.key))) < len(attributes)"
)
"""Whether two attributes may have the same value, which is seldom and takes longer to find out."""

_FIRST_SPELLINGS = Sql(
    """
    CASE
        WHEN len(list_distinct(attribute_values)) < len(attributes) THEN list_filter(
            attributes,
            lambda attribute, place: list_position(attribute_values, attribute_values[place]) = place
        )
        ELSE attributes
    END
    """
)
"""The attributes with different values: of several spellings of one value, the first in alphabetical order."""


def comparable_rows(kind: Kind, rows: Sql) -> Sql:
    """Return the query for the statements in the query ``rows`` with the values of their times and attributes."""
    arguments = "".join(
        f", {argument_value(argument)} AS {argument.column}" for argument in kind.arguments
    )
    return Sql(
        f"""
        SELECT bundle, id{arguments}, list_sort(list_distinct({attributes_value("attributes")})) AS attributes
        FROM ({rows})
        """
    )


def _argument_values(kind: Kind, rows: Sql) -> list[Sql]:
    """Return the expressions for the values of the formal arguments.

    They are the columns themselves if all times are spelled like their values, as those of extracted documents are.
    """
    columns = [Sql(argument.column) for argument in kind.arguments]
    values = [argument_value(argument) for argument in kind.arguments]
    differences = [
        f"{column} <> {value}"
        for column, value in zip(columns, values, strict=True)
        if column != value
    ]
    if not differences:
        return columns
    query = f"SELECT 1 FROM {rows} WHERE {' OR '.join(differences)} LIMIT 1"
    return values if engine.rows(query) else columns


def _united_arguments(kind: Kind, values: Sequence[Sql]) -> list[str]:
    """Return the formal arguments; those of an element are the one value that its statements give."""
    if not kind.element:
        return list(kind.argument_columns)
    return [
        f"CASE WHEN min({value}) OVER same_element = max({value}) OVER same_element "
        f"THEN min({column}) OVER same_element ELSE {column} END AS {column}"
        for column, value in zip(kind.argument_columns, values, strict=True)
    ]


def _repeated_hashes(kind: Kind, rows: Sql, values: Sequence[Sql]) -> Sql:
    key_hash = _key_hash(kind, values)
    return Sql(f"SELECT {key_hash} AS key_hash FROM {rows} GROUP BY key_hash HAVING count(*) > 1")


def _key_hash(kind: Kind, values: Sequence[Sql]) -> Sql:
    """Return the hash of the columns that make two statements of ``kind`` the same."""
    return Sql(f"hash({', '.join(['bundle', 'id', *(() if kind.element else values)])})")
