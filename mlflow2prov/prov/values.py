"""The values of times and attributes, in SQL: what two spellings of one value have in common.

A document keeps the lexical form and the datatype that a file declares, such as ``"007"^^xsd:int``. Unification,
equality and difference compare values: ``007`` and ``7`` are one ``xsd:int``, and 12:00+01:00 is the time 11:00Z.
Values of two datatypes are never the same.

Each function returns the expression for a text that equal values share (XSD 1.1 part 2, sections 2.2 and 3.3). It is
the lexical form itself if that is not one of its datatype.
"""

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov.attributes import (
    INTEGER_TYPES,
    XSD_BOOLEAN,
    XSD_DATETIME,
    XSD_DECIMAL,
    XSD_DOUBLE,
    XSD_FLOAT,
)
from mlflow2prov.prov.kinds import Argument, ArgumentType

_DATE_TIME = (
    r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_DOUBLE = r"[+-]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|INF)|NaN"
_SPACE = r"' \t\n\r'"


def time_value(time: str) -> Sql:
    """Return the value of ``time``: its instant in UTC, or the time itself if it has no time zone.

    A time in UTC with a fraction of six digits or none, like that of an extracted document, is its own value.
    """
    local = f"TRY_CAST(regexp_extract({time}, '^-?[0-9]+-[0-9]{{2}}-[0-9]{{2}}T[0-9:]{{8}}') AS TIMESTAMP)"
    fraction = f"rtrim(regexp_extract({time}, '[.]([0-9]+)', 1), '0')"
    zone = f"regexp_extract({time}, '(Z|[+-][0-9]{{2}}:[0-9]{{2}})$')"
    minutes = (
        f"coalesce(TRY_CAST(substr({zone}, 2, 2) AS BIGINT) * 60 + TRY_CAST(right({zone}, 2) AS BIGINT), 0)"
        f" * CASE WHEN starts_with({zone}, '-') THEN -1 ELSE 1 END"
    )
    return Sql(
        f"""
        CASE
            WHEN ends_with({time}, '+00:00')
                AND (strlen({time}) = 25 OR (strlen({time}) = 32 AND NOT contains({time}, '.000000+')))
                AND substr({time}, 12, 2) <> '24'
                THEN {time}
            WHEN regexp_full_match({time}, {literal(_DATE_TIME)})
                THEN coalesce(
                    TRY(strftime({local} - to_minutes({minutes}), '%Y-%m-%dT%H:%M:%S'))
                        || CASE WHEN {fraction} = '' THEN ''
                            ELSE '.' || rpad({fraction}, greatest(strlen({fraction}), 6)::INTEGER, '0') END
                        || CASE WHEN {zone} = '' THEN '' ELSE '+00:00' END,
                    {time}
                )
            ELSE {time}
        END
        """
    )


def argument_value(argument: Argument) -> Sql:
    """Return the value of a formal argument, which differs from its column for times."""
    is_time = argument.type is ArgumentType.TIME
    return time_value(argument.column) if is_time else Sql(argument.column)


def attribute_value(value: str, datatype: str) -> Sql:
    """Return the value of an attribute with the lexical form ``value`` and the type ``datatype``, both SQL."""
    text = f"trim({value}, E{_SPACE})"
    unsigned = f"ltrim({text}, '+-')"
    sign = f"CASE WHEN starts_with({text}, '-') THEN '-' END"
    integer = f"ltrim({unsigned}, '0')"
    whole = f"ltrim(split_part({unsigned}, '.', 1), '0')"
    fraction = f"rtrim(split_part({unsigned}, '.', 2), '0')"
    integers = ", ".join(map(literal, INTEGER_TYPES))
    return Sql(
        f"""
        CASE
            WHEN {datatype} IS NULL OR NOT starts_with({datatype}, 'xsd:') THEN {value}
            WHEN {datatype} IN ({integers}) AND regexp_full_match({text}, '[+-]?[0-9]+')
                THEN CASE WHEN {integer} = '' THEN '0' ELSE concat({sign}, {integer}) END
            WHEN {datatype} = {literal(XSD_DECIMAL)} AND regexp_full_match({text}, {literal(_DECIMAL)})
                THEN CASE WHEN {whole} = '' AND {fraction} = '' THEN '0'
                    ELSE concat({sign}, {whole}, '.', {fraction}) END
            WHEN {datatype} = {literal(XSD_DOUBLE)} AND regexp_full_match({text}, {literal(_DOUBLE)})
                THEN (TRY_CAST({text} AS DOUBLE) + 0.0)::VARCHAR
            WHEN {datatype} = {literal(XSD_FLOAT)} AND regexp_full_match({text}, {literal(_DOUBLE)})
                THEN (TRY_CAST({text} AS FLOAT) + 0.0::FLOAT)::VARCHAR
            WHEN {datatype} = {literal(XSD_BOOLEAN)}
                THEN CASE WHEN lower({text}) IN ('true', '1') THEN 'true'
                    WHEN lower({text}) IN ('false', '0') THEN 'false' ELSE {value} END
            WHEN {datatype} = {literal(XSD_DATETIME)} THEN {time_value(text)}
            ELSE {value}
        END
        """
    )


def attributes_value(attributes: str) -> Sql:
    """Return a list with the value of each attribute in the list ``attributes``, in the same order.

    Language tags are equal in any case (BCP 47, section 2.1.1).
    """
    value = attribute_value("attribute.value", "attribute.type")
    return Sql(
        f"""
        list_transform(
            {attributes},
            lambda attribute: {{
                'key': attribute.key,
                'value': {value},
                'type': attribute.type,
                'lang': lower(attribute.lang)
            }}
        )
        """
    )
