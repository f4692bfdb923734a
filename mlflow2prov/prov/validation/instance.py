"""The statements of a document as whole numbers, a column for each formal argument.

A name has a number, the same wherever it stands in one bundle, and another in another bundle: no comparison
ever crosses bundles, as each of them, and what the document itself says, is validated on its own
(PROV-CONSTRAINTS section 7.2). Times are numbers as well, the same for the same instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.prov import KINDS, Attribute, Document, Kind, Statement
from mlflow2prov.prov.kinds import ArgumentType

Numbers: TypeAlias = NDArray[np.int64]

MISSING = -1
"""Stands where an argument or an identifier is not given."""

_ROWS = 1_000_000
# Beyond all numbers of names; an instant and a time without a zone are never the same.
_INSTANT, _ZONELESS = 1 << 61, 1 << 62


@dataclass
class Instance:
    """A document's statements as columns.

    ``columns[kind][argument]`` has a number for each statement of a kind, in the order of the Document's
    table; ``id`` is among the arguments. A statement's own number is its place in that table, counted from
    ``first[kind]``.
    """

    document: Document
    columns: dict[str, dict[str, Numbers]]
    first: dict[str, int]
    names: int
    """How many names there are; their numbers are those below."""
    _schema: engine.Schema

    def column(self, kind: str, argument: str) -> Numbers:
        """Return the numbers that stand for an argument in the statements of a kind."""
        return self.columns[kind][argument]

    def numbers(self, kind: str) -> Numbers:
        """Return the numbers of the statements of a kind."""
        begin = self.first[kind]
        return np.arange(begin, begin + len(self.columns[kind]["id"]), dtype=np.int64)

    def name(self, number: int) -> str:
        """Return the qualified name that a number stands for."""
        query = f"SELECT name FROM {self._schema.table('names')} WHERE number = {int(number)}"
        return str(engine.scalar(query))

    def statements(self, numbers: Iterable[int]) -> tuple[Statement, ...]:
        """Return statements by their numbers, in that order, each once."""
        wanted = list(dict.fromkeys(int(number) for number in numbers))
        found: dict[int, Statement] = {}
        for kind in KINDS:
            begin = self.first[kind.name]
            end = begin + len(self.columns[kind.name]["id"])
            found.update(_rows(self.document, kind, begin, [n for n in wanted if begin <= n < end]))
        return tuple(found[number] for number in wanted)


def _rows(
    document: Document, kind: Kind, first: int, numbers: Sequence[int]
) -> dict[int, Statement]:
    if not numbers:
        return {}
    places = ", ".join(str(number - first) for number in numbers)
    arguments = kind.argument_columns
    columns = ", ".join(["rowid", "bundle", "id", "attributes", *arguments])
    query = f"SELECT {columns} FROM {document.tables.of(kind)} WHERE rowid IN ({places})"
    return {
        first + row: Statement(
            kind.name, id_, tuple(given), tuple(Attribute(**each) for each in attributes), bundle
        )
        for row, bundle, id_, attributes, *given in engine.rows(query)
    }


def instance(document: Document) -> Instance:
    """Return the statements of ``document`` as numbers."""
    schema = engine.Schema("validation")
    first: dict[str, int] = {}
    columns: dict[str, dict[str, Numbers]] = {}
    begins: dict[tuple[str, str], tuple[int, int]] = {}
    statements = slots = 0
    for kind in KINDS:
        rows = int(engine.scalar(f"SELECT count(*) FROM {document.tables.of(kind)}"))
        first[kind.name] = statements
        for place, argument in enumerate(("id", *(a.name for a in kind.arguments))):
            begins[kind.name, argument] = (slots + place * rows, rows)
        statements += rows
        slots += rows * (1 + len(kind.arguments))
    every = np.full(slots, MISSING, np.int64)
    names = _number_names(document, schema)
    _fill(every, _named(document, begins), schema.table("names"))
    _fill(every, _timed(document, begins))
    for (kind_name, argument), (begin, rows) in begins.items():
        columns.setdefault(kind_name, {})[argument] = every[begin : begin + rows]
    return Instance(document, columns, first, names, schema)


def _number_names(document: Document, schema: engine.Schema) -> int:
    listed = " UNION ALL ".join(
        f"SELECT bundle, {column} AS name FROM {document.tables.of(kind)} WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for _, column in _name_columns(kind)
    )
    listed = listed or "SELECT NULL::VARCHAR AS bundle, NULL::VARCHAR AS name WHERE false"
    names = schema.table("names")
    engine.execute(
        f"CREATE TABLE {names} AS SELECT row_number() OVER () - 1 AS number, bundle, name "
        f"FROM (SELECT DISTINCT bundle, name FROM ({listed}))"
    )
    return int(engine.scalar(f"SELECT count(*) FROM {names}"))


def _name_columns(kind: Kind) -> list[tuple[str, str]]:
    """Return the arguments that are names, the identifier first, and their columns in the Document."""
    named = [a.name for a in kind.arguments if a.type is not ArgumentType.TIME]
    return [("id", "id"), *((argument, kind.column(argument)) for argument in named)]


def _named(document: Document, begins: dict[tuple[str, str], tuple[int, int]]) -> str:
    """Return the SQL for every name that is given: its place among all numbers, its bundle, itself."""
    return " UNION ALL ".join(
        f"SELECT rowid + {begins[kind.name, argument][0]} AS slot, bundle, {column} AS name "
        f"FROM {document.tables.of(kind)} WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for argument, column in _name_columns(kind)
    )


def _timed(document: Document, begins: dict[tuple[str, str], tuple[int, int]]) -> str:
    """Return the SQL for every time that is given: its place among all numbers, and its own number.

    A time without a zone is not the same as one with (XML Schema part 2, section 3.2.7.4).
    """
    return " UNION ALL ".join(
        f"SELECT rowid + {begins[kind.name, argument.name][0]} AS slot, "
        f"CASE WHEN regexp_matches({column}, '[+-]\\d\\d:\\d\\d$') "
        f"THEN epoch_us({column}::TIMESTAMPTZ) + {_INSTANT} "
        f"ELSE epoch_us({column}::TIMESTAMP) + {_ZONELESS} END AS number "
        f"FROM {document.tables.of(kind)} WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for argument in kind.arguments
        if argument.type is ArgumentType.TIME
        for column in [kind.column(argument.name)]
    )


def _fill(every: Numbers, listed: str, names: str | None = None) -> None:
    """Put numbers in their places; where ``names`` are given, those of the names listed."""
    if not listed:
        return
    query = f"SELECT slot, number FROM ({listed})"
    if names is not None:
        query += f" JOIN {names} USING (bundle, name)"
    for batch in engine.stream(query, _ROWS):
        every[batch.column(0).to_numpy()] = batch.column(1).to_numpy()
