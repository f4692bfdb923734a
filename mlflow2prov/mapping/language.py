"""The language of the templates: PROV statements over columns of facts.

A PROV template is a small document with variables, expanded over bindings. Here a template is a
function of a row that yields statements in PROV's own words:

    @template(over="params_of_runs")
    def param(param):
        this = name("Param", param.run_id, digest(param.key))
        yield entity(this, type=term("Param"), name=param.key, value=param.value)
        yield used(name("Creation.Run", param.run_id), this)

The function runs once, on columns that stand for all rows; each statement that it yields is one query
over the whole table (:mod:`mlflow2prov.mapping.expansion`). A statement whose identifier or one of
whose given references is unknown in a row is left out for that row; a time or an attribute that is
unknown is left out of the statement. The verbs take their arguments in PROV-DM's order (section 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlflow2prov.engine import literal
from mlflow2prov.facts.schema import Type

NAME_DIGEST = 24
"""Hexadecimal digits (96 bits) of the SHA-256 that stands for what cannot be part of a name."""


@dataclass(frozen=True)
class Column:
    """A value in every row: an SQL expression, what type of fact it is, whether it can end a name."""

    sql: str
    type: Type = Type.TEXT
    is_name_part: bool = False

    def __radd__(self, before: str) -> Column:
        return Column(f"({literal(before)} || {self.sql})")

    def __add__(self, after: str | Column) -> Column:
        sql = after.sql if isinstance(after, Column) else literal(after)
        return Column(f"({self.sql} || {sql})")


@dataclass(frozen=True)
class Name:
    """A qualified name in every row; NULL where a part of it is unknown, unless it is always known."""

    sql: str
    is_known: bool = False


class Row:
    """The row a template is written for: ``row.column`` is a :class:`Column` of its fact table."""

    def __init__(self, columns: dict[str, Type]) -> None:
        self._columns = columns

    def __getattr__(self, column: str) -> Column:
        if column not in self._columns:
            raise AttributeError(f"there is no fact {column!r}, but {', '.join(self._columns)}")
        return Column(f'"{column}"', self._columns[column])


Value = Column | Name | str
Attributes = dict[str, Value | list[Value]]


@dataclass(frozen=True)
class Pattern:
    """A statement with columns in the place of values."""

    kind: str
    id: Name | None
    arguments: tuple[Name | Column | None, ...]
    attributes: Attributes


@dataclass(frozen=True)
class Template:
    """What becomes of the rows of one fact table: ``statements`` yields the patterns."""

    name: str
    over: str
    where: str
    statements: Callable[[Row], Iterator[Pattern]]


def template(
    *, over: str, where: str = "TRUE"
) -> Callable[[Callable[[Row], Iterator[Pattern]]], Template]:
    """Make a template of a function; it holds for the rows of ``over`` that satisfy ``where``."""

    def decorate(statements: Callable[[Row], Iterator[Pattern]]) -> Template:
        return Template(statements.__name__, over, where, statements)

    return decorate


# Names and values


def name(kind: str | Column, *parts: Column) -> Name:
    """Return the qualified name ``Kind.part.part``, in the document's default namespace.

    A part that is no piece of an NCName (``[A-Za-z0-9_.-]+``) is replaced by its digest.
    """
    return Name(" || ".join([_word(kind), *(f"'.' || {_safe(part)}" for part in parts)]))


def fit(part: Column) -> Column:
    """Return ``part`` as one that is always fit for a name, as Git's hashes are."""
    return Column(part.sql, part.type, is_name_part=True)


def digest(*parts: Column) -> Column:
    """Return a digest of ``parts``: hexadecimal, 96 bits, unknown where all parts are."""
    joined = parts[0].sql
    if len(parts) > 1:
        written = " || chr(31) || ".join(f"coalesce({part.sql}::VARCHAR, '')" for part in parts)
        known = ", ".join(f"{part.sql}::VARCHAR" for part in parts)
        joined = f"CASE WHEN coalesce({known}) IS NOT NULL THEN {written} END"
    return Column(f"substr(sha256({joined}), 1, {NAME_DIGEST})", is_name_part=True)


def prov(term: str) -> Name:
    """Return a name of W3C's own namespace, ``prov:Person``."""
    return Name(literal(f"prov:{term}"), is_known=True)


def term(local: str | Column) -> Name:
    """Return a name of the vocabulary, ``FileRevision``, in the default namespace; it is always known."""
    return Name(_word(local), is_known=True)


def _word(word: str | Column) -> str:
    return literal(word) if isinstance(word, str) else word.sql


