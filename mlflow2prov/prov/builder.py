"""Building a Document from what a reader finds, as columns.

Readers of files and of other libraries' objects name things by prefixes of their own; a
:class:`Builder` takes their statements, brings their values into the one form that Documents keep,
and inserts them in batches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from mlflow2prov.errors import FormatError
from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.document import Document, columnar
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, KINDS, ArgumentType
from mlflow2prov.prov.namespaces import Namespaces

_ROWS = 50_000
_WIDTH = len(ARGUMENT_COLUMNS)
_TIMES = {
    kind.name: [
        n for n, argument in enumerate(kind.arguments) if argument.type is ArgumentType.TIME
    ]
    for kind in KINDS
}

AttributeTuple = tuple[str, str, str | None, str | None]
"""A key, a lexical value, a datatype, a language: the fields of a Attribute."""


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
        arguments: Sequence[str | None],
        attributes: Iterable[AttributeTuple],
    ) -> None:
        """Add a statement.

        Args:
            arguments: the first formal arguments of the kind; those left out are not given.
            attributes: in normal form (:func:`normal`), in any order.

        Raises:
            FormatError: a time is none.
        """
        given = [*arguments, *(None,) * (_WIDTH - len(arguments))]
        for place in _TIMES[kind]:
            if (written := given[place]) is not None:
                given[place] = time(written)
        self._keys.append((bundle, kind, id, *given))
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
        self._attributes: list[AttributeTuple] = []
        self._offsets = [0]

    def _flush(self) -> None:
        if not self._keys:
            return
        for tag in {tag for *_, tag in self._attributes if tag is not None}:
            language(tag)
        self.document.insert_mixed(columnar(self._keys, self._attributes, self._offsets))
        self._clear()


def normal(value: str, datatype: str | None) -> tuple[str, str | None]:
    """Return a typed value in the form that Documents keep, the one that ``prov`` gives back.

    A string is plain, numbers and times are written in one way, integers have the narrowest type that
    holds them. What the datatype does not allow stays as it is.
    """
    match datatype:
        case None | literals.XSD_STRING:
            return value, None
        case literals.XSD_INT | literals.XSD_LONG | literals.XSD_INTEGER:
            if not _INTEGER.fullmatch(value):
                return value, datatype
            number = int(value)
            return str(number), literals.integer_type(number)
        case literals.XSD_DOUBLE:
            if not _DOUBLE.fullmatch(value):
                return value, datatype
            return literals.number_text(float(value)), datatype
        case literals.XSD_BOOLEAN:
            word = value.strip().lower()
            return _BOOLEANS.get(word, value), datatype
        case literals.XSD_DATETIME:
            return date_time(value), datatype
        case literals.XSD_QNAME:
            return value, literals.QUALIFIED_NAME
    return value, datatype


# More digits are none that a program reads as a number (and Python refuses to).
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,4000}\s*")
_DOUBLE = re.compile(
    r"\s*[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?|inf|infinity|nan)\s*",
    re.IGNORECASE,
)
_BOOLEANS = {"true": "true", "1": "true", "false": "false", "0": "false"}


def date_time(value: str) -> str:
    """Return an ``xsd:dateTime`` as Documents write it, the same instant and the same offset.

    A zone is never invented, and what Python's calendar cannot hold stays as it is.
    """
    stripped = value.strip()
    try:
        if _END_OF_DAY.search(stripped):
            begins = datetime.fromisoformat(_END_OF_DAY.sub("T00:00:00", stripped))
            return (begins + timedelta(days=1)).isoformat()
        return datetime.fromisoformat(stripped).isoformat() if "T" in stripped else value
    except (ValueError, OverflowError):
        return value


def time(value: str) -> str:
    """Return the time of a statement as Documents write it (PROV-DM section 5.7.3).

    Raises:
        FormatError: it is no ``xsd:dateTime``, or of no year from 1 to 9999.
    """
    written = date_time(value)
    if _DATE_TIME.fullmatch(written):
        with suppress(ValueError):
            datetime.fromisoformat(written)
            return written
    raise FormatError(f"{value[:80]!r} is no time (xsd:dateTime)")


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?(?:[+-]\d\d:\d\d)?", re.ASCII)
# XML Schema writes the end of a day so, which is the beginning of the next.
_END_OF_DAY = re.compile(r"T24:00:00(?:\.0+)?(?=Z|[+-]|\Z)")


def language(tag: str) -> str:
    """Return a language tag as it is.

    Raises:
        FormatError: it is none (``xsd:language``, BCP 47).
    """
    if not _LANGUAGE.fullmatch(tag):
        raise FormatError(f"{tag[:80]!r} is no language tag (BCP 47)")
    return tag


_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
