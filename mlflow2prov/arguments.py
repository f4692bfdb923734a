"""Validation of the arguments of public functions, so that a wrong type or value is a ConfigurationError.

Static types do not reach notebooks and configuration files. Without these functions a wrong argument would fail
somewhere in a query, with an error of Python or of DuckDB. :func:`checked` compares all arguments of a function with
their annotations; the other functions check the values that an annotation cannot describe.
"""

from __future__ import annotations

import inspect
import math
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, wraps
from types import UnionType
from typing import (
    Any,
    Literal,
    ParamSpec,
    SupportsIndex,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from mlflow2prov.boundary import own_errors
from mlflow2prov.errors import ConfigurationError, unknown_choice

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

MAX_TEXT_LENGTH = 100_000
"""The number of characters that a text argument may have. Longer texts are refused before they reach a query."""


def checked(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compare the arguments of every call of ``function`` with their annotations, and raise only the package's errors.

    An iterator becomes a tuple, so that its items can be checked. Whether a text is among the choices of a ``Literal``
    is left to :func:`require_choice`.

    Raises:
        ConfigurationError: from a call: an argument has another type, or is not Unicode text of bounded length.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        bound = signature.bind(*args, **kwargs)
        with own_errors():
            return call_bound(bound)

    def call_bound(bound: inspect.BoundArguments) -> Result:
        hints = _hints(function)
        for name, value in bound.arguments.items():
            argument = tuple(value) if isinstance(value, Iterator) else value
            if not _has_type(argument, hints[name]):
                raise ConfigurationError(
                    f"{function.__name__}: {name}: {_describe_value(value)} is not valid; "
                    f"pass {_describe_type(hints[name])}"
                )
            bound.arguments[name] = argument
        return function(*bound.args, **bound.kwargs)

    return call


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


@cache
def _hints(function: Callable[..., object]) -> dict[str, Any]:
    return get_type_hints(function)


def _has_type(value: object, hint: Any) -> bool:
    """Return whether ``value`` has the annotated type ``hint``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_has_type(value, choice) for choice in arguments)
    if origin is Literal:
        return isinstance(value, str) and _is_text(value)
    if origin is Callable:
        return callable(value)
    if origin is os.PathLike or not isinstance(origin, type):
        return _is_instance(value, origin or hint)
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _has_type(key, arguments[0]) and _has_type(item, arguments[1])
            for key, item in value.items()
        )
    is_collection = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    return is_collection and all(
        _has_type(item, arguments[0]) for item in cast(Iterable[Any], value)
    )


def _is_instance(value: object, expected: type) -> bool:
    if expected is str:
        return isinstance(value, str) and _is_text(value)
    if expected in (int, float):
        is_number = isinstance(value, int if expected is int else int | float)
        return is_number and not isinstance(value, bool) and math.isfinite(cast(float, value))
    if isinstance(value, os.PathLike):
        return isinstance(value, expected) and _is_text(str(value))
    return isinstance(value, expected)


def _is_text(value: str) -> bool:
    """Return whether ``value`` is text; file names may contain bytes that are not UTF-8 (PEP 383)."""
    if len(value) > MAX_TEXT_LENGTH or "\0" in value:
        return False
    return value.isascii() or not any(
        "\ud800" <= character <= "\udfff" and not "\udc80" <= character <= "\udcff"
        for character in value
    )


def _describe_type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_describe_type(choice) for choice in arguments))
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if hint is str:
        return "a string"
    if hint is type(None):
        return "None"
    if isinstance(origin, type) and origin is not os.PathLike and issubclass(origin, Iterable):
        return f"a list of {_describe_type(arguments[0])}"
    name = str(getattr(origin or hint, "__name__", hint))
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _describe_value(value: object) -> str:
    if isinstance(value, str | bytes | int | float | os.PathLike):
        return ascii(value)[:80]
    return type(value).__name__
