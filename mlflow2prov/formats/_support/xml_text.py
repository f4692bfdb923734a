"""Text in XML 1.0, for the formats that use XML.

XML cannot carry most control characters, nor the code points U+FFFE and U+FFFF. Values have ``_xHHHH_`` for them, like
names (:mod:`mlflow2prov.formats._support.escapes`).
"""

from __future__ import annotations

import re

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.formats._support.escapes import ESCAPE_START, escape_character
from mlflow2prov.formats._support.sql_expressions import has_no_json_escapes

_FORBIDDEN = re.compile(rf"[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|{ESCAPE_START}")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))


def xml_text_sql(value: Sql) -> Sql:
    """Return the SQL for ``value`` as the text of an XML element or double-quoted attribute."""
    escape = engine.function("escape_for_xml", _escape)
    may_be_forbidden = f"regexp_matches({value}, '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{{FFFE}}\\x{{FFFF}}]|_x[0-9A-F]')"
    text = f"CASE WHEN {may_be_forbidden} THEN {escape}({value}) ELSE {value} END"
    for character, entity in _ENTITIES:
        text = f"replace({text}, '{character}', '{entity}')"
    text = f"replace({text}, chr(13), '&#13;')"
    # Most values have nothing to escape. JSON finds quotes and control characters fastest.
    suspects = ("'&'", "'<'", "'>'", "'_x'", f"chr({0xFFFE})", f"chr({0xFFFF})")
    is_plain = " AND ".join(
        [has_no_json_escapes(value), *(f"NOT contains({value}, {suspect})" for suspect in suspects)]
    )
    return Sql(f"CASE WHEN {is_plain} THEN {value} ELSE {text} END")


def xml_text(value: str) -> str:
    """Return ``value`` as the text of an XML element or double-quoted attribute."""
    return str(
        engine.scalar(f"SELECT {xml_text_sql(Sql('value'))} FROM (SELECT ? AS value)", [value])
    )


def _escape(value: str) -> str:
    return _FORBIDDEN.sub(lambda match: escape_character(match[0]), value)
