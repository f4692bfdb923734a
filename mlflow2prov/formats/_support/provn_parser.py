"""Reading PROV-N with the parser of the ``prov`` library, a block of the file at a time.

The library reads the whole text into tokens, and the tokens into a document of Python objects. The classes here give
its parser one token after another, and take the records from its document as they appear. Its own conversion to
Python's values would lose their lexical forms.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from prov import Error
from prov.constants import PROV_ATTRIBUTE_LITERALS, PROV_QUALIFIEDNAME, XSD_INT, XSD_QNAME
from prov.identifier import QualifiedName
from prov.model import Literal, ProvBundle, ProvDocument, ProvException
from prov.serializers.provn_lexer import ProvNSyntaxError, Token, TokenKind, _Lexer
from prov.serializers.provn_parser import ProvNParser

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.utf8_blocks import NotUtf8Error
from mlflow2prov.prov import Document
from mlflow2prov.prov.convert import RecordReader

MAX_REASON_LENGTH = 300
"""The maximum number of characters of the library's message in an error."""

MAX_RECORDS = 5_000
"""The number of the library's records that exist at a time."""

_UNFINISHED = re.compile(
    r"""(?:\"{3}(?:\\(?s:.)|"(?!"")|[^"\\])*"""
    r"""|"(?!"")(?:\\.|[^"\\\n\r])*"""
    r"""|'(?:\\.|[^'\\\n\r])*"""
    r"""|<(?:[^<>"{}|^`\\\x00-\x20]|\\[^\x00-\x20])*"""
    r"""|/\*(?s:.*))\\?\Z"""
)
"""A string, a qualified name in quotes, an IRI (PROV-N, section 3.7) or a comment that the end of a window cuts."""

_ENDS = " \t\r\n,)"
"""Characters that only tokens in quotes can contain, unless they follow a backslash."""


def read_blocks(blocks: Iterator[str]) -> Document:
    """Return the document of a file. Its times and typed values have the lexical forms of the file.

    Args:
        blocks: the text of the file.

    Raises:
        FormatError: the text is not PROV-N; the message names line and column.
        NamespaceError: a URI is not valid.
    """
    with _without_warnings() as warnings:
        parser = _Parser(blocks, warnings)
        try:
            return parser.document()
        except (
            ProvException,
            Error,
            LookupError,
            TypeError,
            AttributeError,
            ValueError,
            RecursionError,
            NotUtf8Error,
        ) as error:
            reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
            raise FormatError(f"not PROV-N: {reason}") from error


class _NoMessages(list[str]):
    """Drops the messages of the library, of which there may be one for each statement."""

    def append(self, message: str, /) -> None:
        """Drop a message."""


