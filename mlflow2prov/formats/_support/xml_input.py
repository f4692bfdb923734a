"""XML files of any origin: their root element, and a parser that none of them can harm.

The parser is Expat. It builds no tree, and it refuses a document type declaration: such a declaration defines
entities, which open other files or expand without end. PROV's XML formats do not use it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from mlflow2prov.errors import FormatError

MAX_REASON_LENGTH = 200
"""The maximum number of characters of a parser's message in an error."""

BLOCK_BYTES = 1 << 20
"""How much of a file is parsed at a time."""

SEPARATOR = "\f"
"""What a parser writes between the namespace and the local part of a name. XML cannot contain this character."""

_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_NAME = rb"[A-Za-z_\x80-\xff][\w.\-\x80-\xff]*"
# White space follows the name, because the root declares namespaces. An IRI in angle brackets has none.
_START_TAG = re.compile(rb"<(?:%s:)?(%s)(?:\s|$)" % (_NAME, _NAME))
_ENCODING = re.compile(rb"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_MULTIBYTE_ENCODINGS = {"big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "shift_jis"}
"""Encodings that Expat cannot decode."""


def root_name(head: bytes) -> str | None:
    """Return the local name of the root element of a file that begins with ``head`` (XML 1.0, section 2.8).

    It is None if the file does not begin like XML.
    """
    position = 0
    while prolog := _PROLOG.match(head, position):
        position = prolog.end()
    tag = _START_TAG.match(head, position)
    return tag[1].decode("utf-8", "replace") if tag else None


def expanded_name(namespace: str, local: str) -> str:
    """Return the name of an element or an attribute as parsers report it."""
    return f"{namespace}{SEPARATOR}{local}"


def xml_parser(title: str) -> expat.XMLParserType:
    """Return a parser that resolves namespaces and refuses document type declarations.

    Names are ``<namespace><SEPARATOR><local part>``, or the local part alone. Attributes are one flat list of names
    and values.

    Args:
        title: the name of the format in an error.
    """

    def refuse_doctype(*_: object) -> None:
        raise FormatError(f"not {title}: it has a document type declaration, which is refused")

    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.ordered_attributes = True
    parser.buffer_text = True
    return parser


def parse_xml(parser: expat.XMLParserType, file: BinaryIO, title: str) -> None:
    """Parse a file, a block at a time.

    Raises:
        FormatError: the content is not well-formed XML, or a handler of the parser refuses it.
    """
    try:
        for block in _blocks(file):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise FormatError(f"not {title}: {str(error)[:MAX_REASON_LENGTH]}") from error
    except (LookupError, UnicodeError) as error:
        raise FormatError(
            f"not {title}: its encoding cannot be read; convert it to UTF-8"
        ) from error


def require_safe_xml(file: BinaryIO, title: str) -> None:
    """Require that a file is well-formed XML without a document type declaration.

    Args:
        file: the file, from its beginning.
        title: the name of the format in an error.

    Raises:
        FormatError: the content is not well-formed, or has a document type declaration.
    """
    parse_xml(xml_parser(title), file, title)


def _blocks(file: BinaryIO) -> Iterator[bytes | str]:
    """Yield the content of a file in a form that Expat can decode."""
    block = file.read(BLOCK_BYTES)
    declaration = _ENCODING.match(block)
    if declaration and (name := declaration[1].decode().lower()) in _MULTIBYTE_ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)()
        while block:
            yield decoder.decode(block)
            block = file.read(BLOCK_BYTES)
        yield decoder.decode(b"", final=True)
    while block:
        yield block
        block = file.read(BLOCK_BYTES)
