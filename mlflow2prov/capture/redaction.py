"""Values and texts without secrets, as records and blobs keep them.

:mod:`mlflow2prov.secrets` decides which names are those of secrets. Secrets are the values of such names: of arguments,
keys, attributes, environment variables, and of assignments in text. The text of a secret that was met once is
masked wherever it appears later, such as in the message of an exception.
"""

from __future__ import annotations

import functools
import os
import re
import time
import types
from collections.abc import Iterable, Mapping
from typing import Any

from mlflow2prov.capture.proxies import artifact_of
from mlflow2prov.secrets import MASK, Secrets, is_secret_name, urls_without_credentials

MAX_DEPTH = 100
"""The depth up to which values are searched. Deeper ones are described."""

MAX_OBJECTS = 10_000
"""The number of objects that are searched."""

MIN_LENGTH = 6
"""The length of the shortest secret that is masked in text, in characters."""

MAX_KNOWN = 100
"""The number of secrets that are remembered."""

_ENVIRONMENT_SECONDS = 1.0
"""How long the environment is assumed to stay as it is."""

_ASSIGNMENT = re.compile(
    r"([A-Za-z_][\w.-]*)(['\"]?\s{0,3}[=:]\s{0,3})(\"[^\"]*\"|'[^']*'|[^\s\"',;&(){}\[\]]+)"
)
_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)\s{1,3}[\w.~+/=-]{6,}")
_NUMBER_OR_PATH = re.compile(r"[\d.,:/-]*|[~/.][^\s]*")
_PASSWORD = re.compile(r"(?i)passw|pwd|secret|\bpin\b")
_BARE_KEYS = frozenset(("key", "keys"))


def is_secret(name: str, value: Any) -> bool:
    """Return whether the value of a name is a secret. A number is one only if its name is that of a password."""
    kind = type(value)
    if value is None or kind is bool or (kind is str and value in ("", MASK)):
        return False
    return _is_secret_name(name, kind in (int, float))


@functools.lru_cache(maxsize=1024)
def _is_secret_name(name: str, is_number: bool) -> bool:
    """Return whether a name is that of a secret; those of arguments are asked for at each call."""
    return bool(_PASSWORD.search(name)) if is_number else is_secret_name(name)


def redact_text(text: str) -> str:
    """Return text without the credentials of URLs, the values of secrets that it assigns, and known secrets."""
    if "://" in text:
        text = urls_without_credentials(text)
    if "=" in text or ":" in text:
        text = _ASSIGNMENT.sub(_mask_assignment, text)
    if " " in text:
        text = _AUTHORIZATION.sub(rf"\1 {MASK}", text)
    return _known.mask(text)


