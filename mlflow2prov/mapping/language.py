"""The language of mapping rules: PROV statements about the rows of a table.

A rule is a function that takes a row of facts and yields statements, in PROV's own words:

    @rule(table="params_of_runs")
    def param(param: Row) -> Statements:
        this = qname("Param", param.run_id, digest(param.key))
        yield entity(this, type=term("Param"), name=param.key, value=param.value)
        yield used(qname("Creation.Run", param.run_id), this)

The rule runs once for the whole table: ``param.key`` is the column, and each statement becomes one query over all rows
(:mod:`mlflow2prov.mapping.expansion`). Unknown facts drop out row by row: a statement is omitted if its identifier or
a reference in it is unknown, and an attribute or a time that is unknown is omitted from its statement.

The functions for statements take their arguments in the order of PROV-DM, section 5. They are described there, as
``kind(id; arguments, attributes)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.errors import unknown_choice
from mlflow2prov.facts.schema import Type
from mlflow2prov.vocabulary import (
    ATTRIBUTE_KEYS,
    DIGEST_SEPARATOR,
    NAME_CHARACTERS,
    PROV_KEYS,
    WORDS,
)

# Columns and names


@dataclass(frozen=True)
class Column:
    """A fact of every row: an SQL expression and its type. ``+`` concatenates texts."""

    sql: Sql
    type: Type = Type.TEXT
    is_name_part: bool = False
    """Whether every value can be part of a name as it is."""

    def __radd__(self, before: str) -> Column:
        return Column(Sql(f"({literal(before)} || {self.sql})"))

    def __add__(self, after: str | Column) -> Column:
        sql = after.sql if isinstance(after, Column) else literal(after)
        return Column(Sql(f"({self.sql} || {sql})"))


@dataclass(frozen=True)
class QName:
    """A qualified name in every row; NULL if a part of it is unknown."""

    sql: Sql
    is_known: bool = False
    """Whether the name is never NULL."""


class Row:
    """The row that a rule is about: ``row.key`` is the :class:`Column` named ``key``."""

    def __init__(self, columns: dict[str, Type]) -> None:
        self._columns = columns

    def __getattr__(self, column: str) -> Column:
        if column not in self._columns:
            raise AttributeError(unknown_choice("column", column, self._columns))
        return Column(identifier(column), self._columns[column])


# Rules

Value = Column | QName | str
"""The value of an attribute."""

Attributes = dict[str, Value | list[Value]]
"""Attributes by key: a word of the vocabulary, or one of PROV's own (``type``, ``role``, ``label``, ``location``)."""


@dataclass(frozen=True)
class StatementPattern:
    """A PROV statement about every row of a table."""

    kind: str
    """A kind of statement by its name in PROV-N, such as ``wasGeneratedBy``."""
    attributes: Attributes
    id: QName | None = None
    arguments: Mapping[str, QName | Column | None] = field(default_factory=dict)
    """The formal arguments, by their names in PROV-DM."""

    def __post_init__(self) -> None:
        for key in self.attributes:
            if key not in ATTRIBUTE_KEYS and key not in PROV_KEYS:
                raise ValueError(unknown_choice("attribute", key, [*PROV_KEYS, *ATTRIBUTE_KEYS]))


Statements = Iterator[StatementPattern]
"""The result of a rule."""


@dataclass(frozen=True)
class Rule:
    """A mapping rule: the PROV statements about the rows of a table."""

    name: str
    table: str
    """A fact table or a view."""
    where: str
    """An SQL condition: the rule is about the rows that satisfy it."""
    statements: Callable[[Row], Statements]


def rule(*, table: str, where: str = "TRUE") -> Callable[[Callable[[Row], Statements]], Rule]:
    """Make a rule of the decorated function.

    Args:
        table: the fact table or view whose rows the function describes.
        where: an SQL condition over its columns, which selects rows.
    """

    def decorate(statements: Callable[[Row], Statements]) -> Rule:
        return Rule(statements.__name__, table, where, statements)

    return decorate


# Names


