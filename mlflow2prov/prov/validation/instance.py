"""The statements of a document as columns of integers, one for each identifier and formal argument.

Every name has a number, and the same name in another bundle has another one. No comparison ever
crosses bundles, because each bundle and the document's own statements are validated on their own
(PROV-CONSTRAINTS section 7.2). Times are numbers too: equal instants have equal numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import KINDS, Attribute, Document, Kind, Statement
from mlflow2prov.prov.kinds import ArgumentType

IntegerArray: TypeAlias = NDArray[np.int64]

MISSING = -1
"""The number of an absent identifier or argument."""

_BATCH_ROWS = 1_000_000

# Numbers of times are greater than all numbers of names. The three kinds of time never meet: the
# microseconds of a year between 0 and 9999 are less than 2 ** 58.
_WITH_TIME_ZONE = 1 << 61
_WITHOUT_TIME_ZONE = 1 << 62
_NOT_A_TIME = (1 << 61) + (1 << 62)

_DATE_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
_TIME_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})"

_Slots = dict[tuple[str, str], tuple[int, int]]
"""The first slot, and the number of slots, that a kind's argument has in the array of all numbers."""


@dataclass
class Instance:
    """A PROV instance: the statements of a document as columns of integers.

    Attributes:
        document: the document.
        columns: ``columns[kind][argument]`` has a number for each statement of the kind, in the
            order of the Document's table. The identifier is the argument ``id``.
        first_statement: the number of the first statement of each kind. The others follow in the
            order of the Document's table.
        name_count: the number of names; names are numbered from 0.
    """

    document: Document
    columns: dict[str, dict[str, IntegerArray]]
    first_statement: dict[str, int]
    name_count: int
    _schema: engine.Schema

    def column(self, kind: str, argument: str) -> IntegerArray:
        """Return the numbers of an argument in the statements of a kind."""
        return self.columns[kind][argument]

    def statement_numbers(self, kind: str) -> IntegerArray:
        """Return the numbers of the statements of a kind."""
        first = self.first_statement[kind]
        return np.arange(first, first + len(self.columns[kind]["id"]), dtype=np.int64)

    def name(self, number: int) -> str:
        """Return the qualified name that has a number."""
        names = self._schema.table("names")
        return str(engine.scalar(f"SELECT name FROM {names} WHERE number = {int(number)}"))

    def statements(self, numbers: Iterable[int]) -> tuple[Statement, ...]:
        """Return the statements with the ``numbers``, in that order and without repetitions."""
        unique_numbers = list(dict.fromkeys(int(number) for number in numbers))
        statements: dict[int, Statement] = {}
        for kind in KINDS:
            first = self.first_statement[kind.name]
            end = first + len(self.columns[kind.name]["id"])
            places = [number - first for number in unique_numbers if first <= number < end]
            for place, statement in _read_statements(self.document, kind, places).items():
                statements[first + place] = statement
        return tuple(statements[number] for number in unique_numbers)


def _read_statements(document: Document, kind: Kind, places: Sequence[int]) -> dict[int, Statement]:
    """Return the statements at ``places`` of a kind's table."""
    if not places:
        return {}
    columns = ", ".join(["rowid", "bundle", "id", "attributes", *kind.argument_columns])
    query = (
        f"SELECT {columns} FROM {document.tables.of(kind)} "
        f"WHERE rowid IN ({', '.join(str(place) for place in places)})"
    )
    # Tables may contain a time that the constructor of Statement refuses.
    return {
        place: Statement._make(
            (
                kind.name,
                identifier,
                tuple(arguments),
                tuple(Attribute(**attribute) for attribute in attributes),
                bundle,
            )
        )
        for place, bundle, identifier, attributes, *arguments in engine.rows(query)
    }


