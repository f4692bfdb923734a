"""Attributes as the plain properties of a database's records, and back, losing nothing.

    prov:type  'Run' (a qualified name)  ->  {"prov:type": "Run", "accuracy": 0.9, "tags": ["a", "b"]}

Keys are PROV-JSON's, numbers are numbers, several values are a list. What a plain value does not tell back (a
language, a datatype of another kind, a number in another spelling) stands beside it, as the list of all literals of
that key. SQL makes the properties, of whole columns; Python reads them, one record after the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow2prov.engine import literal
from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.attributes import AttributeTuple
from mlflow2prov.prov.kinds import KINDS, Argument, ArgumentType, Kind

NAMED = ("prov:type", "prov:role")
"""Keys whose plain values are qualified names, as in all that is extracted."""

ID, BUNDLE = "prov:id", "prov:inBundle"
FORMAL = frozenset(f"prov:{argument.name}" for kind in KINDS for argument in kind.arguments)

# An xsd:dateTime as Documents write it, which a calendar has.
_TIME = (
    r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]{6})?"
    r"(?:[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
)
_LOOKS_LIKE_TIME = re.compile(_TIME)
# DuckDB's expressions have no look-ahead.
_TIME_SQL = literal(_TIME.replace("(?!0000)", ""))


@dataclass(frozen=True)
class Database:
    """What kind of properties a database's records have."""

    fits: str
    """The SQL condition for a key ``{}`` that can be a property's name."""
    reserved: frozenset[str]
    """Keys that mean something else there."""
    times: str | None = None
    """The SQL condition for a key ``{}`` whose values may be times, None where a time is a text that looks like one."""


def with_properties(rows: str, kind: Kind, database: Database) -> str:
    """Return the SQL query for ``rows`` with what they are as records.

    Three columns are added: ``properties`` (the members of a JSON object, without its braces: the formal arguments
    after the second of a relation, then the attributes), ``odd`` (what properties do not tell back: a JSON array of
    literals, or NULL) and ``times`` (which of the members are times: ``{key, is_local, is_list}``).
    """
    form = _form("a", database)
    formed = (
        "list_transform(attributes, lambda a: {'key': a.key, 'value': a.value, 'type': a.type, "
        f"'lang': a.lang, 'form': {form}}})"
    )
    keys = "list_distinct(list_transform(formed, lambda f: f.key))"
    of_key = "list_filter(formed, lambda f: f.key = k)"
    forms = f"list_distinct(list_transform({of_key}, lambda f: f.form))"
    odd_keys = (
        "CASE WHEN is_simple THEN list_transform(list_filter(formed, lambda f: f.form = 'odd'), lambda f: f.key) "
        f"ELSE list_filter(keys, lambda k: len({forms}) > 1 OR list_contains({forms}, 'odd')) END"
    )
    fits = _fits("f.key", database)
    members = (
        f"CASE WHEN is_simple THEN list_transform(list_filter(formed, lambda f: {fits}), "
        f"lambda f: to_json(f.key)::VARCHAR || ':' || {_value('f')}) "
        f"ELSE list_transform(list_filter(keys, lambda k: {_fits('k', database)}), "
        f"lambda k: to_json(k)::VARCHAR || ':' || {_values(of_key)}) END"
    )
    times = (
        "list_transform(list_filter(keys, lambda k: NOT list_contains(odd_keys, k) AND "
        f"len(list_filter(formed, lambda f: f.key = k AND f.form IN ('time', 'local'))) > 0), "
        f"lambda k: {{'key': k, 'is_local': {of_key}[1].form = 'local', 'is_list': len({of_key}) > 1}})"
    )
    literal = "{'key': f.key, 'value': f.value, 'type': f.type, 'lang': f.lang}"
    odd = (
        "CASE WHEN len(odd_keys) > 0 THEN to_json(list_transform(list_filter(formed, "
        f"lambda f: list_contains(odd_keys, f.key)), lambda f: {literal}))::VARCHAR END"
    )
    arguments = kind.arguments if kind.element else kind.arguments[2:]
    timed = [_argument_time(kind, a) for a in arguments if a.type is ArgumentType.TIME]
    if timed:
        times = f"list_concat(list_filter([{', '.join(timed)}], lambda t: t IS NOT NULL), {times})"
    formal = [
        f"CASE WHEN {kind.column(a.name)} IS NOT NULL THEN "
        f"'\"prov:{a.name}\":' || to_json({kind.column(a.name)})::VARCHAR END"
        for a in arguments
    ]
    listed = ", ".join(
        [*formal, "CASE WHEN len(members) > 0 THEN array_to_string(members, ',') END"]
    )
    return f"""
        SELECT * EXCLUDE (formed, keys, is_simple, odd_keys, members),
            concat_ws(',', {listed}) AS properties
        FROM (SELECT *, {members} AS members, {odd} AS odd, {times if database.times else "[]"} AS times
        FROM (SELECT *, {odd_keys} AS odd_keys
        FROM (SELECT *, {keys} AS keys, len({keys}) = len(formed) AS is_simple
        FROM (SELECT *, {formed} AS formed FROM {rows}))))
    """


