"""The statements of a document as columns of integers, one for each identifier and formal argument.

Every name has a number, and the same name in another bundle has another one. No comparison ever
crosses bundles, because each bundle and the document's own statements are validated on their own
(PROV-CONSTRAINTS section 7.2). Times are numbers too: equal instants have equal numbers.
"""

from __future__ import annotations

import itertools
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov import KINDS, Attribute, Document, Kind, Statement
from mlflow2prov.prov.kinds import ArgumentType
from mlflow2prov.temporary import temporary_folder

IntegerArray: TypeAlias = NDArray[np.integer[Any]]
"""Numbers of names or statements, of 32 bits, or numbers that may also be those of times or variables, of 64 bits."""

MISSING = -1
"""The number of an absent identifier or argument."""

_BATCH_ROWS = 100_000

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
            order of the Document's table. The identifier is the argument ``id``. The numbers are in files, of which
            the operating system keeps in memory what is used.
        first_statement: the number of the first statement of each kind. The others follow in the
            order of the Document's table.
        hashes: the hashes of all names in ascending order. The number of a name is the place of its hash.
        salt: with which the hashes are made, so that they differ.
    """

    document: Document
    columns: dict[str, dict[str, IntegerArray]]
    first_statement: dict[str, int]
    hashes: NDArray[np.uint64]
    salt: int
    _schema: engine.Schema

    @property
    def name_count(self) -> int:
        """The number of names, which are numbered from 0."""
        return len(self.hashes)

    def release(self) -> None:
        """Let the operating system keep the numbers in their files only, until they are used again."""
        # All columns are parts of the same few arrays.
        arrays = {
            id(numbers.base): numbers.base
            for columns in self.columns.values()
            for numbers in columns.values()
        }
        for array in arrays.values():
            _release(array)

    def column(self, kind: str, argument: str) -> IntegerArray:
        """Return the numbers of an argument in the statements of a kind."""
        return self.columns[kind][argument]

    def statement_numbers(self, kind: str) -> IntegerArray:
        """Return the numbers of the statements of a kind."""
        first = self.first_statement[kind]
        return np.arange(first, first + len(self.columns[kind]["id"]), dtype=np.int32)

    def name(self, number: int) -> str:
        """Return the qualified name that has a number."""
        names = self._schema.table("names")
        name_hash = _name_hash("bundle", "name", self.salt)
        return str(
            engine.scalar(f"SELECT name FROM {names} WHERE {name_hash} = {self.hashes[number]}")
        )

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
    counts = {
        kind.name: int(engine.scalar(f"SELECT count(*) FROM {document.tables.of(kind)}"))
        for kind in KINDS
    }
    ends = dict(zip(counts, itertools.accumulate(counts.values()), strict=True))
    first_statement = {kind: end - counts[kind] for kind, end in ends.items()}
    slots: dict[bool, _Slots] = {False: {}, True: {}}
    slot_counts = {False: 0, True: 0}
    for kind in KINDS:
        for name, is_time in _arguments(kind):
            slots[is_time][kind.name, name] = (slot_counts[is_time], counts[kind.name])
            slot_counts[is_time] += counts[kind.name]
    # All columns are parts of two arrays, each of which is one file.
    hashes, salt = _hash_names(document, schema)
    names = _array(slot_counts[False], np.dtype(np.int32))
    times = _array(slot_counts[True], np.dtype(np.int64))
    _fill_names(names, document, slots[False], hashes, salt)
    _fill_times(times, document, slots[True])
    columns: dict[str, dict[str, IntegerArray]] = {}
    for kind in KINDS:
        for name, is_time in _arguments(kind):
            first, rows = slots[is_time][kind.name, name]
            numbers = times if is_time else names
            columns.setdefault(kind.name, {})[name] = numbers[first : first + rows]
    return Instance(document, columns, first_statement, hashes, salt, schema)


def _arguments(kind: Kind) -> Iterator[tuple[str, bool]]:
    """Yield the identifier and the arguments of a kind, and whether they are times."""
    yield "id", False
    for argument in kind.arguments:
        yield argument.name, argument.type is ArgumentType.TIME


def _array(length: int, dtype: np.dtype[Any]) -> IntegerArray:
    """Return an array that is filled with :data:`MISSING`. A long one is in a file without a name."""
    if length <= _BATCH_ROWS:
        return np.full(length, MISSING, dtype)
    block = np.full(_BATCH_ROWS, MISSING, dtype)
    with temporary_folder() as folder:
        path = folder / "numbers"
        with path.open("wb") as file:
            for start in range(0, length, _BATCH_ROWS):
                file.write(block[: length - start].tobytes())
        return np.memmap(path, dtype, "r+", shape=(length,))


def _name_hash(bundle: str, name: str, salt: int) -> Sql:
    """Return the SQL for a number of 64 bits that is made of a name; each salt makes other ones."""
    if salt == 0:
        return Sql(f"hash({bundle}, {name})")
    return Sql(f"md5_number_lower(concat_ws(chr(1), {salt}, {bundle}, {name}))")


def _hash_names(document: Document, schema: engine.Schema) -> tuple[NDArray[np.uint64], int]:
    """Return the hashes of all names in ascending order, and a salt with which no two names have the same.

    A join of all statements with the numbers of their names would need much more memory.
    """
    occurrences = " UNION ALL ".join(
        f"SELECT bundle, {column} AS name FROM {document.tables.of(kind)} "
        f"WHERE {column} IS NOT NULL"
        for kind in document.tables.kinds()
        for _, column in _name_columns(kind)
    )
    occurrences = occurrences or "SELECT '' AS bundle, '' AS name WHERE false"
    names = schema.create("names", f"SELECT DISTINCT bundle, name FROM ({occurrences})")
    count = int(engine.scalar(f"SELECT count(*) FROM {names}"))
    for salt in itertools.count():
        hashes = np.empty(count, np.uint64)
        end = 0
        query = f"SELECT {_name_hash('bundle', 'name', salt)} AS hash FROM {names}"
        for batch in engine.stream(query, _BATCH_ROWS):
            hashes[end : end + batch.num_rows] = batch.column(0).to_numpy()
            end += batch.num_rows
        hashes.sort()
        if not (hashes[1:] == hashes[:-1]).any():
            break
    return hashes, salt


def _name_columns(kind: Kind) -> list[tuple[str, str]]:
    """Return the arguments of a kind that are names, identifier first, and their columns."""
    references = [
        (argument.name, argument.column)
        for argument in kind.arguments
        if argument.type is not ArgumentType.TIME
    ]
    return [("id", "id"), *references]


def _fill_names(
    numbers: IntegerArray, document: Document, slots: _Slots, hashes: NDArray[np.uint64], salt: int
) -> None:
    """Put the number of every name that occurs in a statement into its slot: the place of its hash."""
    for kind in document.tables.kinds():
        for argument, column in _name_columns(kind):
            first, _ = slots[kind.name, argument]
            query = (
                f"SELECT rowid + {first}, {_name_hash('bundle', column, salt)} "
                f"FROM {document.tables.of(kind)} WHERE {column} IS NOT NULL"
            )
            for places, values in _columns(query):
                numbers[places] = np.searchsorted(hashes, values)
                _release(numbers)


def _fill_times(numbers: IntegerArray, document: Document, slots: _Slots) -> None:
    """Put the number of every time that occurs in a statement into its slot."""
    for kind in document.tables.kinds():
        for argument in kind.arguments:
            if argument.type is ArgumentType.TIME:
                first, _ = slots[kind.name, argument.name]
                query = (
                    f"SELECT rowid + {first}, {_time_number(Sql(argument.column))} "
                    f"FROM {document.tables.of(kind)} WHERE {argument.column} IS NOT NULL"
                )
                for places, values in _columns(query):
                    numbers[places] = values
                    _release(numbers)


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


def _columns(query: str) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Yield the two columns of a query, a batch of rows at a time."""
    for batch in engine.stream(query, _BATCH_ROWS):
        yield batch.column(0).to_numpy(), batch.column(1).to_numpy()


def _release(numbers: object) -> None:
    """Let the operating system keep an array in its file only, until it is used again."""
    if isinstance(numbers, np.memmap) and isinstance(numbers.base, mmap.mmap):
        numbers.flush()
        if hasattr(mmap, "MADV_DONTNEED"):
            numbers.base.madvise(mmap.MADV_DONTNEED)