def qname(kind: str | Column, *parts: Column) -> QName:
    """Return the name ``kind.part.part`` in the document's default namespace.

    A part with a character that an NCName may not have is represented by its digest.
    """
    return QName(Sql(" || ".join([_word(kind), *(f"'.' || {_name_part(part)}" for part in parts)])))


def term(word: str | Column) -> QName:
    """Return a type or a role of the vocabulary, such as ``FileRevision``, in the default namespace."""
    if isinstance(word, str) and word not in WORDS:
        raise ValueError(f"{word!r} is not in the vocabulary; add it to mlflow2prov/vocabulary.py")
    return QName(_word(word), is_known=True)


def prov(word: str) -> QName:
    """Return a type of PROV's own namespace, such as ``prov:Person``."""
    return QName(literal(f"prov:{word}"), is_known=True)


def verbatim(part: Column) -> Column:
    """Return ``part`` for use in names without a check of its characters, which all are hexadecimal digits."""
    return Column(part.sql, part.type, is_name_part=True)


def digest(*parts: Column) -> Column:
    """Return a digest of texts that cannot be part of a name; it is unknown if all parts are."""
    text: str = parts[0].sql
    if len(parts) > 1:
        separator = f" || chr({ord(DIGEST_SEPARATOR)}) || "
        texts = [f"{part.sql}::VARCHAR" for part in parts]
        joined = separator.join(f"coalesce({text}, '')" for text in texts)
        text = f"CASE WHEN coalesce({', '.join(texts)}) IS NOT NULL THEN {joined} END"
    return Column(_digest(text), is_name_part=True)


# Choices


def when(condition: str, value: Value) -> Value:
    """Return ``value`` in rows that satisfy an SQL condition; it is unknown in other rows."""
    if isinstance(value, str):
        return Column(Sql(f"CASE WHEN {condition} THEN {literal(value)} END"))
    if isinstance(value, QName):
        return name_when(condition, value)
    return Column(Sql(f"CASE WHEN {condition} THEN {value.sql} END"), value.type)


def name_when(condition: str, name: QName) -> QName:
    """Return ``name`` in rows that satisfy an SQL condition; it is unknown in other rows."""
    return QName(Sql(f"CASE WHEN {condition} THEN {name.sql} END"))


def if_else(condition: str, name: QName, alternative: QName) -> QName:
    """Return ``name`` in rows that satisfy an SQL condition, and ``alternative`` in other rows."""
    sql = Sql(f"CASE WHEN {condition} THEN {name.sql} ELSE {alternative.sql} END")
    return QName(sql, is_known=name.is_known and alternative.is_known)


def choose(column: Column, names: Mapping[str, QName]) -> QName:
    """Return the name that ``names`` has for the value of ``column``; it is unknown for other values."""
    cases = " ".join(f"WHEN {literal(value)} THEN {name.sql}" for value, name in names.items())
    return QName(Sql(f"CASE {column.sql} {cases} END"))


def _word(word: str | Column) -> Sql:
    return literal(word) if isinstance(word, str) else word.sql


def _name_part(part: Column) -> Sql:
    if part.is_name_part:
        return part.sql
    return Sql(
        f"CASE WHEN regexp_full_match({part.sql}, '[{NAME_CHARACTERS}]+') THEN {part.sql} "
        f"ELSE {_digest(part.sql)} END"
    )


def _digest(text: str) -> Sql:
    """Return the SQL of :func:`~mlflow2prov.vocabulary.identifier_digest`."""
    return Sql(f"identifier_digest({text})")


# Elements (PROV-DM 5.1.1, 5.1.2, 5.3.1)


def entity(id: QName, **attributes: Value | list[Value]) -> StatementPattern:  # noqa: A002
    """``entity(id, attributes)``: a thing, such as a file, a run or a parameter."""
    return StatementPattern("entity", attributes, id=id)


