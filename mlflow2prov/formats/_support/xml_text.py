"""Text in XML 1.0, for the formats that are XML.

XML cannot carry most control characters, nor two code points that are no characters. In values they
stand as ``_xHHHH_``, like what names cannot carry (:mod:`mlflow2prov.formats._support.names`), and come back.
"""

from __future__ import annotations

import re
from functools import cache

from lxml import etree

from mlflow2prov import engine
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.names import BEGINS_ESCAPE
from mlflow2prov.formats._support.names import escaped as escaped_character

_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]"
_UNFIT = re.compile(f"{_FORBIDDEN}|{BEGINS_ESCAPE}")
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_NAME = rb"[A-Za-z_\x80-\xff][\w.\-\x80-\xff]*"
# With attributes, as a root that declares namespaces has: an IRI in brackets is none.
_START_TAG = re.compile(rb"<(?:%s:)?(%s)(?:\s|$)" % (_NAME, _NAME))


def text_sql(value: str) -> str:
    """Return the SQL for a value as the text of an XML element or (double-quoted) attribute."""
    escape = _register()
    suspect = f"regexp_matches({value}, '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{{FFFE}}\\x{{FFFF}}]|_x[0-9A-F]')"
    kept = f"CASE WHEN {suspect} THEN {escape}({value}) ELSE {value} END"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        kept = f"replace({kept}, '{character}', '{entity}')"
    kept = f"replace({kept}, chr(13), '&#13;')"
    # Most values have nothing to escape: JSON finds quotes and control characters fastest.
    others = ("'&'", "'<'", "'>'", "'_x'", f"chr({0xFFFE})", f"chr({0xFFFF})")
    is_plain = " AND ".join(
        [f"strlen(to_json({value})) = strlen({value}) + 2"]
        + [f"NOT contains({value}, {other})" for other in others]
    )
    return f"CASE WHEN {is_plain} THEN {value} ELSE {kept} END"


def xml_text(value: str) -> str:
    """Return a value as :func:`text_sql` writes it."""
    found = engine.rows(f"SELECT {text_sql('v')} FROM (SELECT ? AS v)", [value])
    return str(found[0][0])


@cache
def _register() -> str:
    def escaped(value: str) -> str:
        return _UNFIT.sub(lambda found: escaped_character(found[0]), value)

    return engine.function("escaped_for_xml", escaped)


def root_name(head: bytes) -> str | None:
    """Return the local name of the root element of what begins like XML (XML 1.0, section 2.8); None of others."""
    position = 0
    while skipped := _PROLOG.match(head, position):
        position = skipped.end()
    tag = _START_TAG.match(head, position)
    return tag[1].decode("utf-8", "replace") if tag else None


def check(content: bytes, what: str) -> None:
    """Make sure that ``content`` is XML that asks for nothing from outside and expands to nothing.

    Raises:
        FormatError: it is not well-formed, or has a document type declaration (which PROV's XML formats
            have no use for, and by which entities come in).
    """
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        parser.feed(content)
        for _, element in parser.read_events():
            assert isinstance(element, etree._Element)
            if getattr(element.getroottree().docinfo, "doctype", ""):
                raise FormatError(
                    f"not {what}: it has a document type declaration, which is refused"
                )
            element.clear()
        parser.close()
    except etree.XMLSyntaxError as error:
        raise FormatError(f"not {what}: {str(error).splitlines()[0][:200]}") from error
