"""Conversion of attributes to plain properties of database records, and back without loss.

    prov:type  'Run' (a qualified name)  ->  {"prov:type": "Run", "accuracy": 0.9, "tags": ["a", "b"]}

Keys are those of PROV-JSON, numbers are numbers, and several values are a list. A *native* value can be read
back from its property. For a non-native one (with a language, another datatype or another spelling of a
number), all attributes of the key are stored beside the property too. SQL makes the properties of whole
columns; Python reads them, record after record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov.attributes import (
    QUALIFIED_NAME,
    XSD_BOOLEAN,
    XSD_DATETIME,
    XSD_DOUBLE,
    XSD_INT,
    XSD_LONG,
    AttributeTuple,
    integer_type,
    number_text,
)
from mlflow2prov.prov.kinds import KINDS, Argument, ArgumentType, Kind

NAME_VALUED_KEYS = ("prov:type", "prov:role")
"""The keys whose native values are qualified names, as in extracted documents."""

ID, BUNDLE = "prov:id", "prov:inBundle"
FORMAL_KEYS = frozenset(f"prov:{argument.name}" for kind in KINDS for argument in kind.arguments)

# An xsd:dateTime in normal form that a database can store as a time.
_TIME = (
    r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{6})?"
    r"(?:[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
)
_TIME_PATTERN = re.compile(_TIME)
# The regular expressions of DuckDB have no look-ahead.
_TIME_SQL = literal(_TIME.replace("(?!0000)", ""))


@dataclass(frozen=True)
class PropertyDialect:
    """The properties that the records of a database can have.

    Attributes:
        is_valid_key: the SQL condition that a key ``{}`` can be the name of a property.
        reserved: the keys that have another meaning.
        is_time_key: the SQL condition that the values of a key ``{}`` can be times; None if times are texts.
    """

    is_valid_key: str
    reserved: frozenset[str]
    is_time_key: str | None = None


def with_properties(rows: Sql, kind: Kind, dialect: PropertyDialect) -> Sql:
    """Return the query for ``rows`` with three more columns.

    ``properties`` has the members of a JSON object, without braces: the formal arguments, without the first
    two of a relation, then the attributes. ``non_native`` is a JSON array of the non-native attributes, or
    NULL. ``times`` lists the members that are times: ``{key, is_local, is_list}``.
    """
    form = _form("a", dialect)
    with_form = (
        "list_transform(attributes, lambda a: {'key': a.key, 'value': a.value, 'type': a.type, "
        f"'lang': a.lang, 'form': {form}}})"
    )
    keys = "list_distinct(list_transform(with_form, lambda f: f.key))"
    of_key = "list_filter(with_form, lambda f: f.key = k)"
    forms = f"list_distinct(list_transform({of_key}, lambda f: f.form))"
    non_native_keys = (
        "CASE WHEN is_simple "
        "THEN list_transform(list_filter(with_form, lambda f: f.form = 'non-native'), lambda f: f.key) "
        f"ELSE list_filter(keys, lambda k: len({forms}) > 1 OR list_contains({forms}, 'non-native')) END"
    )
    is_property_key = _is_property_key("f.key", dialect)
    members = (
        f"CASE WHEN is_simple THEN list_transform(list_filter(with_form, lambda f: {is_property_key}), "
        f"lambda f: to_json(f.key)::VARCHAR || ':' || {_value('f')}) "
        f"ELSE list_transform(list_filter(keys, lambda k: {_is_property_key('k', dialect)}), "
        f"lambda k: to_json(k)::VARCHAR || ':' || {_values(of_key)}) END"
    )
    times = (
        "list_transform(list_filter(keys, lambda k: NOT list_contains(non_native_keys, k) AND "
        f"len(list_filter(with_form, lambda f: f.key = k AND f.form IN ('time', 'local'))) > 0), "
        f"lambda k: {{'key': k, 'is_local': {of_key}[1].form = 'local', 'is_list': len({of_key}) > 1}})"
    )
    attribute = "{'key': f.key, 'value': f.value, 'type': f.type, 'lang': f.lang}"
    non_native = (
        "CASE WHEN len(non_native_keys) > 0 THEN to_json(list_transform(list_filter(with_form, "
        f"lambda f: list_contains(non_native_keys, f.key)), lambda f: {attribute}))::VARCHAR END"
    )
    arguments = kind.arguments if kind.element else kind.arguments[2:]
    argument_times = [
        _argument_time(argument) for argument in arguments if argument.type is ArgumentType.TIME
    ]
    if argument_times:
        times = f"list_concat(list_filter([{', '.join(argument_times)}], lambda t: t IS NOT NULL), {times})"
    formal = [
        f"CASE WHEN {argument.column} IS NOT NULL THEN "
        f"'\"prov:{argument.name}\":' || to_json({argument.column})::VARCHAR END"
        for argument in arguments
    ]
    properties = ", ".join(
        [*formal, "CASE WHEN len(members) > 0 THEN array_to_string(members, ',') END"]
    )
    return Sql(
        f"""
        WITH with_forms AS (
            SELECT *, {with_form} AS with_form FROM {rows}
        ),
        with_keys AS (
            SELECT *, {keys} AS keys, len({keys}) = len(with_form) AS is_simple FROM with_forms
        ),
        with_non_native_keys AS (
            SELECT *, {non_native_keys} AS non_native_keys FROM with_keys
        ),
        with_members AS (
            SELECT
                *,
                {members} AS members,
                {non_native} AS non_native,
                {times if dialect.is_time_key else "[]"} AS times
            FROM with_non_native_keys
        )
        SELECT * EXCLUDE (with_form, keys, is_simple, non_native_keys, members),
            concat_ws(',', {properties}) AS properties
        FROM with_members
        """
    )


def _argument_time(argument: Argument) -> str:
    """Return the SQL for the entry of a formal argument in ``times``, NULL if it is not a native time."""
    column = argument.column
    return (
        f"CASE WHEN {_is_time(column)} THEN {{'key': {literal(f'prov:{argument.name}')}, "
        f"'is_local': {_is_local(column)}, 'is_list': false}} END"
    )


def _is_property_key(key: str, dialect: PropertyDialect) -> str:
    reserved = ", ".join(map(literal, sorted(dialect.reserved)))
    return f"({key} NOT IN ({reserved}) AND {dialect.is_valid_key.format(key)})"


def _is_time(value: str) -> str:
    """Return the SQL condition for a native time: its spelling is restored, and its year exists in every time zone."""
    return (
        f"coalesce(regexp_full_match({value}, {_TIME_SQL}) AND left({value}, 4) BETWEEN '0002' AND '9998' "
        f"AND TRY_CAST(left({value}, 19) AS TIMESTAMP) IS NOT NULL AND substr({value}, 12, 2) < '24' "
        f"AND substr({value}, 20, 7) <> '.000000' AND right({value}, 6) <> '-00:00' "
        f"AND right({value}, 6) NOT BETWEEN '+14:01' AND '+14:59' "
        f"AND right({value}, 6) NOT BETWEEN '-14:01' AND '-14:59', false)"
    )


def _is_local(value: str) -> str:
    return f"NOT regexp_matches({value}, '[+-][0-9]{{2}}:[0-9]{{2}}$')"


def _form(a: str, dialect: PropertyDialect) -> str:
    """Return the SQL for the form of the attribute ``a`` as a property, ``non-native`` if it cannot be restored."""
    value = f"{a}.value"
    name_valued_keys = ", ".join(map(literal, NAME_VALUED_KEYS))
    integer = f"TRY_CAST({value} AS BIGINT)"
    is_int = f"{integer} BETWEEN -2147483648 AND 2147483647"
    double = f"TRY_CAST({value} AS DOUBLE)"
    looks_like_time = f"regexp_full_match({value}, {_TIME_SQL})"
    plain = (
        "'text'"
        if dialect.is_time_key
        else f"CASE WHEN {looks_like_time} THEN 'non-native' ELSE 'text' END"
    )
    time = "'text'"
    if dialect.is_time_key:
        is_time_key = dialect.is_time_key.format(f"{a}.key")
        time = f"CASE WHEN NOT {is_time_key} THEN 'non-native' WHEN {_is_local(value)} THEN 'local' ELSE 'time' END"
    return f"""CASE
        WHEN NOT {_is_property_key(f"{a}.key", dialect)} OR {a}.lang IS NOT NULL THEN 'non-native'
        WHEN {a}.key IN ({name_valued_keys}) THEN
            CASE WHEN {a}.type = {literal(QUALIFIED_NAME)} THEN 'text' ELSE 'non-native' END
        WHEN {a}.type IS NULL THEN {plain}
        WHEN {a}.type IN ('{XSD_INT}', '{XSD_LONG}') THEN
            CASE WHEN regexp_full_match({value}, '0|-?[1-9][0-9]{{0,18}}') AND {integer} IS NOT NULL
            AND ({a}.type = '{XSD_INT}') = ({is_int}) THEN 'integer' ELSE 'non-native' END
        WHEN {a}.type = '{XSD_DOUBLE}' THEN
            CASE WHEN regexp_full_match({value}, '-?(0|[1-9][0-9]{{0,14}})[.][0-9]{{1,17}}')
            AND {double}::VARCHAR = {value} AND (abs({double}) >= 0.0001 OR {value} = '0.0')
            THEN 'number' ELSE 'non-native' END
        WHEN {a}.type = '{XSD_BOOLEAN}' THEN
            CASE WHEN {value} IN ('true', 'false') THEN 'truth' ELSE 'non-native' END
        WHEN {a}.type = '{XSD_DATETIME}' THEN
            CASE WHEN {_is_time(value)} THEN {time} ELSE 'non-native' END
        ELSE 'non-native' END"""


def _value(f: str) -> str:
    """Return the SQL for a value in JSON; a double of any spelling is a number."""
    double = f"TRY_CAST({f}.value AS DOUBLE)"
    return (
        f"CASE WHEN {f}.form IN ('integer', 'number', 'truth') THEN {f}.value "
        f"WHEN {f}.type = '{XSD_DOUBLE}' AND isfinite({double}) THEN {double}::VARCHAR "
        f"ELSE to_json({f}.value)::VARCHAR END"
    )


def _values(attributes: str) -> str:
    """Return the SQL for the values of a key; values of several forms are texts, because lists have one type."""
    has_one_form = f"len(list_distinct(list_transform({attributes}, lambda f: f.form))) = 1"
    return (
        f"CASE WHEN len({attributes}) = 1 THEN {_value(f'{attributes}[1]')} "
        f"WHEN {has_one_form} AND {attributes}[1].form IN ('integer', 'number', 'truth') "
        f"THEN '[' || array_to_string(list_transform({attributes}, lambda f: f.value), ',') || ']' "
        f"ELSE '[' || array_to_string(list_transform({attributes}, lambda f: to_json(f.value)::VARCHAR), ',') "
        "|| ']' END"
    )


def attributes(
    properties: Mapping[str, Any],
    non_native: Collection[Mapping[str, Any]],
    dialect: PropertyDialect,
) -> Iterator[AttributeTuple]:
    """Yield the attributes of a record.

    Args:
        properties: the properties of the record.
        non_native: its non-native attributes.
        dialect: the dialect of the database.

    Raises:
        ValueError: a property has a value that is not one of PROV.
    """
    non_native_keys = {attribute["key"] for attribute in non_native}
    for key, value in properties.items():
        if key in dialect.reserved or key in non_native_keys:
            continue
        for item in value if isinstance(value, list) else (value,):
            yield key, *_lexical_value(key, item, dialect), None
    for attribute in non_native:
        yield attribute["key"], attribute["value"], attribute.get("type"), attribute.get("lang")


def time_text(value: Any) -> str:
    """Return a time in normal form, from a text or from a time of a driver."""
    if isinstance(value, str):
        return value
    native = value.to_native() if hasattr(value, "to_native") else value
    return str(native.isoformat())


def _lexical_value(key: str, value: Any, dialect: PropertyDialect) -> tuple[str, str | None]:
    """Return the lexical value and the datatype of the value of a property."""
    if isinstance(value, str):
        if key in NAME_VALUED_KEYS:
            return value, QUALIFIED_NAME
        is_time = dialect.is_time_key is None and _TIME_PATTERN.fullmatch(value)
        return value, XSD_DATETIME if is_time else None
    if isinstance(value, bool):
        return str(value).lower(), XSD_BOOLEAN
    if isinstance(value, int):
        return str(value), integer_type(value)
    if isinstance(value, float):
        return number_text(value), XSD_DOUBLE
    if hasattr(value, "isoformat") or hasattr(value, "to_native"):
        return time_text(value), XSD_DATETIME
    raise ValueError(f"the value of {key[:80]!r} is not one of PROV: {type(value).__name__}")
