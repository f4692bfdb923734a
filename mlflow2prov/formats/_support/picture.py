"""What pictures show of a graph: the title and type of its elements, and its relations as arrows.

Every picture takes the two queries of this module, one for each kind of statement, and writes the rows in its own
syntax. An arrow goes from effect to cause. A relation that has another argument besides these two has a third end.
"""

from __future__ import annotations

from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.prov.kinds import ArgumentType, Kind

MAX_TITLE_LENGTH = 40
MAX_VALUE_LENGTH = 20

THIRD_ARGUMENTS = {
    "wasAssociatedWith": "plan",
    "wasStartedBy": "starter",
    "wasEndedBy": "ender",
    "actedOnBehalfOf": "activity",
    "mentionOf": "bundle",
}
"""The formal argument of a relation, besides effect and cause, that a picture shows too.

The activity of a derivation has arrows of its own, so the derivation does not show it.
"""

IS_VISIBLE = "'[^\\s\\x00-\\x1F\\x7F]'"
"""A regular expression for text with a visible character, as an SQL string."""


def elements(rows: Sql) -> Sql:
    """Return the query for the elements in ``rows``, with the columns ``id``, ``title`` and ``type``.

    The title is the label and, if there is one, the value; without a visible label, it is the identifier. The type is
    the first that is not PROV's own, or NULL.
    """
    label_and_value = f"concat({_shortened(Sql('label'), MAX_TITLE_LENGTH)}, value)"
    return Sql(
        f"""
        WITH elements AS (
            SELECT
                id,
                coalesce(
                    {first_value("prov:label")}, {first_value("name")}, {first_value("title")}
                ) AS label,
                ' = ' || {_shortened(first_value("value"), MAX_VALUE_LENGTH)} AS value,
                {first_value("prov:type", "NOT starts_with(attribute.value, 'prov:')")} AS type
            FROM ({rows})
        )
        SELECT
            id,
            CASE
                WHEN regexp_matches(label, {IS_VISIBLE}) THEN {label_and_value}
                ELSE {_shortened(Sql("id"), MAX_TITLE_LENGTH)}
            END AS title,
            CASE WHEN regexp_matches(type, {IS_VISIBLE}) THEN type END AS type
        FROM elements
        """
    )


def arrows(kind: Kind, rows: Sql) -> Sql:
    """Return the query for the arrows of the relations in ``rows``.

    The columns are ``effect`` and ``cause``, by identifier; ``third``, the value of the kind's third argument, or NULL;
    ``roles``, or NULL without any; and ``is_inferred``. A relation without a cause has no arrow.
    """
    references = [argument for argument in kind.arguments if argument.type is not ArgumentType.TIME]
    effect, *causes = (identifier(argument.column) for argument in references)
    third_argument = THIRD_ARGUMENTS.get(kind.name)
    third = identifier(kind.column(third_argument)) if third_argument else "NULL::VARCHAR"
    return Sql(
        f"""
        SELECT
            {effect} AS effect,
            -- The first cause with a value: a start can have a starter only.
            coalesce({", ".join(causes)}) AS cause,
            CASE WHEN {causes[0]} IS NOT NULL THEN {third} END AS third,
            nullif(array_to_string(
                list_transform(
                    list_filter(attributes, lambda attribute: attribute.key = 'prov:role'),
                    lambda attribute: attribute.value
                ),
                ', '
            ), '') AS roles,
            {first_value("inferred")} IS NOT NULL AS is_inferred
        FROM ({rows})
        WHERE coalesce({", ".join(causes)}) IS NOT NULL
        """
    )


def first_value(key: str, condition: str = "true") -> Sql:
    """Return the first value of a key whose attribute meets the condition."""
    return Sql(
        "list_filter(attributes, "
        f"lambda attribute: attribute.key = {literal(key)} AND {condition})[1].value"
    )


def _shortened(text: Sql, max_length: int) -> Sql:
    """Return a text of at most ``max_length`` characters."""
    beginning = f"concat(left({text}, {max_length - 1}), '\u2026')"
    return Sql(f"CASE WHEN length({text}) > {max_length} THEN {beginning} ELSE {text} END")
