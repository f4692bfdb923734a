"""Attributes of statements, in PROV-JSON's terms: a key, a lexical value, and a datatype or a
language.

The Document keeps a statement's attributes as an ordered list of :class:`Attribute` without
repetition; several values of one key are several attributes. A bare string of PROV-JSON has neither
datatype nor language; a bare number or boolean gets the datatype that it represents (PROV-JSON
section 2.4, and the ``prov`` library).
"""

from typing import NamedTuple

QUALIFIED_NAME = "prov:QUALIFIED_NAME"

XSD_STRING = "xsd:string"
XSD_INT = "xsd:int"
XSD_LONG = "xsd:long"
XSD_INTEGER = "xsd:integer"
XSD_DOUBLE = "xsd:double"
XSD_BOOLEAN = "xsd:boolean"
XSD_DATETIME = "xsd:dateTime"
XSD_ANYURI = "xsd:anyURI"
XSD_QNAME = "xsd:QName"
XSD_DECIMAL = "xsd:decimal"
XSD_FLOAT = "xsd:float"

INTEGER_TYPES = (
    XSD_INTEGER,
    XSD_INT,
    XSD_LONG,
    "xsd:short",
    "xsd:byte",
    "xsd:nonNegativeInteger",
    "xsd:positiveInteger",
    "xsd:unsignedLong",
    "xsd:unsignedInt",
    "xsd:unsignedShort",
    "xsd:unsignedByte",
    "xsd:nonPositiveInteger",
    "xsd:negativeInteger",
)
"""The types of integers (XSD 1.1 part 2, section 3.4)."""

SQL_TYPE = 'STRUCT("key" VARCHAR, "value" VARCHAR, "type" VARCHAR, "lang" VARCHAR)[]'
"""The type of the column ``attributes``."""

AttributeTuple = tuple[str, str, str | None, str | None]
"""The fields of an :class:`Attribute` as a plain tuple, which readers make millions of."""


class Attribute(NamedTuple):
    """One attribute of a statement: a key, a lexical value, and a datatype or a language tag.

    ``key`` and ``type`` are qualified names of the document (``prov:label``, ``xsd:int``). The
    value of an attribute of type :data:`QUALIFIED_NAME` is a qualified name too. An attribute
    without type and language is a string.
    """

    key: str
    value: str
    type: str | None = None
    lang: str | None = None


def integer_type(number: int) -> str:
    """Return the narrowest of ``xsd:int``, ``xsd:long`` and ``xsd:integer`` that holds
    ``number``."""
    if -(2**31) <= number < 2**31:
        return XSD_INT
    return XSD_LONG if -(2**63) <= number < 2**63 else XSD_INTEGER


def number_text(number: float) -> str:
    """Return the lexical form of an ``xsd:double`` with all its digits (XSD 1.1 part 2, section
    3.3.5)."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "INF" if number > 0 else "-INF"
    return repr(float(number))
