"""Validation of the arguments of public functions, so that a wrong type or value is a ConfigurationError.

Static types do not reach notebooks and configuration files. Without these functions a wrong argument would fail
somewhere in a query, with an error of Python or of DuckDB.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import SupportsIndex, cast

from mlflow2prov.errors import ConfigurationError, unknown_choice

MAX_TEXT_LENGTH = 100_000
"""The number of characters that a text argument may have. Longer texts are refused before they reach a query."""


def require_text(name: str, value: object) -> str:
    """Return ``value`` if it is a string of Unicode text.

    Raises:
        ConfigurationError: it is not a string, has more than :data:`MAX_TEXT_LENGTH` characters, or contains a NUL
            character or a lone surrogate.
    """
    if not isinstance(value, str):
        raise ConfigurationError(f"{name}: {type(value).__name__} is not a string; pass a string")
    if len(value) > MAX_TEXT_LENGTH:
        raise ConfigurationError(
            f"{name}: {len(value):,} characters are too many; pass at most {MAX_TEXT_LENGTH:,}"
        )
    if "\0" in value or not _is_unicode(value):
        raise ConfigurationError(
            f"{name}: {value[:80]!r} contains a character that is not text; remove it"
        )
    return value


def require_texts(name: str, values: object) -> tuple[str, ...]:
    """Return one string, or each string of an iterable, as a tuple.

    Raises:
        ConfigurationError: it is neither, or :func:`require_text` refuses one of the strings.
    """
    if isinstance(values, str):
        return (require_text(name, values),)
    if isinstance(values, bytes) or not isinstance(values, Iterable):
        raise ConfigurationError(
            f"{name}: {type(values).__name__} is not a list of strings; pass a list"
        )
    return tuple(require_text(name, value) for value in values)


def require_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Check that ``value`` is one of ``choices``.

    Raises:
        ConfigurationError: it is not; the message lists the choices.
    """
    names = tuple(choices)
    if not isinstance(value, str) or value not in names:
        raise ConfigurationError(unknown_choice(name, value, names))


def require_integer(name: str, value: object, minimum: int, maximum: int | None = None) -> int:
    """Return ``value`` if it is a whole number from ``minimum`` to ``maximum``.

    Raises:
        ConfigurationError: it is not.
    """
    try:
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        number = minimum - 1
    if isinstance(value, bool) or number < minimum or (maximum is not None and number > maximum):
        bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ConfigurationError(
            f"{name}: {str(value)[:80]!r} is out of range; pass a whole number {bounds}"
        )
    return number


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
