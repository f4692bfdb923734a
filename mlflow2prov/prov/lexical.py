"""Lexical forms of values: datatypes, times and language tags (XSD 1.1 part 2, PROV-DM section 5.7).

Documents keep the lexical forms and the datatypes that files declare. :mod:`mlflow2prov.prov.values` compares them.
"""

from __future__ import annotations

import re
from datetime import datetime

from mlflow2prov.errors import FormatError
from mlflow2prov.prov import attributes

_SPACE = " \t\n\r"
_TYPES_OF_VALUES = frozenset(
    {
        *attributes.INTEGER_TYPES,
        attributes.XSD_DECIMAL,
        attributes.XSD_DOUBLE,
        attributes.XSD_FLOAT,
        attributes.XSD_BOOLEAN,
        attributes.XSD_DATETIME,
    }
)
"""The types that have several lexical forms for one value."""

_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT)(?:24:00:00(?:\.0+)?|(\d\d:\d\d:\d\d)(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def declared(value: str, datatype: str | None) -> tuple[str, str | None]:
    """Return a typed value as documents keep it, with its lexical form and its datatype.

    Strings are plain, an ``xsd:QName`` is a qualified name, and white space around a number, a boolean or a time is no
    part of it.
    """
    match datatype:
        case None | attributes.XSD_STRING:
            return value, None
        case attributes.XSD_QNAME:
            return value, attributes.QUALIFIED_NAME
    return (value.strip(_SPACE) if datatype in _TYPES_OF_VALUES else value), datatype


def time(value: str) -> str:
    """Return the time of a statement (PROV-DM section 5.7.3) in its lexical form.

    A time that is not an ``xsd:dateTime`` but is one in ISO 8601 gets that form.

    Raises:
        FormatError: the value is not a time, or its year is not between 1 and 9999.
    """
    text = value.strip(_SPACE)
    try:
        if match := _DATE_TIME.fullmatch(text):
            date, clock, zone = match.groups()
            datetime.fromisoformat(f"{date}{clock or '00:00:00'}{zone or ''}")
            return text
        if "T" in text:
            return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise FormatError(f"{value[:80]!r} is not a time (xsd:dateTime)")


def language(tag: str) -> str:
    """Return a language tag unchanged.

    Raises:
        FormatError: it is not a language tag (``xsd:language``, BCP 47).
    """
    if not _LANGUAGE.fullmatch(tag):
        raise FormatError(f"{tag[:80]!r} is not a language tag (BCP 47)")
    return tag
