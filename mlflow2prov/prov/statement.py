"""One PROV statement as a Python value, validated when it is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

from mlflow2prov.errors import FormatError, StatementError, unknown_choice
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.kinds import KIND, ArgumentType, Kind
from mlflow2prov.prov.lexical import language, time


class _Fields(NamedTuple):
    kind: str
    id: str | None
    arguments: tuple[str | None, ...]
    attributes: tuple[Attribute, ...]
    bundle: str


class Statement(_Fields):
    """One PROV statement: ``kind(id; arguments, attributes)`` in a bundle (PROV-DM section 5).

    Attributes:
        kind: the name of the kind, as in PROV-N (``entity``, ``wasGeneratedBy``).
        id: a qualified name; None for a relation without identifier.
        arguments: the formal arguments in PROV-DM's order, None for an argument that is not given.
            Missing arguments at
            the end are filled in with None.
        attributes: the other attributes, in any order.
        bundle: the qualified name of the bundle that contains the statement; empty for the document
            itself.
    """

    __slots__ = ()

    def __new__(
        cls,
        kind: str,
        id: str | None,  # noqa: A002
        arguments: Iterable[str | None] = (),
        attributes: Iterable[Attribute] = (),
        bundle: str = "",
    ) -> Self:
        """Make a statement.

        Raises:
            StatementError: the kind is unknown, it takes fewer arguments, an element has no identifier,
                or a value has the wrong type, is not a time, not a language tag or not Unicode.
        """
        if not isinstance(kind, str) or kind not in KIND:
            raise StatementError(unknown_choice("kind of statement", kind, KIND))
        statement_kind = KIND[kind]
        statement = (
            kind,
            _identifier(statement_kind, id),
            _arguments(statement_kind, arguments),
            tuple(
                _attribute(kind, attribute)
                for attribute in _sequence(kind, "attributes", attributes)
            ),
            _text(kind, "bundle", bundle),
        )
        return cls._make(statement)


def _identifier(kind: Kind, identifier: str | None) -> str | None:
    if identifier is None:
        if kind.element:
            raise StatementError(f"{kind.name}: an element needs an identifier")
        return None
    return _name(kind.name, "identifier", identifier)


def _arguments(kind: Kind, arguments: Iterable[str | None]) -> tuple[str | None, ...]:
    values = _sequence(kind.name, "arguments", arguments)
    if len(values) > len(kind.arguments):
        names = ", ".join(argument.name for argument in kind.arguments) or "none"
        raise StatementError(f"{kind.name}: {len(values)} arguments given; it takes {names}")
    texts: list[str | None] = []
    for argument, value in zip(kind.arguments, values, strict=False):
        if value is None:
            texts.append(None)
            continue
        text = _name(kind.name, argument.name, value)
        if argument.type is ArgumentType.TIME:
            try:
                time(text)
            except FormatError as error:
                raise StatementError(f"{kind.name}: {argument.name}: {error}") from error
        texts.append(text)
    missing = len(kind.arguments) - len(values)
    return (*texts, *[None] * missing)


def _attribute(kind: str, attribute: object) -> Attribute:
    if not isinstance(attribute, tuple) or not 2 <= len(attribute) <= 4:
        raise StatementError(f"{kind}: an attribute is an Attribute(key, value, type, lang)")
    key, value, datatype, tag = [*attribute, None, None][:4]
    if tag is not None:
        try:
            language(_text(kind, "language", tag))
        except FormatError as error:
            raise StatementError(f"{kind}: attribute {str(key)[:80]!r}: {error}") from error
    return Attribute(
        _name(kind, "attribute key", key),
        _text(kind, "attribute value", value),
        None if datatype is None else _name(kind, "datatype", datatype),
        tag,
    )


def _sequence(kind: str, role: str, values: object) -> tuple[object, ...]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise StatementError(f"{kind}: {role} must be a sequence, not {type(values).__name__}")
    return tuple(values)


def _name(kind: str, role: str, value: object) -> str:
    name = _text(kind, role, value)
    if not name:
        raise StatementError(f"{kind}: {role} is empty")
    return name


def _text(kind: str, role: str, value: object) -> str:
    if not isinstance(value, str):
        raise StatementError(f"{kind}: {role} must be a string, not {type(value).__name__}")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise StatementError(f"{kind}: {role} contains a lone surrogate, which is not Unicode text")
    return value
