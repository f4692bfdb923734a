"""Parsing PROV-N with the ``prov`` library, whose own conversion to Python's values loses their lexical forms."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from typing import Any

from prov import Error
from prov.constants import PROV_ATTRIBUTE_LITERALS, PROV_QUALIFIEDNAME, XSD_INT, XSD_QNAME
from prov.identifier import QualifiedName
from prov.model import Literal, ProvBundle, ProvDocument, ProvException
from prov.serializers.provn_lexer import Token, TokenKind
from prov.serializers.provn_parser import ProvNParser

from mlflow2prov.errors import FormatError

MAX_REASON_LENGTH = 300
"""The maximum number of characters of the library's message in an error."""


def parse(text: str) -> ProvDocument:
    """Return the document of a file. Its times and typed values have the lexical forms of the file.

    Raises:
        FormatError: the text is not PROV-N; the message names line and column.
    """
    try:
        with _without_warnings():
            return _Parser(text).parse()
    except (
        ProvException,
        Error,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ) as error:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
        raise FormatError(f"not PROV-N: {reason}") from error


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
    """Return a context in which the library collects its warnings instead of emitting them.

    The filters of the module ``warnings`` belong to the process, so a thread that changes them disturbs the others.
    """
    try:
        from prov._warnings import collect_warnings
    except ImportError:  # before prov 3.2.3
        return nullcontext()
    return collect_warnings()
