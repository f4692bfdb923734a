"""Qualified names in formats that do not carry every character.

PROV-XML's names are ``xs:QName``, RDF's are IRIs, PROV-N's are PN_LOCAL; a document's local parts are any
text. What a format cannot carry stands there as ``_xHHHH_`` or ``_xHHHHHHHH_``, the code point in hexadecimal,
as in ISO/IEC 9075-14 (SQL/XML) and in the ``prov`` library; an underscore that would begin such an escape
is escaped itself, so that every name comes back the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.prov.attributes import QUALIFIED_NAME

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

_MOST_FREQUENT = 200

_CODE = "(?:[0-9A-F]{4}|[0-9A-F]{8})"
_ESCAPED = re.compile(f"_x({_CODE})_")
# A local part without characters has the escape that no character has; code 0 is written longer.
_EMPTY = "_x0000_"
_NUL = "_x00000000_"
BEGINS_ESCAPE = f"_(?=x{_CODE}_)"
_BEGINS_ESCAPE = re.compile(BEGINS_ESCAPE)

_NAME_START = (
    r"A-Za-z_\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
)
_NAME_START += (
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_NAME = _NAME_START + r"0-9.\u00B7\u0300-\u036F\u203F-\u2040-"

# The plain names, which need no look: by far the most.
PLAIN = "[A-Za-z_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?"


def unescape(local: str) -> str:
    """Return the local part that an escaped one stands for."""
    if "_x" not in local:
        return local
    return _ESCAPED.sub(lambda found: _character(int(found[1], 16), found[0]), local)


def escaped(character: str) -> str:
    """Return the escape of a character."""
    code = ord(character)
    return _NUL if code == 0 else f"_x{code:04X}_" if code <= 0xFFFF else f"_x{code:08X}_"


def _character(code: int, written: str) -> str:
    if written == _EMPTY:
        return ""
    is_character = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_character else written


def ncname(local: str) -> str:
    """Return a local part as an NCName (XML Namespaces 1.0, section 3)."""
    return _escape(local, rf"[^{_NAME}]", rf"^[^{_NAME_START}]") if local else _EMPTY


def ascii_name(local: str) -> str:
    """Return a local part as a name that every edition of XML 1.0 takes."""
    return _escape(local, r"[^A-Za-z0-9_.-]", r"^[^A-Za-z_]") if local else _EMPTY


_NOT_IN_IRIS = (
    r"[\x00-\x20<>\"{}|^`\\\[\]\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff]|%(?![0-9A-Fa-f]{2})"
)


def iri_part(local: str) -> str:
    """Return a local part as the end of an IRI (RFC 3987; Turtle's IRIREF), no space of any kind in it."""
    return _escape(local, _NOT_IN_IRIS)


def pn_local(local: str) -> str:
    """Return a local part as PROV-N writes it (PROV-N section 3.7.1, PN_LOCAL)."""
    kept = _escape(local, rf"[^{_NAME}/@~&+*?#$!=',:;\[\]()]")
    kept = re.sub(r"[=',:;\[\]()]", r"\\\g<0>", kept)
    kept = re.sub(r"^[-.\u00B7\u0300-\u036F\u203F-\u2040]", _first, kept)
    return kept[:-1] + "\\." if kept.endswith(".") and not kept.endswith("\\.") else kept


def _first(found: re.Match[str]) -> str:
    return "\\" + found[0] if found[0] in "-." else escaped(found[0])


def _escape(local: str, *forbidden: str) -> str:
    kept = _BEGINS_ESCAPE.sub("_x005F_", local)
    for pattern in forbidden:
        kept = re.sub(pattern, lambda found: escaped(found[0]), kept)
    return kept


def name_sql(column: str, escape: Callable[[str], str], known: Iterable[str] = ()) -> str:
    """Return the SQL for a qualified name whose local part is written by ``escape``.

    The names ``known`` beforehand are written beforehand.
    """
    function = _register(escape)
    plain = f"regexp_full_match({column}, '({PLAIN}:)?{PLAIN}') AND NOT contains({column}, '_x')"
    written = {name: _escaped(name, escape) for name in known}
    return cases(column, written, f"CASE WHEN {plain} THEN {column} ELSE {function}({column}) END")


def cases(column: str, texts: Mapping[str, str], otherwise: str) -> str:
    """Return the SQL for the text that stands for what is in a column, or else for ``otherwise`` (SQL)."""
    whens = " ".join(f"WHEN {literal(value)} THEN {literal(t)}" for value, t in texts.items())
    return f"CASE {column} {whens} ELSE {otherwise} END" if whens else otherwise


class Frequent(NamedTuple):
    """The names that most attributes of a document use, and so are worth to be written once."""

    keys: list[str]
    types: list[str]


def frequent(document: Document) -> Frequent:
    """Return the most frequent keys and datatypes of the attributes, ordered."""
    counted = engine.rows(
        f"SELECT a.key, a.type FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()}) "
        f"GROUP BY ALL ORDER BY count(*) DESC LIMIT {_MOST_FREQUENT}"
    )
    types = {datatype for _, datatype in counted if datatype not in (None, QUALIFIED_NAME)}
    return Frequent(sorted({key for key, _ in counted}), sorted(types))


@cache
def _register(escape: Callable[[str], str]) -> str:
    """Make ``escape`` known to the database, for a name with or without a prefix."""

    def escaped(name: str) -> str:
        return _escaped(name, escape)

    function = f"escaped_{escape.__name__}"
    return engine.function(function, escaped)


def _escaped(name: str, escape: Callable[[str], str]) -> str:
    prefix, colon, local = name.partition(":")
    return f"{prefix}:{escape(local)}" if colon else escape(name)