def _argument_time(kind: Kind, argument: Argument) -> str:
    """Return the SQL for what kind of time a formal argument is, NULL where it is none that can be read."""
    column = kind.column(argument.name)
    return (
        f"CASE WHEN {_is_time(column)} THEN {{'key': {literal(f'prov:{argument.name}')}, "
        f"'is_local': {_is_local(column)}, 'is_list': false}} END"
    )


def _fits(key: str, database: Database) -> str:
    reserved = ", ".join(literal(one) for one in sorted(database.reserved))
    return f"({key} NOT IN ({reserved}) AND {database.fits.format(key)})"


def _is_time(value: str) -> str:
    """Return the SQL condition for a time in the spelling that comes back, of a year that it has in every zone."""
    return (
        f"coalesce(regexp_full_match({value}, {_TIME_SQL}) AND left({value}, 4) BETWEEN '0002' AND '9998' "
        f"AND TRY_CAST(left({value}, 19) AS TIMESTAMP) IS NOT NULL AND substr({value}, 12, 2) < '24' "
        f"AND substr({value}, 20, 7) <> '.000000' AND right({value}, 6) <> '-00:00' "
        f"AND right({value}, 6) NOT BETWEEN '+14:01' AND '+14:59' "
        f"AND right({value}, 6) NOT BETWEEN '-14:01' AND '-14:59', false)"
    )


def _is_local(value: str) -> str:
    return f"NOT regexp_matches({value}, '[+-][0-9]{{2}}:[0-9]{{2}}$')"


def _form(a: str, database: Database) -> str:
    """Return the SQL for how a literal is kept; ``odd`` is what would not come back the same."""
    value = f"{a}.value"
    named = ", ".join(literal(key) for key in NAMED)
    integer = f"TRY_CAST({value} AS BIGINT)"
    is_int = f"{integer} BETWEEN -2147483648 AND 2147483647"
    double = f"TRY_CAST({value} AS DOUBLE)"
    looks = f"regexp_full_match({value}, {_TIME_SQL})"
    plain = "'text'" if database.times else f"CASE WHEN {looks} THEN 'odd' ELSE 'text' END"
    time = "'text'"
    if database.times:
        may = database.times.format(f"{a}.key")
        time = (
            f"CASE WHEN NOT {may} THEN 'odd' WHEN {_is_local(value)} THEN 'local' ELSE 'time' END"
        )
    return f"""CASE
        WHEN NOT {_fits(f"{a}.key", database)} OR {a}.lang IS NOT NULL THEN 'odd'
        WHEN {a}.key IN ({named}) THEN
            CASE WHEN {a}.type = {literal(literals.QUALIFIED_NAME)} THEN 'text' ELSE 'odd' END
        WHEN {a}.type IS NULL THEN {plain}
        WHEN {a}.type IN ('{literals.XSD_INT}', '{literals.XSD_LONG}') THEN
            CASE WHEN regexp_full_match({value}, '0|-?[1-9][0-9]{{0,18}}') AND {integer} IS NOT NULL
            AND ({a}.type = '{literals.XSD_INT}') = ({is_int}) THEN 'integer' ELSE 'odd' END
        WHEN {a}.type = '{literals.XSD_DOUBLE}' THEN
            CASE WHEN regexp_full_match({value}, '-?(0|[1-9][0-9]{{0,14}})[.][0-9]{{1,17}}')
            AND {double}::VARCHAR = {value} AND (abs({double}) >= 0.0001 OR {value} = '0.0')
            THEN 'number' ELSE 'odd' END
        WHEN {a}.type = '{literals.XSD_BOOLEAN}' THEN
            CASE WHEN {value} IN ('true', 'false') THEN 'truth' ELSE 'odd' END
        WHEN {a}.type = '{literals.XSD_DATETIME}' THEN
            CASE WHEN {_is_time(value)} THEN {time} ELSE 'odd' END
        ELSE 'odd' END"""