def when(condition: str, value: Value) -> Value:
    """Return ``value`` where the SQL ``condition`` over the row holds, unknown elsewhere."""
    if isinstance(value, str):
        return Column(f"CASE WHEN {condition} THEN {literal(value)} END")
    sql = f"CASE WHEN {condition} THEN {value.sql} END"
    return Name(sql) if isinstance(value, Name) else Column(sql, value.type)


def either(condition: str, one: Name, other: Name) -> Name:
    """Return ``one`` where the SQL ``condition`` over the row holds, ``other`` elsewhere."""
    is_known = one.is_known and other.is_known
    return Name(f"CASE WHEN {condition} THEN {one.sql} ELSE {other.sql} END", is_known)


def _safe(part: Column) -> str:
    if part.is_name_part:
        return part.sql
    return (
        f"CASE WHEN regexp_full_match({part.sql}, '[A-Za-z0-9_.-]+') THEN {part.sql} "
        f"ELSE substr(sha256({part.sql}), 1, {NAME_DIGEST}) END"
    )


# Elements (PROV-DM 5.1.1, 5.1.2, 5.3.1)


def entity(id: Name, **attributes: Value | list[Value]) -> Pattern:  # noqa: A002
    """entity(id, attributes)."""
    return Pattern("entity", id, (), attributes)


def activity(
    id: Name,  # noqa: A002
    start_time: Column | None = None,
    end_time: Column | None = None,
    **attributes: Value | list[Value],
) -> Pattern:
    """activity(id, startTime, endTime, attributes)."""
    return Pattern("activity", id, (start_time, end_time), attributes)


def agent(id: Name, **attributes: Value | list[Value]) -> Pattern:  # noqa: A002
    """agent(id, attributes)."""
    return Pattern("agent", id, (), attributes)


# Relations (PROV-DM 5.1.3 to 5.1.8, 5.2.1, 5.3.2, 5.3.3, 5.5.1, 5.5.2, 5.6.2)


def was_generated_by(
    entity: Name, activity: Name, time: Column | None = None, **attributes: Value | list[Value]
) -> Pattern:
    """wasGeneratedBy(entity, activity, time)."""
    return Pattern("wasGeneratedBy", None, (entity, activity, time), attributes)


def used(
    activity: Name, entity: Name, time: Column | None = None, **attributes: Value | list[Value]
) -> Pattern:
    """used(activity, entity, time)."""
    return Pattern("used", None, (activity, entity, time), attributes)


def was_informed_by(informed: Name, informant: Name) -> Pattern:
    """wasInformedBy(informed, informant)."""
    return Pattern("wasInformedBy", None, (informed, informant), {})


def was_started_by(activity: Name, starter: Name, time: Column | None = None) -> Pattern:
    """wasStartedBy(activity, -, starter, time): an activity started another."""
    return Pattern("wasStartedBy", None, (activity, None, starter, time), {})


def was_invalidated_by(
    entity: Name, activity: Name, time: Column | None = None, **attributes: Value | list[Value]
) -> Pattern:
    """wasInvalidatedBy(entity, activity, time)."""
    return Pattern("wasInvalidatedBy", None, (entity, activity, time), attributes)


def was_derived_from(
    generated_entity: Name,
    used_entity: Name,
    activity: Name | None = None,
    **attributes: Value | list[Value],
) -> Pattern:
    """wasDerivedFrom(generatedEntity, usedEntity, activity)."""
    return Pattern("wasDerivedFrom", None, (generated_entity, used_entity, activity), attributes)


def was_attributed_to(entity: Name, agent: Name) -> Pattern:
    """wasAttributedTo(entity, agent)."""
    return Pattern("wasAttributedTo", None, (entity, agent), {})


def was_associated_with(activity: Name, agent: Name, **attributes: Value | list[Value]) -> Pattern:
    """wasAssociatedWith(activity, agent)."""
    return Pattern("wasAssociatedWith", None, (activity, agent), attributes)


def specialization_of(specific_entity: Name, general_entity: Name) -> Pattern:
    """specializationOf(specificEntity, generalEntity)."""
    return Pattern("specializationOf", None, (specific_entity, general_entity), {})


def alternate_of(alternate1: Name, alternate2: Name) -> Pattern:
    """alternateOf(alternate1, alternate2)."""
    return Pattern("alternateOf", None, (alternate1, alternate2), {})


def had_member(collection: Name, entity: Name) -> Pattern:
    """hadMember(collection, entity)."""
    return Pattern("hadMember", None, (collection, entity), {})
