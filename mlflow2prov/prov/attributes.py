"""AttributeTuple values, in PROV-JSON's own terms: a lexical value, a datatype, a language.

A :class:`Attribute` is one attribute of a statement with its key. The Document keeps a statement's
attributes as a list of these, ordered and without repetition; several values to a key are several
literals. What PROV-JSON writes as a bare string has neither type nor language; a bare number or boolean is
kept with the type that it stands for (PROV-JSON section 2.4; the ``prov`` library reads them alike).
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

SQL_TYPE = 'STRUCT("key" VARCHAR, "value" VARCHAR, "type" VARCHAR, "lang" VARCHAR)[]'


class Attribute(NamedTuple):
    """One attribute: its key, its lexical value, and its datatype or language where it has one.

    ``key`` and ``type`` are qualified names of the document (``prov:label``, ``xsd:int``); the value
    of a literal of type :data:`QUALIFIED_NAME` is one too. Without type and language it is a string.
    """

    key: str
    value: str
    type: str | None = None
    lang: str | None = None


def integer_type(number: int) -> str:
    """Return the narrowest of ``xsd:int``, ``xsd:long`` and ``xsd:integer`` that holds ``number``."""
    if -(2**31) <= number < 2**31:
        return XSD_INT
    return XSD_LONG if -(2**63) <= number < 2**63 else XSD_INTEGER


def number_text(number: float) -> str:
    """Return the lexical form of an ``xsd:double``, losing no digit (XSD 1.1 part 2, 3.3.5)."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "INF" if number > 0 else "-INF"
    return repr(float(number))
