"""Building a Document from what a reader finds, as columns.

Readers of files and of other libraries' objects name things by prefixes of their own; a
:class:`Builder` takes their statements, brings their values into the one form that Documents keep,
and inserts them in batches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from mlflow2prov import database
from mlflow2prov.document import literals
from mlflow2prov.document.document import COLUMNS, KEY_COLUMNS, Document
from mlflow2prov.document.kinds import ARGUMENT_COLUMNS
from mlflow2prov.document.namespaces import Namespaces

_ROWS = 50_000
_WIDTH = len(ARGUMENT_COLUMNS)

Attribute = tuple[str, str, str | None, str | None]
"""A key, a lexical value, a datatype, a language: the fields of a Literal."""


class Builder:
    """Collects statements into a Document, batch after batch."""

    def __init__(self, namespaces: Namespaces) -> None:
        self.document = Document(namespaces)
        self._clear()

    def add(
        self,
        bundle: str,
        kind: str,
        id: str | None,  # noqa: A002
        arguments: list[str | None],
        attributes: Iterable[Attribute],
    ) -> None:
        """Add a statement; ``attributes`` are in normal form (:func:`normal`), in any order."""
        self._keys.append((bundle, kind, id, *arguments, *(None,) * (_WIDTH - len(arguments))))
        self._attributes.extend(attributes)
        self._offsets.append(len(self._attributes))
        if len(self._keys) >= _ROWS:
            self._flush()

    def finish(self) -> Document:
        """Return the document with all that was added."""
        self._flush()
        return self.document

    def _clear(self) -> None:
        self._keys: list[tuple[str | None, ...]] = []
        self._attributes: list[Attribute] = []
        self._offsets = [0]

    def _flush(self) -> None:
        if not self._keys:
            return
        fields = list(zip(*self._attributes, strict=True)) if self._attributes else [()] * 4
        struct = pa.StructArray.from_arrays(
            [pa.array(field, pa.string()) for field in fields], literals.Literal._fields
        )
        columns = [pa.array(column, pa.string()) for column in zip(*self._keys, strict=True)]
        listed = pa.ListArray.from_arrays(pa.array(self._offsets, pa.int32()), struct)
        batch = pa.table(dict(zip(COLUMNS, [*columns, listed], strict=True)))
        connection = database.connection()
        connection.register("batch", batch)
        try:
            keys = ", ".join(KEY_COLUMNS)
            self.document.insert(f"SELECT {keys}, list_sort(list_distinct(attributes)) FROM batch")
        finally:
            connection.unregister("batch")
        self._clear()


_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def normal(value: str, datatype: str | None) -> tuple[str, str | None]:
    """Return a typed value in the form that Documents keep, the one that ``prov`` gives back.

    A string is plain, numbers and times are written in one way, integers have the narrowest type that
    holds them. What the datatype does not allow stays as it is.
    """
    match datatype:
        case None | literals.XSD_STRING:
            return value, None
        case literals.XSD_INT | literals.XSD_LONG | literals.XSD_INTEGER:
            try:
                number = int(value)
            except ValueError:
                return value, datatype
            return str(number), literals.integer_type(number)
        case literals.XSD_DOUBLE:
            try:
                return literals.number_text(float(value)), datatype
            except ValueError:
                return value, datatype
        case literals.XSD_BOOLEAN:
            word = value.strip().lower()
            return (
                ("true" if word in ("true", "1") else "false", datatype)
                if word in _BOOLEANS
                else (
                    value,
                    datatype,
                )
            )
        case literals.XSD_DATETIME:
            return date_time(value), datatype
        case literals.XSD_QNAME:
            return value, literals.QUALIFIED_NAME
    return value, datatype


_BOOLEANS = {"true", "false", "1", "0"}


def date_time(value: str) -> str:
    """Return an ``xsd:dateTime`` as Documents write it, the same instant and the same offset.

    A zone is never invented, and what Python's calendar cannot hold stays as it is.
    """
    stripped = value.strip()
    try:
        return datetime.fromisoformat(stripped).isoformat() if "T" in stripped else value
    except ValueError:
        return value