class _BlockLexer(_Lexer):
    """Finds the tokens of a text of which only a window is in memory."""

    def __init__(self, blocks: Iterator[str]) -> None:
        super().__init__("", _NoMessages())
        self._blocks = blocks
        self._last_end = -1
        self._is_complete = False

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens; the last is that of the end."""
        while True:
            token = self._token()
            yield token
            if token.kind is TokenKind.EOF:
                return

    def _token(self) -> Token:
        """Return the next token.

        It may be cut at the end of the window. Then it is read again in a longer window.
        """
        while True:
            state = self.pos, self.line, self.line_start, self.previous
            try:
                token = next(super().tokens())
            except ProvNSyntaxError:
                if self._is_complete or not self._is_cut():
                    raise
            else:
                if self._is_complete or self._has_end():
                    return token
            self.pos, self.line, self.line_start, self.previous = state
            self._extend()

    def _has_end(self) -> bool:
        """Return whether a character follows that no token contains, so that the token before it is complete."""
        return self.pos <= self._last_end

    def _is_cut(self) -> bool:
        """Return whether the text at the current place, which is not a token, may be one in a longer window."""
        if self.text.startswith(('"', "'", "<", "/*"), self.pos):
            return _UNFINISHED.match(self.text, self.pos) is not None
        return not self._has_end()

    def _extend(self) -> None:
        """Move the window forward to the current place, and make it at least twice as long."""
        parts = [self.text[self.pos :]]
        missing = max(len(parts[0]), 1)
        while missing > 0 and not self._is_complete:
            block = next(self._blocks, None)
            if block is None:
                self._is_complete = True
            else:
                parts.append(block)
                missing -= len(block)
        self.line_start -= self.pos
        self.pos = 0
        self.text = "".join(parts)
        self._last_end = max(map(self._last_unescaped, _ENDS))

    def _last_unescaped(self, character: str) -> int:
        """Return the last position of a character that does not follow a backslash, -1 if there is none."""
        position = self.text.rfind(character)
        while position > 0 and self.text[position - 1] == "\\":
            position = self.text.rfind(character, 0, position)
        return position


class _Time(datetime):
    """A time that keeps its lexical form."""

    lexical: str

    def isoformat(self, *_: Any, **__: Any) -> str:
        """Return the lexical form."""
        return self.lexical


class _Literal(Literal):
    """A literal that the library does not convert, as it does not convert those with a language."""

    def has_no_langtag(self) -> bool:
        return False


class _Parser(ProvNParser):
    """Takes tokens from a lexer, and hands over records."""

    def __init__(self, blocks: Iterator[str], warnings: list[Any]) -> None:
        super().__init__("")
        self.warnings = _NoMessages()
        self._library_warnings = warnings
        self._source = _BlockLexer(blocks).tokens()
        self._next_tokens: deque[Token] = deque()
        self._reader: RecordReader | None = None
        self._bundle_of_records: ProvBundle | None = None
        self._records = 0

    def document(self) -> Document:
        """Parse the whole input, and return the document."""
        document = self.parse()
        return self._hand_over(document).finish()

    # Tokens.

    @property
    def _current(self) -> Token:
        if not self._next_tokens:
            self._next_tokens.append(next(self._source))
        return self._next_tokens[0]

    def _peek(self) -> Token:
        if len(self._next_tokens) < 2 and self._current.kind is not TokenKind.EOF:
            self._next_tokens.append(next(self._source))
        return self._next_tokens[-1]

    def _advance(self) -> Token:
        token = self._current
        if token.kind is not TokenKind.EOF:
            self._next_tokens.popleft()
        return token

    # Records.

    def _statement(self, bundle: ProvBundle) -> None:
        if bundle is not self._bundle_of_records or self._records >= MAX_RECORDS:
            self._hand_over(bundle)
        super()._statement(bundle)
        self._records += 1

    def _hand_over(self, bundle: ProvBundle) -> RecordReader:
        """Take the records so far, before those of ``bundle``, with all that the library has stored about them."""
        document = bundle if isinstance(bundle, ProvDocument) else bundle.document
        assert document is not None
        if self._reader is None:
            self._reader = RecordReader(document, unescape)
        if (source := self._bundle_of_records) is not None:
            self._reader.add(source.records, source.identifier)
            source._records.clear()
            source._id_map.clear()
            defaults = (source.get_default_namespace(), document.get_default_namespace())
            for namespace in (*source.namespaces, *document.namespaces, *filter(None, defaults)):
                namespace._cache.clear()
        self._library_warnings.clear()
        self._bundle_of_records, self._records = bundle, 0
        return self._reader

    # Values.

    def _argument_value(self, token: Token, attr: QualifiedName, bundle: ProvBundle) -> Any:
        value = super()._argument_value(token, attr, bundle)
        if value is None or attr not in PROV_ATTRIBUTE_LITERALS:
            return value
        time = _Time.fromisoformat(datetime.isoformat(value))
        time.lexical = token.value
        return time

    def _literal(self, bundle: ProvBundle) -> Any:
        token = self._current
        value = super()._literal(bundle)
        if token.kind is TokenKind.INT and str(value) != token.text:
            return _Literal(token.text, XSD_INT)
        if not isinstance(value, Literal) or value.langtag is not None:
            return value
        if value.datatype == XSD_QNAME:
            return bundle.valid_qualified_name(value.value) or value
        if value.datatype == PROV_QUALIFIEDNAME:
            return value
        return _Literal(value.value, value.datatype)


def _without_warnings() -> Any:
    """Return a context in which the library collects its warnings in a list instead of emitting them.

    The filters of the module ``warnings`` belong to the process, so a thread that changes them disturbs the others.
    """
    try:
        from prov._warnings import collect_warnings
    except ImportError:  # before prov 3.2.3
        return nullcontext([])
    return collect_warnings()
