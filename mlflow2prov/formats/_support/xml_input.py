"""XML files of any origin: their root element, and whether they are safe to parse."""

from __future__ import annotations

import re

from lxml import etree

from mlflow2prov.errors import FormatError

MAX_REASON_LENGTH = 200
"""The maximum number of characters of a parser's message in an error."""

_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_NAME = rb"[A-Za-z_\x80-\xff][\w.\-\x80-\xff]*"
# White space follows the name, because the root declares namespaces. An IRI in angle brackets has none.
_START_TAG = re.compile(rb"<(?:%s:)?(%s)(?:\s|$)" % (_NAME, _NAME))


def root_name(head: bytes) -> str | None:
    """Return the local name of the root element of a file that begins with ``head`` (XML 1.0, section 2.8).

    It is None if the file does not begin like XML.
    """
    position = 0
    while prolog := _PROLOG.match(head, position):
        position = prolog.end()
    tag = _START_TAG.match(head, position)
    return tag[1].decode("utf-8", "replace") if tag else None


def require_safe_xml(content: bytes, title: str) -> None:
    """Require that ``content`` is well-formed XML without a document type declaration.

    Such a declaration defines entities, which open other files or expand without end. PROV's XML formats do not use
    it.

    Args:
        content: the whole file.
        title: the name of the format in an error.

    Raises:
        FormatError: the content is not well-formed, or has a document type declaration.
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
                    f"not {title}: it has a document type declaration, which is refused"
                )
            element.clear()
        parser.close()
    except etree.XMLSyntaxError as error:
        reason = str(error).splitlines()[0][:MAX_REASON_LENGTH]
        raise FormatError(f"not {title}: {reason}") from error
