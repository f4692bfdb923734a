"""Escapes for names with characters that a format cannot carry.

A local part in a document is any text, but PROV-XML has ``xs:QName``, RDF has IRIs and PROV-N has PN_LOCAL. A
character that a format cannot carry becomes ``_xHHHH_`` or ``_xHHHHHHHH_``, its code point in hexadecimal, as in
ISO/IEC 9075-14 (SQL/XML) and in the ``prov`` library. An underscore that would begin such an escape is escaped
itself, so every name is read as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from xml.parsers import expat

_CODE = "(?:[0-9A-F]{4}|[0-9A-F]{8})"
_ESCAPE = re.compile(f"_x({_CODE})_")
# The short escape of code 0 represents an empty local part, so the character itself gets the long one.
_EMPTY = "_x0000_"
_NUL = "_x00000000_"
ESCAPE_START = f"_(?=x{_CODE}_)"
"""A regular expression for an underscore that begins an escape."""

_ESCAPE_START = re.compile(ESCAPE_START)

_NAME_START = (
    r"A-Za-z_\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_NAME = _NAME_START + r"0-9.\u00B7\u0300-\u036F\u203F-\u2040-"

PLAIN_NAME = "[A-Za-z_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
"""A regular expression for names that no format escapes, unless they contain ``_x``. Most names are plain."""

_NOT_IN_IRIS = (
    r"[\x00-\x20<>\"{}|^`\\\[\]\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff]|%(?![0-9A-Fa-f]{2})"
)


def unescape(local: str) -> str:
    """Return the local part that an escaped local part represents."""
    if "_x" not in local:
        return local
    return _ESCAPE.sub(lambda match: _unescape_character(match[0], int(match[1], 16)), local)


def escape_name(name: str, escape: Callable[[str], str]) -> str:
    """Return a qualified name whose local part is escaped by ``escape``, one of the functions below."""
    prefix, colon, local = name.partition(":")
    return f"{prefix}:{escape(local)}" if colon else escape(name)


def escape_character(character: str) -> str:
    """Return the escape of a character."""
    code = ord(character)
    if code == 0:
        return _NUL
    return f"_x{code:04X}_" if code <= 0xFFFF else f"_x{code:08X}_"


def to_ncname(local: str) -> str:
    """Return a local part as an NCName (XML Namespaces 1.0, section 3)."""
    return _escape(local, rf"[^{_NAME}]", rf"^[^{_NAME_START}]") if local else _EMPTY


def to_element_name(local: str) -> str:
    """Return a local part as an NCName that may be the name of an element.

    Most parsers implement the first four editions of XML 1.0, which allow fewer letters than the fifth.
    """
    text = to_ncname(local)
    if text.isascii():
        return text
    return "".join(
        character
        if _is_in_element_names(character, is_first=position == 0)
        else escape_character(character)
        for position, character in enumerate(text)
    )


def to_ascii_ncname(local: str) -> str:
    """Return a local part as an NCName of ASCII characters, which every edition of XML 1.0 allows."""
    return _escape(local, r"[^A-Za-z0-9_.-]", r"^[^A-Za-z_]") if local else _EMPTY


def to_iri_part(local: str) -> str:
    """Return a local part as the end of an IRI (RFC 3987; Turtle's IRIREF) without white space of any kind."""
    return _escape(local, _NOT_IN_IRIS)


def to_pn_local(local: str) -> str:
    """Return a local part in the form of PROV-N (PROV-N section 3.7.1, PN_LOCAL)."""
    text = _escape(local, rf"[^{_NAME}/@~&+*?#$!=',:;\[\]()]")
    text = re.sub(r"[=',:;\[\]()]", r"\\\g<0>", text)
    text = re.sub(r"^[-.\u00B7\u0300-\u036F\u203F-\u2040]", _escape_first, text)
    return f"{text[:-1]}\\." if text.endswith(".") and not text.endswith("\\.") else text


@cache
def _is_in_element_names(character: str, *, is_first: bool) -> bool:
    """Return whether Expat reads an element whose name begins with a character, or has it further on."""
    try:
        expat.ParserCreate().Parse(f"<{'' if is_first else '_'}{character}/>", True)
    except expat.ExpatError:
        return False
    return True


def _unescape_character(escape: str, code: int) -> str:
    if escape == _EMPTY:
        return ""
    is_character = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_character else escape


def _escape_first(match: re.Match[str]) -> str:
    """Return the first character of a PN_LOCAL, where PROV-N allows a backslash before ``-`` and ``.`` only."""
    return f"\\{match[0]}" if match[0] in "-." else escape_character(match[0])


def _escape(local: str, *forbidden: str) -> str:
    """Escape the characters that one of the ``forbidden`` regular expressions matches."""
    text = _ESCAPE_START.sub("_x005F_", local)
    for pattern in forbidden:
        text = re.sub(pattern, lambda match: escape_character(match[0]), text)
    return text