def _mask_assignment(match: re.Match[str]) -> str:
    name, separator, value = match.groups()
    # In prose, "key:" introduces what is missing or wrong.
    if not is_secret_name(name) or name.lower() in _BARE_KEYS or value.lower() in _SCHEMES:
        return match[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{name}{separator}{quote}{MASK}{quote}"


_SCHEMES = ("bearer", "basic", "none", "true", "false")


class _KnownSecrets:
    """The texts of secrets that arguments and the environment contain."""

    def __init__(self) -> None:
        self._arguments: dict[str, None] = {}
        self._environment: frozenset[str] = frozenset()
        self._next_look = 0.0
        self._secrets = Secrets()

    def add(self, text: str) -> None:
        """Remember a secret; the oldest ones are forgotten."""
        if text in self._arguments or not _is_distinctive(text):
            return
        self._arguments[text] = None
        if len(self._arguments) > MAX_KNOWN:
            del self._arguments[next(iter(self._arguments))]
        self._rebuild()

    def mask(self, text: str) -> str:
        """Return text without known secrets."""
        if len(text) < MIN_LENGTH:
            return text
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _ENVIRONMENT_SECONDS
            secrets = frozenset(
                value
                for name, value in os.environ.items()
                if is_secret_name(name) and _is_distinctive(value)
            )
            if secrets != self._environment:
                self._environment = secrets
                self._rebuild()
        return self._secrets.mask(text) if self._arguments or self._environment else text

    def _rebuild(self) -> None:
        self._secrets = Secrets(tokens=[*self._arguments, *self._environment])


def _is_distinctive(text: str) -> bool:
    """Return whether a secret is long enough to be masked in text, and is neither a number nor a path."""
    return len(text) >= MIN_LENGTH and not _NUMBER_OR_PATH.fullmatch(text)


_known = _KnownSecrets()


def remember_secret(value: Any) -> None:
    """Mask the text of a secret, or the texts within it, from now on."""
    if isinstance(value, str):
        _known.add(str(value))
    elif isinstance(value, bytes):
        _known.add(value.decode("utf-8", "replace"))
    elif isinstance(value, Mapping):
        remember_all(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        remember_all(value)


def remember_all(values: Iterable[Any]) -> None:
    """Mask the texts of several secrets from now on."""
    for value in values:
        if isinstance(value, str | bytes):
            remember_secret(value)


def without_secrets(value: Any) -> Any:
    """Return a value without the secrets in its texts, keys and attributes.

    A value without secrets is returned itself. Of one with secrets, lists and dictionaries are rebuilt, and objects are
    replaced by the names of their classes.
    """
    return _redact(value, set(), 0) if has_secrets(value) else value


def has_secrets(value: Any) -> bool:
    """Return whether there are secrets in the texts, keys and attributes of a value."""
    pending: list[Any] = [value]
    visited: dict[int, Any] = {}
    while pending and len(visited) < MAX_OBJECTS:
        item = pending.pop()
        if issubclass(type(item), str):
            text = str.__str__(item)
            if redact_text(text) != text:
                return True
        elif type(item) not in _PLAIN and id(item) not in visited:
            visited[id(item)] = item  # which keeps it, so that no identity is used twice
            names, parts = _parts(item)
            if any(
                isinstance(name, str) and is_secret(name, part)
                for name, part in zip(names, parts, strict=False)
            ):
                return True
            pending += parts
    return False


_PLAIN = frozenset((type(None), bool, int, float, complex, bytes, bytearray))


def _parts(value: Any) -> tuple[list[Any], list[Any]]:
    """Return the keys or the names of attributes of a value, and its parts."""
    try:
        if artifact_of(value) is not None:
            return [], []
        if isinstance(value, Mapping):
            return list(value), list(value.values())
        if isinstance(value, list | tuple | set | frozenset):
            return list(getattr(value, "_fields", ())), list(value)
        if isinstance(value, functools.partial):
            return list(value.keywords), [*value.keywords.values(), *value.args]
        if isinstance(
            value, type | types.ModuleType | types.FunctionType | types.BuiltinFunctionType
        ):
            return [], []
        attributes = _attributes(value)
    except Exception:  # noqa: BLE001 - methods of the value may raise anything
        return [], []
    return list(attributes), list(attributes.values())


def _attributes(value: Any) -> dict[str, Any]:
    attributes = getattr(value, "__dict__", None)
    attributes = dict(attributes) if type(attributes) is dict else {}
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            attributes[name] = getattr(value, name, None)
    return attributes


def _redact(value: Any, active: set[int], depth: int) -> Any:
    """Return a value that has secrets without them."""
    if issubclass(type(value), str):
        return redact_text(str.__str__(value))
    if type(value) in _PLAIN or artifact_of(value) is not None:
        return value
    if depth > MAX_DEPTH or id(value) in active:
        return _class_name(value)
    active.add(id(value))
    try:
        if isinstance(value, Mapping):
            return {key: _redact_item(key, item, active, depth) for key, item in value.items()}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            pairs = zip(value._fields, value, strict=True)
            return tuple(_redact_item(name, item, active, depth) for name, item in pairs)
        for base in (list, tuple, set, frozenset):
            if isinstance(value, base):
                return base(_redact(item, active, depth + 1) for item in value)
        return _class_name(value) if has_secrets(value) else value
    finally:
        active.discard(id(value))


def _redact_item(name: Any, item: Any, active: set[int], depth: int) -> Any:
    if isinstance(name, str) and is_secret(name, item):
        remember_secret(item)
        return MASK
    return _redact(item, active, depth + 1)


def _class_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