def read_instance(document: Document) -> Instance:
    """Return the statements of ``document`` as an Instance."""
    schema = engine.Schema("validation")
    first_statement: dict[str, int] = {}
    slots: _Slots = {}
    statement_count = slot_count = 0
    for kind in KINDS:
        rows = int(engine.scalar(f"SELECT count(*) FROM {document.tables.of(kind)}"))
        first_statement[kind.name] = statement_count
        statement_count += rows
        for argument in ("id", *(argument.name for argument in kind.arguments)):
            slots[kind.name, argument] = (slot_count, rows)
            slot_count += rows
    # All columns are parts of one array, so that one query fills them all.
    numbers = np.full(slot_count, MISSING, np.int64)
    name_count = _number_names(document, schema)
    _fill(numbers, _name_numbers(document, slots, schema.table("names")))
    _fill(numbers, _time_numbers(document, slots))
    columns: dict[str, dict[str, IntegerArray]] = {}
    for (kind_name, argument), (first, rows) in slots.items():
        columns.setdefault(kind_name, {})[argument] = numbers[first : first + rows]
    return Instance(document, columns, first_statement, name_count, schema)


def _number_names(document: Document, schema: engine.Schema) -> int:
    """Make the table of all names and their numbers; return how many there are."""
    occurrences = " UNION ALL ".join(
        f"SELECT bundle, {column} AS name FROM {document.tables.of(kind)} "
        f"WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for _, column in _name_columns(kind)
    )
    occurrences = occurrences or "SELECT '' AS bundle, '' AS name WHERE false"
    names = schema.create(
        "names",
        f"""
        WITH occurrences AS ({occurrences}),
        distinct_names AS (SELECT DISTINCT bundle, name FROM occurrences)
        SELECT row_number() OVER () - 1 AS number, bundle, name FROM distinct_names
        """,
    )
    return int(engine.scalar(f"SELECT count(*) FROM {names}"))


def _name_columns(kind: Kind) -> list[tuple[str, str]]:
    """Return the arguments of a kind that are names, identifier first, and their columns."""
    references = [
        (argument.name, argument.column)
        for argument in kind.arguments
        if argument.type is not ArgumentType.TIME
    ]
    return [("id", "id"), *references]


def _name_numbers(document: Document, slots: _Slots, names: Sql) -> Sql | None:
    """Return the query for the slot and the number of every name that occurs in a statement."""
    occurrences = " UNION ALL ".join(
        f"SELECT rowid + {slots[kind.name, argument][0]} AS slot, bundle, {column} AS name "
        f"FROM {document.tables.of(kind)} WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for argument, column in _name_columns(kind)
    )
    if not occurrences:
        return None
    return Sql(
        f"""
        WITH occurrences AS ({occurrences})
        SELECT slot, number FROM occurrences JOIN {names} USING (bundle, name)
        """
    )


def _time_numbers(document: Document, slots: _Slots) -> Sql | None:
    """Return the query for the slot and the number of every time that occurs in a statement."""
    occurrences = " UNION ALL ".join(
        f"SELECT rowid + {slots[kind.name, argument.name][0]} AS slot, {argument.column} AS time "
        f"FROM {document.tables.of(kind)} WHERE {argument.column} IS NOT NULL"
        for kind in document.tables.kinds()
        for argument in kind.arguments
        if argument.type is ArgumentType.TIME
    )
    if not occurrences:
        return None
    return Sql(
        f"""
        WITH occurrences AS ({occurrences})
        SELECT slot, {_time_number(Sql("time"))} AS number FROM occurrences
        """
    )


def _time_number(time: Sql) -> Sql:
    """Return the expression for the number of a time.

    A time without a time zone never equals one with a time zone (XML Schema part 2, section
    3.2.7.4). Text that is not a time, which a table may contain, equals only itself.
    """
    with_zone = literal(f"{_DATE_TIME}{_TIME_ZONE}")
    without_zone = literal(_DATE_TIME)
    return Sql(
        f"""
        coalesce(
            CASE
                WHEN regexp_full_match({time}, {with_zone})
                    THEN epoch_us(TRY_CAST({time} AS TIMESTAMPTZ)) + {_WITH_TIME_ZONE}
                WHEN regexp_full_match({time}, {without_zone})
                    THEN epoch_us(TRY_CAST({time} AS TIMESTAMP)) + {_WITHOUT_TIME_ZONE}
            END,
            (hash({time}) >> 8)::BIGINT + {_NOT_A_TIME}
        )
        """
    )


def _fill(numbers: IntegerArray, query: Sql | None) -> None:
    """Put the numbers that ``query`` returns into their slots."""
    if query is None:
        return
    for batch in engine.stream(query, _BATCH_ROWS):
        numbers[batch.column(0).to_numpy()] = batch.column(1).to_numpy()