def _value(f: str) -> str:
    """Return the SQL for a literal's value in JSON; a double in another spelling is a number all the same."""
    double = f"TRY_CAST({f}.value AS DOUBLE)"
    return (
        f"CASE WHEN {f}.form IN ('integer', 'number', 'truth') THEN {f}.value "
        f"WHEN {f}.type = '{literals.XSD_DOUBLE}' AND isfinite({double}) THEN {double}::VARCHAR "
        f"ELSE to_json({f}.value)::VARCHAR END"
    )


def _values(found: str) -> str:
    """Return the SQL for the values of a key; those of several forms are texts, as a list has values of one."""
    is_one = f"len(list_distinct(list_transform({found}, lambda f: f.form))) = 1"
    return (
        f"CASE WHEN len({found}) = 1 THEN {_value(f'{found}[1]')} "
        f"WHEN {is_one} AND {found}[1].form IN ('integer', 'number', 'truth') "
        f"THEN '[' || array_to_string(list_transform({found}, lambda f: f.value), ',') || ']' "
        f"ELSE '[' || array_to_string(list_transform({found}, lambda f: to_json(f.value)::VARCHAR), ',') || ']' END"
    )


def attributes(
    properties: Mapping[str, Any], odd: Collection[Mapping[str, Any]], database: Database
) -> Iterator[AttributeTuple]:
    """Give the attributes that a record's properties and its odd literals are.

    Raises:
        ValueError: there is a value that no attribute has.
    """
    spelled = {literal["key"] for literal in odd}
    for key, value in properties.items():
        if key in database.reserved or key in spelled:
            continue
        for one in value if isinstance(value, list) else (value,):
            yield key, *_encoded(key, one, database), None
    for attribute in odd:
        yield attribute["key"], attribute["value"], attribute.get("type"), attribute.get("lang")


def time_text(value: Any) -> str:
    """Return a time as Documents write it, from a text or from what a driver gives for one."""
    if isinstance(value, str):
        return value
    native = value.to_native() if hasattr(value, "to_native") else value
    return str(native.isoformat())


def _encoded(key: str, value: Any, database: Database) -> tuple[str, str | None]:
    """Return the lexical value and the datatype that a property's value stands for."""
    if isinstance(value, str):
        if key in NAMED:
            return value, literals.QUALIFIED_NAME
        is_time = database.times is None and _LOOKS_LIKE_TIME.fullmatch(value)
        return value, literals.XSD_DATETIME if is_time else None
    if isinstance(value, bool):
        return str(value).lower(), literals.XSD_BOOLEAN
    if isinstance(value, int):
        return str(value), literals.integer_type(value)
    if isinstance(value, float):
        return literals.number_text(value), literals.XSD_DOUBLE
    if hasattr(value, "isoformat") or hasattr(value, "to_native"):
        return time_text(value), literals.XSD_DATETIME
    raise ValueError(f"the value of {key[:80]!r} is none of PROV: {type(value).__name__}")
