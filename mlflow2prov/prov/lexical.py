"""Lexical forms of values: datatypes, times and language tags as Documents keep them (XSD 1.1 part
2, PROV-DM section 5.7).

Readers bring the values that they find into these forms, which are those that the ``prov`` library
gives back.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta

from mlflow2prov.errors import FormatError
from mlflow2prov.prov import attributes

# Python refuses to read longer numbers.
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,4000}\s*")
_DOUBLE = re.compile(
    r"\s*[+-]?(?:[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?|inf|infinity|nan)\s*",
    re.IGNORECASE,
)
_BOOLEANS = {"true": "true", "1": "true", "false": "false", "0": "false"}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?(?:[+-]\d\d:\d\d)?", re.ASCII)
# XML Schema allows 24:00:00 for the beginning of the next day.
_END_OF_DAY = re.compile(r"T24:00:00(?:\.0+)?(?=Z|[+-]|\Z)")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def normal(value: str, datatype: str | None) -> tuple[str, str | None]:
    """Return a typed value in normal form.

    Strings become plain, numbers and times get one spelling, and integers get the narrowest type
    that holds them. A value that its datatype does not allow stays as it is.
    """
    match datatype:
        case None | attributes.XSD_STRING:
            return value, None
        case attributes.XSD_INT | attributes.XSD_LONG | attributes.XSD_INTEGER:
            if not _INTEGER.fullmatch(value):
                return value, datatype
            number = int(value)
            return str(number), attributes.integer_type(number)
        case attributes.XSD_DOUBLE:
            if not _DOUBLE.fullmatch(value):
                return value, datatype
            return attributes.number_text(float(value)), datatype
        case attributes.XSD_BOOLEAN:
            word = value.strip().lower()
            return _BOOLEANS.get(word, value), datatype
        case attributes.XSD_DATETIME:
            return date_time(value), datatype
        case attributes.XSD_QNAME:
            return value, attributes.QUALIFIED_NAME
    return value, datatype


def date_time(value: str) -> str:
    """Return an ``xsd:dateTime`` in normal form: the same instant with the same offset.

    No time zone is added, and a value that Python's calendar cannot hold stays as it is.
    """
    stripped = value.strip()
    try:
        if _END_OF_DAY.search(stripped):
            start_of_day = datetime.fromisoformat(_END_OF_DAY.sub("T00:00:00", stripped))
            return (start_of_day + timedelta(days=1)).isoformat()
        return datetime.fromisoformat(stripped).isoformat() if "T" in stripped else value
    except (ValueError, OverflowError):
        return value


def time(value: str) -> str:
    """Return the time of a statement in normal form (PROV-DM section 5.7.3).

    Raises:
        FormatError: the value is not an ``xsd:dateTime``, or its year is not between 1 and 9999.
    """
    normalized = date_time(value)
    if _DATE_TIME.fullmatch(normalized):
        with suppress(ValueError):
            datetime.fromisoformat(normalized)
            return normalized
    raise FormatError(f"{value[:80]!r} is not a time (xsd:dateTime)")


def language(tag: str) -> str:
    """Return a language tag unchanged.

    Raises:
        FormatError: it is not a language tag (``xsd:language``, BCP 47).
    """
    if not _LANGUAGE.fullmatch(tag):
        raise FormatError(f"{tag[:80]!r} is not a language tag (BCP 47)")
    return tag
