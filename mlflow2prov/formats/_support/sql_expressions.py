"""SQL expressions that several writers share: names, JSON strings, and the attributes of a statement.

Arguments and results are SQL. Expressions for one attribute refer to it as ``attribute``, the variable of the lambda
in :func:`join_attributes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support.escapes import PLAIN_NAME, escape_name
from mlflow2prov.prov.attributes import QUALIFIED_NAME

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

MAX_FREQUENT_NAMES = 200
"""How many pairs of key and datatype :func:`frequent_names` returns. Each becomes a branch of a CASE."""

MIN_OCCURRENCES = 1000
"""How often a name occurs that is worth a branch, which takes longer to plan than some names take to spell."""

ATTRIBUTE_KEY = Sql("attribute.key")
ATTRIBUTE_VALUE = Sql("attribute.value")
ATTRIBUTE_TYPE = Sql("attribute.type")
ATTRIBUTE_LANGUAGE = Sql("attribute.lang")
IS_NAME = Sql(f"attribute.type = {literal(QUALIFIED_NAME)}")
"""Whether the value of an attribute is a qualified name; NULL for an attribute without a datatype."""


class FrequentNames(NamedTuple):
    """The keys and datatypes of many attributes of a document, which are worth spelling once, before the query."""

    keys: list[str]
    types: list[str]


def frequent_names(document: Document) -> FrequentNames:
    """Return the most frequent keys and datatypes of a document's attributes, in alphabetical order.

    A small document has none.
    """
    pairs = engine.rows(
        f"""
        WITH attributes AS (
            SELECT unnest(attributes) AS attribute
            FROM {document.tables.union()}
        )
        SELECT attribute.key, attribute.type
        FROM attributes
        GROUP BY ALL
        HAVING count(*) >= {MIN_OCCURRENCES}
        ORDER BY count(*) DESC
        LIMIT {MAX_FREQUENT_NAMES}
        """
    )
    types = {datatype for _, datatype in pairs if datatype not in (None, QUALIFIED_NAME)}
    return FrequentNames(sorted({key for key, _ in pairs}), sorted(types))


def escaped_name(name: Sql, escape: Callable[[str], str], frequent: Iterable[str] = ()) -> Sql:
    """Return the qualified name ``name`` with its local part escaped; NULL stays NULL.

    Args:
        name: the column of the name.
        escape: a function of :mod:`mlflow2prov.formats._support.escapes`.
        frequent: names that are escaped once, before the query.
    """
    # DuckDB knows the function by the name of `escape`, so it is created once for each format.
    function = engine.function(escape.__name__, lambda text: escape_name(text, escape))
    default = Sql(f"CASE WHEN {is_plain_name(name)} THEN {name} ELSE {function}({name}) END")
    return replaced(name, {text: escape_name(text, escape) for text in frequent}, default)


def is_plain_name(name: Sql) -> Sql:
    """Return whether no format escapes the qualified name ``name``."""
    return Sql(
        f"regexp_full_match({name}, '({PLAIN_NAME}:)?{PLAIN_NAME}') AND NOT contains({name}, '_x')"
    )


def replaced(value: Sql, replacements: Mapping[str, str], default: Sql) -> Sql:
    """Return the replacement of ``value``, or ``default`` for a value without one."""
    if not replacements:
        return default
    branches = " ".join(
        f"WHEN {literal(text)} THEN {literal(replacement)}"
        for text, replacement in replacements.items()
    )
    return Sql(f"CASE {value} {branches} ELSE {default} END")


def json_string(value: Sql) -> Sql:
    """Return the text ``value`` as a JSON string; NULL stays NULL."""
    return Sql(f"to_json({value})::VARCHAR")


def has_no_json_escapes(value: Sql) -> Sql:
    """Return whether ``value`` as a JSON string is the same text in quotes. DuckDB tests this fastest."""
    return Sql(f"strlen(to_json({value})) = strlen({value}) + 2")


def join_attributes(expression: Sql, separator: str) -> Sql:
    """Return the values of ``expression`` for all attributes of a statement as one text."""
    return Sql(
        f"array_to_string(list_transform(attributes, lambda attribute: {expression}), {literal(separator)})"
    )
