"""Reading PROV-JSON by columns: statements with the same members, thousands at a time.

Statements of one kind with the same members in the same order have one *shape*. Members of the usual forms (names,
strings, literals of one form) become Arrow columns without a Python object for each value. For anything else
:func:`add_statements` raises :class:`FallbackToRowsError`, and the shape is read statement by statement.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mlflow2prov.formats._support import statement_columns
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.formats._support.statement_columns import (
    AttributeColumn,
    all_match,
    insert,
    map_distinct,
    strings,
    tagged_column,
    typed_column,
)
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_QNAME
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import declared, time

if TYPE_CHECKING:
    import pyarrow as pa

MIN_BATCH = 200
"""The minimum number of statements of a shape; fewer are read faster one by one."""

_LITERAL_FORMS = {("$", "type"), ("type", "$"), ("$", "lang"), ("lang", "$")}


class FallbackToRowsError(Exception):
    """A shape has members of unusual forms and must be read statement by statement."""


def add_statements(
    document: Document,
    bundle: str,
    kind: Kind,
    scope: PrefixScope,
    names: list[str],
    bodies: list[dict[str, Any]],
) -> None:
    """Add statements of one shape to a document.

    Args:
        document: the document.
        bundle: the bundle, empty for the document itself.
        kind: the kind of the statements.
        scope: the prefixes of the file.
        names: the identifiers of the statements in the file; those of blank nodes begin with ``_:``.
        bodies: the members of the statements.

    Raises:
        FallbackToRowsError: a member has an unusual form, valid or not; nothing has been added.
        FormatError: a time or a language tag is not valid.
    """
    if scope.unchanged_names is None:
        raise FallbackToRowsError
    reader = _ShapeReader(kind, scope, scope.unchanged_names)
    # All chunks are read before the first is inserted, because each may fall back.
    chunks = [
        reader.read(
            names[start : start + statement_columns.CHUNK_ROWS],
            bodies[start : start + statement_columns.CHUNK_ROWS],
        )
        for start in range(0, len(names), statement_columns.CHUNK_ROWS)
    ]
    for columns, attributes in chunks:
        insert(document, bundle, kind, columns, attributes)


class _ShapeReader:
    """Turns statements of one shape into columns."""

    def __init__(self, kind: Kind, scope: PrefixScope, unchanged_names: str) -> None:
        self._scope = scope
        self._unchanged_names = unchanged_names
        self._arguments = {f"prov:{argument.name}": argument for argument in kind.arguments}

    def read(
        self, names: list[str], bodies: list[dict[str, Any]]
    ) -> tuple[dict[str, pa.Array], list[AttributeColumn]]:
        """Return the columns of the identifiers and the formal arguments, and those of the attributes."""
        identifiers = [None if name.startswith("_:") else name for name in names]
        columns = {"id": self._names(identifiers)}
        attributes = []
        for key in bodies[0]:
            values = list(map(itemgetter(key), bodies))
            argument = self._arguments.get(key)
            if argument is None:
                attributes.append(self._attribute(self._scope.resolve(key), values))
            elif set(map(type, values)) != {str}:
                raise FallbackToRowsError
            elif argument.type is ArgumentType.TIME:
                columns[argument.column] = map_distinct(values, time)
            else:
                columns[argument.column] = self._names(values)
        # No key is repeated, so the order of the keys is the order of the attributes.
        return columns, sorted(attributes, key=lambda column: column.key)

    def _names(self, names: list[str | None]) -> pa.Array:
        column = strings(names)
        if not all_match(column, self._unchanged_names):
            raise FallbackToRowsError
        return column

    def _attribute(self, key: str, values: list[Any]) -> AttributeColumn:
        types = set(map(type, values))
        if types == {str}:
            return AttributeColumn(key, strings(values))
        if types != {dict}:
            raise FallbackToRowsError
        forms = set(map(tuple, values))
        if len(forms) != 1 or not forms <= _LITERAL_FORMS:
            raise FallbackToRowsError
        annotation = "type" if "type" in values[0] else "lang"
        texts = list(map(itemgetter("$"), values))
        annotations = list(map(itemgetter(annotation), values))
        if {*map(type, texts), *map(type, annotations)} != {str}:
            raise FallbackToRowsError
        if annotation == "lang":
            return tagged_column(key, texts, annotations)
        return self._typed(key, texts, annotations)

    def _typed(self, key: str, texts: list[str], datatypes: list[str]) -> AttributeColumn:
        resolved = {datatype: self._scope.resolve(datatype) for datatype in set(datatypes)}
        if len(resolved) == 1:
            return self._of_one_type(key, texts, *resolved.values())
        if not {QUALIFIED_NAME, XSD_QNAME}.isdisjoint(resolved.values()):
            raise FallbackToRowsError
        pairs = [
            declared(text, resolved[datatype])
            for text, datatype in zip(texts, datatypes, strict=True)
        ]
        values, types = zip(*pairs, strict=True)
        return AttributeColumn(key, strings(values), strings(types))

    def _of_one_type(self, key: str, texts: list[str], datatype: str) -> AttributeColumn:
        if datatype in (QUALIFIED_NAME, XSD_QNAME):
            return AttributeColumn(key, self._names([*texts]), QUALIFIED_NAME)
        return typed_column(key, texts, datatype)