def activity(
    id: QName,  # noqa: A002
    start_time: Column | None = None,
    end_time: Column | None = None,
    **attributes: Value | list[Value],
) -> StatementPattern:
    """``activity(id, startTime, endTime, attributes)``: an event, such as a commit."""
    arguments = {"startTime": start_time, "endTime": end_time}
    return StatementPattern("activity", attributes, id=id, arguments=arguments)


def agent(id: QName, **attributes: Value | list[Value]) -> StatementPattern:  # noqa: A002
    """``agent(id, attributes)``: a person or a program that is responsible for something."""
    return StatementPattern("agent", attributes, id=id)


# Relations (PROV-DM 5.1.3 to 5.1.8, 5.2.1, 5.3.2, 5.3.3, 5.5.1, 5.5.2, 5.6.2)


def _relation(
    kind: str, attributes: Attributes, /, **arguments: QName | Column | None
) -> StatementPattern:
    return StatementPattern(kind, attributes, arguments=arguments)


def was_generated_by(
    entity: QName, activity: QName, time: Column | None = None, **attributes: Value | list[Value]
) -> StatementPattern:
    """``wasGeneratedBy(entity, activity, time, attributes)``: the activity made the entity."""
    return _relation("wasGeneratedBy", attributes, entity=entity, activity=activity, time=time)


def used(
    activity: QName, entity: QName, time: Column | None = None, **attributes: Value | list[Value]
) -> StatementPattern:
    """``used(activity, entity, time, attributes)``: the activity used the entity."""
    return _relation("used", attributes, activity=activity, entity=entity, time=time)


def was_informed_by(informed: QName, informant: QName) -> StatementPattern:
    """``wasInformedBy(informed, informant)``: an activity built on another."""
    return _relation("wasInformedBy", {}, informed=informed, informant=informant)


def was_started_by(activity: QName, starter: QName, time: Column | None = None) -> StatementPattern:
    """``wasStartedBy(activity, -, starter, time)``: an activity was started by another."""
    return _relation("wasStartedBy", {}, activity=activity, starter=starter, time=time)


def was_invalidated_by(
    entity: QName, activity: QName, time: Column | None = None, **attributes: Value | list[Value]
) -> StatementPattern:
    """``wasInvalidatedBy(entity, activity, time, attributes)``: the activity ended the entity."""
    return _relation("wasInvalidatedBy", attributes, entity=entity, activity=activity, time=time)


def was_derived_from(
    generated_entity: QName,
    used_entity: QName,
    activity: QName | None = None,
    **attributes: Value | list[Value],
) -> StatementPattern:
    """``wasDerivedFrom(generatedEntity, usedEntity, activity, attributes)``: an entity was made from another."""
    return _relation(
        "wasDerivedFrom",
        attributes,
        generatedEntity=generated_entity,
        usedEntity=used_entity,
        activity=activity,
    )


def was_attributed_to(entity: QName, agent: QName) -> StatementPattern:
    """``wasAttributedTo(entity, agent)``: the agent is responsible for the entity."""
    return _relation("wasAttributedTo", {}, entity=entity, agent=agent)


def was_associated_with(
    activity: QName, agent: QName, plan: QName | None = None, **attributes: Value | list[Value]
) -> StatementPattern:
    """``wasAssociatedWith(activity, agent, plan, attributes)``: the agent is responsible for the activity."""
    return _relation("wasAssociatedWith", attributes, activity=activity, agent=agent, plan=plan)


def specialization_of(specific_entity: QName, general_entity: QName) -> StatementPattern:
    """``specializationOf(specificEntity, generalEntity)``: an entity is a state or a version of another."""
    return _relation(
        "specializationOf", {}, specificEntity=specific_entity, generalEntity=general_entity
    )


def alternate_of(alternate1: QName, alternate2: QName) -> StatementPattern:
    """``alternateOf(alternate1, alternate2)``: two entities are the same thing in different views."""
    return _relation("alternateOf", {}, alternate1=alternate1, alternate2=alternate2)


def had_member(collection: QName, entity: QName) -> StatementPattern:
    """``hadMember(collection, entity)``: the entity belongs to the collection."""
    return _relation("hadMember", {}, collection=collection, entity=entity)
